# SPDX-License-Identifier: Apache-2.0
# Builds build/ssictl and build/ssictl-full. Included by the top Makefile; also
# usable alone from the top of the repository: make -f ssictl/ssictl.mk build/ssictl

# ssictl-full has all commands; ssictl those that need no more than these, and
# with so few libraries starts in a fraction of the time.
SSICTL_LEAN_PKGS := libnl-3.0 libnl-genl-3.0 jansson
SSICTL_PKGS := ncursesw $(SSICTL_LEAN_PKGS) gnutls libkmod libcurl
# Released together with the module, so it has the module's version.
SSICTL_VERSION := $(shell sed -n 's/^.define SSI_VERSION //p' kmod/version.h)
SSICTL_CPPFLAGS := -D_GNU_SOURCE -DSSI_VERSION='$(SSICTL_VERSION)' -Iuapi $(shell pkg-config --cflags $(SSICTL_PKGS))
SSICTL_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -pthread
SSICTL_LEAN_LIBS := $(shell pkg-config --libs $(SSICTL_LEAN_PKGS)) -pthread
SSICTL_LIBS := $(shell pkg-config --libs $(SSICTL_PKGS)) -pthread

SSICTL_SRC := $(wildcard ssictl/*.c) coordinator/fields.c
SSICTL_OBJ := $(SSICTL_SRC:%.c=build/obj/%.o)

# They become part of the program; the symbols are named after the file.
SSICTL_SCHEMAS := build/obj/ssictl/schemas

SSICTL_ALL := $(SSICTL_OBJ) $(SSICTL_SCHEMAS).o build/obj/ssictl/deploy_sh.o

# Out of the archive comes what main.o needs; its references to commands of
# ssictl-full alone are weak, and need nothing.
build/ssictl: build/obj/ssictl/main.o build/obj/ssictl/all.a | build/ssictl-full
	$(CC) $(SSICTL_CFLAGS) $(LDFLAGS) -o $@ $^ $(SSICTL_LEAN_LIBS)

build/ssictl-full: $(SSICTL_ALL)
	$(CC) $(SSICTL_CFLAGS) $(LDFLAGS) -o $@ $^ $(SSICTL_LIBS)

build/obj/ssictl/all.a: $(SSICTL_ALL)
	rm -f $@
	$(AR) rcs $@ $^

$(SSICTL_SCHEMAS).o: ssictl/schemas.py $(wildcard ssictl/schema/*.json)
	@mkdir -p $(@D)
	ssictl/schemas.py ssictl/schema >$(SSICTL_SCHEMAS).json
	cd $(@D) && $(LD) -r -b binary -z noexecstack -o schemas.o schemas.json

# What ssictl deploy runs on other machines becomes part of the program.
build/obj/ssictl/deploy_sh.o: ssictl/deploy.sh
	@mkdir -p $(@D)
	cd ssictl && $(LD) -r -b binary -z noexecstack -o ../$@ deploy.sh

build/obj/%.o: %.c ssictl/ssictl.mk
	@mkdir -p $(@D)
	$(CC) $(SSICTL_CPPFLAGS) $(CPPFLAGS) $(SSICTL_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(SSICTL_OBJ:.o=.d)
