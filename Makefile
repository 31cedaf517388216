# drsh: build, try, test. `make help` lists the targets.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VERSION := $(shell sed -n 's/^## \[\([0-9][0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)
PACKAGES := lua5.4 lua5.4-cjson lua5.4-lpeg libcurl openssl libevent libevent_openssl sqlite3 expat libedit zlib

BUILD ?= build
CC ?= cc
CFLAGS ?= -O2 -g
# CI sets WERROR=1: a warning is an error there, and never in a user's build.
WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
            $(if $(WERROR),-Werror)
HARDENING := -fstack-protector-strong -fPIE
# pkg-config is asked when something is compiled, not at every `make help`.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PACKAGES)))$(PKG_LIBS)
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -Imodules -Ihost -I$(BUILD) $(WARNINGS) $(HARDENING) $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-E -Wl,-z,relro,-z,now $(LDFLAGS)

SOURCES := $(sort $(wildcard host/*.c host/*/*.c modules/base/*.c modules/aws/*.c modules/lua/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
LIBRARY_OBJECTS := $(filter-out $(BUILD)/host/main.o,$(OBJECTS))
# Lua halves and API models are part of the program: one file to copy, nothing to find at start.
EMBEDDED := $(sort $(wildcard modules/lua/*.lua modules/lua/*/*.lua modules/aws/models/*.json))
TESTS_C := $(sort $(wildcard tests/modules/*/*_test.c tests/host/*_test.c))
TEST_PROGRAMS := $(TESTS_C:%.c=$(BUILD)/%)

.PHONY: all
all: $(BUILD)/drsh ## build the program, build/drsh

$(BUILD)/drsh: $(OBJECTS) $(BUILD)/embedded.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/host/main.o $(BUILD)/host/config.o: $(BUILD)/version.h

$(BUILD)/version.h: CHANGELOG.md
	@mkdir -p $(@D)
	@printf '#define DRSH_VERSION "%s"\n' '$(VERSION)' > $@

$(BUILD)/embedded.S: modules/embed.sh $(EMBEDDED)
	@mkdir -p $(@D)
	sh modules/embed.sh $(EMBEDDED) > $@

$(BUILD)/embedded.o: $(BUILD)/embedded.S
	$(CC) -c -o $@ $<

$(BUILD)/tests/%_test: tests/%_test.c $(LIBRARY_OBJECTS) $(BUILD)/embedded.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/support -MMD -MP $(ALL_LDFLAGS) -o $@ $(filter-out %.h,$^) $(PKG_LIBS)

-include $(OBJECTS:.o=.d) $(TEST_PROGRAMS:=.d)
