// SPDX-License-Identifier: Apache-2.0
#include "link.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

/* A peer that fell silent is given up after this, with or without data under way. */
#define SILENCE_MS    10000
#define KEEP_IDLE_S   4
#define KEEP_INTVL_S  2
#define KEEP_PROBES   3

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static void tune(int fd)
{
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTVL_S);
	set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_PROBES);
	set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, SILENCE_MS);
}

static int explain(struct ssi_link_job *job, const char *what, int error)
{
	snprintf(job->hs.why, sizeof(job->hs.why), "%s: %s", what, strerror(error));
	return -1;
}

static int connect_job(struct ssi_link_job *job)
{
	struct ssi_handshake *hs = &job->hs;
	socklen_t len = sizeof(int);
	int error = 0;

	hs->fd = socket(job->addr.ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (hs->fd < 0)
		return explain(job, "socket", errno);
	if (connect(hs->fd, (struct sockaddr *)&job->addr.ss, job->addr.len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return explain(job, "connect", errno);
	if (ssi_handshake_wait(hs, POLLOUT) < 0)
		return explain(job, "connect", errno);
	if (getsockopt(hs->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	return error ? explain(job, "connect", error) : 0;
}

/* From the second option on, what the peer's kernel sends is decrypted by ours. */
static int start_ktls(struct ssi_link_job *job)
{
	struct ssi_tls_keys *keys = &job->hs.keys;
	int fd = job->hs.fd, one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) < 0)
		return explain(job, "kernel TLS", errno);
	if (setsockopt(fd, SOL_TLS, TLS_TX, &keys->tx, sizeof(keys->tx)) < 0)
		return explain(job, "kernel TLS, sending", errno);
	if (setsockopt(fd, SOL_TLS, TLS_RX, &keys->rx, sizeof(keys->rx)) < 0)
		return explain(job, "kernel TLS, receiving", errno);
	/*
	 * Our records have no padding: so the kernel decrypts them where they are
	 * wanted. One that does not know that (before 6.0) copies them there.
	 */
	setsockopt(fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &one, sizeof(one));
	return 0;
}

static void run(struct ssi_link_job *job)
{
	struct ssi_handshake *hs = &job->hs;

	hs->deadline = ssi_handshake_now() + SSI_LINK_DEADLINE_MS;
	if (hs->dialer && connect_job(job) < 0)
		return;
	tune(hs->fd);
	if (ssi_handshake_run(hs) < 0)
		return;
	if (!hs->mine.plain && start_ktls(job) < 0)
		return;
	job->ok = true;
}

/*
 * Between a job's way into the pipe and the end of who reads it. Not held for
 * long: the pipe has room for more jobs than there can be.
 */
static pthread_mutex_t hand_over = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *arg)
{
	struct ssi_link_job *job = arg;
	ssize_t put = -1;

	run(job);
	pthread_mutex_lock(&hand_over);
	/* A pointer is far below PIPE_BUF, so the write is whole or none. */
	if (!job->self->ended) {
		do {
			put = write(job->self->done_fd, &job, sizeof(job));
		} while (put < 0 && errno == EINTR);
	}
	pthread_mutex_unlock(&hand_over);
	if (put < 0)
		ssi_link_free(job);
	return NULL;
}

void ssi_link_end(struct ssi_link_self *self)
{
	pthread_mutex_lock(&hand_over);
	self->ended = true;
	pthread_mutex_unlock(&hand_over);
}

static struct ssi_link_job *new_job(const struct ssi_link_self *self)
{
	struct ssi_link_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->self = self;
	job->hs.fd = -1;
	memcpy(job->key, self->credentials.key, sizeof(job->key));
	job->hs.key = job->key;
	job->hs.identity = ssi_identity_get(self->credentials.identity);
	job->hs.listed = self->listed;
	job->hs.lives = self->lives;
	job->hs.mine = self->hello;
	return job;
}

/* Takes over @job. */
static int start(struct ssi_link_job *job)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, worker, job);
	pthread_attr_destroy(&attr);
	if (rc)
		ssi_link_free(job);
	/* -EAGAIN would say that nobody calls. */
	return rc == EAGAIN ? -ENOMEM : -rc;
}

int ssi_link_dial(const struct ssi_link_self *self, const struct ssi_addr *addr, uint32_t peer,
		  uint32_t channel)
{
	struct ssi_link_job *job = new_job(self);

	if (!job)
		return -ENOMEM;
	job->addr = *addr;
	job->hs.dialer = true;
	job->hs.mine.to = peer;
	job->hs.mine.channel = channel;
	return start(job);
}

static void describe(struct ssi_addr *addr)
{
	char host[64], port[8];

	if (getnameinfo((struct sockaddr *)&addr->ss, addr->len, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		return;
	snprintf(addr->text, sizeof(addr->text), strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
		 port);
}

int ssi_link_accept(const struct ssi_link_self *self, int listener)
{
	struct ssi_link_job *job = new_job(self);
	int rc;

	if (!job)
		return -ENOMEM;
	job->addr.len = sizeof(job->addr.ss);
	job->hs.fd = accept4(listener, (struct sockaddr *)&job->addr.ss, &job->addr.len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (job->hs.fd < 0) {
		rc = -errno;
		ssi_link_free(job);
		return rc;
	}
	describe(&job->addr);
	return start(job);
}

int ssi_link_listen(const struct ssi_addr *addr)
{
	int rc, fd = socket(addr->ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(fd, (const struct sockaddr *)&addr->ss, addr->len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int ssi_link_tls_check(void)
{
	int rc = 0, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* A kernel with TLS only minds that this socket is not connected. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) < 0 && errno != ENOTCONN)
		rc = -errno;
	close(fd);
	return rc;
}

void ssi_link_free(struct ssi_link_job *job)
{
	explicit_bzero(&job->hs.keys, sizeof(job->hs.keys));
	explicit_bzero(job->key, sizeof(job->key));
	ssi_identity_put(job->hs.identity);
	if (job->hs.fd >= 0)
		close(job->hs.fd);
	free(job);
}
