/* What became of leaks, the order of groups, and the names of rotated logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "build_id.h"
#include "ledger.h"
#include "log_name.h"

static struct event event_of(enum event_kind kind, uint64_t pid, uint64_t cookie)
{
    return (struct event){.kind = kind,
                          .time = -1,
                          .pid = pid,
                          .cookie = cookie,
                          .exe = "app",
                          .cause = "eof-unread",
                          .direction = "out",
                          .peer = "10.0.0.1:80",
                          .site = "app+0x1",
                          .site_build = "",
                          .reader = "",
                          .stack = "",
                          .action = "close",
                          .result = "ok"};
}

static void take(struct ledger *ledger, struct event event)
{
    ledger_take(ledger, &event);
}

static void check_counts(const struct counts *counts, struct counts expected)
{
    assert_memory_equal(counts, &expected, sizeof expected);
    assert_int_equal(counts->leaks, counts->open + counts->healed + counts->acted + counts->exited);
}

/* Many sockets of many processes, ended in another order than they came: nothing is kept of them. */
static void nothing_is_left(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct ledger ledger;
    ledger_open(&ledger, BY_SITE);
    for (unsigned i = 0; i < COUNT; i++)
        take(&ledger, event_of(EVENT_LEAK, i % 7 + 1, i + 1));
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned mixed = i * 387 % COUNT; /* has no factor with COUNT */
        if (mixed % 2)
            take(&ledger, event_of(EVENT_HEALED, mixed % 7 + 1, mixed + 1));
    }
    check_counts(&ledger.total, (struct counts){.leaks = COUNT, .healed = COUNT / 2, .open = COUNT / 2});
    for (unsigned pid = 1; pid <= 7; pid++)
        take(&ledger, event_of(EVENT_SUMMARY, pid, 0));
    check_counts(&ledger.total, (struct counts){.leaks = COUNT, .healed = COUNT / 2, .exited = COUNT / 2});
    assert_int_equal(ledger.group_count, 1);
    check_counts(&ledger.groups->counts, ledger.total);
    assert_null(ledger.socket_tree);
    assert_null(ledger.process_tree);
    ledger_close(&ledger);
}

/* Those that leak again for another cause belong to the group of the last. */
static void from_group_to_group(void **state)
{
    (void)state;
    struct ledger ledger;
    struct event again = event_of(EVENT_LEAK, 1, 1);
    again.cause = "eof-ignored";
    ledger_open(&ledger, BY_CAUSE);
    take(&ledger, event_of(EVENT_LEAK, 1, 1));
    take(&ledger, again);
    take(&ledger, event_of(EVENT_ACTION, 1, 1));
    take(&ledger, event_of(EVENT_HEALED, 1, 1));

    const struct group **ranked = groups_ranked(ledger.groups, ledger.group_count);
    assert_string_equal(ranked[0]->name, "eof-ignored");
    check_counts(&ranked[0]->counts, (struct counts){.leaks = 1, .acted = 1});
    assert_string_equal(ranked[1]->name, "eof-unread");
    check_counts(&ranked[1]->counts, (struct counts){.leaks = 1, .healed = 1});
    assert_null(ranked[2]);
    assert_null(ledger.socket_tree);
    free(ranked);
    ledger_close(&ledger);
}

/* The same place in two builds is two pieces of code; what is not code is one. */
static void builds_apart(void **state)
{
    (void)state;
    for (enum dimension by = 0; by < GROUPINGS; by++) {
        struct ledger ledger;
        struct event leak = event_of(EVENT_LEAK, 1, 1);
        ledger_open(&ledger, by);
        leak.reader = "app+0x2";
        leak.stack = "app+0x1\nlib+0x1";
        for (leak.cookie = 1; leak.cookie <= 6; leak.cookie++) {
            leak.site_build = leak.cookie % 2 ? "0a" : leak.cookie == 6 ? "" : "0b";
            take(&ledger, leak);
        }
        assert_int_equal(ledger.group_count, by == BY_SITE ? 3 : 1);
        const struct group **groups = groups_ranked(ledger.groups, ledger.group_count);
        assert_string_equal(groups[0]->build, by == BY_SITE ? "0a" : "");
        assert_int_equal(groups[0]->counts.leaks, by == BY_SITE ? 3 : 6);
        for (enum dimension part = 0; part < DIMENSIONS; part++) {
            bool is_code = part == BY_SITE || part == BY_READER || part == BY_STACK;
            assert_int_equal(groups[0]->parts[part].count, is_code && by != BY_SITE ? 3 : 1);
        }
        free(groups);
        ledger_close(&ledger);
    }
}

/* Of a place in another module than the site's, the event tells no build. */
static void build_of_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *place, *site, *build;
    } rows[] = {
        {"app+0x2", "app+0x1", "0a"}, {"ap+0x2", "app+0x1", ""}, {"app2+0x2", "app+0x1", ""},
        {"c+++0x2", "c+++0x1", "0a"}, {"c+++0x2", "c++0x1", ""}, {"c++0x2", "c+++0x1", ""},
        {"", "app+0x1", ""},          {"app+0x1", "", ""},       {"0x12", "0x12", ""},
        {"+0x1", "+0x1", ""},         {"app", "app+0x1", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(build_id_at(rows[i].place, rows[i].site, "0a"), rows[i].build);
}

static void build_ids(void **state)
{
    (void)state;
    unsigned char bytes[32] = {0x0a, 0xff};
    assert_true(build_id_is("0aff", bytes, 2));
    assert_false(build_id_is("0aff", bytes, 3));
    assert_false(build_id_is("0aff", bytes, 1));
    assert_false(build_id_is("", bytes, 0));
    assert_true(build_id_is("0aff000000000000000000000000000000000000", bytes, 20));
    assert_true(build_id_is("0aff000000000000000000000000000000000000", bytes, 32));
    char *path = build_id_debug_path("/d", "0aff00");
    assert_string_equal(path, "/d/.build-id/0a/ff00.debug");
    free(path);
    assert_null(build_id_debug_path("/d", "../../../etc/x"));
    assert_null(build_id_debug_path("/d", "0a"));
    assert_null(build_id_debug_path("/d", ""));
}

static void what_is_open_is_freed(void **state)
{
    (void)state;
    struct ledger ledger;
    ledger_open(&ledger, BY_EXE);
    for (unsigned i = 1; i < 20; i++)
        take(&ledger, event_of(EVENT_LEAK, i % 3 + 1, i));
    ledger_close(&ledger);
    assert_null(ledger.socket_tree);
    assert_null(ledger.group_tree);
}

static void tallies(void **state)
{
    (void)state;
    struct tally tally = {0};
    char name[20];
    for (unsigned i = 0; i < TALLY_MAX + 5; i++) {
        snprintf(name, sizeof name, "%04u", i);
        tally_add(&tally, name, "", i, -1);
    }
    tally_add(&tally, "0007", "", 99, -1);
    assert_int_equal(tally.count, TALLY_MAX);
    assert_int_equal(tally.others, 5);

    const struct tally_entry **sorted = tally_sorted(&tally);
    assert_string_equal(sorted[0]->name, "0007");
    assert_int_equal(sorted[0]->count, 2);
    assert_int_equal(sorted[0]->pid, 99);
    assert_string_equal(sorted[1]->name, "0000");
    assert_null(sorted[TALLY_MAX]);
    free(sorted);
    tally_free(&tally);
    assert_null(tally.tree);
}

static void log_names(void **state)
{
    (void)state;
    /* Each list is one log, the oldest first. */
    static const char *const lists[][4] = {
        {"log.10.gz", "log.2.gz", "log.1", "log"},
        {"a/b.log-20251231.gz", "a/b.log-20260101", "a/b.log-20260102", "a/b.log"},
        {"x.log.3", "x.log.2", "x.log.1.gz", "x.log.gz"},
    };

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct log_name newest = log_name_read(lists[i][3]);
        for (int at = 0; at < 3; at++) {
            struct log_name older = log_name_read(lists[i][at]), newer = log_name_read(lists[i][at + 1]);
            assert_int_equal(older.base, newest.base);
            assert_true(older.rank < newer.rank);
        }
    }
    assert_int_equal(log_name_read("2026").base, 4);
    assert_int_equal(log_name_read(".1").rank, -1);
    assert_int_equal(log_name_read("-").base, 1);
    assert_int_equal(log_name_read("1234567890123456789").rank, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left), cmocka_unit_test(from_group_to_group),
        cmocka_unit_test(builds_apart),    cmocka_unit_test(build_of_a_place),
        cmocka_unit_test(build_ids),       cmocka_unit_test(what_is_open_is_freed),
        cmocka_unit_test(tallies),         cmocka_unit_test(log_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
