/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs that try the file of a region share: TAP, and attaching. */
#ifndef SURFACE_H
#define SURFACE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/ssi_mem_dev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static int checks;
static int failures;

/* One line of TAP. */
static inline void check(const char *what, int ok)
{
	int error = errno;

	checks++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", checks, what);
	if (!ok)
		printf("# errno %d (%s)\n", error, strerror(error));
	/* A child that is forked later must not print it again. */
	fflush(stdout);
}

/* Did a call fail, and with this error? */
static inline int refused(long result, int error)
{
	return result == -1 && errno == error;
}

static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

/* Return: the exit status of the program. */
static inline int finish(void)
{
	printf("1..%d\n", checks);
	return failures != 0;
}

static inline struct ssi_dev_attach attach_request(const char *region)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };

	snprintf(attach.region, sizeof(attach.region), "%s", region);
	return attach;
}

/* Return: a descriptor of the region, its size in @bytes. */
static inline int attach_region(const char *region, size_t *bytes)
{
	struct ssi_dev_attach attach = attach_request(region);
	int dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);

	if (dev < 0)
		die("/dev/ssi_mem");
	if (ioctl(dev, SSI_DEV_ATTACH, &attach))
		die("attach");
	close(dev);
	*bytes = attach.bytes;
	return attach.fd;
}

/* Return: a shared mapping of a part of the region. */
static inline char *map_shared(int fd, int prot, size_t length, off_t offset)
{
	char *memory = mmap(NULL, length, prot, MAP_SHARED, fd, offset);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

#endif
