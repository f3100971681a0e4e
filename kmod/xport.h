/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between a link and what carries its bytes. A transport knows
 * bytes and messages, never pages: loop (xport_loop.c) and TCP (xport_tcp.c).
 *
 * Order: create, start, then send and upcalls, then close. send() calls are
 * exclusive with each other and with close(); upcalls of one transport are
 * exclusive with each other and run in softirq or process context; after
 * close() returned none runs any more.
 */
#ifndef SSI_XPORT_H
#define SSI_XPORT_H

#include <linux/list.h>
#include <linux/mm_types.h>
#include "core/wire.h"

struct socket;
struct workqueue_struct;
struct ssi_xport;

/* Messages that may be sent at a time: no more pages than one large segment takes. */
#define SSI_XPORT_BATCH 15

/**
 * struct ssi_msg - a message that is to be sent, kept until acknowledged
 * @list:    on the channel's queue
 * @hdr:     wire header; seq, ack, credit and room are filled in by the link
 * @body:    bytes behind the header, stable until @release; NULL for none
 * @length:  bytes of @body
 * @release: called once, in any context, when the peer has acknowledged the
 *	     message or never will; frees or reuses the memory
 * @node:    for @release: whose accounting it belongs to
 * @folio:   for @release: folio that holds @body
 * @sent_ns: of a request: when it had the receiver's credit, 0 before
 */
struct ssi_msg {
	struct list_head list;
	struct ssi_wire_hdr hdr;
	const void *body;
	u32 length;
	void (*release)(struct ssi_msg *msg);
	struct ssi_node *node;
	struct folio *folio;
	u64 sent_ns;
};

static inline u32 ssi_msg_size(const struct ssi_msg *msg)
{
	return sizeof(msg->hdr) + msg->length;
}

/**
 * struct ssi_xport_user - upcalls of a transport
 * @rx_begin: a header is complete. *@body is where the body shall go, or is
 *	      left NULL for a buffer of the transport's. 0, -ENOMEM (call again
 *	      from process context after @rx_starved), or an error that breaks
 *	      the transport.
 * @rx_end:   the message is complete. 0 or an error that breaks the transport.
 * @rx_starved: process context, may sleep: find the memory that @rx_begin
 *	      missed.
 * @writable: send() may be tried again after -EAGAIN; must not send itself.
 * @broken:   no more bytes will come: -ESHUTDOWN the peer closed, another
 *	      error of the socket, or that of an upcall; must not close() itself.
 */
struct ssi_xport_user {
	int (*rx_begin)(void *ctx, const struct ssi_wire_hdr *hdr, void **body);
	int (*rx_end)(void *ctx, const struct ssi_wire_hdr *hdr, void *body);
	void (*rx_starved)(void *ctx);
	void (*writable)(void *ctx);
	void (*broken)(void *ctx, int error);
};

/**
 * struct ssi_xport_ops - what a transport does
 * @name:  for people
 * @start: upcalls may come from now on
 * @send:  send some messages, one behind the other, from byte *@offset of all
 *	   headers and bodies on; never waits for the network. Process context,
 *	   or softirq when atomic, where the transport allows that.
 *	   Advances *@offset. 0 when all is sent; -EBUSY: try again in process
 *	   context, which may wait for who uses the socket at this moment;
 *	   -EAGAIN: there will be an upcall, @writable; -ENOMEM: there will be
 *	   none, try again later; or an error.
 * @close: let go of everything, free the transport; may sleep
 */
struct ssi_xport_ops {
	const char *name;
	void (*start)(struct ssi_xport *xport);
	int (*send)(struct ssi_xport *xport, struct ssi_msg *const *msgs,
		    unsigned int count, u32 *offset, bool atomic);
	void (*close)(struct ssi_xport *xport);
};

/**
 * struct ssi_xport - one open transport
 * @ops:  what it does
 * @user: whom it tells
 * @ctx:  argument of the upcalls
 * @tls:  bytes are encrypted by kernel TLS
 * @atomic: messages may be sent in softirq
 */
struct ssi_xport {
	const struct ssi_xport_ops *ops;
	const struct ssi_xport_user *user;
	void *ctx;
	bool tls;
	bool atomic;
};

/**
 * struct ssi_xport_rx - assembles messages from a stream of bytes
 * @hdr:     header under way
 * @body:    where the body goes, set once the header is complete
 * @got:     bytes of header, or of header and body, that are in
 * @begun:   @user->rx_begin accepted the header
 * @scratch: body of messages that nobody gave a place for
 */
struct ssi_xport_rx {
	struct ssi_wire_hdr hdr;
	void *body;
	u32 got;
	bool begun;
	u8 *scratch;
};

struct ssi_xport *ssi_xport_loop_create(const struct ssi_xport_user *user,
					void *ctx, struct workqueue_struct *wq);
int ssi_xport_tcp_setup(void);
void ssi_xport_tcp_cleanup(void);
struct ssi_xport *ssi_xport_tcp_create(struct socket *sock, bool tls,
				       const struct ssi_xport_user *user,
				       void *ctx);
int ssi_xport_tcp_check(struct socket *sock, bool tls, const char **why);

const char *ssi_xport_error_text(int error);

#endif /* SSI_XPORT_H */
