#include "holders.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "array.h"
#include "descriptors.h"
#include "process.h"

/* The process that is being looked at. */
struct visit {
    struct holders *holders;
    pid_t pid;
};

static void add(const struct visit *visit, const struct descriptor *descriptor)
{
    struct holders *holders = visit->holders;
    holders->items = array_grow(holders->items, holders->count, &holders->room, sizeof *holders->items);
    holders->items[holders->count++] = (struct holder){
        .pid = visit->pid, .fd = descriptor->fd, .asked = descriptor->asked, .facts = descriptor->facts};
}

/* What is in no list and has been connected is in CLOSE; or it is younger than the list. */
static void take_descriptor(const struct descriptor *descriptor, void *context)
{
    const struct visit *visit = context;
    const struct facts *facts = &descriptor->facts;

    if (descriptor->listed) {
        descriptor->listed->held = true;
        if (facts->state == STATE_CLOSE_WAIT || facts->state == STATE_LISTEN)
            add(visit, descriptor);
    } else if (descriptor->refused) {
        visit->holders->undecided++;
    } else if (facts->state == STATE_CLOSE && facts->established) {
        add(visit, descriptor);
    }
}

static void visit_process(struct holders *holders, struct socket_list *list, pid_t pid)
{
    struct visit visit = {holders, pid};
    if (!descriptors_visit(pid, list, descriptors_are_listed(pid), take_descriptor, &visit))
        holders->closed_to_us += errno == EACCES && process_has_command_line(pid);
}

void holders_find(struct holders *holders, struct socket_list *list)
{
    *holders = (struct holders){0};
    DIR *processes = opendir("/proc");
    if (!processes)
        return;
    for (const struct dirent *entry; (entry = readdir(processes));)
        if (isdigit((unsigned char)entry->d_name[0]))
            visit_process(holders, list, (pid_t)strtol(entry->d_name, NULL, 10));
    closedir(processes);
}

void holders_end(struct holders *holders)
{
    free(holders->items);
    *holders = (struct holders){0};
}
