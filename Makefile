# make          build/libwaitclose.so and build/waitclose
# make demo     sets up, builds, shows the main job on a real program
# make check    sets up, builds, passes every test
# make bench    what it costs and how soon it tells (QUICK=1: fewer rounds)
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

UNIT      := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*_test.c))
PROGRAMS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/shim/*.c)) $(BUILD)/tests/shim/deny \
             $(BUILD)/tests/programs/ground_truth $(BUILD)/tests/programs/reuse

all: $(BUILD)/libwaitclose.so $(BUILD)/waitclose

$(BUILD)/libwaitclose.so: $(SHIM_O)
	$(call say,LINK,$@)$(CC) -shared $(CFLAGS) $(HARDEN) -Wl,-soname,libwaitclose.so -Wl,--no-undefined $(QUICK_START) -o $@ $^ $(LDFLAGS)

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
	$(call say,TEST,$<)$(CC) $(TESTING) -Iinclude -Ishim -iquote cli -o $@ $< $(PURE_O) $(CLI_LIBS) -lcmocka

# What the program's threads and the watcher share, under ThreadSanitizer. Its memory comes from a stand-in for
# bare.c, whose mem* would take the place of the sanitizer's own.
RACES_C   := $(patsubst %,shim/%.c,hints address stack settle probe)
$(BUILD)/tests/unit/races_test: tests/unit/races_test.c $(RACES_C) $(wildcard shim/*.h)
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(filter-out -MMD -MP,$(TESTING)) -fsanitize=thread -Wno-tsan -Iinclude -Ishim -o $@ $< $(RACES_C) -lcmocka

$(BUILD)/tests/shim/%: tests/shim/%.c $(wildcard tests/shim/support/*.h)
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(TESTING) -Wl,--build-id -Itests/shim/support -o $@ $< $(LDLIBS)

$(BUILD)/tests/shim/loop_io_uring: LDLIBS := -luring

$(BUILD)/tests/shim/deny: tests/shim/support/deny.c
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(TESTING) -o $@ $<

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

$(BUILD)/tests/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,BENCH,$<)$(CC) $(TESTING) -O2 -o $@ $<

$(BUILD)/tests/bench/forwarder_%.so: tests/bench/forwarder.c
	@mkdir -p $(@D)
	$(call say,BENCH,$<)$(CC) $(TESTING) -O2 -fPIC -shared $(if $(filter returns,$*),-DRETURNS) -o $@ $<

# What the library adds to calls, how soon it tells and ends, and how long scan takes. QUICK=1: fewer rounds.
bench: all $(BUILD)/tests/shim/deny $(addprefix $(BUILD)/tests/bench/,calls storm ends forwarder_jumps.so forwarder_returns.so)
	$(Q)tests/bench/bench.py $(BUILD)
	$(Q)tests/bench/scan.py $(BUILD)

tests: all $(UNIT) $(PROGRAMS) $(addprefix $(BUILD)/tests/fuzz/,policy_fuzz event_fuzz)

deps:
	$(Q)scripts/deps

check: deps
	$(Q)$(MAKE) --no-print-directory -j2 tests
	$(Q)tests/run $(BUILD)

demo:
	$(Q)scripts/deps demo
	$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)scripts/demo $(BUILD)

# The layout, and two analysers; their configuration is in .clang-format, .clang-tidy and .cppcheck.
lint:
	$(Q)scripts/lint

# The library by a name of its own first: programs start all the time, and must find the old one or the new, whole.
install: all
	$(Q)install -D -m 644 $(BUILD)/libwaitclose.so $(DESTDIR)$(LIBDIR)/libwaitclose.so.new
	$(Q)mv -f $(DESTDIR)$(LIBDIR)/libwaitclose.so.new $(DESTDIR)$(LIBDIR)/libwaitclose.so
	$(Q)install -D -m 755 $(BUILD)/waitclose $(DESTDIR)$(BINDIR)/waitclose
	$(Q)install -D -m 644 docs/waitclose.1 $(DESTDIR)$(MANDIR)/man1/waitclose.1
	$(Q)install -D -m 644 docs/waitclose.7 $(DESTDIR)$(MANDIR)/man7/waitclose.7
	$(Q)install -D -m 644 docs/completion.bash $(DESTDIR)$(COMPDIR)/waitclose
	$(Q)install -D -m 644 docs/examples/logrotate.conf $(DESTDIR)$(DOCDIR)/examples/logrotate.conf
	$(Q)sed 's|/usr/local/lib/|$(LIBDIR)/|' docs/examples/systemd.conf \
	  | install -m 644 /dev/stdin $(DESTDIR)$(DOCDIR)/examples/systemd.conf

# What install has put there, and the directories that are nobody else's.
uninstall:
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

.PHONY: all tests bench deps check demo lint install uninstall deb clean always
