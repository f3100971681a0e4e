/* SPDX-License-Identifier: Apache-2.0 */
/* A server that gives one answer to whoever asks, byte by byte as a test wants it. */
#ifndef UNIT_SSICTL_WEB_H
#define UNIT_SSICTL_WEB_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

/**
 * struct web - the server
 * @fd: its listener
 * @url: where it is
 * @answer: all bytes of it; NULL for none, and the caller waits
 * @choose: sets @answer after a look at @asked; or NULL
 * @asked: the last request, cut off
 * @count: of requests
 * @thread: serves
 */
struct web {
	int fd;
	char url[64];
	const char *answer;
	size_t len;
	char asked[8192];
	unsigned int count;
	void (*choose)(struct web *web);
	pthread_t thread;
};

/* Headers, and as much of a body as they announce. */
static void web_read(struct web *web, int fd)
{
	size_t have = 0, want = sizeof(web->asked) - 1;
	const char *end, *length;
	ssize_t got;

	while (have < want && (got = read(fd, web->asked + have, want - have)) > 0) {
		have += got;
		web->asked[have] = 0;
		end = strstr(web->asked, "\r\n\r\n");
		length = strstr(web->asked, "Content-Length: ");
		if (end && have >= end + 4 - web->asked + (length ? strtoul(length + 16, NULL, 10) : 0))
			return;
	}
}

static void *web_serve(void *arg)
{
	struct web *web = arg;
	int fd;

	while ((fd = accept(web->fd, NULL, NULL)) >= 0) {
		web_read(web, fd);
		__atomic_add_fetch(&web->count, 1, __ATOMIC_SEQ_CST);
		if (web->choose)
			web->choose(web);
		if (web->answer && write(fd, web->answer, web->len) < 0)
			perror("web");
		/* Without an answer the caller gives up. */
		if (!web->answer && read(fd, web->asked, 1) > 0)
			perror("web: the caller goes on");
		close(fd);
	}
	return NULL;
}

static void web_start(struct web *web)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);

	memset(web, 0, sizeof(*web));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	web->fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(web->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(web->fd, 8), 0);
	getsockname(web->fd, (struct sockaddr *)&addr, &len);
	snprintf(web->url, sizeof(web->url), "http://127.0.0.1:%u", ntohs(addr.sin_port));
	pthread_create(&web->thread, NULL, web_serve, web);
}

static void web_stop(struct web *web)
{
	shutdown(web->fd, SHUT_RDWR);
	pthread_join(web->thread, NULL);
	close(web->fd);
}

/* The answer is @text from now on. */
static void web_say(struct web *web, const char *text)
{
	web->answer = text;
	web->len = text ? strlen(text) : 0;
}

#define WEB_JSON(status, type, body)                                                               \
	"HTTP/1.1 " status "\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n" body
#define WEB_OK(body) WEB_JSON("200 OK", "application/json", body)
#define WEB_PROBLEM(status, body) WEB_JSON(status, "application/problem+json", body)

#endif /* UNIT_SSICTL_WEB_H */
