# SPDX-License-Identifier: Apache-2.0
# The fuzz targets: one program per tests/fuzz/fuzz_*.c, with libFuzzer where
# there is clang, else one that replays inputs. From the top folder:
# make -f tests/fuzz/fuzz.mk

FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CFLAGS := -std=gnu11 -g -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -Iuapi \
	-fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-sanitize-recover=all

ifneq ($(shell command -v clang),)
FUZZ_CC := clang -fsanitize=fuzzer,address,undefined
else
FUZZ_CC := $(CC) -fsanitize=address,undefined
FUZZ_MAIN := tests/fuzz/replay.c
endif

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_TARGETS)

FUZZ_CORE := -Ikmod -Itests/unit
build/fuzz/wire build/fuzz/page build/fuzz/dir: FUZZ_WITH := $(FUZZ_CORE) $(wildcard kmod/core/*.c)
build/fuzz/page: FUZZ_WITH += $(addprefix tests/unit/walk_,model.c check.c)

build/fuzz/hello: FUZZ_WITH := ssictl/hello.c
build/fuzz/handshake: FUZZ_WITH := $(addprefix ssictl/,handshake.c hello.c identity.c issue.c lives.c opts.c private.c) \
	$(shell pkg-config --cflags --libs gnutls) -pthread
build/fuzz/invite: FUZZ_WITH := $(addprefix ssictl/,identity.c issue.c opts.c private.c) \
	$(shell pkg-config --cflags --libs gnutls jansson)
build/fuzz/files: FUZZ_WITH := $(addprefix ssictl/,private.c secret.c) $(shell pkg-config --cflags --libs gnutls jansson)
build/fuzz/files build/fuzz/nl: FUZZ_WITH += -DSSI_REPORT_DIR='"build/fuzz/none"'
build/fuzz/nl: FUZZ_WITH += -DLOCK_DIR='"build/fuzz/none"' -DSSI_VERSION='"0.1"' \
	$(addprefix ssictl/,cmd.c cmd_status.c cmd_stats.c cmd_pages.c cmd_region.c cmd_version.c \
	cgroup.c hist.c hot.c lock.c names.c nodes.c out.c report.c table.c) \
	$(shell pkg-config --cflags --libs libnl-3.0 libnl-genl-3.0 jansson)
build/fuzz/ctl: FUZZ_WITH := $(shell pkg-config --cflags --libs jansson)
build/fuzz/api build/fuzz/body: FUZZ_WITH := -DSSI_VERSION='"0.1"' -pthread $(addprefix coordinator/,api_cluster.c api_invite.c api_node.c \
	api_page.c api_stats.c api_watch.c ask.c auth.c backup.c change.c cluster.c decide.c fields.c lease.c ledger.c metrics.c \
	place.c problem.c rate.c report.c samples.c) $(addprefix ssictl/,identity.c issue.c opts.c private.c) \
	$(shell pkg-config --cflags --libs jansson gnutls)

# The kernel's headers that these name are empty: kernel.h is instead of them.
FUZZ_KERNEL := build/fuzz/kernel
FUZZ_HEADERS := $(addprefix $(FUZZ_KERNEL)/,$(addprefix linux/,hrtimer.h interrupt.h list.h mempool.h mm_types.h \
	mutex.h net.h percpu.h slab.h socket.h spinlock.h wait.h workqueue.h) \
	$(addprefix net/,inet_connection_sock.h sock.h tcp.h tls.h) trace/define_trace.h)
FUZZ_LINK := link_end.c kernel.c
build/fuzz/link build/fuzz/peer: FUZZ_WITH := -Wno-unused-parameter -I$(FUZZ_KERNEL) -include tests/fuzz/kernel.h $(FUZZ_CORE) \
	-Itests/fuzz kmod/link.c kmod/msg.c kmod/pool.c kmod/xport.c kmod/xport_loop.c kmod/xport_tcp.c kmod/core/wire.c $(addprefix tests/fuzz/,$(FUZZ_LINK))
build/fuzz/peer: FUZZ_WITH += -Wl,--wrap=ssi_xport_tcp_create
build/fuzz/link build/fuzz/peer: $(FUZZ_HEADERS) $(addprefix tests/fuzz/,$(FUZZ_LINK))

$(FUZZ_HEADERS):
	@mkdir -p $(@D)
	@: >$@

# What a target includes and links, and a little more.
FUZZ_OF := $(wildcard $(addsuffix /*.[ch],kmod kmod/core ssictl coordinator vmm vmm/devices uapi/linux)) \
	$(wildcard tests/fuzz/*.h tests/unit/*.h tests/unit/walk_*.c)

$(FUZZ_TARGETS): build/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.mk $(FUZZ_OF)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $< $(FUZZ_MAIN) $(FUZZ_WITH)
