# make          build/libwaitclose.so and build/waitclose
# make library  the library alone, as for other programs than the command's:
#               make library CC='gcc -m32' BUILD=build/i386-linux-gnu
# make foreign  all of those that Debian has compilers for, each in a directory of its own below build
# make demo     sets up, builds, shows the main job on a real program
# make check    sets up, builds, passes every test
# make bench    sets up, builds, measures what it costs and how soon it tells (QUICK=1, PARTS=, JSON=FILE: docs/performance.md)
# make install  PREFIX= DESTDIR= (also LIBDIR= BINDIR= MANDIR= DOCDIR= COMPDIR=); make uninstall, with the same
# make deb      a Debian package, in build/deb
# V=1 shows the commands.

CC        ?= gcc
CLANG     ?= clang
PREFIX    ?= /usr/local
LIBDIR    ?= $(PREFIX)/lib
BINDIR    ?= $(PREFIX)/bin
MANDIR    ?= $(PREFIX)/share/man
DOCDIR    ?= $(PREFIX)/share/doc/waitclose
COMPDIR   ?= $(PREFIX)/share/bash-completion/completions
BUILD     ?= build
VERSION   := 0.1.0

Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2);)

WARNINGS  := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
CFLAGS    ?= -O2 -g
COMMON    := -std=gnu11 $(WARNINGS) -fvisibility=hidden -Iinclude -D_GNU_SOURCE -MMD -MP
HARDEN    := -Wl,-z,relro -Wl,-z,now
# Every program that starts maps the library: in two pieces rather than four, and what it touches side by side.
QUICK_START := -Wl,-z,noseparate-code -Wl,--sort-section=alignment

# The watcher has no thread-local storage of its own, so nothing of the library may look for a canary there;
# and a hook must jump to what is behind it (vfork cannot live with less). Nor may a memcpy become libc's, with a
# check: the watcher has its own.
SHIM      := -fPIC -fdata-sections -fno-stack-protector -U_FORTIFY_SOURCE -fno-exceptions -foptimize-sibling-calls \
             -DWAITCLOSE_VERSION='"$(VERSION)"'
# BusyBox cannot tell how to get from here to there; then it is as usual.
FROM_BIN  := $(shell realpath -ms --relative-to='$(BINDIR)' '$(LIBDIR)' 2>/dev/null || echo ../lib)
CLI       := -Ishim -DWAITCLOSE_VERSION='"$(VERSION)"' -DWAITCLOSE_LIBDIR='"$(LIBDIR)"' \
             -DWAITCLOSE_LIBDIR_FROM_BINDIR='"$(FROM_BIN)"'
TESTING   := -std=gnu11 $(WARNINGS) -D_GNU_SOURCE -O1 -g -pthread -MMD -MP

SHIM_O    := $(patsubst %.c,$(BUILD)/%.o,$(filter-out shim/policy_explain.c,$(wildcard shim/*.c)))
# Of its own the command has no reader of debug information, of gzip's files, nor of JSON.
CLI_LIBS  := -ldw -lelf -lz -lcjson

CLI_O     := $(patsubst %.c,$(BUILD)/%.o,$(wildcard cli/*.c))
# What library and command share: the policy, and the choice of the watcher's room.
SHARED_O  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard shim/policy_*.c) shim/names.c shim/room_choose.c)
# What scan and status ask and judge with, as the library does.
SCAN_O    := $(patsubst %,$(BUILD)/shim/%.o,probe verdict told address line bare site error)
# What needs neither a socket nor the loader, for the unit tests.
PURE_O    := $(SHARED_O) $(patsubst %,$(BUILD)/shim/%.o,verdict told line address site sockets stack bare bare_mem) \
             $(patsubst %,$(BUILD)/cli/%.o,accept_queue array build_id event event_json event_text group json ledger log_name \
               message printable socket_text sound_policy tally terminal)
# AddressSanitizer has mem* of its own, which are called before it is ready for ours.
PURE_O    := $(if $(findstring -fsanitize=address,$(CFLAGS)),$(filter-out %/bare_mem.o,$(PURE_O)),$(PURE_O))

UNIT      := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*_test.c))
PROGRAMS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/shim/*.c)) \
             $(addprefix $(BUILD)/tests/shim/,deny every_call lacking.so naive.so refuse.so) \
             $(BUILD)/tests/programs/ground_truth $(BUILD)/tests/programs/reuse

all: $(BUILD)/libwaitclose.so $(BUILD)/waitclose

library: $(BUILD)/libwaitclose.so

# What CC builds for, as x86_64-linux-gnu.
KIND       = $(shell echo KIND | $(CC) $(CPPFLAGS) -E -P -include include/waitclose/kind.h -x c - 2>/dev/null | tail -n 1 | tr -d '" ')
# By these names `waitclose run` finds the libraries for others: beside the one for programs like itself.
KINDS     := $(foreach machine,x86_64 i386 aarch64,$(machine)-linux-gnu $(machine)-linux-musl)

# What a program has loaded by dlopen(3) it cannot unload: the watcher and the handlers at fork and exit stay.
# Into what a glibc program starts, LD_PRELOAD is inherited. For want of musl glibc's loader would end it; a library
# whose OS/ABI (elf(5)) it does not know it leaves out, with a word on stderr. musl's loader does not look at that.
$(BUILD)/libwaitclose.so: $(SHIM_O)
	$(call say,LINK,$@)$(CC) -shared $(CFLAGS) $(HARDEN) -Wl,-z,nodelete -Wl,-soname,libwaitclose.so -Wl,--no-undefined $(QUICK_START) -o $@ $^ $(LDFLAGS)
	$(if $(findstring musl,$(KIND)),$(Q)printf '\377' | dd of=$@ bs=1 seek=7 conv=notrunc status=none)

# On an x86-64 Debian, with what scripts/deps installs there. linux/*.h and asm/*.h are the same for all, but lie
# beside one libc's headers.
FOREIGN   := i386-linux-gnu x86_64-linux-musl aarch64-linux-gnu
CC_i386-linux-gnu    := gcc -m32 -idirafter /usr/include/x86_64-linux-gnu
CC_x86_64-linux-musl := musl-gcc -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu
CC_aarch64-linux-gnu := $(CLANG) --target=aarch64-linux-gnu

foreign: $(FOREIGN)
$(FOREIGN):
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/$@ CC='$(CC_$@)' library

$(BUILD)/waitclose: $(CLI_O) $(SHARED_O) $(SCAN_O)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(HARDEN) -o $@ $^ $(LDFLAGS) $(CLI_LIBS)

$(BUILD)/shim/%.o: shim/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(COMMON) $(CPPFLAGS) $(CFLAGS) $(SHIM) -c -o $@ $<

$(BUILD)/cli/%.o: cli/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(COMMON) $(CPPFLAGS) $(CFLAGS) $(CLI) -c -o $@ $<

# Holds where the library will be, and is touched when that changes: `make`, then `make install PREFIX=...`.
$(BUILD)/cli/library.o: $(BUILD)/places
$(BUILD)/places: always
	@mkdir -p $(@D)
	@echo '$(BINDIR) $(LIBDIR)' | cmp -s - $@ || echo '$(BINDIR) $(LIBDIR)' >$@

# <elf.h> is the system's.
$(BUILD)/tests/unit/%: tests/unit/%.c $(PURE_O)
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(TESTING) $(filter -f%,$(CFLAGS)) -Iinclude -Ishim -iquote cli -o $@ $< $(PURE_O) $(CLI_LIBS) -lcmocka

# What the program's threads and the watcher share, under ThreadSanitizer. Its memory comes from a stand-in for
# bare.c, whose mem* would take the place of the sanitizer's own.
RACES_C   := $(patsubst %,shim/%.c,hints hints_changes libc_clock address stack settle probe options names policy_choose policy_keys \
               policy_options policy_parse policy_reader policy_values)
$(BUILD)/tests/unit/races_test: tests/unit/races_test.c $(RACES_C) $(wildcard shim/*.h)
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(filter-out -MMD -MP,$(TESTING)) -fsanitize=thread -Wno-unknown-warning-option -Wno-tsan -Iinclude -Ishim -o $@ $< $(RACES_C) -lcmocka

$(BUILD)/tests/shim/%: tests/shim/%.c $(wildcard tests/shim/support/*.h)
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(TESTING) -Wl,--build-id -Itests/shim/support -o $@ $< $(LDLIBS)

$(BUILD)/tests/shim/loop_io_uring: LDLIBS := -luring
$(BUILD)/tests/shim/psx: LDLIBS := -lpsx -lcap -Wl,-wrap,pthread_create

$(BUILD)/tests/shim/deny $(BUILD)/tests/shim/every_call: $(BUILD)/tests/shim/%: tests/shim/support/%.c
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(TESTING) -o $@ $<

# naive.so is the opposite of the library, for the tests of hazards to fail under.
$(patsubst %,$(BUILD)/tests/shim/%.so,refuse lacking naive): $(BUILD)/tests/shim/%.so: tests/shim/support/%.c shim/raw.h
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(TESTING) -Ishim -fPIC -shared -o $@ $<

$(BUILD)/tests/programs/ground_truth: $(wildcard tests/programs/ground_truth/*.c)
$(BUILD)/tests/programs/reuse: $(wildcard tests/programs/reuse/*.c)
$(BUILD)/tests/programs/ground_truth $(BUILD)/tests/programs/reuse:
	@mkdir -p $(@D)
	$(call say,TEST,$@)$(CC) $(filter-out -MMD -MP,$(TESTING)) -o $@ $^

# A short run of the policy's fuzzer; longer: build/tests/fuzz/policy_fuzz tests/fuzz/policy
$(BUILD)/tests/fuzz/policy_fuzz: tests/fuzz/policy_fuzz.c $(wildcard shim/policy_*.[ch]) shim/names.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)$(CLANG) -std=gnu11 -g -O1 -D_GNU_SOURCE -Iinclude -Ishim -fsanitize=fuzzer,address,undefined \
	  -fno-sanitize-recover=all -o $@ $(filter %.c,$^)

# The same of the readers of logs: build/tests/fuzz/event_fuzz tests/fuzz/events
$(BUILD)/tests/fuzz/event_fuzz: tests/fuzz/event_fuzz.c $(wildcard cli/event*.[ch]) \
             $(patsubst %,cli/%.c,build_id group ledger message tally) shim/names.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)$(CLANG) -std=gnu11 -g -O1 -D_GNU_SOURCE -Iinclude -Icli -fsanitize=fuzzer,address,undefined \
	  -fno-sanitize-recover=all -o $@ $(filter %.c,$^) $(CLI_LIBS)

# And of their writer, whose lines the readers read back: build/tests/fuzz/report_fuzz tests/fuzz/reports
$(BUILD)/tests/fuzz/report_fuzz: tests/fuzz/report_fuzz.c $(wildcard cli/event*.[ch]) \
             $(patsubst %,shim/%.c,report line address error names)
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)$(CLANG) -std=gnu11 -g -O1 -D_GNU_SOURCE -Iinclude -Ishim -Icli -fsanitize=fuzzer,address,undefined \
	  -fno-sanitize-recover=all -o $@ $(filter %.c,$^) $(CLI_LIBS)

# What the bench runs and preloads.
BENCH     := $(patsubst %,$(BUILD)/tests/bench/%,calls steps starts peer holder churn empty.so forwarder_jumps.so forwarder_returns.so)

$(BUILD)/tests/bench/%: tests/bench/programs/%.c
	@mkdir -p $(@D)
	$(call say,BENCH,$<)$(CC) $(filter-out -MMD -MP,$(TESTING)) -O2 -o $@ $(filter %.c,$^) $(LDLIBS)

$(BUILD)/tests/bench/peer $(BUILD)/tests/bench/holder $(BUILD)/tests/bench/churn: tests/bench/programs/say.h

$(BUILD)/tests/bench/calls: tests/bench/programs/kinds.c tests/bench/programs/kinds.h $(BUILD)/tests/bench/shared_ptr.o
$(BUILD)/tests/bench/calls: LDLIBS := $(BUILD)/tests/bench/shared_ptr.o -lstdc++

$(BUILD)/tests/bench/shared_ptr.o: tests/bench/programs/shared_ptr.cc
	@mkdir -p $(@D)
	$(call say,BENCH,$<)$(CXX) -Wall -Wextra -Werror -O2 -c -o $@ $<

$(BUILD)/tests/bench/%.so: tests/bench/programs/%.c
	@mkdir -p $(@D)
	$(call say,BENCH,$<)$(CC) $(TESTING) -O2 -fPIC -shared -o $@ $<

$(BUILD)/tests/bench/forwarder_%.so: tests/bench/programs/forwarder.c
	@mkdir -p $(@D)
	$(call say,BENCH,$<)$(CC) $(TESTING) -O2 -fPIC -shared $(if $(filter returns,$*),-DRETURNS) -o $@ $<

# What the library costs, and how soon it tells and ends, against nothing, the floor and other tools. QUICK=1: in a
# minute; PARTS="instructions startup": these only; JSON=FILE: the figures to a file too.
bench:
	$(Q)scripts/deps bench
	$(Q)$(MAKE) --no-print-directory -j2 all $(BUILD)/tests/shim/deny $(BENCH)
	$(Q)tests/bench/bench.py $(if $(QUICK),--quick) $(if $(JSON),--json $(JSON)) $(BUILD) $(PARTS)

# What docs/performance.md shows, of the figures beside it: make bench JSON=docs/performance.json
chart:
	$(Q)tests/bench/chart.py docs/performance.json docs/performance.svg

# Of tests/shim what says "everywhere" is run under the foreign libraries as well; io_uring's library is there
# for our own kind alone.
EVERYWHERE := $(patsubst %.c,$(BUILD)/%,$(shell grep -l '^// everywhere:' tests/shim/*.c)) $(BUILD)/tests/shim/deny
everywhere: library $(EVERYWHERE)
	@:
foreign-programs: library $(filter-out %/loop_io_uring,$(filter $(BUILD)/tests/shim/%,$(PROGRAMS)))

$(FOREIGN:%=test-%): test-%:
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/$* CC='$(CC_$*)' everywhere

# Nothing but a second opinion.
clang:
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC='$(CLANG)' all everywhere

tests: all $(UNIT) $(PROGRAMS) $(BENCH) $(addprefix $(BUILD)/tests/fuzz/,policy_fuzz event_fuzz report_fuzz) $(FOREIGN:%=test-%) clang

deps:
	$(Q)scripts/deps

# Once more, with sanitizers. The command and the unit tests: AddressSanitizer and UndefinedBehaviorSanitizer. The
# library: what of the latter needs no runtime, which the watcher could not have; it ends by SIGILL.
ADDRESS       := $(BUILD)/address
ADDRESS_BY    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
ADDRESS_UNIT  := $(filter-out %/races_test,$(UNIT:$(BUILD)/%=$(ADDRESS)/%))
UNDEFINED     := $(BUILD)/undefined
UNDEFINED_BY  := -O2 -g -fsanitize=undefined -fsanitize-undefined-trap-on-error
sanitized: tests
	$(Q)$(MAKE) --no-print-directory BUILD=$(UNDEFINED) CFLAGS='$(UNDEFINED_BY)' $(UNDEFINED)/libwaitclose.so
	$(Q)ln -sfn ../tests $(UNDEFINED)/tests
	$(Q)$(MAKE) --no-print-directory BUILD=$(ADDRESS) CFLAGS='$(ADDRESS_BY)' $(ADDRESS)/waitclose $(ADDRESS_UNIT)
	$(Q)ln -sfn ../undefined/libwaitclose.so $(ADDRESS)/libwaitclose.so
	$(Q)for part in shim programs fuzz; do ln -sfn ../../tests/$$part $(ADDRESS)/tests/$$part; done

# Of the command, what reads what others have written; of the library, all that it does in the room that is usual.
check-sanitized: sanitized
	$(Q)tests/run $(ADDRESS) 'unit/[!r]*' programs/check_ programs/report_test programs/report_symbols programs/scan_view
	$(Q)tests/run $(UNDEFINED) '(own)' 'shim/ended_*(shared)' 'shim/gate_*(shared)'

check: deps
	$(Q)$(MAKE) --no-print-directory -j2 tests sanitized
	$(Q)$(MAKE) --no-print-directory check-sanitized
	$(Q)tests/run $(BUILD)

demo:
	$(Q)scripts/deps demo
	$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)scripts/demo $(BUILD)

# The layout, and two analysers; their configuration is in .clang-format, .clang-tidy and .cppcheck.
lint:
	$(Q)scripts/lint

# The libraries for others that were built, and where each goes.
BUILT     := $(patsubst $(BUILD)/%/libwaitclose.so,%,$(wildcard $(KINDS:%=$(BUILD)/%/libwaitclose.so)))
KINDSDIR   = $(patsubst %/$(KIND),%,$(LIBDIR))

# A 64-bit program and the 32-bit ones that it starts share one LD_PRELOAD. libwaitclose/$LIB/libwaitclose.so is
# to each its own, by what glibc's loaders make of $LIB (ld.so(8)): on Debian, on Debian with 32 bits beside 64, and
# on Fedora and others.
LIB_OF_64 := lib/x86_64-linux-gnu lib64
LIB_OF_32 := lib/i386-linux-gnu lib32 lib
HAVE_BOTH  = $(and $(filter i386-linux-gnu,$(BUILT)),$(filter x86_64-linux-gnu,$(KIND)))
BOTH       = $(DESTDIR)$(KINDSDIR)/libwaitclose
link_both  = $(Q)for lib in $(1); do \
	  install -d $(BOTH)/$$lib && ln -sfnr $(DESTDIR)$(2)/libwaitclose.so $(BOTH)/$$lib || exit; done

# A library goes by a name of its own first: programs start all the time, and must find the old one or the new, whole.
install_library = $(Q)install -D -m 644 $(1) $(DESTDIR)$(2)/libwaitclose.so.new && \
	  mv -f $(DESTDIR)$(2)/libwaitclose.so.new $(DESTDIR)$(2)/libwaitclose.so

install: all $(BUILT:%=install-%)
	$(call install_library,$(BUILD)/libwaitclose.so,$(LIBDIR))
	$(if $(HAVE_BOTH),$(call link_both,$(LIB_OF_64),$(LIBDIR)))
	$(if $(HAVE_BOTH),$(call link_both,$(LIB_OF_32),$(KINDSDIR)/i386-linux-gnu))
	$(Q)install -D -m 755 $(BUILD)/waitclose $(DESTDIR)$(BINDIR)/waitclose
	$(Q)install -D -m 644 docs/waitclose.1 $(DESTDIR)$(MANDIR)/man1/waitclose.1
	$(Q)install -D -m 644 docs/waitclose.7 $(DESTDIR)$(MANDIR)/man7/waitclose.7
	$(Q)install -D -m 644 docs/completion.bash $(DESTDIR)$(COMPDIR)/waitclose
	$(Q)install -D -m 644 docs/examples/logrotate.conf $(DESTDIR)$(DOCDIR)/examples/logrotate.conf
	$(Q)sed 's|/usr/local/lib/|$(LIBDIR)/|' docs/examples/systemd.conf \
	  | install -m 644 /dev/stdin $(DESTDIR)$(DOCDIR)/examples/systemd.conf

$(BUILT:%=install-%): install-%:
	$(call install_library,$(BUILD)/$*/libwaitclose.so,$(KINDSDIR)/$*)

# What install has put there, and the directories that are nobody else's.
uninstall:
	$(Q)rm -f $(KINDS:%=$(DESTDIR)$(KINDSDIR)/%/libwaitclose.so)
	$(Q)rm -rf $(BOTH)
	$(Q)rmdir $(KINDS:%=$(DESTDIR)$(KINDSDIR)/%) 2>/dev/null || true
	$(Q)rm -f $(addprefix $(DESTDIR),$(LIBDIR)/libwaitclose.so $(BINDIR)/waitclose $(MANDIR)/man1/waitclose.1 \
	  $(MANDIR)/man7/waitclose.7 $(COMPDIR)/waitclose $(addprefix $(DOCDIR)/examples/,logrotate.conf systemd.conf))
	$(Q)rmdir $(DESTDIR)$(DOCDIR)/examples $(DESTDIR)$(DOCDIR) 2>/dev/null || true

# In a copy, for a package's build leaves much behind. What the caller's environment holds is not for it.
deb: PACKAGE := $(BUILD)/deb/waitclose-$(VERSION)
deb:
	$(Q)test "$$(dpkg-parsechangelog -S Version)" = $(VERSION) \
	  || { echo 'debian/changelog is not about $(VERSION)' >&2; exit 1; }
	$(Q)rm -rf $(BUILD)/deb
	$(Q)mkdir -p $(PACKAGE)
	$(Q)cp -a LICENSE Makefile README.md cli debian docs include scripts shim tests $(PACKAGE)
	$(Q)cd $(PACKAGE) && env -i PATH="$$PATH" HOME="$$HOME" dpkg-buildpackage -us -uc
	$(Q)rm -rf $(PACKAGE)
	@ls $(BUILD)/deb/*.deb

clean:
	$(Q)rm -rf $(BUILD)

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

.PHONY: $(BUILT:%=install-%) all library foreign $(FOREIGN) $(FOREIGN:%=test-%) everywhere foreign-programs clang tests sanitized check-sanitized bench chart deps check demo lint install uninstall deb clean always
