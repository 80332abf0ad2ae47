#include "preloading.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <paths.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "elf.h"
#include "library.h"
#include "loader.h"
#include "message.h"
#include "program.h"
#include "waitclose.h"
#include "waitclose/kind.h"

enum {
    SCRIPT_LINE = 256,    /* as much as the kernel looks at */
    INTERPRETERS_MAX = 5, /* interpreters that are scripts themselves, as the kernel has it */
};

struct preloading {
    const char *given; /* what LD_PRELOAD held */
    bool force;
    char *library; /* NULL until it is known what kind of program it is for */
};

/* Says why, but to one who has it run all the same. */
__attribute__((format(printf, 3, 4))) static int refuse(const struct preloading *preloading, int status,
                                                        const char *format, ...)
{
    va_list values;

    va_start(values, format);
    if (!preloading->force)
        complain_of(status, format, values);
    va_end(values);
    return status;
}

/* The interpreter that "#!" names, cut where the kernel cuts. False: the file is no script of this kind. */
static bool read_script(int file, char interpreter[SCRIPT_LINE])
{
    char line[SCRIPT_LINE + 1];
    ssize_t length = pread(file, line, SCRIPT_LINE, 0);

    if (length < 2 || memcmp(line, "#!", 2) != 0)
        return false;
    line[length] = '\0';
    char *start = line + 2 + strspn(line + 2, " \t");
    size_t size = strcspn(start, " \t\n");
    if (size == 0 || start + size == line + SCRIPT_LINE)
        return false;
    memcpy(interpreter, start, size);
    interpreter[size] = '\0';
    return true;
}

/* Capabilities that the kernel would give the program, or "effective", which counts as well. */
static bool has_capabilities(int file)
{
    struct vfs_ns_cap_data data = {0};

    if (fgetxattr(file, "security.capability", &data, sizeof data) < (ssize_t)XATTR_CAPS_SZ_1)
        return false;
    return (le32toh(data.magic_etc) & VFS_CAP_FLAGS_EFFECTIVE) || data.data[0].permitted ||
           data.data[1].permitted;
}

/*
 * What makes the kernel set AT_SECURE, by its own rules, or NULL: it ignores
 * the bits on a nosuid mount, and the loader then takes LD_PRELOAD as ever.
 */
static const char *gained_rights(int file)
{
    struct stat status;
    struct statvfs mount;

    if (fstat(file, &status) != 0 || (fstatvfs(file, &mount) == 0 && (mount.f_flag & ST_NOSUID)))
        return NULL;
    if (getuid() != 0 && has_capabilities(file))
        return "it has file capabilities";
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return NULL;
    if ((status.st_mode & S_ISUID) && status.st_uid != getuid())
        return "it is setuid";
    if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getgid())
        return "it is setgid";
    return NULL;
}

static int not_found(const struct preloading *preloading, const char *path, const char *kind)
{
    char *places = library_places(kind);
    int status =
        strcmp(kind, KIND) == 0
            ? refuse(preloading, EXIT_WAITCLOSE, "libwaitclose.so not found: %s", places)
            : refuse(
                  preloading, EXIT_WAITCLOSE,
                  "%s cannot be shimmed: it is built for %s, and libwaitclose.so for that is not found: %s",
                  path, kind, places);
    free(places);
    return status;
}

/* Finds the library for programs of that kind. */
static int choose(struct preloading *preloading, const char *path, const char *kind)
{
    char *library = library_find(kind);
    if (!library)
        return not_found(preloading, path, kind);
    if (!library_can_be_named(library)) {
        int status =
            refuse(preloading, EXIT_WAITCLOSE,
                   "%s cannot be preloaded: LD_PRELOAD cannot hold a path with a space or a colon", library);
        free(library);
        return status;
    }
    preloading->library = library;
    library_preload(preloading->given, library);
    return 0;
}

static int judge(const struct preloading *preloading, const char *path, const struct elf *elf,
                 const struct loader_answer *answer)
{
    switch (answer->verdict) {
    case LOADER_PRELOADS:
        return 0;
    case LOADER_REFUSES:
        if (!answer->words[0])
            return refuse(preloading, EXIT_WAITCLOSE,
                          "%s cannot be shimmed: its loader, %s, leaves %s out and does not say why", path,
                          elf->loader, preloading->library);
        return refuse(preloading, EXIT_WAITCLOSE, "%s cannot be shimmed: its loader says: %s", path,
                      answer->words);
    case LOADER_FAILS:
        return refuse(preloading, EXIT_CANNOT_RUN, "%s: cannot be run: its loader says: %s", path,
                      answer->words);
    case LOADER_MISSING:
        break;
    }
    if (strcmp(elf_kind(elf), KIND) != 0)
        return refuse(preloading, EXIT_WAITCLOSE,
                      "%s cannot be shimmed: it is built for %s, and its loader, %s, cannot be run here: %s",
                      path, elf_kind(elf), elf->loader, strerror(answer->error));
    return refuse(preloading, answer->error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN,
                  "%s: its loader, %s, cannot be run: %s", path, elf->loader, strerror(answer->error));
}

/* By the name that serves 32 bits and 64, if there is one and the loader finds the library by it. */
static bool preloads_both(const struct preloading *preloading, const char *path, const struct elf *elf)
{
    char *name = library_for_both(preloading->library, elf_kind(elf));
    if (!name)
        return false;
    library_preload(preloading->given, name);
    free(name);
    return loader_ask(elf->loader, path, preloading->library).verdict == LOADER_PRELOADS;
}

static int ask_loader(const struct preloading *preloading, const char *path, const struct elf *elf)
{
    if (preloading->force || preloads_both(preloading, path, elf))
        return 0;
    library_preload(preloading->given, preloading->library);
    struct loader_answer answer = loader_ask(elf->loader, path, preloading->library);
    return judge(preloading, path, elf, &answer);
}

static int prepare_elf(struct preloading *preloading, const char *path, int file)
{
    struct elf elf;
    const char *rights = gained_rights(file);

    if (!elf_read(file, &elf))
        return refuse(preloading, EXIT_CANNOT_RUN, "%s: cannot be run: %s", path, strerror(ENOEXEC));
    const char *obstacle = elf_obstacle(&elf);
    if (elf.swapped)
        return refuse(preloading, EXIT_WAITCLOSE,
                      "%s cannot be shimmed: it is built for %s, with another byte order", path,
                      elf_machine_name(elf.machine));
    if (rights)
        return refuse(preloading, EXIT_WAITCLOSE,
                      "%s cannot be shimmed: %s, and the loader ignores LD_PRELOAD where rights change", path,
                      rights);
    if (obstacle)
        return refuse(preloading, EXIT_WAITCLOSE, "%s cannot be shimmed: %s", path, obstacle);
    if (!elf_kind(&elf))
        return refuse(
            preloading, EXIT_WAITCLOSE,
            "%s cannot be shimmed: it is built for %s with words of %d bits, and there is no libwaitclose.so "
            "for that",
            path, elf_machine_name(elf.machine), elf.wide ? 64 : 32);
    int status = choose(preloading, path, elf_kind(&elf));
    return status == 0 ? ask_loader(preloading, path, &elf) : status;
}

static int prepare_file(struct preloading *preloading, const char *path, unsigned depth);

static int prepare_interpreter(struct preloading *preloading, const char *path, const char *interpreter,
                               unsigned depth)
{
    int error = depth < INTERPRETERS_MAX ? program_runnable(interpreter) : ELOOP;
    if (error)
        return refuse(preloading, error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN,
                      "%s: its interpreter, %s, cannot be run: %s", path, interpreter, strerror(error));
    return prepare_file(preloading, interpreter, depth + 1);
}

static int prepare_file(struct preloading *preloading, const char *path, unsigned depth)
{
    char interpreter[SCRIPT_LINE];
    int status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (file < 0)
        return refuse(preloading, EXIT_WAITCLOSE,
                      "%s cannot be shimmed: it cannot be read, so there is no telling: %s", path,
                      strerror(errno));
    if (elf_has_magic(file))
        status = prepare_elf(preloading, path, file);
    else if (read_script(file, interpreter))
        status = prepare_interpreter(preloading, path, interpreter, depth);
    else
        /* execvp(3) has the shell run what the kernel does not know. */
        status = prepare_interpreter(preloading, path, _PATH_BSHELL, depth);
    close(file);
    return status;
}

int preloading_prepare(const char *path, bool force, char **library)
{
    const char *list = getenv("LD_PRELOAD");
    char *given = text("%s", list ? list : "");
    struct preloading preloading = {given, force, NULL};
    int status = prepare_file(&preloading, path, 0);

    if (force && !preloading.library) { /* what it starts may be of our own kind */
        preloading.force = false;
        status = choose(&preloading, path, KIND);
    } else if (force) {
        status = 0;
    }
    *library = preloading.library;
    free(given);
    return status;
}
