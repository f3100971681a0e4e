// SPDX-License-Identifier: Apache-2.0
/*
 * stall REGION FIRST: what poll() says of a region's file while three pages,
 * FIRST and the next ones, do not come. Prints "stalled" when they may come, as
 * far as this program is concerned. The rest of the output is TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ssi_mem_dev.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 1000
#define PAGES	3

static volatile char *memory;
static int region;
static off_t first;
static int number, failures;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void check(const char *what, int ok)
{
	number++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", number, what);
	fflush(stdout);
}

static int attach(const char *name)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };
	int dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);

	snprintf(attach.region, sizeof(attach.region), "%s", name);
	if (dev < 0 || ioctl(dev, SSI_DEV_ATTACH, &attach))
		die(name);
	close(dev);
	return attach.fd;
}

static void map(void)
{
	memory = mmap(NULL, PAGES * SSI_PAGE_BYTES, PROT_READ, MAP_SHARED,
		      region, first * SSI_PAGE_BYTES);
	if (memory == MAP_FAILED)
		die("mmap");
}

/* What comes of these events within a time. */
static short events(short wanted, int timeout)
{
	struct pollfd fd = { .fd = region, .events = wanted };

	return poll(&fd, 1, timeout) < 0 ? POLLERR : fd.revents;
}

static void *touch(void *page)
{
	return memory[(size_t)page * SSI_PAGE_BYTES] ? NULL : NULL;
}

/* A fault that waits and is killed: then nobody waits any more. */
static void check_killed(void)
{
	pid_t child = fork();

	if (!child) {
		/* A mapping is not inherited. */
		map();
		touch(NULL);
		_exit(0);
	}
	check("a fault waits: POLLPRI", events(POLLPRI, 30 * SECONDS) == POLLPRI);
	check("and nothing else", events(POLLIN | POLLOUT, 0) == 0);
	kill(child, SIGKILL);
	check("it is killed: POLLIN", events(POLLIN, 30 * SECONDS) == POLLIN);
	check("and no POLLPRI", events(POLLPRI, 0) == 0);
	waitpid(child, NULL, 0);
}

/* Edges, as a monitor with an event loop sees them. */
static void check_epoll(void)
{
	struct epoll_event event = { .events = EPOLLPRI | EPOLLIN | EPOLLET };
	int set = epoll_create1(0);
	pthread_t threads[2];
	size_t i;

	check("epoll takes the file",
	      !epoll_ctl(set, EPOLL_CTL_ADD, region, &event));
	check("epoll: at first EPOLLIN",
	      epoll_wait(set, &event, 1, SECONDS) == 1 && event.events == EPOLLIN);
	for (i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, touch, (void *)(i + 1)))
			die("pthread_create");
	check("epoll: then EPOLLPRI",
	      epoll_wait(set, &event, 1, 30 * SECONDS) == 1 &&
		      event.events == EPOLLPRI);
	puts("stalled");
	fflush(stdout);
	check("epoll: EPOLLIN when they come",
	      epoll_wait(set, &event, 1, 60 * SECONDS) == 1 &&
		      event.events == EPOLLIN);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	check("nothing waits any more", events(POLLPRI, 0) == 0);
	close(set);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: stall REGION FIRST\n", stderr);
		return 2;
	}
	region = attach(argv[1]);
	first = atol(argv[2]);
	map();
	check("memory comes: as any file",
	      events(POLLIN | POLLOUT | POLLPRI, 0) == (POLLIN | POLLOUT));
	check_killed();
	check_epoll();
	printf("1..%d\n", number);
	return failures != 0;
}
