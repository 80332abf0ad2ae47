#include "symbols.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_id.h"
#include "message.h"
#include "return_address.h"

struct file {
    struct symbol_file about; /* first, for the list is one of these */
    uint64_t pid;             /* the last process that it was found for */
    int64_t changed_at;       /* ms since 1970 */
    Dwfl *dwfl;
    Dwfl_Module *module; /* NULL: cannot be read */
};

struct symbols {
    struct modules *modules;
    char *debug_path; /* where libdw looks for debug information that is kept apart */
    Dwfl_Callbacks callbacks;
    struct symbol_file *files, **last; /* in the order in which they were asked for */
};

struct symbols *symbols_open(char *const *directories, size_t count)
{
    struct symbols *symbols = must_have(calloc(1, sizeof *symbols));
    symbols->last = &symbols->files;
    symbols->modules = modules_open(directories, count);
    symbols->debug_path = text(":.debug:" DEBUG_DIRECTORY); /* as libdw's own default */
    for (size_t i = 0; i < count; i++) {
        char *shorter = symbols->debug_path;
        symbols->debug_path = text("%s:%s", shorter, directories[i]);
        free(shorter);
    }
    symbols->callbacks = (Dwfl_Callbacks){
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
        .debuginfo_path = &symbols->debug_path,
    };
    return symbols;
}

/* At the addresses that the file itself gives, so that an offset from the load bias is an address. */
static Dwfl_Module *open_module(struct symbols *symbols, const char *path, Dwfl **dwfl)
{
    *dwfl = must_have(dwfl_begin(&symbols->callbacks));
    dwfl_report_begin(*dwfl);
    Dwfl_Module *module = dwfl_report_elf(*dwfl, path, path, -1, 0, true);
    dwfl_report_end(*dwfl, NULL, NULL);
    return module;
}

static bool is_of_build(Dwfl_Module *module, const char *build)
{
    const unsigned char *bytes;
    GElf_Addr address;
    int count = dwfl_module_build_id(module, &bytes, &address);
    return count > 0 && build_id_is(build, bytes, (size_t)count);
}

static void open_file(struct symbols *symbols, struct file *file)
{
    struct stat status;
    file->module = open_module(symbols, file->about.path, &file->dwfl);
    if (!file->module)
        file->about.trouble = dwfl_errmsg(-1);
    else if (*file->about.build && !is_of_build(file->module, file->about.build))
        file->about.mismatched = true;
    if (stat(file->about.path, &status) == 0)
        file->changed_at = (int64_t)status.st_ctim.tv_sec * 1000 + status.st_ctim.tv_nsec / 1000000;
}

/* The first of these that is of the build; where none is, or the build is not known, the first of all. */
static const struct module_file *choose(struct symbols *symbols, const struct module_file *files,
                                        const char *build)
{
    for (const struct module_file *file = *build ? files : NULL; file; file = file->next) {
        Dwfl *dwfl;
        Dwfl_Module *module = open_module(symbols, file->path, &dwfl);
        bool is_right = module && is_of_build(module, build);
        dwfl_end(dwfl);
        if (is_right)
            return file;
    }
    return files;
}

static bool is_gone(uint64_t pid)
{
    char *process = text("/proc/%" PRIu64, pid);
    bool gone = access(process, F_OK) != 0;
    free(process);
    return gone;
}

static bool is_for(const struct file *file, const char *name, const char *build)
{
    return strcmp(file->about.module, name) == 0 && strcmp(file->about.build, build) == 0;
}

/* Beyond doubt, whichever process ran it. */
static bool is_right(const struct file *file)
{
    return *file->about.build && file->module && !file->about.mismatched;
}

/* Whether looking for the module of that process again would find this file again. */
static bool is_answer(const struct file *file, uint64_t pid)
{
    bool of_process = file->about.origin == MODULE_MAPPED;
    return is_right(file) || file->pid == pid || (!of_process && is_gone(pid));
}

static struct file *add_file(struct symbols *symbols, const char *name, const char *build,
                             const struct module_file *found)
{
    struct file *file = must_have(calloc(1, sizeof *file));
    file->about = (struct symbol_file){.module = text("%s", name),
                                       .build = text("%s", build),
                                       .path = found ? text("%s", found->path) : NULL,
                                       .origin = found ? found->origin : MODULE_NAMED,
                                       .timed = true};
    *symbols->last = &file->about;
    symbols->last = &file->about.next;
    if (found)
        open_file(symbols, file);
    return file;
}

static bool same(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

static struct file *file_for(struct symbols *symbols, const char *name, const char *build, uint64_t pid)
{
    for (struct symbol_file *known = symbols->files; known; known = known->next)
        if (is_for((struct file *)known, name, build) && is_answer((struct file *)known, pid))
            return (struct file *)known;

    struct module_file *files = modules_find(symbols->modules, name, build, pid);
    const struct module_file *found = choose(symbols, files, build);
    struct file *file = NULL;
    for (struct symbol_file *known = symbols->files; known && !file; known = known->next)
        if (is_for((struct file *)known, name, build) && same(known->path, found ? found->path : NULL))
            file = (struct file *)known;
    if (!file)
        file = add_file(symbols, name, build, found);
    module_files_free(files);
    file->pid = pid;
    return file;
}

static bool is_function(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);
    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/* By debug information, which knows functions that were inlined too, and where. */
static void find_in_source(Dwfl_Module *module, GElf_Addr address, struct symbol *symbol)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias), *scopes = NULL, *around = NULL;
    int count = unit ? dwarf_getscopes(unit, address - bias, &scopes) : 0;
    int inner = 0;
    while (inner < count && !is_function(&scopes[inner]))
        inner++;
    count = inner < count ? dwarf_getscopes_die(&scopes[inner], &around) : 0;
    for (int i = 0; i < count; i++) {
        const char *name = is_function(&around[i]) ? dwarf_diename(&around[i]) : NULL;
        if (name && !symbol->function)
            symbol->function = text("%s", name);
        else if (name && dwarf_tag(&around[i]) == DW_TAG_subprogram && !symbol->within)
            symbol->within = text("%s", name);
    }
    free(scopes);
    free(around);
}

/* The symbol that covers the address, not just the last one before it: between those that a stripped file
 * has left there may be anything. */
static char *function_in_table(Dwfl_Module *module, GElf_Addr address)
{
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name = dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
    return name && offset < symbol.st_size ? text("%s", name) : NULL;
}

static void look_up(struct file *file, GElf_Addr address, struct symbol *symbol)
{
    find_in_source(file->module, address, symbol);
    if (!symbol->function)
        symbol->function = function_in_table(file->module, address);
    Dwfl_Line *line = dwfl_module_getsrc(file->module, address);
    const char *source = line ? dwfl_lineinfo(line, NULL, &symbol->line, NULL, NULL, NULL) : NULL;
    symbol->source = source ? text("%s", source) : NULL;
}

/* Whether a file that was found by its name alone has changed since, so that it may be of another build. */
static bool has_changed(struct file *file, int64_t time)
{
    if (file->about.origin != MODULE_NAMED)
        return false;
    file->about.timed &= time >= 0;
    file->about.changed |= time >= 0 && file->changed_at > time;
    return time >= 0 && file->changed_at > time;
}

/* Where the build is known nothing is in doubt, but that a frame's module may be another by the same name. */
static void look_up_if_it_fits(struct file *file, GElf_Addr offset, int64_t time, struct symbol *symbol)
{
    bool is_known = *file->about.build;
    symbol->doubtful = !is_known && (has_changed(file, time) || file->about.mismatched);
    if (return_address_fits(file->module, offset))
        look_up(file, offset - 1, symbol); /* into the call, for behind it another line may begin */
    else
        file->about.mismatched |= !is_known;
}

struct symbol symbols_find(struct symbols *symbols, const char *site, const char *build, uint64_t pid,
                           int64_t time)
{
    struct symbol symbol = {0};
    const char *plus = strrchr(site, '+');
    char *end;
    if (!plus || plus == site || strncmp(plus, "+0x", 3) != 0)
        return symbol;
    uint64_t offset = strtoull(plus + 3, &end, 16);
    if (end == plus + 3 || *end)
        return symbol;

    char *name = text("%.*s", (int)(plus - site), site);
    struct file *file = file_for(symbols, name, build, pid);
    free(name);
    if (file->module && (!*build || is_right(file)))
        look_up_if_it_fits(file, offset, time, &symbol);
    return symbol;
}

void symbol_free(struct symbol *symbol)
{
    free(symbol->function);
    free(symbol->within);
    free(symbol->source);
}

const struct symbol_file *symbols_files(const struct symbols *symbols)
{
    return symbols->files;
}

void symbols_close(struct symbols *symbols)
{
    while (symbols->files) {
        struct file *file = (struct file *)symbols->files;
        symbols->files = file->about.next;
        if (file->dwfl)
            dwfl_end(file->dwfl);
        free((char *)file->about.module);
        free((char *)file->about.build);
        free((char *)file->about.path);
        free(file);
    }
    modules_close(symbols->modules);
    free(symbols->debug_path);
    free(symbols);
}
