// Data and FIN in one segment: the body is read and nothing more, by each call of the read family.
// policy: grace=100ms interval=20ms
// expect: 8 leak cause=eof-unread dir=out recv_q=0 rx=4 reader=~^body_without_eof.0x
#include "read_family.h"

int main(void)
{
    read_with_each(false);
    return 0;
}
