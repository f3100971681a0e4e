/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link to one peer: two channels, each a session over successive
 * transports. Messages have sequence numbers and are kept until the peer
 * acknowledged them; what is not acknowledged when a transport breaks is sent
 * again on the next one, and what comes twice is dropped here, below the
 * protocol. So the only copy of a page is never only in a socket.
 *
 * A link knows no pages and no regions.
 */
#ifndef SSI_LINK_H
#define SSI_LINK_H

#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/ssi_mem.h>
#include "xport.h"

#define SSI_CHANNELS 2
#define SSI_LINK_WHY 64

struct ssi_link;

/**
 * struct ssi_link_user - upcalls of a link
 * @hello:   the peer introduced itself on a channel; 0, or an error that
 *	     breaks the transport. Atomic.
 * @begin:   a new message begins; see ssi_xport_user.rx_begin. *@cookie is
 *	     passed on to @end or @abort. Atomic.
 * @end:     the message is complete and acknowledged from now on. Atomic.
 * @abort:   the transport broke between begin and end: drop the cookie
 * @note:    a header came, also of a message that is dropped here: its credit
 *	     and room are news. Atomic.
 * @starved: process context: find the memory that @begin missed
 * @changed: a channel came up, or went down: @why says why, else it is NULL.
 *	     Process context.
 * @count:   adds to the node's counter SSI_MEM_S_*. Atomic.
 * @room:    free room to be announced, in pages. Atomic.
 */
struct ssi_link_user {
	int (*hello)(struct ssi_link *link, enum ssi_mem_channel channel,
		     const struct ssi_wire_hello *hello);
	int (*begin)(struct ssi_link *link, const struct ssi_wire_hdr *hdr,
		     void **body, void **cookie);
	void (*end)(struct ssi_link *link, const struct ssi_wire_hdr *hdr,
		    void *body, void *cookie);
	void (*abort)(struct ssi_link *link, void *cookie);
	void (*note)(struct ssi_link *link, const struct ssi_wire_hdr *hdr);
	void (*starved)(struct ssi_link *link, enum ssi_mem_channel channel);
	void (*changed)(struct ssi_link *link, enum ssi_mem_channel channel,
			const char *why);
	void (*count)(struct ssi_link *link, unsigned int stat, u32 more);
	u32 (*room)(struct ssi_link *link);
};

/**
 * struct ssi_chan - one channel of a link
 * @link:	the link
 * @channel:	which of its channels
 * @attach:	serializes the coming and going of transports; outer
 * @lock:	protects what follows; softirq-safe
 * @state:	whether there is a transport, and how far it is
 * @xport:	the transport; stable for the holder of CHAN_SENDING
 * @queue:	messages not yet acknowledged, by sequence number
 * @next:	first of @queue that was not sent whole on this transport
 * @current_msg: being sent: @next, @hello_msg or @ack_msg; NULL for none
 * @due:	messages before this one are sent as soon as they can be; others
 *		with one of those, or when @timer is over
 * @offset:	bytes of @current_msg that are sent; of those behind it, too,
 *		while they are being sent
 * @sending:	messages from @next on that may have been sent in part
 * @batch:	the messages being sent; for the holder of CHAN_SENDING
 * @unacked:	messages in @queue
 * @sent_bytes:	of messages that were sent whole, on all transports
 * @tx_seq:	sequence number of the next message queued
 * @tx_acked:	every message before this one is acknowledged
 * @rx_seq:	sequence number that is expected next
 * @rx_told:	@rx_seq as last told to the peer
 * @credit_told: link->credit as last told to the peer
 * @hello_due:	HELLO is to be sent before anything else
 * @ack_due:	ACK is to be sent when nothing else is
 * @rx_hello:	the peer's HELLO came on this transport
 * @flags:	CHAN_SENDING and CHAN_AGAIN
 * @hello_msg:	the HELLO
 * @ack_msg:	the ACK
 * @timer:	sends an ACK, or what can wait, when nothing else takes it along
 * @soon:	@timer was set for what can wait
 * @spoke:	something was sent since @timer was set
 * @tx_tasklet:	sends for those who must not, while that takes no wait
 * @tx_work:	sends for them otherwise
 * @retry_work:	sends once more, after a lack of memory
 * @change_work: closes a broken transport, tells the user
 * @tls:	the transport is encrypted
 * @atomic:	the transport sends in softirq, too
 * @sockets:	transports so far
 * @told_up:	the last of them whose coming up was told
 * @told_down:	the last of them whose end was told
 * @reader:	the worker that is at the end of a message; written by it alone
 * @answers:	it is to send when it is done with the message
 * @rx_cookie:	from begin to end
 * @received_bytes: of messages that came whole, on all transports; written by the
 *		upcalls of the transport
 * @refusal:	what is wrong with the message that was refused; written by the
 *		upcalls of the transport
 * @why:	why the last transport ended, for people; written as @state
 *		turns to down
 */
struct ssi_chan {
	struct ssi_link *link;
	enum ssi_mem_channel channel;
	struct mutex attach;
	spinlock_t lock;
	enum ssi_mem_link_state state;
	struct ssi_xport *xport;
	struct list_head queue;
	struct ssi_msg *next;
	struct ssi_msg *current_msg;
	u32 due;
	u32 offset;
	u32 sending;
	struct ssi_msg *batch[SSI_XPORT_BATCH];
	u32 unacked;
	u64 sent_bytes;
	u32 tx_seq;
	u32 tx_acked;
	u32 rx_seq;
	u32 rx_told;
	u32 credit_told;
	bool hello_due;
	bool ack_due;
	bool rx_hello;
	unsigned long flags;
	struct ssi_msg hello_msg;
	struct ssi_msg ack_msg;
	struct hrtimer timer;
	bool soon;
	bool spoke;
	struct tasklet_struct tx_tasklet;
	struct work_struct tx_work;
	struct delayed_work retry_work;
	struct work_struct change_work;
	bool tls;
	bool atomic;
	u64 sockets;
	u64 told_up;
	u64 told_down;
	struct task_struct *reader;
	bool answers;
	void *rx_cookie;
	u64 received_bytes;
	const char *refusal;
	char why[SSI_LINK_WHY];
};

/**
 * struct ssi_link - the link to one peer
 * @user:      upcalls
 * @self:      id of this node
 * @peer:      id of the peer
 * @wq:	       runs the workers; needed to free memory
 * @hellos:    body of our HELLO on each channel
 * @credit:    requests of the peer ended here so far, told in every header
 * @chans:     by enum ssi_mem_channel
 * @closed:    no transport is accepted any more
 */
struct ssi_link {
	const struct ssi_link_user *user;
	u8 self;
	u8 peer;
	struct workqueue_struct *wq;
	struct ssi_wire_hello hellos[SSI_CHANNELS];
	atomic_t credit;
	struct ssi_chan chans[SSI_CHANNELS];
	bool closed;
};

int ssi_link_setup(void);
void ssi_link_cleanup(void);

void ssi_link_init(struct ssi_link *link, const struct ssi_link_user *user,
		   u8 self, u8 peer, struct workqueue_struct *wq,
		   const struct ssi_wire_hello *hello);
int ssi_link_attach_tcp(struct ssi_link *link, enum ssi_mem_channel channel,
			struct socket *sock, bool tls);
int ssi_link_attach_loop(struct ssi_link *link);
void ssi_link_send(struct ssi_link *link, struct ssi_msg *msg);
void ssi_link_queue(struct ssi_link *link, struct ssi_msg *msg);
void ssi_link_post(struct ssi_link *link, struct ssi_msg *msg);
void ssi_link_post_later(struct ssi_link *link, struct ssi_msg *msg);
void ssi_link_give_credit(struct ssi_link *link);
bool ssi_link_flush(struct ssi_link *link, unsigned long timeout);
unsigned int ssi_link_count(struct ssi_link *link,
			    enum ssi_mem_channel channel,
			    bool (*is)(const struct ssi_msg *msg,
				       const void *arg), const void *arg);
void ssi_link_close(struct ssi_link *link);

struct ssi_msg *ssi_msg_alloc(gfp_t gfp, u32 body_length);
void ssi_msg_free(struct ssi_msg *msg);

#endif /* SSI_LINK_H */
