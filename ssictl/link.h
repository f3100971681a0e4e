/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making one socket of a link: dial or accept, handshake, kernel TLS. Each runs
 * in a short-lived thread of its own, so that nobody waits for anybody; the
 * thread hands its job back through a pipe when it is done.
 */
#ifndef SSICTL_LINK_H
#define SSICTL_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "credentials.h"
#include "handshake.h"
#include "opts.h"

#define SSI_LINK_DEADLINE_MS 5000

/**
 * struct ssi_link_self - what every thread knows about its own node; constant
 *	while threads run, but for @lives and @credentials
 * @hello: own id, incarnation, protocol and mode
 * @listed: nodes that this one dials
 * @lives: who is connected, or NULL
 * @credentials: what sockets prove themselves with that are made from now on; of
 *	the thread that makes them
 * @done_fd: pipe for finished jobs
 * @ended: nobody reads the pipe any more; see ssi_link_end()
 */
struct ssi_link_self {
	struct ssi_hello hello;
	uint64_t listed;
	struct ssi_lives *lives;
	struct ssi_credentials credentials;
	int done_fd;
	bool ended;
};

/**
 * struct ssi_link_job - one socket under way
 * @self: the node
 * @addr: where to dial, or who dialled
 * @key: the secret's, as it was when the job began
 * @ok: the socket is ready for the kernel
 * @hs: the handshake; @hs.fd is the socket, or -1
 */
struct ssi_link_job {
	const struct ssi_link_self *self;
	struct ssi_addr addr;
	uint8_t key[SSI_SECRET_KEYLEN];
	bool ok;
	struct ssi_handshake hs;
};

/**
 * ssi_link_dial - start to dial one channel of a peer
 * @self: the node
 * @addr: where to
 * @peer: id expected there
 * @channel: which socket of the link
 *
 * Return: 0; the job comes through the pipe. A negative errno if no thread
 * could be started.
 */
int ssi_link_dial(const struct ssi_link_self *self, const struct ssi_addr *addr, uint32_t peer,
		  uint32_t channel);

/**
 * ssi_link_accept - take the next caller from the listener
 * @self: the node
 * @listener: from ssi_link_listen()
 *
 * Return: 0; the job comes through the pipe. -EAGAIN when nobody calls, another
 * negative errno when the system has no room for a caller.
 */
int ssi_link_accept(const struct ssi_link_self *self, int listener);

/**
 * ssi_link_listen - bind and listen
 * @addr: where
 *
 * Return: the listener, or a negative errno.
 */
int ssi_link_listen(const struct ssi_addr *addr);

/**
 * ssi_link_end - jobs that finish from now on end by themselves
 * @self: the node; stays valid for threads that still run
 *
 * What is in the pipe already is still the caller's to read and free.
 */
void ssi_link_end(struct ssi_link_self *self);

/**
 * ssi_link_tls_check - can this kernel do TLS on sockets?
 *
 * Return: 0, or a negative errno; -ENOENT when its module is missing.
 */
int ssi_link_tls_check(void);

/**
 * ssi_link_free - end a job; wipes keys and closes the socket
 * @job: from the pipe
 */
void ssi_link_free(struct ssi_link_job *job);

#endif /* SSICTL_LINK_H */
