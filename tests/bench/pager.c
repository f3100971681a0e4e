// SPDX-License-Identifier: Apache-2.0
/*
 * The usual way to remote memory in user space: userfaultfd, and threads that
 * fetch what is missing over TCP. Each handler has a connection of its own and
 * blocks where it can: polling first would cost it a system call.
 */
#include "fault.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int uffd;

static void fetch(int fd, char *page)
{
	static const char request[REQUEST_BYTES];

	if (send_all(fd, request, sizeof(request)) || receive_all(fd, page, PAGE))
		die("the page server is gone");
}

static void *handle(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char *page = aligned_alloc(PAGE, PAGE);
	struct uffdio_copy copy = { .src = (uintptr_t)page, .len = PAGE };
	struct uffd_msg msg;

	if (!page)
		die("page");
	while (read(uffd, &msg, sizeof(msg)) == sizeof(msg)) {
		fetch(fd, page);
		copy.dst = msg.arg.pagefault.address & ~(PAGE - 1ull);
		if (ioctl(uffd, UFFDIO_COPY, &copy))
			die("UFFDIO_COPY");
	}
	return NULL;
}

/**
 * map_pager() - memory whose pages come from node 1
 * @memory:   with its size
 * @handlers: threads
 */
void map_pager(struct memory *memory, int handlers)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t thread;

	map_anonymous(memory);
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	range.range.start = (uintptr_t)memory->base;
	range.range.len = memory->pages * PAGE;
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &range))
		die("userfaultfd");
	while (handlers--)
		if (pthread_create(&thread, NULL, handle,
				   (void *)(intptr_t)start_page_server(0, 1)))
			die("pthread_create");
}
