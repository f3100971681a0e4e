# SPDX-License-Identifier: Apache-2.0
# Programs that the nodes run in tests/netns.

NETNS_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -Iuapi

# Those of several files have rules below.
NETNS_PROGRAMS := $(filter-out build/tests/bad% build/tests/stress_%,\
		    $(patsubst tests/netns/%.c,build/tests/%,$(wildcard tests/netns/*.c))) \
		  $(addprefix build/tests/,badioctl badnl badpeer)

.PHONY: netns-programs
netns-programs: $(NETNS_PROGRAMS)

build/tests/rdma_pin: NETNS_LIBS := -libverbs
build/tests/%: tests/netns/%.c tests/netns/surface.h uapi/linux/ssi_mem_dev.h
	@mkdir -p $(@D)
	$(CC) $(NETNS_CFLAGS) -o $@ $< $(NETNS_LIBS) -lpthread

# One program whose workers are threads, and one whose workers are processors.
STRESS_SOURCES := $(addprefix tests/netns/,stress.c stress_work.c)
STRESS_HEADERS := $(addprefix tests/netns/,stress.h surface.h)

build/tests/stress: $(STRESS_SOURCES) tests/netns/stress_thread.c $(STRESS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(NETNS_CFLAGS) -o $@ $(filter %.c,$^) -lpthread

# Its addresses are below 4 GiB, and the guest has neither libraries nor a TLS.
build/tests/vcpu: $(STRESS_SOURCES) tests/netns/vcpu.c $(STRESS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(NETNS_CFLAGS) -static -no-pie -fno-pie -fno-stack-protector \
		-o $@ $(filter %.c,$^) -lpthread

# Speaks the protocol itself, with the agent's own handshake.
BADPEER_PKGS := libnl-3.0 libnl-genl-3.0 gnutls
BADPEER_SOURCES := $(wildcard tests/netns/badpeer*.c) kmod/core/wire.c kmod/core/member.c \
	$(addprefix ssictl/,handshake.c hello.c identity.c lives.c opts.c private.c secret.c nl.c)

build/tests/badpeer: $(BADPEER_SOURCES) tests/netns/badpeer.h tests/netns/netns.mk \
		$(wildcard ssictl/*.h kmod/core/*.h)
	@mkdir -p $(@D)
	$(CC) $(NETNS_CFLAGS) -I. -Ikmod -Itests/unit $(shell pkg-config --cflags $(BADPEER_PKGS)) \
		-o $@ $(BADPEER_SOURCES) $(shell pkg-config --libs $(BADPEER_PKGS))

build/tests/badnl: tests/netns/badnl.c tests/netns/badnl_meaning.c tests/netns/badnl.h \
		uapi/linux/ssi_mem.h
	@mkdir -p $(@D)
	$(CC) $(NETNS_CFLAGS) $(shell pkg-config --cflags libnl-genl-3.0) -o $@ \
		tests/netns/badnl.c tests/netns/badnl_meaning.c \
		$(shell pkg-config --libs libnl-3.0 libnl-genl-3.0) -lpthread
