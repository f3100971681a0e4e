/* SPDX-License-Identifier: Apache-2.0 */
/* What the guests' programs share: each is init of an unmodified kernel. */
#ifndef GUEST_H
#define GUEST_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static inline void fail(const char *what)
{
	perror(what);
	printf("guest: failed: %s\n", what);
	sync();
	reboot(RB_POWER_OFF);
	exit(1);
}

static inline void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL))
		fail("mount /proc");
	mount("dev", "/dev", "devtmpfs", 0, NULL);
}

/* "guest: uptime S": for how many seconds its clocks say that it has run. */
static inline void show_uptime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	printf("guest: uptime %lld\n", (long long)now.tv_sec);
}

/* What the kernel warned of, or worse: "guest: kernel: ..." for each. */
static inline void show_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	char record[1024], *text;
	ssize_t got;

	if (fd < 0)
		fail("/dev/kmsg");
	while ((got = read(fd, record, sizeof(record) - 1)) > 0) {
		record[got] = '\0';
		text = strchr(record, ';');
		if (text && (atoi(record) & 7) <= 4)
			printf("guest: kernel: %.*s\n",
			       (int)strcspn(text + 1, "\n"), text + 1);
	}
	close(fd);
	printf("guest: log is shown\n");
}

#endif
