// The gate: all holds but that the FIN is younger than grace. Nothing is done.
// policy: action=close grace=30s interval=20ms
// expect: nothing
#include "ended.h"

int main(void)
{
    int client;
    leak_many(&client, 1);
    nap_ms(400);
    must(state_of(client) == CLOSE_WAIT);
    must(close(client) == 0); /* before the last look */
    return 0;
}
