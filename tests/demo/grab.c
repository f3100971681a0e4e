// SPDX-License-Identifier: Apache-2.0
/*
 * grab REGION: takes pages of a region to this node, as an eviction to it
 * would, without changing what is in them. Their numbers are read from stdin.
 */
#include <fcntl.h>
#include <linux/ssi_mem_dev.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };
	int dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);
	unsigned long page, count = 0;
	uint8_t *memory;

	if (argc != 2) {
		fputs("usage: grab REGION\n", stderr);
		return 2;
	}
	snprintf(attach.region, sizeof(attach.region), "%s", argv[1]);
	if (dev < 0 || ioctl(dev, SSI_DEV_ATTACH, &attach))
		die(argv[1]);
	memory = mmap(NULL, attach.bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		      attach.fd, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	while (scanf("%lu", &page) == 1 && page < attach.bytes / SSI_PAGE_BYTES) {
		/* A write that changes nothing, whoever writes at the same time. */
		__atomic_fetch_add(memory + page * SSI_PAGE_BYTES, 0,
				   __ATOMIC_RELAXED);
		count++;
	}
	printf("grabbed %lu\n", count);
	return 0;
}
