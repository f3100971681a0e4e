# SPDX-License-Identifier: Apache-2.0
# What the demo's guests boot: the init of each is one program, alone.

DEMO_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror

build/demo/workload build/demo/victim: build/demo/%: tests/demo/%.c tests/demo/guest.h
	@mkdir -p $(@D)
	$(CC) $(DEMO_CFLAGS) -static -o $@ $< -lpthread

build/demo/grab: tests/demo/grab.c uapi/linux/ssi_mem_dev.h
	@mkdir -p $(@D)
	$(CC) $(DEMO_CFLAGS) -Iuapi -o $@ $<

build/demo/%-initrd: build/demo/%
	@rm -rf $@-root && mkdir -p $@-root/proc $@-root/dev
	cp $< $@-root/init
	strip $@-root/init
	cd $@-root && find . | sort | cpio --quiet -o -H newc -R 0:0 >../$(@F)
