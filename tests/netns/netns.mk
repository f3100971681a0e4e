# SPDX-License-Identifier: Apache-2.0
# Programs that the nodes run in tests/netns.

build/tests/%: tests/netns/%.c uapi/linux/ssi_mem_dev.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -Iuapi -o $@ $< -lpthread
