#include "sockets.h"

#include "bare.h"

enum { SUSPECTS_FIRST = 256 };

/* By number. */
static uint64_t *cookies;
static uint32_t *generations;
static unsigned size;
static int end;

/*
 * Suspects: a pool, their due times beside it, and a hash from cookie to place (0: empty, otherwise
 * place + 1).
 */
static struct suspect *pool;
static int64_t *dues;
static uint32_t *buckets;
static uint32_t pool_size, pool_end;
static uint32_t first_free; /* place + 1 of the first free record, linked through lost_round; 0: none */
static uint32_t counts[SUSPECT_STATES];

bool sockets_open(unsigned numbers)
{
    size = numbers;
    end = 0;
    cookies = bare_memory(numbers * sizeof *cookies, false);
    generations = bare_memory(numbers * sizeof *generations, false);
    pool_size = SUSPECTS_FIRST;
    pool_end = first_free = 0;
    memset(counts, 0, sizeof counts);
    pool = bare_memory(pool_size * sizeof *pool, false);
    dues = bare_memory(pool_size * sizeof *dues, false);
    buckets = bare_memory(2 * sizeof *buckets * pool_size, false);
    return cookies && generations && pool && dues && buckets;
}

uint64_t sockets_cookie(int number)
{
    return number >= 0 && number < (int)size ? cookies[number] : 0;
}

uint32_t sockets_generation(int number)
{
    return number >= 0 && number < (int)size ? generations[number] : 0;
}

void sockets_set(int number, uint64_t cookie, uint32_t generation)
{
    if (number < 0 || number >= (int)size)
        return;
    cookies[number] = cookie;
    generations[number] = generation;
    if (number >= end)
        end = number + 1;
}

int sockets_end(void)
{
    return end;
}

int sockets_holder(uint64_t cookie)
{
    for (int number = 0; number < end; number++)
        if (cookies[number] == cookie)
            return number;
    return -1;
}

int sockets_holder_of_half(uint32_t low_half)
{
    for (int number = 0; number < end; number++)
        if (cookies[number] && (uint32_t)cookies[number] == low_half)
            return number;
    return -1;
}

/* Cookies are handed out in sequence (sock_gen_cookie), so their low bits spread well enough. */
static uint32_t bucket_of(uint64_t cookie)
{
    uint32_t mask = 2 * pool_size - 1;
    uint32_t bucket = (uint32_t)cookie & mask;
    while (buckets[bucket] && pool[buckets[bucket] - 1].cookie != cookie)
        bucket = (bucket + 1) & mask;
    return bucket;
}

static bool grow(void)
{
    uint32_t more_size = 2 * pool_size;
    struct suspect *more = bare_memory_grow(pool, pool_size * sizeof *pool, more_size * sizeof *pool);
    if (!more)
        return false;
    pool = more;
    int64_t *more_dues = bare_memory_grow(dues, pool_size * sizeof *dues, more_size * sizeof *dues);
    if (!more_dues)
        return false;
    dues = more_dues;
    uint32_t *more_buckets = bare_memory(2 * sizeof *buckets * more_size, false);
    if (!more_buckets)
        return false;
    bare_memory_free(buckets, 2 * sizeof *buckets * pool_size);
    buckets = more_buckets;
    pool_size = more_size;
    for (uint32_t place = 0; place < pool_end; place++)
        if (pool[place].state != SUSPECT_FREE)
            buckets[bucket_of(pool[place].cookie)] = place + 1;
    return true;
}

struct suspect *suspects_find(uint64_t cookie)
{
    uint32_t bucket = bucket_of(cookie);
    return buckets[bucket] ? &pool[buckets[bucket] - 1] : NULL;
}

static uint32_t take_place(void)
{
    if (!first_free)
        return pool_end++;
    uint32_t place = first_free - 1;
    first_free = pool[place].lost_round;
    return place;
}

struct suspect *suspects_make(uint64_t cookie)
{
    if (pool_end == pool_size && !first_free && !grow())
        return NULL;
    uint32_t place = take_place();
    memset(&pool[place], 0, sizeof pool[place]);
    pool[place].cookie = pool[place].reported_as = cookie;
    pool[place].state = SUSPECT_WATCHED;
    counts[SUSPECT_WATCHED]++;
    dues[place] = 0;
    buckets[bucket_of(cookie)] = place + 1;
    return &pool[place];
}

/* Linear probing: what follows the gap moves up, so that no search stops short (Knuth 6.4, algorithm R). */
static void remove_bucket(uint32_t gap)
{
    uint32_t mask = 2 * pool_size - 1;
    buckets[gap] = 0;
    for (uint32_t next = (gap + 1) & mask; buckets[next]; next = (next + 1) & mask) {
        uint32_t place = buckets[next];
        buckets[next] = 0;
        buckets[bucket_of(pool[place - 1].cookie)] = place;
    }
}

void suspects_drop(struct suspect *suspect)
{
    remove_bucket(bucket_of(suspect->cookie));
    counts[suspect->state]--;
    suspect->state = SUSPECT_FREE;
    suspect->lost_round = first_free;
    first_free = (uint32_t)(suspect - pool) + 1;
    dues[suspect - pool] = INT64_MAX;
}

void suspects_set_due(const struct suspect *suspect, int64_t due)
{
    dues[suspect - pool] = due;
}

struct suspect *suspects_next_due(uint32_t *position, int64_t now)
{
    for (; *position < pool_end; (*position)++)
        if (dues[*position] <= now && pool[*position].state != SUSPECT_FREE)
            return &pool[(*position)++];
    return NULL;
}

struct suspect *suspects_next(uint32_t *position, enum suspect_state state)
{
    for (; *position < pool_end; (*position)++)
        if (pool[*position].state == state)
            return &pool[(*position)++];
    return NULL;
}

struct suspect *suspects_next_of_all(uint32_t *position)
{
    for (; *position < pool_end; (*position)++)
        if (pool[*position].state != SUSPECT_FREE)
            return &pool[(*position)++];
    return NULL;
}

uint32_t suspects_count(enum suspect_state state)
{
    return counts[state];
}

void suspects_set_state(struct suspect *suspect, enum suspect_state state)
{
    counts[suspect->state]--;
    counts[state]++;
    suspect->state = state;
}
