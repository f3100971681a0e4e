# SPDX-License-Identifier: Apache-2.0
# Unit tests of kmod/core, with sanitizers: make -f tests/unit/core.mk unit-core
# A test of a file in kmod/core has its name; walk_*.c is what unit_walk.c runs.

UNIT_CORE_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -pthread -Ikmod -Itests/unit \
	-fsanitize=address,undefined -fno-sanitize-recover=all $(shell pkg-config --cflags check)
UNIT_CORE_LIBS := $(shell pkg-config --libs check) -pthread

UNIT_CORE := $(addprefix build/unit/unit_,wire coh dir member policy walk)
UNIT_CORE_SOURCES := $(wildcard kmod/core/*.c)
UNIT_CORE_WALK := $(wildcard tests/unit/walk_*.c)

build/unit/unit_walk: UNIT_CORE_WITH := $(UNIT_CORE_WALK)

$(UNIT_CORE): build/unit/%: tests/unit/%.c tests/unit/core.mk tests/unit/kern_user.h tests/unit/walk.h \
		$(UNIT_CORE_WALK) $(UNIT_CORE_SOURCES) $(wildcard kmod/core/*.h) kmod/kern.h
	@mkdir -p $(@D)
	$(CC) $(UNIT_CORE_CFLAGS) -o $@ $< $(UNIT_CORE_WITH) $(UNIT_CORE_SOURCES) $(UNIT_CORE_LIBS)

.PHONY: unit-core
unit-core: $(UNIT_CORE:%=%.run)

.PHONY: $(UNIT_CORE:%=%.run)
$(UNIT_CORE:%=%.run): %.run: %
	@$<
