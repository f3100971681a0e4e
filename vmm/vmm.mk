# SPDX-License-Identifier: Apache-2.0
# Builds build/ssi-vmm. Included by the top Makefile; also works alone, from
# the top folder: make -f vmm/vmm.mk build/ssi-vmm

VMM_CFLAGS ?= -std=gnu11 -O2 -g -Wall -Wextra -Werror
VMM_VERSION := $(shell sed -n 's/^.define SSI_VERSION //p' kmod/version.h)
VMM_CPPFLAGS := -D_GNU_SOURCE -Iuapi -DSSI_VERSION='$(VMM_VERSION)'
VMM_SOURCES := $(wildcard vmm/*.c vmm/acpi/*.c vmm/devices/*.c)
VMM_OBJECTS := $(VMM_SOURCES:%.c=build/%.o)

build/ssi-vmm: $(VMM_OBJECTS)
	$(CC) $(VMM_CFLAGS) $(LDFLAGS) -o $@ $^ -pthread

$(VMM_OBJECTS): build/%.o: %.c vmm/vmm.mk kmod/version.h
	@mkdir -p $(@D)
	$(CC) $(VMM_CFLAGS) $(VMM_CPPFLAGS) -MMD -MP -pthread -c -o $@ $<

-include $(VMM_OBJECTS:.o=.d)
