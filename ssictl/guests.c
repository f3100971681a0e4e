// SPDX-License-Identifier: Apache-2.0
#include "guests.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "attach.h"

/* ---- looking for them ---- */

/**
 * struct regions - those that somebody has open, read before they are opened: one
 *	dump at a time
 * @at: the regions
 * @count: of @at
 */
struct regions {
	struct ssi_nl_region *at;
	unsigned int count;
};

static int take_region(const struct ssi_nl_region *region, void *arg)
{
	struct regions *r = arg;
	struct ssi_nl_region *more;

	/* Nobody has it open, so it is not opened in vain. */
	if (!region->attached)
		return 0;
	more = reallocarray(r->at, r->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	r->at = more;
	r->at[r->count++] = *region;
	return 0;
}

/**
 * struct search - users of a region, under way
 * @guests: gets them
 * @region: the region
 * @rc: 0, or -ENOMEM
 */
struct search {
	struct ssi_guests *guests;
	const struct ssi_nl_region *region;
	int rc;
};

static void take_user(const struct ssi_user *user, void *arg)
{
	struct search *s = arg;
	struct ssi_guest *more;

	/* It is us who look. */
	if (user->pid == getpid())
		return;
	more = reallocarray(s->guests->at, s->guests->count + 1, sizeof(*more));
	if (!more) {
		s->rc = -ENOMEM;
		return;
	}
	s->guests->at = more;
	more[s->guests->count++] = (struct ssi_guest){
		.region = *s->region,
		.user = *user,
		.state = "unknown",
		.stalled_s = -1,
		.behind_ms = -1,
	};
}

static int find_users(struct search *s, int device, const char *program)
{
	struct stat file;
	int rc, fd = ssi_attach_region(device, s->region->node, s->region->name, true);

	if (fd < 0)
		return fd;
	rc = fstat(fd, &file) ? -errno : 0;
	close(fd);
	if (rc == 0)
		rc = ssi_maps_each(&file, program, take_user, s);
	if (rc > 0)
		s->guests->unseen = rc;
	return rc < 0 ? rc : s->rc;
}

int ssi_guests_read(struct ssi_guests *guests, struct ssi_nl *nl, const char *node, int device,
		    const char *program)
{
	struct search s = { .guests = guests };
	struct regions regions = { NULL, 0 };
	int rc = ssi_nl_region_each(nl, node, take_region, &regions);
	unsigned int i;

	*guests = (struct ssi_guests){ NULL, 0, 0 };
	for (i = 0; i < regions.count && rc == 0; i++) {
		s.region = &regions.at[i];
		rc = find_users(&s, device, program);
		/* It was deleted in between. */
		if (rc == -ENOENT)
			rc = 0;
	}
	free(regions.at);
	return rc;
}

void ssi_guests_free(struct ssi_guests *guests)
{
	free(guests->at);
	*guests = (struct ssi_guests){ NULL, 0, 0 };
}

/* ---- asking monitors ---- */

static int dial_path(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	strcpy(address.sun_path, path);
	if (!connect(fd, (const void *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* A service may see other folders than the monitor does. */
static int dial(const struct ssi_user *user)
{
	char path[SSI_MAPS_PATH];
	int fd = dial_path(user->control);

	if (fd < 0 && snprintf(path, sizeof(path), "/proc/%d/root%s", user->pid, user->control) <
			      (int)sizeof(path))
		fd = dial_path(path);
	return fd;
}

/* Return: a socket on which the answer comes, or -1. */
static int send_request(struct ssi_guest *guest)
{
	static const char request[] = "status\n";
	int fd;

	if (!*guest->user.control)
		return -1;
	guest->state = "silent";
	fd = dial(&guest->user);
	if (fd >= 0 &&
	    send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) == sizeof(request) - 1)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int64_t number_of(const json_t *answer, const char *key)
{
	const json_t *value = json_object_get(answer, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

static void take_answer(struct ssi_guest *guest, int fd)
{
	char line[256];
	ssize_t got = recv(fd, line, sizeof(line), 0);
	json_t *answer = got > 0 ? json_loadb(line, got, 0, NULL) : NULL;
	const json_t *paused = json_object_get(answer, "paused");

	if (json_is_boolean(paused)) {
		guest->state = json_is_true(paused) ? "paused" : "running";
		guest->stalled_s = number_of(answer, "stalled");
		guest->behind_ms = number_of(answer, "behind_ms");
	}
	json_decref(answer);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* poll() passes over what is below zero. */
static void hang_up(struct pollfd *wait)
{
	close(wait->fd);
	wait->fd = -1;
}

static void take_answers(struct ssi_guests *guests, struct pollfd *waits, unsigned int asked,
			 int64_t until)
{
	int64_t left;
	unsigned int i;

	while (asked && (left = until - now_ms()) > 0) {
		if (poll(waits, guests->count, left) < 0 && errno != EINTR)
			return;
		for (i = 0; i < guests->count; i++) {
			if (waits[i].fd < 0 || !waits[i].revents)
				continue;
			take_answer(&guests->at[i], waits[i].fd);
			hang_up(&waits[i]);
			asked--;
		}
	}
}

void ssi_guests_ask(struct ssi_guests *guests, int timeout_ms)
{
	struct pollfd *waits = calloc(guests->count + 1, sizeof(*waits));
	int64_t until = now_ms() + timeout_ms;
	unsigned int i, asked = 0;

	if (!waits)
		return;
	for (i = 0; i < guests->count; i++) {
		waits[i].fd = send_request(&guests->at[i]);
		waits[i].events = POLLIN;
		asked += waits[i].fd >= 0;
	}
	take_answers(guests, waits, asked, until);
	for (i = 0; i < guests->count; i++) {
		if (waits[i].fd >= 0)
			hang_up(&waits[i]);
	}
	free(waits);
}
