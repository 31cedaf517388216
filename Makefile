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
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PACKAGES)) -lm)$(PKG_LIBS)
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -Imodules -Ihost -I$(BUILD) $(WARNINGS) $(HARDENING) $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-E -Wl,-z,relro,-z,now $(LDFLAGS)

SOURCES := $(sort $(wildcard host/*.c host/*/*.c modules/base/*.c modules/aws/*.c modules/lua/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
LIBRARY_OBJECTS := $(filter-out $(BUILD)/host/main.o,$(OBJECTS))
# Lua halves and API models are part of the program: one file to copy, nothing to find at start.
EMBEDDED := $(sort $(wildcard modules/lua/*.lua modules/lua/*/*.lua modules/lua/*/*/*.lua modules/aws/models/*.json \
                   modules/aws/endpoints/*.json host/*/*.lua host/*/*/*.lua))
TESTS_C := $(sort $(wildcard tests/modules/*/*_test.c tests/host/*_test.c))
TEST_PROGRAMS := $(TESTS_C:%.c=$(BUILD)/%)
# What the tests need beside them: servers of ours that misbehave, a terminal.
TEST_SERVERS := $(BUILD)/tests/support/faulty_server $(BUILD)/tests/support/terminal

.PHONY: all
all: $(BUILD)/drsh ## build the program, build/drsh

$(BUILD)/drsh: $(OBJECTS) $(BUILD)/embedded.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/host/main.o $(BUILD)/host/config.o $(BUILD)/host/runtime/state.o \
$(BUILD)/host/runtime/host_modules.o: $(BUILD)/version.h

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

$(TEST_SERVERS): $(BUILD)/%: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/support -MMD -MP $(ALL_LDFLAGS) -o $@ $< $(PKG_LIBS)

-include $(OBJECTS:.o=.d) $(TEST_PROGRAMS:=.d) $(TEST_SERVERS:=.d)

# --- what people type; each installs what it needs ---

.PHONY: demo test lint fmt conformance sanitize valgrind fuzz models install clean help dependencies

dependencies: ## install the Debian packages that a build needs
	@sh .ci/install build

demo: ## run a disaster-recovery drill against the built-in local AWS (under two minutes)
	@sh .ci/install build
	@$(MAKE) --no-print-directory -s -j2 all
	@sh examples/demo.sh

test: ## build and run all tests; ends with `N passed, N failed`
	@sh .ci/install build test
	@$(MAKE) --no-print-directory -s -j2 all
	@$(MAKE) --no-print-directory -s -j2 $(TEST_PROGRAMS) $(TEST_SERVERS)
	@sh tests/all.sh $(TEST_PROGRAMS)

conformance: ## drive the local AWS with clients that we did not write: the AWS CLI, boto3
	@sh .ci/install build test conformance
	@$(MAKE) --no-print-directory -s -j2 all
	@sh tests/conformance/run.sh

lint: ## formats, warnings, layers, unknown names
	@sh .ci/install build lint
	@sh tests/lint/run.sh

fmt: ## format the C files
	@sh .ci/install lint
	clang-format -i $$(git ls-files '*.c' '*.h')

sanitize: ## run all tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@sh .ci/install build test
	@$(MAKE) --no-print-directory -s -j2 BUILD=build/sanitize CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined' \
	    LDFLAGS='-fsanitize=address,undefined' sanitized-tests

.PHONY: sanitized-tests
sanitized-tests: all $(TEST_PROGRAMS) $(TEST_SERVERS)
	DRSH=$(BUILD)/drsh ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1 sh tests/all.sh $(TEST_PROGRAMS)

valgrind: ## run the C unit tests under valgrind
	@sh .ci/install build test valgrind
	@$(MAKE) --no-print-directory -s -j2 $(TEST_PROGRAMS)
	@for test in $(TEST_PROGRAMS); do \
	    valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
	        --suppressions=tests/support/valgrind.supp $$test || exit 1; done

FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(sort $(wildcard tests/fuzz/*.c)))
FUZZ_SECONDS ?= 20

fuzz: ## run each fuzzer for FUZZ_SECONDS (20)
	@sh .ci/install build fuzz
	@$(MAKE) --no-print-directory -s CC=clang BUILD=build/fuzzing CFLAGS='-O1 -g -fsanitize=address,undefined,fuzzer-no-link' \
	    FUZZ_SECONDS=$(FUZZ_SECONDS) fuzzers-run

.PHONY: fuzzers-run
fuzzers-run: $(FUZZERS)
	@for fuzzer in $(FUZZERS); do \
	    echo "== $$fuzzer"; mkdir -p $$fuzzer.corpus; \
	    seeds=$$(find tests/fuzz/seeds -path "*/$${fuzzer##*/}" -type d); \
	    $$fuzzer -max_total_time=$(FUZZ_SECONDS) -print_final_stats=0 -verbosity=0 $$fuzzer.corpus $$seeds || exit 1; done

$(BUILD)/fuzz/%: tests/fuzz/%.c $(LIBRARY_OBJECTS) $(BUILD)/embedded.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fsanitize=address,undefined,fuzzer $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

.PHONY: bench
bench: ## measure drsh beside boto3, the AWS CLI and lua-cjson, as ratios (BENCH_ROUNDS, 5)
	@sh .ci/install build conformance
	@$(MAKE) --no-print-directory -s -j2 all
	@sh tests/bench/run.sh

models: ## make modules/aws/models/*.json and modules/aws/endpoints/*.json again from the newest published models (needs PyPI)
	python3 -m venv build/botocore
	build/botocore/bin/pip install -q --upgrade botocore
	python3 modules/aws/models/generate.py "$$(build/botocore/bin/python -c 'import botocore; print(botocore.__path__[0])')/data"
	python3 modules/aws/endpoints/generate.py "$$(build/botocore/bin/python -c 'import botocore; print(botocore.__path__[0])')/data"

PREFIX ?= /usr/local
install: all ## install the program and its scripts under PREFIX (/usr/local)
	install -D -m 755 $(BUILD)/drsh $(DESTDIR)$(PREFIX)/bin/drsh
	find scripts -name '*.lua' -exec install -D -m 644 {} $(DESTDIR)$(PREFIX)/share/drsh/{} \;

.PHONY: print-flags
print-flags:
	@echo '$(PKG_CFLAGS)'

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r t h; do printf '  %-14s %s\n' "$$t" "$$h"; done
