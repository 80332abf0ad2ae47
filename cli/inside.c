#include "inside.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "elf.h"
#include "image.h"
#include "memory.h"
#include "message.h"
#include "sound_policy.h"
#include "thread_of.h"
#include "waitclose.h"
#include "watcher.h"

enum { TRIES = 4, SUSPECTS_MAX = HINTS_MAX };

static void *room_for(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        exit(complain(EXIT_WAITCLOSE, "out of memory"));
    return memory;
}

/* What lies at an address in the other process; 0 and NULL lead nowhere. */
static bool get(const struct inside *inside, const volatile void *address, void *to, size_t size)
{
    return address && memory_read(inside->thread, (uintptr_t)address, to, size);
}

/* Through a variable that points to it. */
static bool follow(const struct inside *inside, const volatile void *variable, void *to, size_t size)
{
    const void *address;
    return get(inside, variable, &address, sizeof address) && get(inside, address, to, size);
}

static enum inside_answer say(struct inside *inside, const char *why)
{
    snprintf(inside->why, sizeof inside->why, "%s", why);
    return INSIDE_UNREADABLE;
}

/* The rights of a debugger, or what else was missing. */
static enum inside_answer say_error(struct inside *inside)
{
    if (errno == EPERM || errno == EACCES)
        return say(inside, "that takes the rights of a debugger (ptrace(2))");
    snprintf(inside->why, sizeof inside->why, "its memory cannot be read: %s", strerror(errno));
    return INSIDE_UNREADABLE;
}

static enum inside_answer say_version(struct inside *inside, const struct status_head *head)
{
    snprintf(inside->why, sizeof inside->why, "its library is %.*s of another build; this command is %s",
             (int)strnlen(head->version, sizeof head->version), head->version, WAITCLOSE_VERSION);
    return INSIDE_UNREADABLE;
}

static bool is_our_layout(const struct status *status)
{
    const struct status_sizes sizes = {sizeof(struct policy), sizeof(struct talk), sizeof(struct hint),
                                       sizeof(struct suspect), sizeof(struct tally)};
    const struct status_head *head = &status->head;
    return head->layout == STATUS_LAYOUT && head->size == sizeof *status &&
           strncmp(head->version, WAITCLOSE_VERSION, sizeof head->version) == 0 &&
           memcmp(&status->sizes, &sizes, sizeof sizes) == 0;
}

static enum inside_answer read_status(struct inside *inside, uintptr_t base, struct status *status)
{
    uint8_t byte;
    if (!memory_read(inside->thread, base, &byte, sizeof byte))
        return say_error(inside);
    if (!image_is_like_us(inside->thread, base)) {
        snprintf(inside->why, sizeof inside->why, "its library is built for %s, and so must this command be",
                 elf_machine_name(image_machine(inside->thread, base)));
        return INSIDE_UNREADABLE;
    }
    uintptr_t address = image_symbol(inside->thread, base, STATUS_SYMBOL);
    if (!address)
        return say(inside, "its library is another version's, and shows nothing of itself");
    if (!memory_read(inside->thread, address, status, sizeof *status))
        return memory_read(inside->thread, address, &status->head, sizeof status->head)
                   ? say_version(inside, &status->head)
                   : say_error(inside);
    if (memcmp(status->head.magic, STATUS_MAGIC, sizeof status->head.magic) != 0)
        return say(inside, "its library is not ours");
    return is_our_layout(status) ? INSIDE_READ : say_version(inside, &status->head);
}

/* A byte that is neither 0 nor 1 must not be read as a bool. */
static bool is_bool(const bool *value)
{
    unsigned char byte;
    memcpy(&byte, value, sizeof byte);
    return byte <= 1;
}

/* The loader puts in the addresses, then the library's constructor runs. */
static bool has_begun(const struct inside *inside, const struct status *status, struct status_life *life)
{
    bool loaded;
    return status->life && get(inside, status->life, life, sizeof *life) && life->loaded &&
           get(inside, life->loaded, &loaded, sizeof loaded) && is_bool(&loaded) && loaded;
}

static enum inside_answer read_life(struct inside *inside, const struct status *status)
{
    struct status_life life = {0};
    struct talk talk;
    const void *where;
    uint32_t state;

    if (!has_begun(inside, status, &life))
        return INSIDE_STARTING;
    inside->policy = room_for(1, sizeof *inside->policy);
    if (!memory_read_steady(inside->thread, (uintptr_t)life.policy, inside->policy, sizeof *inside->policy))
        return say_error(inside);
    if (!policy_is_sound(inside->policy))
        return say(inside, "what it keeps makes no sense");
    if (!get(inside, life.state, &where, sizeof where))
        return say_error(inside);
    inside->aside = !where;
    if (inside->aside)
        return INSIDE_READ;
    if (!get(inside, where, &state, sizeof state))
        return say_error(inside);
    inside->state = state <= LIFE_FINISHED ? state : LIFE_IDLE;
    inside->watching =
        follow(inside, life.talk, &talk, sizeof talk) && is_bool(&talk.watching) && talk.watching;
    follow(inside, life.births, &inside->born, sizeof inside->born);
    return INSIDE_READ;
}

static struct by_number locate(const struct inside *inside, const volatile void *start,
                               const unsigned *capacity)
{
    struct by_number found = {0};
    unsigned count;
    if (get(inside, start, &found.start, sizeof found.start) && found.start &&
        get(inside, capacity, &count, sizeof count) && count <= HINTS_MAX)
        found.capacity = count;
    return found;
}

static bool suspect_is_sound(const struct suspect *suspect)
{
    return suspect->cookie && suspect->state > SUSPECT_FREE && suspect->state < SUSPECT_STATES &&
           suspect->cause < CAUSES && suspect->direction <= DIRECTION_OUT &&
           suspect->action <= ACTION_CLOSE && suspect->past.ended_at >= 0 &&
           suspect->past.ended_at < INT64_MAX / 4 && is_bool(&suspect->tried) && is_bool(&suspect->shared);
}

static int by_cookie(const void *one, const void *other)
{
    uint64_t a = ((const struct suspect *)one)->cookie, b = ((const struct suspect *)other)->cookie;
    return (a > b) - (a < b);
}

static bool same(const void *one, const void *other, size_t size)
{
    return memcmp(one, other, size) == 0;
}

/* Read twice; what has changed in between is left out, for it may be half of one and half of another. */
static bool read_pool(struct inside *inside, const struct status_sockets *sockets)
{
    uint32_t end;
    uintptr_t pool, moved;
    if (!get(inside, sockets->suspects_end, &end, sizeof end) || end > SUSPECTS_MAX ||
        !get(inside, sockets->suspects, &pool, sizeof pool))
        return false;
    size_t size = end * sizeof(struct suspect);
    struct suspect *first = room_for(end, sizeof *first), *second = room_for(end, sizeof *second);
    bool whole = memory_read(inside->thread, pool, first, size) &&
                 memory_read(inside->thread, pool, second, size) &&
                 get(inside, sockets->suspects, &moved, sizeof moved) && moved == pool;
    inside->suspect_count = 0;
    for (uint32_t i = 0; whole && i < end; i++)
        if (same(&first[i], &second[i], sizeof *first) && suspect_is_sound(&first[i]))
            first[inside->suspect_count++] = first[i];
    free(second);
    free(inside->suspects);
    inside->suspects = first;
    return whole;
}

static void read_watcher(struct inside *inside, const struct status *status)
{
    struct status_sockets sockets = {0};
    if (!get(inside, status->sockets, &sockets, sizeof sockets))
        return;
    memory_read_steady(inside->thread, (uintptr_t)status->tally, &inside->tally, sizeof inside->tally);
    inside->cookies = locate(inside, sockets.cookies, sockets.capacity);
    inside->generations = locate(inside, sockets.generations, sockets.capacity);
    for (int i = 0; i < TRIES && !read_pool(inside, &sockets); i++)
        ;
    if (inside->suspect_count)
        qsort(inside->suspects, inside->suspect_count, sizeof *inside->suspects, by_cookie);
}

static enum inside_answer read_all(struct inside *inside, uintptr_t base)
{
    struct status status = {0};
    struct status_hints hints = {0};
    enum inside_answer answer = read_status(inside, base, &status);

    if (answer == INSIDE_READ)
        answer = read_life(inside, &status);
    if (answer != INSIDE_READ)
        return answer;
    if (!inside->aside && get(inside, status.hints, &hints, sizeof hints)) {
        inside->hints = locate(inside, hints.records, hints.capacity);
        inside->marks = locate(inside, hints.marks, hints.capacity);
    }
    if (inside->watching)
        read_watcher(inside, &status);
    return INSIDE_READ;
}

static enum inside_answer try(struct inside *inside, pid_t process)
{
    uintptr_t base;

    *inside = (struct inside){.thread = thread_of(process)};
    switch (image_find(inside->thread, &base)) {
    case IMAGE_NOT_THERE:
        return INSIDE_NOT_WRAPPED;
    case IMAGE_HIDDEN:
        return errno == ENOENT || errno == ESRCH ? INSIDE_NOT_WRAPPED : INSIDE_HIDDEN;
    case IMAGE_THERE:
        break;
    }
    return read_all(inside, base);
}

/* While the loader is at work, or the process is ending, part of it is there and part is not; that passes. */
enum inside_answer inside_read(struct inside *inside, pid_t process)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    enum inside_answer answer = try(inside, process);

    for (int i = 1; i < TRIES && answer == INSIDE_UNREADABLE; i++) {
        inside_end(inside);
        nanosleep(&moment, NULL);
        answer = try(inside, process);
    }
    return answer;
}

void inside_end(struct inside *inside)
{
    free(inside->policy);
    free(inside->suspects);
    *inside = (struct inside){0};
}

/* By cookie */

const struct suspect *inside_suspect(const struct inside *inside, uint64_t cookie)
{
    struct suspect key = {.cookie = cookie};
    return inside->suspect_count
               ? bsearch(&key, inside->suspects, inside->suspect_count, sizeof key, by_cookie)
               : NULL;
}
