# SPDX-License-Identifier: Apache-2.0
# Builds build/ssi-coordinator. Included by no other makefile; from the top of
# the repository: make -f coordinator/coordinator.mk build/ssi-coordinator

COORD_PKGS := libmicrohttpd jansson sqlite3 libcurl gnutls
# Released together with the module, so it has the module's version.
COORD_VERSION := $(shell sed -n 's/^.define SSI_VERSION //p' kmod/version.h)
COORD_CPPFLAGS := -D_GNU_SOURCE -DSSI_VERSION='$(COORD_VERSION)' -Iuapi $(shell pkg-config --cflags $(COORD_PKGS))
COORD_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -pthread
COORD_LIBS := $(shell pkg-config --libs $(COORD_PKGS)) -pthread

COORD_SRC := $(wildcard coordinator/*.c) $(addprefix ssictl/,identity.c issue.c logline.c opts.c private.c)
COORD_OBJ := $(COORD_SRC:%.c=build/obj/coord/%.o)
# Pages become part of the program; their symbols are named after the files.
COORD_WEB := $(wildcard coordinator/web/*.* coordinator/web/vendor/*.*s)
COORD_PAGES := build/obj/coord/web
COORD_SPEC := uapi/openapi.yaml uapi/openapi-page.yaml

build/ssi-coordinator: $(COORD_OBJ) $(COORD_PAGES).o
	$(CC) $(COORD_CFLAGS) $(LDFLAGS) -o $@ $^ $(COORD_LIBS)

build/obj/coord/%.o: %.c coordinator/coordinator.mk
	@mkdir -p $(@D)
	$(CC) $(COORD_CPPFLAGS) $(CPPFLAGS) $(COORD_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(COORD_PAGES).o: $(COORD_WEB) $(COORD_SPEC) coordinator/yaml2json coordinator/coordinator.mk
	@mkdir -p $(COORD_PAGES)
	@rm -f $(COORD_PAGES)/*
	cp $(COORD_WEB) $(COORD_PAGES)
	coordinator/yaml2json $(COORD_SPEC) >$(COORD_PAGES)/openapi.json
	cd $(COORD_PAGES) && $(LD) -r -b binary -z noexecstack -o ../web.o *

-include $(COORD_OBJ:.o=.d)
