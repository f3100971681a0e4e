# SPDX-License-Identifier: Apache-2.0
# Unit tests of the coordinator, with sanitizers: make -f tests/unit/coord.mk unit-coord
# A test includes the .c file under test; what that needs besides comes from a
# library of all of them, out of which the linker takes what is not there yet.

UNIT_COORD_PKGS := check libmicrohttpd jansson sqlite3 libcurl gnutls
UNIT_COORD_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -pthread -D_GNU_SOURCE -Iuapi \
	-DSSI_VERSION='"0.1"' -fsanitize=address,undefined -fno-sanitize-recover=all \
	$(shell pkg-config --cflags $(UNIT_COORD_PKGS))
UNIT_COORD_LIBS := $(shell pkg-config --libs $(UNIT_COORD_PKGS)) -pthread

UNIT_COORD := $(patsubst tests/unit/%.c,build/unit/%,$(wildcard tests/unit/unit_coord_*.c))
UNIT_COORD_SRC := $(filter-out coordinator/main.c coordinator/web.c,$(wildcard coordinator/*.c)) \
	$(addprefix ssictl/,identity.c issue.c logline.c opts.c private.c)
UNIT_COORD_OBJ := $(UNIT_COORD_SRC:%.c=build/unit/coord/%.o)
UNIT_COORD_ALL := build/unit/coord/all.a

build/unit/coord/%.o: %.c tests/unit/coord.mk
	@mkdir -p $(@D)
	$(CC) $(UNIT_COORD_CFLAGS) -MMD -MP -c -o $@ $<

$(UNIT_COORD_ALL): $(UNIT_COORD_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(UNIT_COORD): build/unit/%: tests/unit/%.c $(UNIT_COORD_ALL) tests/unit/coord.mk
	$(CC) $(UNIT_COORD_CFLAGS) -MMD -MP -o $@ $< $(UNIT_COORD_ALL) $(UNIT_COORD_LIBS)

# The program itself, with sanitizers too: tests/coord/rubbish.sh runs it.
build/unit/ssi-coordinator: coordinator/main.c coordinator/web.c $(UNIT_COORD_ALL) build/obj/coord/web.o
	$(CC) $(UNIT_COORD_CFLAGS) -o $@ $^ $(UNIT_COORD_LIBS)

.PHONY: build/obj/coord/web.o
build/obj/coord/web.o:
	@$(MAKE) -f coordinator/coordinator.mk $@

.PHONY: unit-coord
unit-coord: $(UNIT_COORD:%=%.run)

.PHONY: $(UNIT_COORD:%=%.run)
$(UNIT_COORD:%=%.run): %.run: %
	@$<

-include $(UNIT_COORD_OBJ:.o=.d) $(UNIT_COORD:%=%.d)
