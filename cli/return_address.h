/* Whether a file can be the one that an address was recorded in. */
#ifndef WAITCLOSE_CLI_RETURN_ADDRESS_H
#define WAITCLOSE_CLI_RETURN_ADDRESS_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

/*
 * What the library records are return addresses: right before each there must be a call.
 * In another build something else is there, most of the time. True where that cannot be told.
 */
bool return_address_fits(Dwfl_Module *module, GElf_Addr address);

#endif
