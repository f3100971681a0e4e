# SPDX-License-Identifier: Apache-2.0
# What the nodes of the bench run: programs, and the module of the floor.

BENCH_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -Iuapi
BENCH_COMMON := $(addprefix tests/bench/,samples.c sockets.c order.c)
BENCH_HEADERS := $(wildcard tests/bench/*.h) uapi/linux/ssi_mem_dev.h
BENCH_KERNEL ?= 6.1
BENCH_MODULE := build/bench/module-$(BENCH_KERNEL)

.PHONY: bench-build
bench-build: $(addprefix build/bench/,floor pingpong fault writers) $(BENCH_MODULE)/ssi_bench.ko

build/bench/fault: $(addprefix tests/bench/,memory.c touch.c guest.c pager.c)
build/bench/writers: tests/bench/memory.c
build/bench/%: tests/bench/%.c $(BENCH_COMMON) $(BENCH_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -o $@ $(filter %.c,$^) -lpthread

$(BENCH_MODULE)/ssi_bench.ko: $(wildcard tests/bench/module/*)
	@mkdir -p $(@D)
	cp -sf $(CURDIR)/tests/bench/module/* $(@D)/
	$(MAKE) -C $$(cat build/kernels/$(BENCH_KERNEL)/headers) M=$(CURDIR)/$(@D) \
		W=1 KCFLAGS=-Werror modules
