// SPDX-License-Identifier: Apache-2.0
#include "ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "pause.h"

#define NS_PER_MS 1000000

enum ctl_request ctl_parse(const char *line)
{
	static const char *const words[] = {
		[CTL_PAUSE] = "pause",
		[CTL_RESUME] = "resume",
		[CTL_STATUS] = "status",
		[CTL_QUIT] = "quit",
	};

	for (int i = 0; i < CTL_UNKNOWN; i++)
		if (!strcmp(line, words[i]))
			return i;
	return CTL_UNKNOWN;
}

/* ---- the socket ---- */

/* Whether nobody listens on the socket of that name any more. */
static bool is_left_over(const struct sockaddr_un *address)
{
	/* Whose queue is full is there: EAGAIN. */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused = fd >= 0 &&
		       connect(fd, (const void *)address, sizeof(*address)) &&
		       errno == ECONNREFUSED;
	struct stat file;

	if (fd >= 0)
		close(fd);
	return refused && !lstat(address->sun_path, &file) &&
	       S_ISSOCK(file.st_mode);
}

static int bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(S_IXUSR | S_IRWXG | S_IRWXO);
	int ret = bind(fd, (const void *)address, sizeof(*address));

	umask(mask);
	return ret;
}

static int listen_at(struct ctl *ctl, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ret;

	strcpy(address.sun_path, path);
	ctl->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ctl->fd < 0)
		return log_error("--control %s: %s", path, strerror(errno));
	ret = bind_private(ctl->fd, &address);
	if (ret && errno == EADDRINUSE) {
		if (!is_left_over(&address))
			return log_error("--control %s: in use; name another path", path);
		unlink(path);
		ret = bind_private(ctl->fd, &address);
	}
	if (ret)
		return log_error("--control %s: %s", path, strerror(errno));
	ctl->path = path;
	if (listen(ctl->fd, CTL_CLIENTS))
		return log_error("--control %s: %s", path, strerror(errno));
	return 0;
}

int ctl_open(struct ctl *ctl, const char *path)
{
	*ctl = (struct ctl){ .fd = -1 };
	for (int i = 0; i < CTL_CLIENTS; i++)
		ctl->client[i].fd = -1;
	return path ? listen_at(ctl, path) : 0;
}

static void drop(struct ctl_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

void ctl_close(struct ctl *ctl)
{
	for (int i = 0; i < CTL_CLIENTS; i++)
		drop(&ctl->client[i]);
	if (ctl->path)
		unlink(ctl->path);
	if (ctl->fd >= 0)
		close(ctl->fd);
	ctl->path = NULL;
	ctl->fd = -1;
}

/* ---- requests ---- */

/* A reply is short: who has left no room for it does not read them. */
static void reply(struct ctl_client *client, const char *text, size_t bytes)
{
	if (send(client->fd, text, bytes, MSG_DONTWAIT | MSG_NOSIGNAL) !=
	    (ssize_t)bytes)
		drop(client);
}

static void reply_status(struct ctl_client *client, const struct pause *pause)
{
	char text[128];
	int bytes = snprintf(text, sizeof(text),
			     "{\"ok\":true,\"paused\":%s,\"stalled\":%" PRIu64
			     ",\"behind_ms\":%" PRIu64 "}\n",
			     pause->reasons & PAUSE_USER ? "true" : "false",
			     pause_stalled(pause), pause->behind_ns / NS_PER_MS);

	reply(client, text, bytes);
}

static void reply_unknown(struct ctl_client *client)
{
	static const char text[] =
		"{\"ok\":false,\"error\":\"a request is one of pause, resume, status, quit\"}\n";

	reply(client, text, sizeof(text) - 1);
}

/* Return: true when the program shall end. */
static bool serve(struct ctl_client *client, const char *line,
		  struct pause *pause)
{
	enum ctl_request request = ctl_parse(line);

	if (request == CTL_UNKNOWN) {
		reply_unknown(client);
		return false;
	}
	if (request == CTL_PAUSE)
		pause_begin(pause, PAUSE_USER);
	if (request == CTL_RESUME)
		pause_end(pause, PAUSE_USER);
	reply_status(client, pause);
	return request == CTL_QUIT;
}

/* Takes the complete lines from the front of what was read. */
static bool serve_lines(struct ctl_client *client, struct pause *pause)
{
	bool quit = false;
	size_t at = 0;
	char *end;

	while (client->fd >= 0 && !quit &&
	       (end = memchr(client->line + at, '\n', client->used - at))) {
		*end = '\0';
		quit = serve(client, client->line + at, pause);
		at = end + 1 - client->line;
	}
	client->used -= at;
	memmove(client->line, client->line + at, client->used);
	return quit;
}

static bool handle_client(struct ctl_client *client, struct pause *pause)
{
	ssize_t got = read(client->fd, client->line + client->used,
			   sizeof(client->line) - client->used);
	bool quit;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (got <= 0) {
		drop(client);
		return false;
	}
	client->used += got;
	quit = serve_lines(client, pause);
	if (client->used == sizeof(client->line)) {
		reply_unknown(client);
		drop(client);
	}
	return quit;
}

static struct ctl_client *free_client(struct ctl *ctl)
{
	for (int i = 0; i < CTL_CLIENTS; i++)
		if (ctl->client[i].fd < 0)
			return &ctl->client[i];
	return NULL;
}

void ctl_poll(const struct ctl *ctl, struct pollfd fds[CTL_FDS])
{
	bool room = false;

	for (int i = 0; i < CTL_CLIENTS; i++) {
		fds[1 + i].fd = ctl->client[i].fd;
		fds[1 + i].events = POLLIN;
		room |= ctl->client[i].fd < 0;
	}
	fds[0].fd = room ? ctl->fd : -1;
	fds[0].events = POLLIN;
}

bool ctl_handle(struct ctl *ctl, const struct pollfd fds[CTL_FDS],
		struct pause *pause)
{
	struct ctl_client *client;
	bool quit = false;

	for (int i = 0; i < CTL_CLIENTS && !quit; i++)
		if (fds[1 + i].fd >= 0 && fds[1 + i].revents)
			quit = handle_client(&ctl->client[i], pause);
	client = fds[0].fd >= 0 && fds[0].revents ? free_client(ctl) : NULL;
	if (client) {
		client->fd = accept4(ctl->fd, NULL, NULL,
				     SOCK_CLOEXEC | SOCK_NONBLOCK);
		client->used = 0;
	}
	return quit;
}
