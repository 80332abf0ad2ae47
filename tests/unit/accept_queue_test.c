/* Whose accept queue a connection waits in, by table: listeners in the order of the kernel's list, and the
 * one it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "accept_queue.h"

enum { PORT = 8080, NONE = -1 };

static struct facts listener(struct address local, uint32_t queue)
{
    local.port = PORT;
    return (struct facts){.state = STATE_LISTEN, .local = local, .accept_queue = queue};
}

static const struct address any4 = {.family = ADDRESS_IPV4};
static const struct address any6 = {.family = ADDRESS_IPV6};
static const struct address here4 = {.family = ADDRESS_IPV4, .bytes = {127, 0, 0, 1}};
static const struct address there4 = {.family = ADDRESS_IPV4, .bytes = {127, 0, 0, 2}};
static const struct address here6 = {.family = ADDRESS_IPV6, .bytes = {[15] = 1}};

static void check(const struct facts *listeners, size_t count, struct address local, int expected)
{
    local.port = PORT;
    const struct facts *found = accept_queue_find(listeners, count, &local);
    assert_ptr_equal(found, expected == NONE ? NULL : &listeners[expected]);
}

static void address_before_wildcard(void **state)
{
    (void)state;
    const struct facts both[] = {listener(any4, 1), listener(here4, 1), listener(there4, 1)};
    check(both, 3, here4, 1);
    check(both, 3, there4, 2);
    check(both, 1, here4, 0);
    check(both + 2, 1, here4, NONE);
}

static void wildcard_of_the_family_first(void **state)
{
    (void)state;
    const struct facts both[] = {listener(any6, 1), listener(any4, 1)};
    check(both, 2, here4, 1);
    check(both, 2, here6, 0);
    check(both, 1, here4, 0);        /* IPv6's listens for both */
    check(both + 1, 1, here6, NONE); /* IPv4's does not */
}

static void port_must_be_the_same(void **state)
{
    (void)state;
    struct facts other = listener(any4, 1);
    other.local.port = PORT + 1;
    check(&other, 1, here4, NONE);
    check(&other, 0, here4, NONE);
}

static void empty_queue_last(void **state)
{
    (void)state;
    const struct facts shared[] = {listener(any4, 0), listener(any4, 2), listener(any4, 3)};
    check(shared, 3, here4, 1);
    check(shared, 1, here4, 0); /* it may have been accepted just now */
    const struct facts address[] = {listener(any4, 5), listener(here4, 0)};
    check(address, 2, here4, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_before_wildcard),
        cmocka_unit_test(wildcard_of_the_family_first),
        cmocka_unit_test(port_must_be_the_same),
        cmocka_unit_test(empty_queue_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
