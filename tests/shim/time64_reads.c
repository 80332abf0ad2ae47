// A program whose time has 64 bits: in 32-bit libraries some of its calls have names of their own.
// policy: grace=100ms interval=20ms
// expect: 8 leak cause=eof-ignored dir=out recv_q=0 rx=4 reader=~^time64_reads.0x
// everywhere: names of calls
#define _TIME_BITS        64
#define _FILE_OFFSET_BITS 64
#include "read_family.h"

int main(void)
{
    read_with_each(true);
    return 0;
}
