// SPDX-License-Identifier: Apache-2.0
#include "fence.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <syslog.h>
#include <unistd.h>

#include "attach.h"
#include "guests.h"

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
 * @at: the programs
 * @count: how many
 */
struct ssi_fence {
	const char *node;
	ssi_say_fn say;
	void *arg;
	struct stopped *at;
	unsigned int count;
};

struct ssi_fence *ssi_fence_new(const char *node, ssi_say_fn say, void *arg)
{
	struct ssi_fence *fence = calloc(1, sizeof(*fence));

	if (fence)
		*fence = (struct ssi_fence){ .node = node, .say = say, .arg = arg };
	return fence;
}

static void forget_all(struct ssi_fence *fence)
{
	while (fence->count)
		close(fence->at[--fence->count].fd);
	free(fence->at);
	fence->at = NULL;
}

void ssi_fence_free(struct ssi_fence *fence)
{
	if (!fence)
		return;
	forget_all(fence);
	free(fence);
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

static void stop(struct ssi_fence *fence, const struct ssi_guest *guest)
{
	int rc, fd = pidfd_open(guest->user.pid, 0);

	if (fd < 0 && errno == ESRCH)
		return;
	rc = fd < 0 ? errno : keep(fence, guest->user.pid, fd);
	if (rc && fd >= 0)
		close(fd);
	if (rc == 0 && send_signal(fd, SIGSTOP) < 0)
		rc = errno;
	tell(fence, guest, rc);
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
	forget_all(fence);
}
