/* Where `waitclose status` finds what the library keeps. No code: the loader fills in the addresses. */
#include "waitclose/status.h"

#include "hints.h"
#include "life.h"
#include "look.h"
#include "sockets.h"

__attribute__((visibility("default"))) const struct status waitclose_status = {
    .head = {.magic = {'w', 'a', 'i', 't', 'c', 'l', 'o', 's'},
             .layout = STATUS_LAYOUT,
             .size = sizeof(struct status),
             .version = WAITCLOSE_VERSION},
    .sizes = {.policy = sizeof(struct policy),
              .talk = sizeof(struct talk),
              .hint = sizeof(struct hint),
              .suspect = sizeof(struct suspect),
              .tally = sizeof(struct tally)},
    .life = &life_shown,
    .hints = &hints_shown,
    .sockets = &sockets_shown,
    .tally = &looking.tally,
};
