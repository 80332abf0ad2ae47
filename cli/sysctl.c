#include "sysctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MEANING_MAX = 256, RETRIES_FOR_NONE = 8, NUMBERS_MAX = 4096 };

struct sentence {
    char *text;
    const struct policy *policy;
    const struct gist *gist;
    long value;
};

#define SAY(sentence, ...) snprintf((sentence)->text, MEANING_MAX, __VA_ARGS__)

bool sysctl_read(const char *path, long *value)
{
    char whole[128];
    snprintf(whole, sizeof whole, "/proc/sys/net/%s", path);
    FILE *file = fopen(whole, "re");
    if (!file)
        return false;
    bool taken = fscanf(file, "%ld", value) == 1;
    fclose(file);
    return taken;
}

static long other(const char *path)
{
    long value = 0;
    return sysctl_read(path, &value) ? value : 0;
}

/*
 * Seconds that so many retransmissions take at the least: the first comes after 200 ms, each wait is twice
 * the last, and none longer than 120 s (tcp_model_timeout() in net/ipv4/tcp_timer.c).
 */
static double seconds_of(long retries)
{
    enum { DOUBLED = 9 }; /* waits below 120 s */
    double least = 0.2, most = 120;
    if (retries <= DOUBLED)
        return (double)((2L << retries) - 1) * least;
    return (double)((2L << DOUBLED) - 1) * least + (double)(retries - DOUBLED) * most;
}

static void say_keepalive_time(struct sentence *sentence)
{
    const struct gist *gist = sentence->gist;
    const struct keepalive *ours = &gist->keepalive;
    long interval = other("ipv4/tcp_keepalive_intvl"), count = other("ipv4/tcp_keepalive_probes");
    if (ours->on == SWITCH_ON)
        SAY(sentence,
            "a vanished peer is noticed after %s%d s + %d x %d s%s; without keepalive= here, after %ld s + "
            "%ld x %ld s",
            gist->keepalive_differs ? "at most " : "", ours->idle, ours->count, ours->interval,
            gist->user_timeout == UNTOUCHED ? "" : ", or by user-timeout=", sentence->value, count, interval);
    else
        SAY(sentence,
            "a vanished peer is noticed after %ld s + %ld x %ld s, and only where the program sets "
            "SO_KEEPALIVE",
            sentence->value, count, interval);
}

static void say_keepalive_interval(struct sentence *sentence)
{
    const struct keepalive *ours = &sentence->gist->keepalive;
    if (ours->on == SWITCH_ON)
        SAY(sentence, "seconds between probes: %d by keepalive=, and this elsewhere", ours->interval);
    else
        SAY(sentence, "seconds between probes");
}

static void say_keepalive_probes(struct sentence *sentence)
{
    const struct keepalive *ours = &sentence->gist->keepalive;
    if (ours->on == SWITCH_ON)
        SAY(sentence, "probes without an answer that end a connection: %d by keepalive=, and this elsewhere",
            ours->count);
    else
        SAY(sentence, "probes without an answer that end a connection");
}

static void say_fin_timeout(struct sentence *sentence)
{
    int64_t ours = sentence->gist->fin_timeout;
    if (ours != UNTOUCHED)
        SAY(sentence,
            "seconds in FIN_WAIT2 of closed sockets: %" PRId64 " by fin-timeout=, and this elsewhere", ours);
    else
        SAY(sentence, "seconds in FIN_WAIT2, of closed sockets only; CLOSE_WAIT has no timeout");
}

static void say_tw_reuse(struct sentence *sentence)
{
    static const char *const meanings[] = {"no new connection may take", "new connections may take",
                                           "new connections on loopback may take"};
    bool known = sentence->value >= 0 && sentence->value < 3;
    SAY(sentence, "%s a port in TIME_WAIT; %s",
        known ? meanings[sentence->value] : "some connections may take",
        sentence->gist->reuseaddr ? "reuseaddr= does not change that" : "this ends no CLOSE_WAIT");
}

static void say_max_tw_buckets(struct sentence *sentence)
{
    const struct gist *gist = sentence->gist;
    bool ends = gist->fins || gist->closes;
    SAY(sentence, "more in TIME_WAIT at once are dropped; %s",
        gist->linger_resets    ? "linger=0 makes none"
        : ends && gist->idles  ? "an idle connection that is ended passes through it, a CLOSE_WAIT does not"
        : ends || gist->resets ? "a CLOSE_WAIT that is ended never enters it"
                               : "the side that closes first enters it");
}

static void say_somaxconn(struct sentence *sentence)
{
    int64_t ours = sentence->gist->backlog;
    if (ours == UNTOUCHED)
        SAY(sentence, "the most that an accept queue holds, whatever the program asks of listen");
    else if (ours > sentence->value)
        SAY(sentence, "backlog=%" PRId64 " is bounded: an accept queue holds %ld at most", ours,
            sentence->value);
    else
        SAY(sentence, "the most that an accept queue holds: backlog=%" PRId64 " fits", ours);
}

static void say_max_syn_backlog(struct sentence *sentence)
{
    if (other("ipv4/tcp_syncookies"))
        SAY(sentence, "has no effect while tcp_syncookies is on; the accept queue's size is the limit");
    else
        SAY(sentence, "half-open connections of a listener, beside the accept queue's size");
}

static void say_syncookies(struct sentence *sentence)
{
    SAY(sentence, "%s; a full accept queue drops connections all the same",
        sentence->value == 0   ? "off: SYNs beyond a listener's queue are dropped"
        : sentence->value == 1 ? "SYNs beyond a listener's queue are answered with a cookie"
                               : "every SYN is answered with a cookie");
}

static void say_orphan_retries(struct sentence *sentence)
{
    const struct gist *gist = sentence->gist;
    long retries = sentence->value ? sentence->value : RETRIES_FOR_NONE;
    SAY(sentence, "a FIN of %s is sent again %ld times%s (%.0f s at least)",
        gist->closes ? "what action=close has ended (LAST_ACK)" : "a closed socket", retries,
        sentence->value ? "" : ", as 0 means 8", seconds_of(retries));
}

static void say_max_orphans(struct sentence *sentence)
{
    SAY(sentence, "closed sockets that wait for their peer; beyond, they are reset%s",
        sentence->gist->closes ? ". What action=close has ended counts until the peer answers" : "");
}

static void say_retries2(struct sentence *sentence)
{
    double seconds = seconds_of(sentence->value);
    int64_t ours = sentence->gist->user_timeout;
    if (ours != UNTOUCHED)
        SAY(sentence,
            "data without an answer are given up after %g s by user-timeout=, %.0f s or more elsewhere",
            (double)ours / 1000, seconds);
    else
        SAY(sentence, "data%s without an answer are given up after %.0f s or more",
            sentence->gist->fins ? ", and a FIN by action=fin (LAST_ACK)," : "", seconds);
}

static void say_overflows(struct sentence *sentence)
{
    SAY(sentence, "times that a full accept queue took no connection%s",
        sentence->value ? "; event backlog names the listener" : "");
}

static void say_drops(struct sentence *sentence)
{
    SAY(sentence, "connections that listeners dropped, for that reason or another");
}

static void say_descriptors(struct sentence *sentence)
{
    unsigned limit = sentence->policy->process.limit;
    SAY(sentence, "descriptors of a process started here (ulimit -n); %s",
        limit && limit >= sentence->value ? "limit= is never reached" : "leaks use them up, one each");
}

static const struct row {
    const char *name, *path; /* below /proc/sys/net */
    void (*say)(struct sentence *sentence);
} rows[] = {
    {"net.ipv4.tcp_keepalive_time", "ipv4/tcp_keepalive_time", say_keepalive_time},
    {"net.ipv4.tcp_keepalive_intvl", "ipv4/tcp_keepalive_intvl", say_keepalive_interval},
    {"net.ipv4.tcp_keepalive_probes", "ipv4/tcp_keepalive_probes", say_keepalive_probes},
    {"net.ipv4.tcp_retries2", "ipv4/tcp_retries2", say_retries2},
    {"net.ipv4.tcp_orphan_retries", "ipv4/tcp_orphan_retries", say_orphan_retries},
    {"net.ipv4.tcp_max_orphans", "ipv4/tcp_max_orphans", say_max_orphans},
    {"net.ipv4.tcp_fin_timeout", "ipv4/tcp_fin_timeout", say_fin_timeout},
    {"net.ipv4.tcp_tw_reuse", "ipv4/tcp_tw_reuse", say_tw_reuse},
    {"net.ipv4.tcp_max_tw_buckets", "ipv4/tcp_max_tw_buckets", say_max_tw_buckets},
    {"net.core.somaxconn", "core/somaxconn", say_somaxconn},
    {"net.ipv4.tcp_max_syn_backlog", "ipv4/tcp_max_syn_backlog", say_max_syn_backlog},
    {"net.ipv4.tcp_syncookies", "ipv4/tcp_syncookies", say_syncookies},
};

static void print_row(const char *name, void (*say)(struct sentence *sentence), struct sentence *sentence)
{
    say(sentence);
    printf("  %-30s %6ld  %s\n", name, sentence->value, sentence->text);
}

/* The word at the position of the name: two lines with the same beginning, the names and the numbers. */
static bool find_counter(char *names, char *numbers, const char *name, long *value)
{
    char *more_names, *more_numbers;
    char *word = strtok_r(names, " \n", &more_names), *number = strtok_r(numbers, " \n", &more_numbers);
    while (word && number) {
        if (strcmp(word, name) == 0) {
            *value = strtol(number, NULL, 10);
            return true;
        }
        word = strtok_r(NULL, " \n", &more_names);
        number = strtok_r(NULL, " \n", &more_numbers);
    }
    return false;
}

static bool read_counter(const char *name, long *value)
{
    char names[NUMBERS_MAX], numbers[NUMBERS_MAX];
    bool found = false;
    FILE *file = fopen("/proc/net/netstat", "re");
    if (!file)
        return false;
    while (!found && fgets(names, sizeof names, file) && fgets(numbers, sizeof numbers, file))
        found = strncmp(names, "TcpExt:", 7) == 0 && find_counter(names, numbers, name, value);
    fclose(file);
    return found;
}

static void print_counter(const char *shown, const char *name, void (*say)(struct sentence *sentence),
                          struct sentence *sentence)
{
    if (read_counter(name, &sentence->value))
        print_row(shown, say, sentence);
}

void print_sysctls(const struct policy *policy, const struct gist *gist)
{
    char meaning[MEANING_MAX];
    struct sentence sentence = {.text = meaning, .policy = policy, .gist = gist};
    struct rlimit descriptors;

    puts("kernel:");
    for (const struct row *row = rows; row < rows + sizeof rows / sizeof *rows; row++)
        if (sysctl_read(row->path, &sentence.value))
            print_row(row->name, row->say, &sentence);
    print_counter("TcpExtListenOverflows", "ListenOverflows", say_overflows, &sentence);
    print_counter("TcpExtListenDrops", "ListenDrops", say_drops, &sentence);
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur != RLIM_INFINITY) {
        sentence.value = (long)descriptors.rlim_cur;
        print_row("RLIMIT_NOFILE", say_descriptors, &sentence);
    }
}
