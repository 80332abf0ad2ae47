/*
 * What the program's threads and the watcher share, hammered by both at once under ThreadSanitizer: the
 * hints, what is settled on the program's threads, and the options. It stops with a status of its own at the
 * first data race.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bare.h"
#include "hints.h"
#include "life.h"
#include "options.h"
#include "probe.h"
#include "settle.h"
#include "stack.h"

enum { NUMBERS = 64, PROGRAM_THREADS = 3, ROUNDS = 30000, SETTLED = 1000, OPTION_ROUNDS = 1000 };

static _Atomic uint32_t births;
static atomic_bool over;

/* In place of bare.c. */
void *bare_memory(size_t size, bool inherit)
{
    (void)inherit;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

int64_t bare_now(void)
{
    return 0;
}

/* As the socket hook: its caller's stack is kept. */
static __attribute__((noinline)) void be_born(int number, const struct sockaddr_in *peer)
{
    hints_birth(number, (uintptr_t)__builtin_return_address(0), HINT_OUT, (const struct sockaddr *)peer,
                sizeof *peer);
}

/* In place of life.c. */
_Atomic bool life_has_sandbox;

bool life_in_vfork_child(void)
{
    return false;
}

/* As settle.c does, when it finds that there is nothing to do. */
static void claim_for_a_moment(int number)
{
    enum mark mark = hints_claim(number);
    if (mark == MARK_NONE)
        return;
    hints_claimed_for(number, 7);
    hints_unclaim(number, mark);
}

/* All that hooks do, to any number, in any order. */
static void *be_the_program(void *seed_of_its_own)
{
    unsigned seed = (unsigned)(uintptr_t)seed_of_its_own;
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(80)};
    for (int i = 0; i < ROUNDS; i++) {
        int number = rand_r(&seed) % NUMBERS;
        peer.sin_addr.s_addr = htonl((uint32_t)rand_r(&seed));
        switch (rand_r(&seed) % 9) {
        case 0:
        case 1:
            be_born(number, &peer);
            break;
        case 2:
            hints_connecting(number, (struct sockaddr *)&peer, sizeof peer);
            break;
        case 3:
            hints_reader(number, 2);
            break;
        case 4:
            hints_told_eof(number);
            break;
        case 5:
            hints_told(number, HINT_SHUT);
            break;
        case 6:
            hints_close(number);
            break;
        case 7:
            if (hints_ended(number))
                hints_ended_cookie(number);
            break;
        case 8:
            claim_for_a_moment(number);
            break;
        }
    }
    return NULL;
}

static void watch(int number, void *unused)
{
    struct hint_copy hint;
    struct address peer = {.family = ADDRESS_IPV4, .port = 443};
    (void)unused;
    if (!hints_copy(number, &hint))
        return;
    if (hint.flags & HINT_BORN && hint.peer.family != ADDRESS_NONE)
        assert_int_equal(hint.peer.family, ADDRESS_IPV4);
    hints_known(number);
    hints_set_peer(number, hint.generation, &peer);
    if (hint.flags & HINT_TOLD_EOF)
        hints_mark_ended(number, 7);
    if (hint.flags & HINT_SHUT)
        hints_mark_revived(number);
    if (hint.generation % 16 == 2)
        hints_adopt(number, hint.generation);
    if (hint.generation % 16 == 4)
        hints_share(number, hint.generation, (number + 1) % NUMBERS);
    if (hint.generation % 16 == 6)
        hints_disown(number, hint.generation);
}

static void *be_the_watcher(void *unused)
{
    while (!atomic_load(&over)) {
        hints_take_changes(watch, unused);
        sched_yield();
    }
    return NULL;
}

static void hints(void **state)
{
    pthread_t program[PROGRAM_THREADS], watcher;
    (void)state;
    assert_true(stack_ready() && hints_open(NUMBERS, 4, &births));
    assert_int_equal(pthread_create(&watcher, NULL, be_the_watcher, NULL), 0);
    for (uintptr_t i = 0; i < PROGRAM_THREADS; i++)
        assert_int_equal(pthread_create(&program[i], NULL, be_the_program, (void *)(i + 1)), 0);
    for (int i = 0; i < PROGRAM_THREADS; i++)
        pthread_join(program[i], NULL);
    atomic_store(&over, true);
    pthread_join(watcher, NULL);
    assert_true(births > ROUNDS / 9);
}

/* As the socket and accept hooks do, and now and then a close through libc. */
static void *settle_or_close(void *seed_of_its_own)
{
    unsigned seed = (unsigned)(uintptr_t)seed_of_its_own;
    while (!atomic_load(&over)) {
        if (rand_r(&seed) % 4)
            settle(rand_r(&seed) % 2);
        else
            hints_claim(NUMBERS - 1);
    }
    return NULL;
}

static int socket_under_a_hook(void)
{
    int number = socket(AF_INET, SOCK_STREAM, 0);
    assert_in_range(number, 0, NUMBERS - 2);
    hints_birth(number, 1, HINT_OUT, NULL, 0);
    hints_known(number);
    return number;
}

/* The watcher's part: asks, takes some of it back, and takes note of what was done. */
static void settlements(void **state)
{
    pthread_t program[PROGRAM_THREADS];
    struct settled settled;
    (void)state;
    atomic_store(&over, false);
    assert_true(hints_open(NUMBERS, 0, &births));
    for (uintptr_t i = 0; i < PROGRAM_THREADS; i++)
        assert_int_equal(pthread_create(&program[i], NULL, settle_or_close, (void *)(i + 1)), 0);
    for (int i = 0; i < SETTLED; i++) {
        int number = socket_under_a_hook();
        uint64_t cookie = probe_cookie(number);
        enum settle_kind kind = (enum settle_kind)(i % 3);
        hints_mark_ended(number, (uint32_t)cookie);
        settle_know_epolls((const int[]){NUMBERS, NUMBERS + 1},
                           (size_t)i % 3); /* such as are none any more */
        assert_true(settle_ask(number, cookie, kind));
        if (i % 5 == 0 && settle_withdraw(cookie)) {
            assert_int_equal(probe_cookie(number), cookie);
            close(number);
            hints_close(number);
            continue;
        }
        while (!settle_next(&settled))
            sched_yield();
        assert_true(settled.done);
        assert_int_equal(settled.cookie, cookie);
        assert_int_equal(settled.number, number);
        if (kind == SETTLE_DROP) {
            assert_int_equal(probe_cookie(number), settled.dead);
            assert_true(hints_ended(number));
            hints_close(number);
            close(number);
        } else {
            assert_true(fcntl(number, F_GETFD) < 0 && errno == EBADF);
        }
    }
    atomic_store(&over, true);
    for (int i = 0; i < PROGRAM_THREADS; i++)
        pthread_join(program[i], NULL);
    assert_int_equal(settle_waiting + settle_waiting_for_emfile, 0);
}

/* A socket that is not the one asked about is left alone, and so is one that the program closes meanwhile. */
static void only_the_socket_that_was_meant(void **state)
{
    struct settled settled;
    int number = socket_under_a_hook();
    (void)state;
    assert_true(settle_ask(number, probe_cookie(number) + 1, SETTLE_RELEASE));
    assert_int_equal(settle(true), 0);
    assert_true(settle_next(&settled) && !settled.done);
    assert_true(fcntl(number, F_GETFD) >= 0 && hints_tracked(number));

    assert_int_equal(hints_claim(number), MARK_KNOWN);
    assert_true(hints_close(number)); /* handed over to whoever claimed it */
    assert_false(hints_unclaim(number, MARK_KNOWN));
    close(number);
}

/* What the hooks do about options, two threads on the same number. */
static void *set_options(void *socket_of_ours)
{
    int number = *(int *)socket_of_ours;
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(80)};
    for (int i = 0; i < OPTION_ROUNDS; i++) {
        options_at_birth(number);
        options_before_connect(number, (struct sockaddr *)&peer, sizeof peer);
        options_at_accept(number, NUMBERS - 1 - number);
        options_set_by_program(number, SOL_SOCKET, SO_KEEPALIVE);
        options_enforced(number, SOL_SOCKET, SO_LINGER);
    }
    return NULL;
}

static void options(void **state)
{
    static struct policy policy;
    struct policy_mistake mistake;
    struct refused_option refused;
    pthread_t program[PROGRAM_THREADS];
    int told = 0, number = socket(AF_INET, SOCK_STREAM, 0), refusing = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)state;
    policy_defaults(&policy);
    assert_true(policy_read(&policy, "keepalive=60/10/3 [port=80] linger!=5", "test", &mistake));
    assert_true(hints_open(NUMBERS, 0, &births) && options_open(&policy, NUMBERS));
    hints_birth(number, 1, HINT_OUT, NULL, 0);
    for (int i = 0; i < PROGRAM_THREADS; i++)
        assert_int_equal(pthread_create(&program[i], NULL, set_options, i ? &number : &refusing), 0);
    for (int i = 0; i < OPTION_ROUNDS; i++) {
        options_for_found(number, number);
        told += options_next_refused(&refused);
    }
    for (int i = 0; i < PROGRAM_THREADS; i++)
        pthread_join(program[i], NULL);
    told += options_next_refused(&refused);
    assert_int_equal(told, 1); /* TCP_KEEPIDLE, by what is no TCP socket */
    assert_int_equal(refused.number, refusing);
    close(number);
    close(refusing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hints),
        cmocka_unit_test(options),
        cmocka_unit_test(settlements),
        cmocka_unit_test(only_the_socket_that_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
