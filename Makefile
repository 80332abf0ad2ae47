# make          build/libwaitclose.so and build/waitclose
# make demo     sets up, builds, shows the main job on a real program
# make check    sets up, builds, passes every test
# V=1 shows the commands.

CC        ?= gcc
CLANG     ?= clang
PREFIX    ?= /usr/local
LIBDIR    ?= $(PREFIX)/lib
BUILD     ?= build
VERSION   := 0.1.0

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $(1) $(2);)

WARNINGS  := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
CFLAGS    ?= -O2 -g
COMMON    := -std=gnu11 $(WARNINGS) -fvisibility=hidden -Iinclude -Ishim -D_GNU_SOURCE \
             -DWAITCLOSE_VERSION='"$(VERSION)"' -DWAITCLOSE_LIBDIR='"$(LIBDIR)"'
HARDEN    := -Wl,-z,relro -Wl,-z,now

# The watcher runs without libc: no errno, no thread-local storage, no stack protector (its %fs is a stranger's).
BARE      := -fno-stack-protector -fno-exceptions

POLICY    := policy_parse policy_keys policy_choose policy_explain names
POLICY_O  := $(POLICY:%=$(BUILD)/shim/%.o)
SHIM_C    := $(wildcard shim/*.c)
SHIM_O    := $(SHIM_C:%.c=$(BUILD)/%.o)
CLI_C     := $(wildcard cli/*.c)
CLI_O     := $(CLI_C:%.c=$(BUILD)/%.o)

all: $(BUILD)/libwaitclose.so $(BUILD)/waitclose

$(BUILD)/libwaitclose.so: $(SHIM_O)
	$(call say,LINK,$@)$(CC) -shared $(CFLAGS) $(HARDEN) -Wl,-soname,libwaitclose.so -Wl,--no-undefined -o $@ $^ $(LDFLAGS)

$(BUILD)/waitclose: $(CLI_O) $(POLICY_O)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(HARDEN) -o $@ $^ $(LDFLAGS)

$(BUILD)/shim/%.o: shim/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(COMMON) $(CFLAGS) $(BARE) -fPIC -MMD -MP -c -o $@ $<

$(BUILD)/cli/%.o: cli/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(COMMON) $(CFLAGS) -MMD -MP -c -o $@ $<

clean:
	$(Q)rm -rf $(BUILD)

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

.PHONY: all clean
