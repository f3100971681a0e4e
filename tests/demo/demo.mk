# SPDX-License-Identifier: Apache-2.0
# What the demo's guest boots: its init is the workload, alone.

build/demo/workload: tests/demo/workload.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -static -o $@ $< -lpthread

build/demo/initrd: build/demo/workload
	@rm -rf build/demo/root && mkdir -p build/demo/root/proc build/demo/root/dev
	cp $< build/demo/root/init
	strip build/demo/root/init
	cd build/demo/root && find . | sort | cpio --quiet -o -H newc -R 0:0 >../initrd
