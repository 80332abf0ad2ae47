#include "program.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <paths.h>
#include <stdbool.h>
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
#include "waitclose.h"

enum {
    SCRIPT_LINE = 256,    /* as much as the kernel looks at */
    INTERPRETERS_MAX = 5, /* interpreters that are scripts themselves, as the kernel has it */
};

/* As execve(2) would answer: 0, or errno. */
static int runnable(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    if (!S_ISREG(status.st_mode))
        return EACCES;
    return access(path, X_OK) == 0 ? 0 : errno;
}

static int cannot_run(const char *path, int error)
{
    if (error == ENOENT)
        return complain(EXIT_NOT_FOUND, "%s: not found", path);
    return complain(EXIT_CANNOT_RUN, "%s: cannot be run: %s", path, strerror(error));
}

/* What the C library searches where PATH is not set. */
static char *default_search(void)
{
    char path[256] = "";
    confstr(_CS_PATH, path, sizeof path);
    return text("%s", path);
}

/* As execvp(3) does: what is there but cannot be run is settled for where nothing better comes. */
static int search(const char *name, char *list, char **path)
{
    int answer = ENOENT;
    const char *directory;

    while (answer != 0 && (directory = strsep(&list, ":"))) {
        char *candidate = text("%s/%s", *directory ? directory : ".", name);
        int error = runnable(candidate);
        if (error == 0 || (answer == ENOENT && access(candidate, F_OK) == 0)) {
            answer = error;
            free(*path);
            *path = candidate;
        } else {
            free(candidate);
        }
    }
    return answer;
}

static int find(const char *name, char **path)
{
    int error;

    *path = text("%s", name);
    if (!*name || strchr(name, '/')) {
        error = runnable(name);
    } else {
        const char *set = getenv("PATH");
        char *list = set ? text("%s", set) : default_search();
        error = search(name, list, path);
        free(list);
    }
    return error ? cannot_run(*path, error) : 0;
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

/* Built for another machine than the library, which is of ours. */
static bool is_foreign(const struct elf *elf, const char *library)
{
    struct elf ours;
    int file = open(library, O_RDONLY | O_CLOEXEC);
    bool foreign = file >= 0 && elf_read(file, &ours) && ours.machine != elf->machine;
    if (file >= 0)
        close(file);
    return foreign;
}

static int ask_loader(const char *path, const struct elf *elf, const char *library)
{
    struct loader_answer answer = loader_ask(elf->loader, path, library);

    switch (answer.verdict) {
    case LOADER_PRELOADS:
        return 0;
    case LOADER_REFUSES:
        if (!answer.words[0])
            return complain(EXIT_WAITCLOSE,
                            "%s cannot be shimmed: its loader, %s, leaves %s out and does not say why", path,
                            elf->loader, library);
        return complain(EXIT_WAITCLOSE, "%s cannot be shimmed: its loader says: %s", path, answer.words);
    case LOADER_FAILS:
        return complain(EXIT_CANNOT_RUN, "%s: cannot be run: its loader says: %s", path, answer.words);
    case LOADER_MISSING:
        break;
    }
    if (is_foreign(elf, library))
        return complain(
            EXIT_WAITCLOSE,
            "%s cannot be shimmed: it is built for %s, and its loader, %s, cannot be run here: %s", path,
            elf_machine_name(elf->machine), elf->loader, strerror(answer.error));
    return complain(answer.error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN,
                    "%s: its loader, %s, cannot be run: %s", path, elf->loader, strerror(answer.error));
}

static int check_elf(const char *path, int file, const char *library)
{
    struct elf elf;
    const char *rights = gained_rights(file);

    if (!elf_read(file, &elf))
        return cannot_run(path, ENOEXEC);
    const char *obstacle = elf_obstacle(&elf);
    if (elf.swapped)
        return complain(EXIT_WAITCLOSE, "%s cannot be shimmed: it is built for %s, with another byte order",
                        path, elf_machine_name(elf.machine));
    if (rights)
        return complain(EXIT_WAITCLOSE,
                        "%s cannot be shimmed: %s, and the loader ignores LD_PRELOAD where rights change",
                        path, rights);
    if (obstacle)
        return complain(EXIT_WAITCLOSE, "%s cannot be shimmed: %s", path, obstacle);
    return ask_loader(path, &elf, library);
}

static int check_file(const char *path, const char *library, unsigned depth);

static int check_interpreter(const char *path, const char *interpreter, const char *library, unsigned depth)
{
    int error = depth < INTERPRETERS_MAX ? runnable(interpreter) : ELOOP;
    if (error)
        return complain(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN,
                        "%s: its interpreter, %s, cannot be run: %s", path, interpreter, strerror(error));
    return check_file(interpreter, library, depth + 1);
}

static int check_file(const char *path, const char *library, unsigned depth)
{
    char interpreter[SCRIPT_LINE];
    int status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (file < 0)
        return complain(EXIT_WAITCLOSE, "%s cannot be shimmed: it cannot be read, so there is no telling: %s",
                        path, strerror(errno));
    if (elf_has_magic(file))
        status = check_elf(path, file, library);
    else if (read_script(file, interpreter))
        status = check_interpreter(path, interpreter, library, depth);
    else
        /* execvp(3) has the shell run what the kernel does not know. */
        status = check_interpreter(path, _PATH_BSHELL, library, depth);
    close(file);
    return status;
}

int program_prepare(const char *name, bool force, char **path)
{
    int status = find(name, path);
    if (status != 0)
        return status;

    char *library = library_find();
    if (!library)
        return EXIT_WAITCLOSE;
    library_preload(library);
    status = force ? 0 : check_file(*path, library, 0);
    free(library);
    return status;
}
