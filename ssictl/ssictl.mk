# SPDX-License-Identifier: Apache-2.0
# Builds build/ssictl. Included by the top Makefile; also usable alone from the
# top of the repository: make -f ssictl/ssictl.mk build/ssictl

SSICTL_PKGS := ncursesw libnl-3.0 libnl-genl-3.0 gnutls libkmod jansson libcurl
# Released together with the module, so it has the module's version.
SSICTL_VERSION := $(shell sed -n 's/^.define SSI_VERSION //p' kmod/version.h)
SSICTL_CPPFLAGS := -D_GNU_SOURCE -DSSI_VERSION='$(SSICTL_VERSION)' -Iuapi $(shell pkg-config --cflags $(SSICTL_PKGS))
SSICTL_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -pthread
SSICTL_LIBS := $(shell pkg-config --libs $(SSICTL_PKGS)) -pthread

SSICTL_SRC := $(wildcard ssictl/*.c) coordinator/fields.c
SSICTL_OBJ := $(SSICTL_SRC:%.c=build/obj/%.o)

# They become part of the program; the symbols are named after the file.
SSICTL_SCHEMAS := build/obj/ssictl/schemas

build/ssictl: $(SSICTL_OBJ) $(SSICTL_SCHEMAS).o build/obj/ssictl/deploy_sh.o
	$(CC) $(SSICTL_CFLAGS) $(LDFLAGS) -o $@ $^ $(SSICTL_LIBS)

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
