// SPDX-License-Identifier: Apache-2.0
/*
 * Preloaded into a monitor: STALL_BYTES of guest memory from byte STALL_FROM on
 * never come. Who touches them waits in the kernel, killable but deaf to other
 * signals, just as for a page of a node that does not answer.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t number(const char *name)
{
	return strtoull(getenv(name), NULL, 0);
}

static void stall(char *start)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { .start = (unsigned long)start + number("STALL_FROM"),
			   .len = number("STALL_BYTES") },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &range)) {
		perror("stall");
		exit(99);
	}
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd,
	   off_t offset)
{
	void *(*real)(void *, size_t, int, int, int, off_t) =
		(void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
	void *start = real(address, bytes, protection, flags, fd, offset);

	if (start != MAP_FAILED && flags & MAP_SHARED && flags & MAP_FIXED)
		stall(start);
	return start;
}
