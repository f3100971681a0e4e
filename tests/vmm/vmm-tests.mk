# SPDX-License-Identifier: Apache-2.0
# What tests/vmm/*.sh need, built on the host; then, in a lab of one node:
#	make -f tests/vmm/vmm-tests.mk vmm-tests-build
#	tests/lab/lab run --nodes 1 tests/vmm/all.sh

include vmm/vmm.mk

VMM_TESTS := build/tests/vmm
BUSYBOX ?= /bin/busybox

.PHONY: vmm-tests-build
vmm-tests-build: build/ssi-vmm $(VMM_TESTS)/initrd $(VMM_TESTS)/corrupt \
	$(VMM_TESTS)/stall.so

$(VMM_TESTS)/initrd: tests/vmm/guest-init tests/vmm/make-initrd $(VMM_TESTS)/poison
	tests/vmm/make-initrd $@ tests/vmm/guest-init $(BUSYBOX) $(VMM_TESTS)/poison

$(VMM_TESTS)/poison $(VMM_TESTS)/corrupt: $(VMM_TESTS)/%: tests/vmm/%.c
	@mkdir -p $(@D)
	$(CC) $(VMM_CFLAGS) -D_GNU_SOURCE -static -o $@ $<

$(VMM_TESTS)/stall.so: tests/vmm/stall.c
	@mkdir -p $(@D)
	$(CC) $(VMM_CFLAGS) -D_GNU_SOURCE -shared -fPIC -o $@ $<
