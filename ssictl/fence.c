// SPDX-License-Identifier: Apache-2.0
#include "fence.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <syslog.h>
#include <unistd.h>

#include "attach.h"
#include "guests.h"
#include "report.h"

/**
 * struct stopped - a program that was stopped
 * @pid: the process
 * @fd: of pidfd_open(): another process may get its number
 */
struct stopped {
	pid_t pid;
	int fd;
};

/**
 * struct ssi_fence - programs of a node that are stopped
 * @node: its name
 * @say: writes a line of the log
 * @arg: for it
 * @list: a file with their processes, for the agent that comes after this one
 * @at: the programs
 * @count: how many
 */
struct ssi_fence {
	const char *node;
	ssi_say_fn say;
	void *arg;
	char list[SSI_REPORT_PATH];
	struct stopped *at;
	unsigned int count;
};

static void forget_all(struct ssi_fence *fence)
{
	while (fence->count)
		close(fence->at[--fence->count].fd);
	free(fence->at);
	fence->at = NULL;
}

static int send_signal(int fd, int number)
{
	return pidfd_send_signal(fd, number, NULL, 0);
}

static bool is_stopped(const struct ssi_fence *fence, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < fence->count; i++) {
		/* Who has ended gets no signal: the number is another's. */
		if (fence->at[i].pid == pid && send_signal(fence->at[i].fd, 0) == 0)
			return true;
	}
	return false;
}

/* Return: 0, or why not. */
static int keep(struct ssi_fence *fence, pid_t pid, int fd)
{
	struct stopped *more = reallocarray(fence->at, fence->count + 1, sizeof(*more));

	if (!more)
		return ENOMEM;
	fence->at = more;
	more[fence->count++] = (struct stopped){ pid, fd };
	return 0;
}

/* ---- the list ---- */

/*
 * When did a process begin? That tells it from one that gets its number later.
 * Return: clock ticks after the machine began, or 0 where there is none.
 */
static unsigned long long begin_of(pid_t pid)
{
	unsigned long long ticks = 0;
	char path[32], text[1024], *at;
	size_t got;
	FILE *file;
	int field;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	got = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[got] = 0;
	/* The second field is a name, which may have anything in it; then 19 others. */
	at = strrchr(text, ')');
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		sscanf(at, "%llu", &ticks);
	return ticks;
}

/* Return: 0 or a negative errno. */
static int write_down(const struct ssi_fence *fence, pid_t pid)
{
	int rc, fd = open(fence->list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	rc = dprintf(fd, "%d %llu\n", pid, begin_of(pid)) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

/* A process that lives, and began when the agent before this one saw it begin. */
static void take_over(struct ssi_fence *fence, pid_t pid, unsigned long long began)
{
	int fd = pidfd_open(pid, 0);

	if (fd < 0)
		return;
	if (begin_of(pid) != began || keep(fence, pid, fd))
		close(fd);
}

static void read_list(struct ssi_fence *fence)
{
	FILE *file = fopen(fence->list, "re");
	unsigned long long began;
	pid_t pid;

	if (!file)
		return;
	while (fscanf(file, "%d %llu", &pid, &began) == 2)
		take_over(fence, pid, began);
	fclose(file);
}

struct ssi_fence *ssi_fence_new(const char *node, const uint8_t *incarnation, ssi_say_fn say,
				void *arg)
{
	struct ssi_fence *fence = calloc(1, sizeof(*fence));

	if (!fence)
		return NULL;
	*fence = (struct ssi_fence){ .node = node, .say = say, .arg = arg };
	ssi_report_name(incarnation, ".stopped", fence->list);
	read_list(fence);
	return fence;
}

void ssi_fence_free(struct ssi_fence *fence)
{
	if (!fence)
		return;
	forget_all(fence);
	free(fence);
}

bool ssi_fence_holds(const struct ssi_fence *fence)
{
	return fence->count > 0;
}

/* ---- stopping ---- */

static void tell(const struct ssi_fence *fence, const struct ssi_guest *guest, int failure)
{
	char text[160];

	if (failure)
		snprintf(text, sizeof(text), "fence: %s (pid %d) can not be stopped: %s; stop it",
			 guest->user.program, guest->user.pid, strerror(failure));
	else
		snprintf(text, sizeof(text), "fence: %s (pid %d), which uses region %s, is stopped",
			 guest->user.program, guest->user.pid, guest->region.name);
	fence->say(fence->arg, failure ? LOG_ERR : LOG_WARNING, "", text);
}

static void tell_unlisted(const struct ssi_fence *fence, int rc)
{
	char text[SSI_REPORT_PATH + 160];

	snprintf(text, sizeof(text),
		 "fence: %s: %s; if this agent dies, let the program go on by kill -CONT",
		 fence->list, strerror(-rc));
	fence->say(fence->arg, LOG_ERR, "", text);
}

static void stop(struct ssi_fence *fence, const struct ssi_guest *guest)
{
	int rc, unlisted = 0, fd = pidfd_open(guest->user.pid, 0);

	if (fd < 0 && errno == ESRCH)
		return;
	rc = fd < 0 ? errno : keep(fence, guest->user.pid, fd);
	if (rc && fd >= 0)
		close(fd);
	if (rc == 0)
		unlisted = write_down(fence, guest->user.pid);
	if (rc == 0 && send_signal(fd, SIGSTOP) < 0)
		rc = errno;
	tell(fence, guest, rc);
	if (unlisted)
		tell_unlisted(fence, unlisted);
}

void ssi_fence_stop(struct ssi_fence *fence, struct ssi_nl *nl)
{
	struct ssi_guests guests = { NULL, 0, 0 };
	int rc, device = ssi_attach_device();
	unsigned int i;
	char text[120];

	rc = device < 0 ? device : ssi_guests_read(&guests, nl, fence->node, device, NULL);
	if (rc < 0) {
		snprintf(text, sizeof(text), "fence: programs with regions can not be found: %s",
			 strerror(-rc));
		fence->say(fence->arg, LOG_ERR, "", text);
	}
	/* Of what was found before a failure, too. */
	for (i = 0; i < guests.count; i++) {
		if (!is_stopped(fence, guests.at[i].user.pid))
			stop(fence, &guests.at[i]);
	}
	if (device >= 0)
		close(device);
	ssi_guests_free(&guests);
}

void ssi_fence_release(struct ssi_fence *fence)
{
	unsigned int i;

	for (i = 0; i < fence->count; i++)
		send_signal(fence->at[i].fd, SIGCONT);
	unlink(fence->list);
	forget_all(fence);
}
