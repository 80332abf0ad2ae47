/*
 * ground_truth SEED COUNT TRUTH_FILE IDLE_PORT GRACE UNREAD_GRACE
 *
 * Plays every scenario, over COUNT sockets or more, in an order that SEED gives, then stays until
 * all that leaks must have been reported, and writes the truth, a line for each socket:
 * process, cookie, expected, cause, direction, flags, scenario; tabs between them.
 * The policy must mind idle sockets on IDLE_PORT and the two ports above it. Durations are in ms.
 * TEST_EVENTS in the environment names the library's log.
 */
#include "ground_truth.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

enum { WINDOW = 64 }; /* plays that are under way at once, besides those that wait */

struct list {
    struct play **plays;
    size_t count;
};

int64_t grace, unread_grace;

static struct play *plays;
static size_t play_count;
static struct truth *truths;
static size_t truth_count, truth_room;
static struct list ready, waiting, sending;
static int64_t next_sending;
static uint64_t random_state;

_Noreturn void broken(const char *condition, const char *file, int line)
{
    dprintf(STDERR_FILENO, "%s:%d: %s: %s\n", file, line, condition, strerror(errno));
    _exit(1);
}

_Noreturn void too_slow(const char *what)
{
    dprintf(STDERR_FILENO, "too slow: %s\n", what);
    _exit(MACHINE_TOO_SLOW);
}

int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* xorshift64* */
unsigned pick(unsigned count)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * 0x2545f4914f6cdd1d) >> 33) % count;
}

static void *room_for(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    must(memory);
    return memory;
}

static void add(struct list *list, struct play *play)
{
    list->plays[list->count++] = play;
}

static void remove_at(struct list *list, size_t place)
{
    list->plays[place] = list->plays[--list->count];
}

static struct truth *note(const struct play *play, pid_t process)
{
    must(truth_count < truth_room);
    truths[truth_count] = (struct truth){
        .cookie = cookie_of(play->fd),
        .process = process,
        .expected = play->scenario->expected,
        .in = play->in,
        .cause = play->scenario->cause,
        .flags = play->scenario->flags,
        .label = play->scenario->name,
    };
    return &truths[truth_count++];
}

void note_open(struct play *play)
{
    play->truth = note(play, getpid());
}

void note_child(const struct play *play, pid_t child)
{
    note(play, child);
}

void note_report(pid_t process, uint64_t cookie)
{
    for (struct truth *truth = truths; truth < truths + truth_count; truth++) {
        if (truth->process != process || truth->cookie != cookie)
            continue;
        truth->reported = true;
        if (truth->due && now_ms() - truth->due > HELD_UP_MS)
            too_slow("the watcher");
    }
}

void expect_promptly(struct play *play)
{
    play->truth->due = now_ms() + grace;
}

void note_replaced(struct play *play)
{
    play->truth->expected = INNOCENT;
}

void keep_sending(struct play *play)
{
    add(&sending, play);
}

/* Each sender a byte, whenever it is time. */
static void send_on(void)
{
    int64_t now = now_ms();
    if (now < next_sending)
        return;
    if (next_sending && now - next_sending > grace / 2)
        too_slow("sending");
    for (size_t i = 0; i < sending.count; i++)
        must(send(sending.plays[i]->fd, ".", 1, MSG_NOSIGNAL) == 1);
    next_sending = now + SENDING_MS;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Every scenario in all its kinds: each direction that it is for, each family. */
static void make_plays(const struct scenario *scenario, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool in = scenario->where == ONLY_IN || (scenario->where != ONLY_OUT && i % 2);
        plays[play_count++] = (struct play){
            .scenario = scenario, .family = (enum family)(i / 2 % FAMILIES), .in = in, .fd = -1, .other = -1};
    }
}

static void make_all_plays(size_t count)
{
    size_t shares = 0;
    for (size_t i = 0; i < scenario_count; i++)
        shares += scenarios[i].share;
    size_t room = count + scenario_count;
    plays = room_for(room, sizeof *plays);
    ready.plays = room_for(room, sizeof *ready.plays);
    waiting.plays = room_for(room, sizeof *waiting.plays);
    sending.plays = room_for(room, sizeof *sending.plays);
    truth_room = 2 * room;
    truths = room_for(truth_room, sizeof *truths);
    for (size_t i = 0; i < scenario_count; i++)
        make_plays(&scenarios[i], (count * scenarios[i].share + shares - 1) / shares);
    for (size_t i = play_count; i > 1; i--) {
        size_t other = pick((unsigned)i);
        struct play play = plays[i - 1];
        plays[i - 1] = plays[other];
        plays[other] = play;
    }
}

/* The next step of one play that is ready. */
static void advance(size_t place)
{
    struct play *play = ready.plays[place];
    step *next = play->scenario->steps[play->step++];
    if (now_ms() - play->due > LATENESS_MS)
        too_slow(play->scenario->name);
    play->due = play->looks = play->until_reported = 0;
    next(play);
    bool waits = play->due > 0;
    if (!waits)
        play->due = now_ms();
    bool over = play->step == STEPS_MAX || !play->scenario->steps[play->step];
    if (over || waits)
        remove_at(&ready, place);
    if (!over && waits)
        add(&waiting, play);
}

static bool may_go_on(const struct play *play, int64_t now, long looks)
{
    bool witnessed = play->looks <= looks && (!play->until_reported || play->truth->reported);
    return now >= play->due && (witnessed || now >= play->due + PATIENCE_MS);
}

/* Those that have waited long enough are ready. */
static void wake(void)
{
    static int64_t woken;
    int64_t now = now_ms();
    if (now == woken)
        return;
    woken = now;
    witness_reports();
    long looks = waiting.count ? witness_looks() : 0;
    for (size_t place = waiting.count; place-- > 0;) {
        struct play *play = waiting.plays[place];
        if (!may_go_on(play, now, looks))
            continue;
        if (play->looks || play->until_reported)
            play->due = now;
        add(&ready, play);
        remove_at(&waiting, place);
    }
}

/* Any, but none is left behind. */
static size_t choose(void)
{
    size_t oldest = 0;
    for (size_t place = 1; place < ready.count; place++)
        if (ready.plays[place]->due < ready.plays[oldest]->due)
            oldest = place;
    bool late = now_ms() - ready.plays[oldest]->due > LATENESS_MS / 10;
    return late ? oldest : pick((unsigned)ready.count);
}

static void play_all(void)
{
    size_t next = 0;
    while (next < play_count || ready.count || waiting.count) {
        send_on();
        wake();
        for (; next < play_count && ready.count < WINDOW; next++) {
            plays[next].due = now_ms();
            add(&ready, &plays[next]);
        }
        if (ready.count)
            advance(choose());
        else
            nap();
    }
}

static bool all_reported(void)
{
    for (const struct truth *truth = truths; truth < truths + truth_count; truth++)
        if (truth->expected != INNOCENT && !truth->reported)
            return false;
    return true;
}

/* Until the last leak is reported, and the last innocent would have been. */
static void stay(void)
{
    int64_t begin = now_ms(), now;
    while ((now = now_ms()) - begin < unread_grace + STAY_MS ||
           (now - begin < PATIENCE_MS && !all_reported())) {
        send_on();
        witness_reports();
        nap();
    }
}

/* What is written down of the open ones still holds for what is under their numbers. */
static void check_open(void)
{
    for (size_t i = 0; i < play_count; i++)
        if (plays[i].fd >= 0)
            must(cookie_of(plays[i].fd) == plays[i].truth->cookie);
}

static void write_truth(const char *path)
{
    static const char *const words[] = {[INNOCENT] = "innocent", [LEAK] = "leak", [HEALED] = "healed"};
    FILE *file = fopen(path, "w");
    must(file);
    for (const struct truth *truth = truths; truth < truths + truth_count; truth++)
        fprintf(file, "%d\t%#llx\t%s\t%s\t%s\t%s\t%s\n", truth->process, (unsigned long long)truth->cookie,
                words[truth->expected], truth->cause ? truth->cause : "", truth->in ? "in" : "out",
                truth->flags ? truth->flags : "", truth->label);
    must(fclose(file) == 0);
}

/* No more numbers than it takes: the program and its peer are to be the same everywhere. */
static void limit_numbers(size_t count)
{
    struct rlimit limit;
    must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = count + count / 4 + 512;
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

int main(int count, char **arguments)
{
    if (count == 5 && strcmp(arguments[1], "--peer") == 0) {
        limit_numbers((size_t)atol(arguments[4]));
        peer_serve(atoi(arguments[2]), (uint16_t)atoi(arguments[3]));
        return 0;
    }
    must(count == 7);
    random_state = strtoull(arguments[1], NULL, 10) * 0x9e3779b97f4a7c15 + 1;
    size_t sockets = strtoul(arguments[2], NULL, 10);
    uint16_t idle_port = (uint16_t)atoi(arguments[4]);
    grace = atoi(arguments[5]);
    unread_grace = atoi(arguments[6]);
    signal(SIGPIPE, SIG_IGN);
    witness_log(getenv("TEST_EVENTS"));
    limit_numbers(sockets);
    peer_start("/proc/self/exe", sockets, (uint16_t)(idle_port + 2));
    listen_everywhere(idle_port);
    make_all_plays(sockets);
    play_all();
    stay();
    check_open();
    write_truth(arguments[3]);
    end_children();
    return 0;
}
