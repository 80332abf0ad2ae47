// Data and FIN in one segment: the body is read, then the 0, by each call of the read family.
// policy: grace=100ms interval=20ms
// expect: 8 leak cause=eof-ignored dir=out recv_q=0 rx=4 reader=~^body_then_eof.0x
// everywhere: names of calls
#include "read_family.h"

int main(void)
{
    read_with_each(true);
    return 0;
}
