// The same for calls on what was ended.
// policy: action=close grace=100ms interval=20ms
// expect: leak cause=eof-unread
// expect: action action=close result=ok cause=eof-unread dir=out site
// expect: healed
// everywhere: names of calls
#define _TIME_BITS        64
#define _FILE_OFFSET_BITS 64
#include "ended_calls.c"
