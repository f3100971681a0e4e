// SPDX-License-Identifier: GPL-2.0-only
/*
 * The session. Locks: chan->attach (mutex), then the CHAN_SENDING bit, then
 * chan->lock (softirq-safe, leaf: of the user only room() and count() are called
 * under it).
 */
#include "link.h"
#include "trace.h"

/* Bits of chan->flags: somebody sends; and somebody else wanted to. */
#define CHAN_SENDING 0
#define CHAN_AGAIN   1

/* An ACK alone goes out after so many messages, or when nothing was sent so long. */
#define ACK_MESSAGES 16
#define ACK_DELAY_NS NSEC_PER_MSEC

/*
 * What nobody waits for is sent with the next message, or after once to twice this
 * time: less than pages are held, so that who asks for the same page next loses
 * little by it.
 */
#define LATER_NS (100 * NSEC_PER_USEC)

/*
 * A peer that has so many messages of ours to acknowledge does not read them.
 * Whatever else it asks would only add to them, so it is not heard before it
 * has acknowledged some.
 */
#define UNACKED_MAX 131072u

/* ---- sending ---- */

/* Fill in what only the moment of sending knows. */
static void stamp(struct ssi_chan *chan, struct ssi_msg *msg, u32 room)
{
	lockdep_assert_held(&chan->lock);
	msg->hdr.ack = cpu_to_le32(chan->rx_seq);
	chan->credit_told = atomic_read(&chan->link->credit);
	msg->hdr.credit = cpu_to_le32(chan->credit_told);
	msg->hdr.room = cpu_to_le32(room);
	chan->rx_told = chan->rx_seq;
	chan->ack_due = false;
	chan->spoke = true;
}

/* Is a message of the queue to be sent now, or may it wait for another one? */
static bool is_due(const struct ssi_chan *chan, const struct ssi_msg *msg)
{
	return ssi_seq_before(le32_to_cpu(msg->hdr.seq), chan->due);
}

/* Go on with the message under way, or choose the next one. */
static struct ssi_msg *choose_first(struct ssi_chan *chan)
{
	struct ssi_msg *msg = chan->current_msg;

	lockdep_assert_held(&chan->lock);
	if (chan->state == SSI_MEM_LINK_STATE_DOWN)
		return NULL;
	if (msg)
		return msg;
	if (chan->hello_due)
		msg = &chan->hello_msg;
	else if (chan->state != SSI_MEM_LINK_STATE_UP)
		return NULL;
	else if (chan->next && is_due(chan, chan->next))
		msg = chan->next;
	else if (chan->ack_due)
		msg = &chan->ack_msg;
	if (msg) {
		stamp(chan, msg, chan->link->user->room(chan->link));
		chan->current_msg = msg;
		chan->offset = 0;
	}
	return msg;
}

static struct ssi_msg *following(struct ssi_chan *chan, struct ssi_msg *msg)
{
	return list_is_last(&msg->list, &chan->queue) ? NULL :
		list_next_entry(msg, list);
}

/* Move what the peer has acknowledged, and what was sent whole, to @done. */
static void collect_acked(struct ssi_chan *chan, struct list_head *done)
{
	struct ssi_msg *msg, *more;

	lockdep_assert_held(&chan->lock);
	list_for_each_entry_safe(msg, more, &chan->queue, list) {
		if (msg == chan->next || msg == chan->current_msg ||
		    !ssi_seq_before(le32_to_cpu(msg->hdr.seq), chan->tx_acked))
			break;
		list_move_tail(&msg->list, done);
		WRITE_ONCE(chan->unacked, chan->unacked - 1);
	}
}

static void release_all(struct list_head *done)
{
	struct ssi_msg *msg, *more;

	list_for_each_entry_safe(msg, more, done, list) {
		list_del_init(&msg->list);
		msg->release(msg);
	}
}

/* Messages to send, of the queue several. Return: how many, 0 for none. */
static unsigned int choose(struct ssi_chan *chan)
{
	struct ssi_msg **msgs = chan->batch;
	struct ssi_msg *msg = choose_first(chan);
	unsigned int count = 0;

	if (!msg)
		return 0;
	msgs[count++] = msg;
	if (msg != chan->next)
		return count;
	while (count < SSI_XPORT_BATCH && (msg = following(chan, msg)) &&
	       is_due(chan, msg)) {
		stamp(chan, msg, le32_to_cpu(msgs[0]->hdr.room));
		msgs[count++] = msg;
	}
	chan->sending = count;
	return count;
}

/* As far as chan->offset says, these were sent. @more: then choose others. */
static unsigned int note_sent(struct ssi_chan *chan, unsigned int count,
			      bool more)
{
	struct ssi_msg *const *msgs = chan->batch;
	LIST_HEAD(done);
	unsigned int i;

	spin_lock_bh(&chan->lock);
	for (i = 0; i < count && chan->offset >= ssi_msg_size(msgs[i]); i++) {
		chan->offset -= ssi_msg_size(msgs[i]);
		WRITE_ONCE(chan->sent_bytes,
			   chan->sent_bytes + ssi_msg_size(msgs[i]));
		if (msgs[i] == &chan->hello_msg)
			chan->hello_due = false;
		else if (msgs[i] == chan->next)
			chan->next = following(chan, msgs[i]);
	}
	/* Also if nothing of it was sent: what it tells counts as told. */
	chan->current_msg = i < count ? msgs[i] : NULL;
	chan->sending = chan->current_msg && chan->current_msg == chan->next;
	/* The acknowledgment may have overtaken us. */
	collect_acked(chan, &done);
	count = more ? choose(chan) : 0;
	spin_unlock_bh(&chan->lock);
	release_all(&done);
	return count;
}

static void note_why(struct ssi_chan *chan, int error)
{
	const char *text = ssi_xport_error_text(error);

	lockdep_assert_held(&chan->lock);
	if (error == -EPROTO && chan->refusal)
		snprintf(chan->why, sizeof(chan->why), "malformed message: %s",
			 chan->refusal);
	else if (text)
		strscpy(chan->why, text, sizeof(chan->why));
	else
		snprintf(chan->why, sizeof(chan->why), "error %d", -error);
}

static void break_chan(struct ssi_chan *chan, int error)
{
	spin_lock_bh(&chan->lock);
	if (chan->state != SSI_MEM_LINK_STATE_DOWN) {
		WRITE_ONCE(chan->state, SSI_MEM_LINK_STATE_DOWN);
		note_why(chan, error);
		queue_work(chan->link->wq, &chan->change_work);
	}
	spin_unlock_bh(&chan->lock);
}

/* Send until there is nothing more or no space. */
static void send_some(struct ssi_chan *chan, bool atomic)
{
	unsigned int count;
	int ret;

	spin_lock_bh(&chan->lock);
	count = choose(chan);
	spin_unlock_bh(&chan->lock);
	while (count) {
		ret = chan->xport->ops->send(chan->xport, chan->batch, count,
					     &chan->offset, atomic);
		count = note_sent(chan, count, !ret);
		if (ret == -EAGAIN)
			return;
		/* Nobody calls when there is memory again. */
		if (ret == -ENOMEM) {
			queue_delayed_work(chan->link->wq, &chan->retry_work, 1);
			return;
		}
		/* The caller has a signal, or may not wait: a worker can. */
		if (ret == -EINTR || ret == -ERESTARTSYS || ret == -EBUSY) {
			queue_work(chan->link->wq, &chan->tx_work);
			return;
		}
		if (ret) {
			break_chan(chan, ret);
			return;
		}
	}
}

/*
 * One sender at a time. Whoever comes meanwhile leaves a note and goes; the
 * sender looks for notes after it let go, so that none is missed: both set
 * their own bit before they test the other's (the atomic bit operations are
 * full barriers).
 */
static void push(struct ssi_chan *chan, bool atomic)
{
	set_bit(CHAN_AGAIN, &chan->flags);
	/* Our note before the look at who sends. */
	smp_mb__after_atomic();
	while (test_bit(CHAN_AGAIN, &chan->flags) &&
	       !test_and_set_bit(CHAN_SENDING, &chan->flags)) {
		clear_bit(CHAN_AGAIN, &chan->flags);
		/* The note is taken before the look at the queue. */
		smp_mb__after_atomic();
		send_some(chan, atomic);
		clear_and_wake_up_bit(CHAN_SENDING, &chan->flags);
	}
}

static void tx_worker(struct work_struct *work)
{
	push(container_of(work, struct ssi_chan, tx_work), false);
}

static void retry_worker(struct work_struct *work)
{
	push(container_of(to_delayed_work(work), struct ssi_chan, retry_work),
	     false);
}

/* In softirq, after who holds the lock of a socket has let go of it. */
static void tx_softirq(struct tasklet_struct *tasklet)
{
	struct ssi_chan *chan = from_tasklet(chan, tasklet, tx_tasklet);

	push(chan, true);
}

/* Send, but not from here. Not after @closed is set: see close_chan(). */
static void push_soon(struct ssi_chan *chan)
{
	lockdep_assert_held(&chan->lock);
	if (chan->atomic)
		tasklet_schedule(&chan->tx_tasklet);
	else if (READ_ONCE(chan->reader) == current)
		chan->answers = true;
	else
		queue_work(chan->link->wq, &chan->tx_work);
}

static struct ssi_chan *chan_of(struct ssi_link *link,
				const struct ssi_wire_hdr *hdr)
{
	return &link->chans[ssi_msg_is_bulk(hdr) ? SSI_MEM_CHANNEL_DATA :
						   SSI_MEM_CHANNEL_CTL];
}

/* Once @soon is set the timer is not put off any more. */
static void start_timer(struct ssi_chan *chan, u64 ns)
{
	bool soon = ns < ACK_DELAY_NS;

	lockdep_assert_held(&chan->lock);
	if (chan->link->closed)
		return;
	if (hrtimer_is_queued(&chan->timer) && (chan->soon || !soon))
		return;
	chan->soon = soon;
	chan->spoke = false;
	hrtimer_start(&chan->timer, ns_to_ktime(ns), HRTIMER_MODE_REL_SOFT);
}

/* Who sends a message that was put on the queue; NEXT: who sends the next one. */
enum sender { CALLER, SOFTIRQ, TIMER, NEXT };

/*
 * Put a message on the queue; NULL, and released, when the link is closed.
 * Sending is left to others under the lock: once @closed is set there, nobody
 * does so any more, and close_chan() may cancel that for good.
 */
static struct ssi_chan *enqueue(struct ssi_link *link, struct ssi_msg *msg,
				enum sender sender)
{
	struct ssi_chan *chan = chan_of(link, &msg->hdr);
	bool refused;

	msg->hdr.magic = cpu_to_le16(SSI_WIRE_MAGIC);
	msg->hdr.from = link->self;
	spin_lock_bh(&chan->lock);
	refused = link->closed;
	if (!refused) {
		msg->hdr.seq = cpu_to_le32(chan->tx_seq);
		WRITE_ONCE(chan->tx_seq, chan->tx_seq + 1);
		list_add_tail(&msg->list, &chan->queue);
		WRITE_ONCE(chan->unacked, chan->unacked + 1);
		if (!chan->next)
			chan->next = msg;
		if (sender == CALLER || sender == SOFTIRQ)
			chan->due = chan->tx_seq;
		if (sender == SOFTIRQ)
			push_soon(chan);
		else if (sender == TIMER)
			start_timer(chan, LATER_NS);
	}
	spin_unlock_bh(&chan->lock);
	if (refused)
		msg->release(msg);
	return refused ? NULL : chan;
}

/**
 * ssi_link_send() - queue a message and send it
 * @link: to the receiver
 * @msg:  filled in but for the session's fields; @msg->release is called
 *	  when it is acknowledged, or the link closed
 *
 * Never waits for the network: what does not go out now is left to a worker.
 *
 * Context: process, no spinlock held.
 */
void ssi_link_send(struct ssi_link *link, struct ssi_msg *msg)
{
	struct ssi_chan *chan = enqueue(link, msg, CALLER);

	if (chan)
		push(chan, false);
}

/**
 * ssi_link_queue() - queue a message; the next that is sent takes it along
 * @link: to the receiver
 * @msg:  as for ssi_link_send(), which follows for one of the same channel
 *
 * Context: any.
 */
void ssi_link_queue(struct ssi_link *link, struct ssi_msg *msg)
{
	enqueue(link, msg, NEXT);
}

/**
 * ssi_link_post() - queue a message, a softirq or a worker sends it
 * @link: to the receiver
 * @msg:  as for ssi_link_send()
 *
 * Context: any.
 */
void ssi_link_post(struct ssi_link *link, struct ssi_msg *msg)
{
	enqueue(link, msg, SOFTIRQ);
}

/**
 * ssi_link_post_later() - queue a message that nobody waits for
 * @link: to the receiver
 * @msg:  as for ssi_link_send()
 *
 * It goes with the next message, or soon.
 *
 * Context: any.
 */
void ssi_link_post_later(struct ssi_link *link, struct ssi_msg *msg)
{
	enqueue(link, msg, TIMER);
}

/* ---- acknowledging ---- */

/* There is something that the peer was not told. */
static bool owes(const struct ssi_chan *chan)
{
	return chan->rx_told != chan->rx_seq ||
	       chan->credit_told != (u32)atomic_read(&chan->link->credit);
}

/* Nothing took along what waits. */
static void speak(struct ssi_chan *chan)
{
	lockdep_assert_held(&chan->lock);
	chan->due = chan->tx_seq;
	chan->ack_due = owes(chan);
	if (chan->ack_due || chan->next)
		push_soon(chan);
}

/* What waits after something was sent is younger than the timer: wait once more. */
static enum hrtimer_restart timer_expired(struct hrtimer *timer)
{
	struct ssi_chan *chan = container_of(timer, struct ssi_chan, timer);

	spin_lock_bh(&chan->lock);
	chan->soon = false;
	if (!chan->spoke)
		speak(chan);
	else if (chan->next)
		start_timer(chan, LATER_NS);
	else if (owes(chan))
		start_timer(chan, ACK_DELAY_NS);
	spin_unlock_bh(&chan->lock);
	return HRTIMER_NORESTART;
}

static void owe_ack(struct ssi_chan *chan)
{
	lockdep_assert_held(&chan->lock);
	if (chan->rx_seq - chan->rx_told >= ACK_MESSAGES) {
		chan->due = chan->tx_seq;
		chan->ack_due = true;
		push_soon(chan);
	} else {
		start_timer(chan, ACK_DELAY_NS);
	}
}

/**
 * ssi_link_give_credit() - a request of the peer has ended here
 * @link: to the peer
 *
 * The next message tells, or an ACK soon: what ended the request may have
 * come from elsewhere, so that nothing else is due to this peer.
 *
 * Context: any.
 */
void ssi_link_give_credit(struct ssi_link *link)
{
	struct ssi_chan *chan = &link->chans[SSI_MEM_CHANNEL_CTL];

	spin_lock_bh(&chan->lock);
	atomic_inc(&link->credit);
	start_timer(chan, ACK_DELAY_NS);
	spin_unlock_bh(&chan->lock);
}

/* ---- receiving ---- */

/* The first message that nothing was sent of on this transport. */
static u32 first_unsent(const struct ssi_chan *chan)
{
	lockdep_assert_held(&chan->lock);
	if (!chan->next)
		return chan->tx_seq;
	return le32_to_cpu(chan->next->hdr.seq) + chan->sending;
}

static int refuse(struct ssi_chan *chan, const char *refusal)
{
	chan->refusal = refusal;
	chan->link->user->count(chan->link, SSI_MEM_S_MALFORMED, 1);
	return -EPROTO;
}

static int take_ack(struct ssi_chan *chan, u32 ack)
{
	LIST_HEAD(done);
	bool legal;

	spin_lock_bh(&chan->lock);
	legal = !ssi_seq_before(first_unsent(chan), ack);
	if (legal && ssi_seq_before(chan->tx_acked, ack)) {
		WRITE_ONCE(chan->tx_acked, ack);
		collect_acked(chan, &done);
	}
	spin_unlock_bh(&chan->lock);
	release_all(&done);
	return legal ? 0 : refuse(chan, "acknowledges what was not sent");
}

static bool is_on_its_channel(const struct ssi_chan *chan,
			      const struct ssi_wire_hdr *hdr)
{
	return ssi_msg_class(hdr->type) == SSI_CLASS_SESSION ||
	       chan_of(chan->link, hdr) == chan;
}

/* Does the peer not read what we send? A node hears itself. */
static bool is_deaf(const struct ssi_chan *chan)
{
	return chan->link->peer != chan->link->self &&
	       READ_ONCE(chan->unacked) > UNACKED_MAX;
}

/* Why the order of messages forbids this one, or NULL. */
static const char *misplaced(const struct ssi_chan *chan,
			     const struct ssi_wire_hdr *hdr)
{
	if (le32_to_cpu(hdr->seq) != chan->rx_seq)
		return "a message is missing";
	if (!is_on_its_channel(chan, hdr))
		return "a message of the other channel";
	if (is_deaf(chan))
		return "the peer reads nothing that it is sent";
	return NULL;
}

static int rx_begin(void *ctx, const struct ssi_wire_hdr *hdr, void **body)
{
	enum ssi_wire_error error = ssi_wire_check(hdr);
	struct ssi_chan *chan = ctx;
	const char *why;
	int ret;

	chan->rx_cookie = NULL;
	if (error != SSI_WIRE_OK)
		return refuse(chan, ssi_wire_error_name(error));
	if (hdr->from != chan->link->peer)
		return refuse(chan, "wrong sender");
	/* HELLO is the first message of a transport, and only that. */
	if (hdr->type == SSI_MSG_HELLO)
		return chan->rx_hello ? refuse(chan, "a second HELLO") : 0;
	if (!chan->rx_hello)
		return refuse(chan, "HELLO is missing");
	if (hdr->type == SSI_MSG_ACK ||
	    ssi_seq_before(le32_to_cpu(hdr->seq), chan->rx_seq))
		return 0;
	why = misplaced(chan, hdr);
	if (why)
		return refuse(chan, why);
	ret = chan->link->user->begin(chan->link, hdr, body, &chan->rx_cookie);
	return ret == -EPROTO ? refuse(chan, "nobody asked for it") : ret;
}

/* Go on from where the peer is; what it has not got is sent again. */
static void resume(struct ssi_chan *chan)
{
	struct ssi_msg *msg;

	lockdep_assert_held(&chan->lock);
	chan->next = list_first_entry_or_null(&chan->queue, struct ssi_msg,
					      list);
	chan->due = chan->tx_seq;
	msg = chan->next;
	if (chan->sockets > 1 && msg) {
		/* What was acknowledged has left the queue. */
		trace_ssi_link_replay(chan->link->self, chan->link->peer,
				      chan->channel, chan->tx_acked,
				      chan->unacked);
		chan->link->user->count(chan->link, SSI_MEM_S_REPLAYS,
					chan->unacked);
	}
	WRITE_ONCE(chan->state, SSI_MEM_LINK_STATE_UP);
}

static int rx_end_hello(struct ssi_chan *chan, const struct ssi_wire_hdr *hdr,
			const struct ssi_wire_hello *hello)
{
	struct ssi_link *link = chan->link;
	u32 ack = le32_to_cpu(hdr->ack);
	LIST_HEAD(done);
	int ret;

	ret = link->user->hello(link, chan->channel, hello);
	if (ret)
		return refuse(chan, "HELLO does not fit");
	spin_lock_bh(&chan->lock);
	if (ssi_seq_before(ack, chan->tx_acked) ||
	    ssi_seq_before(chan->tx_seq, ack)) {
		spin_unlock_bh(&chan->lock);
		return refuse(chan, "HELLO acknowledges what was not sent");
	}
	chan->rx_hello = true;
	WRITE_ONCE(chan->tx_acked, ack);
	/* Nothing of the queue is being sent before the channel is up. */
	chan->next = NULL;
	collect_acked(chan, &done);
	if (chan->state == SSI_MEM_LINK_STATE_RESUMING)
		resume(chan);
	spin_unlock_bh(&chan->lock);
	release_all(&done);
	/* Credit that was told to the last transport may have been lost. */
	link->user->note(link, hdr);
	queue_work(link->wq, &chan->tx_work);
	/* Tell from process context that the channel is up. */
	queue_work(link->wq, &chan->change_work);
	return 0;
}

/*
 * The message is the user's. What a worker reads a worker may answer: it sends what
 * comes of it on the same channel, rather than to wake up another one.
 */
static void hand_over(struct ssi_chan *chan, const struct ssi_wire_hdr *hdr,
		      void *body)
{
	bool answers;

	if (chan->tls)
		WRITE_ONCE(chan->reader, current);
	chan->link->user->end(chan->link, hdr, body, chan->rx_cookie);
	chan->rx_cookie = NULL;
	spin_lock_bh(&chan->lock);
	chan->rx_seq++;
	owe_ack(chan);
	answers = chan->answers;
	chan->answers = false;
	WRITE_ONCE(chan->reader, NULL);
	spin_unlock_bh(&chan->lock);
	if (answers)
		push(chan, false);
}

static int rx_end(void *ctx, const struct ssi_wire_hdr *hdr, void *body)
{
	struct ssi_chan *chan = ctx;
	struct ssi_link *link = chan->link;
	bool hello = hdr->type == SSI_MSG_HELLO;
	int ret = hello ? rx_end_hello(chan, hdr, body) :
			  take_ack(chan, le32_to_cpu(hdr->ack));

	if (ret)
		return ret;
	WRITE_ONCE(chan->received_bytes, chan->received_bytes + sizeof(*hdr) +
		   le32_to_cpu(hdr->length));
	if (hello)
		return 0;
	link->user->note(link, hdr);
	if (hdr->type == SSI_MSG_ACK)
		return 0;
	if (le32_to_cpu(hdr->seq) != chan->rx_seq) {
		link->user->count(link, SSI_MEM_S_DUPLICATES, 1);
		return 0;
	}
	hand_over(chan, hdr, body);
	return 0;
}

static void rx_starved(void *ctx)
{
	struct ssi_chan *chan = ctx;

	chan->link->user->starved(chan->link, chan->channel);
}

static void writable(void *ctx)
{
	struct ssi_chan *chan = ctx;

	queue_work(chan->link->wq, &chan->tx_work);
}

static void broken(void *ctx, int error)
{
	break_chan(ctx, error);
}

static const struct ssi_xport_user xport_user = {
	.rx_begin = rx_begin,
	.rx_end = rx_end,
	.rx_starved = rx_starved,
	.writable = writable,
	.broken = broken,
};

/* ---- the coming and going of transports ---- */

/* The bit is held for as long as a send takes, and no send waits. */
static void lock_sending(struct ssi_chan *chan)
{
	wait_on_bit_lock(&chan->flags, CHAN_SENDING, TASK_UNINTERRUPTIBLE);
}

static void unlock_sending(struct ssi_chan *chan)
{
	clear_and_wake_up_bit(CHAN_SENDING, &chan->flags);
}

/* Take the transport away and close it. */
static void close_xport(struct ssi_chan *chan)
{
	struct ssi_xport *xport;

	lockdep_assert_held(&chan->attach);
	lock_sending(chan);
	spin_lock_bh(&chan->lock);
	chan->state = SSI_MEM_LINK_STATE_DOWN;
	chan->current_msg = NULL;
	chan->sending = 0;
	xport = chan->xport;
	spin_unlock_bh(&chan->lock);
	unlock_sending(chan);
	if (!xport)
		return;
	/* In the state DOWN nobody sends, so nobody else uses the transport. */
	xport->ops->close(xport);
	if (chan->rx_cookie)
		chan->link->user->abort(chan->link, chan->rx_cookie);
	chan->rx_cookie = NULL;
	spin_lock_bh(&chan->lock);
	chan->xport = NULL;
	chan->next = NULL;
	chan->rx_hello = false;
	spin_unlock_bh(&chan->lock);
}

static void tell_change(struct ssi_chan *chan, bool up)
{
	struct ssi_link *link = chan->link;
	char why[SSI_LINK_WHY];

	/* The next transport may be there, and break, any time. */
	spin_lock_bh(&chan->lock);
	strscpy(why, chan->why, sizeof(why));
	spin_unlock_bh(&chan->lock);
	if (up)
		trace_ssi_link_up(link->self, link->peer, chan->channel);
	else
		trace_ssi_link_down(link->self, link->peer, chan->channel, why);
	link->user->changed(link, chan->channel, up ? NULL : why);
}

/* Close what broke, and tell the user: once for each end of a transport. */
static void change_worker(struct work_struct *work)
{
	struct ssi_chan *chan = container_of(work, struct ssi_chan, change_work);
	enum ssi_mem_link_state state;
	bool tell = false;

	mutex_lock(&chan->attach);
	state = READ_ONCE(chan->state);
	if (state == SSI_MEM_LINK_STATE_DOWN) {
		close_xport(chan);
		tell = chan->told_down != chan->sockets;
		chan->told_down = chan->sockets;
	} else if (state == SSI_MEM_LINK_STATE_UP) {
		tell = chan->told_up != chan->sockets;
		chan->told_up = chan->sockets;
	}
	mutex_unlock(&chan->attach);
	if (tell)
		tell_change(chan, state == SSI_MEM_LINK_STATE_UP);
}

static void open_xport(struct ssi_chan *chan, struct ssi_xport *xport,
		       enum ssi_mem_link_state state)
{
	lockdep_assert_held(&chan->attach);
	lock_sending(chan);
	spin_lock_bh(&chan->lock);
	chan->xport = xport;
	chan->sockets++;
	WRITE_ONCE(chan->tls, xport->tls);
	chan->atomic = xport->atomic;
	WRITE_ONCE(chan->state, state);
	chan->refusal = NULL;
	chan->hello_due = state == SSI_MEM_LINK_STATE_RESUMING;
	chan->rx_hello = !chan->hello_due;
	spin_unlock_bh(&chan->lock);
	unlock_sending(chan);
	xport->ops->start(xport);
	queue_work(chan->link->wq, &chan->tx_work);
}

/**
 * ssi_link_attach_tcp() - hand a socket to a channel
 * @link:    the link
 * @channel: of the link
 * @sock:    checked; its file reference is taken over on success
 * @tls:     it has kernel TLS
 *
 * A socket that is there already is closed: the peer has proven who it is,
 * and would not have made a new one if the old one worked for it.
 *
 * Context: process, may sleep. Return: 0; -ENOMEM; -EBUSY the socket is in use
 * by now; -ESHUTDOWN after ssi_link_close().
 */
int ssi_link_attach_tcp(struct ssi_link *link, enum ssi_mem_channel channel,
			struct socket *sock, bool tls)
{
	struct ssi_chan *chan = &link->chans[channel];
	struct ssi_xport *xport;
	int ret = -ESHUTDOWN;

	mutex_lock(&chan->attach);
	if (link->closed)
		goto unlock;
	xport = ssi_xport_tcp_create(sock, tls, &xport_user, chan);
	ret = PTR_ERR_OR_ZERO(xport);
	if (ret)
		goto unlock;
	close_xport(chan);
	open_xport(chan, xport, SSI_MEM_LINK_STATE_RESUMING);
unlock:
	mutex_unlock(&chan->attach);
	return ret;
}

/**
 * ssi_link_attach_loop() - let a node talk to itself
 * @link: whose self and peer are the same
 *
 * What is sent arrives on the same channel, so sequence numbers and acks
 * meet their own counterpart.
 *
 * Context: process, may sleep. Return: 0 or -ENOMEM.
 */
int ssi_link_attach_loop(struct ssi_link *link)
{
	struct ssi_chan *chan = &link->chans[SSI_MEM_CHANNEL_CTL];
	struct ssi_xport *xport = ssi_xport_loop_create(&xport_user, chan,
							 link->wq);

	if (!xport)
		return -ENOMEM;
	mutex_lock(&chan->attach);
	open_xport(chan, xport, SSI_MEM_LINK_STATE_UP);
	mutex_unlock(&chan->attach);
	return 0;
}

static bool is_flushed(struct ssi_link *link, const u32 *until)
{
	int i;

	for (i = 0; i < SSI_CHANNELS; i++) {
		if (ssi_seq_before(READ_ONCE(link->chans[i].tx_acked), until[i]))
			return false;
	}
	return true;
}

/**
 * ssi_link_flush() - wait until the peer has acknowledged what was sent so far
 * @link:    the link
 * @timeout: jiffies at most
 *
 * Acknowledged is what the peer has handed over to its protocol.
 *
 * Context: process, may sleep. Return: true when it has.
 */
bool ssi_link_flush(struct ssi_link *link, unsigned long timeout)
{
	unsigned long end = jiffies + timeout;
	u32 until[SSI_CHANNELS];
	int i;

	for (i = 0; i < SSI_CHANNELS; i++)
		until[i] = READ_ONCE(link->chans[i].tx_seq);
	/* Acknowledgments have no waiters elsewhere: look once a tick. */
	while (!is_flushed(link, until) && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	return is_flushed(link, until);
}

/**
 * ssi_link_count() - count messages that the peer has not acknowledged
 * @link:    the link
 * @channel: of the link
 * @is:      which messages; atomic
 * @arg:     passed to @is
 *
 * Context: any. Return: their number.
 */
unsigned int ssi_link_count(struct ssi_link *link,
			    enum ssi_mem_channel channel,
			    bool (*is)(const struct ssi_msg *msg,
				       const void *arg), const void *arg)
{
	struct ssi_chan *chan = &link->chans[channel];
	unsigned int count = 0;
	struct ssi_msg *msg;

	spin_lock_bh(&chan->lock);
	list_for_each_entry(msg, &chan->queue, list)
		count += is(msg, arg);
	spin_unlock_bh(&chan->lock);
	return count;
}

static void init_chan(struct ssi_link *link, enum ssi_mem_channel channel)
{
	struct ssi_chan *chan = &link->chans[channel];

	chan->link = link;
	chan->channel = channel;
	mutex_init(&chan->attach);
	spin_lock_init(&chan->lock);
	INIT_LIST_HEAD(&chan->queue);
	chan->tx_seq = 1;
	chan->tx_acked = 1;
	chan->due = 1;
	chan->rx_seq = 1;
	chan->rx_told = 1;
	tasklet_setup(&chan->tx_tasklet, tx_softirq);
	INIT_WORK(&chan->tx_work, tx_worker);
	INIT_DELAYED_WORK(&chan->retry_work, retry_worker);
	INIT_WORK(&chan->change_work, change_worker);
	hrtimer_setup(&chan->timer, timer_expired, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
	chan->ack_msg.hdr.magic = cpu_to_le16(SSI_WIRE_MAGIC);
	chan->ack_msg.hdr.type = SSI_MSG_ACK;
	chan->ack_msg.hdr.from = link->self;
	chan->hello_msg.hdr = chan->ack_msg.hdr;
	chan->hello_msg.hdr.type = SSI_MSG_HELLO;
	chan->hello_msg.hdr.length = cpu_to_le32(sizeof(link->hellos[0]));
	chan->hello_msg.body = &link->hellos[channel];
	chan->hello_msg.length = sizeof(link->hellos[0]);
}

/**
 * ssi_link_init() - a link without transports
 * @link:  to initialize, zeroed
 * @user:  upcalls
 * @self:  id of this node
 * @peer:  id of the peer
 * @wq:	   for the workers
 * @hello: who we are; the channel is filled in
 */
void ssi_link_init(struct ssi_link *link, const struct ssi_link_user *user,
		   u8 self, u8 peer, struct workqueue_struct *wq,
		   const struct ssi_wire_hello *hello)
{
	int i;

	link->user = user;
	link->self = self;
	link->peer = peer;
	link->wq = wq;
	for (i = 0; i < SSI_CHANNELS; i++) {
		link->hellos[i] = *hello;
		link->hellos[i].channel = cpu_to_le32(i);
		init_chan(link, i);
	}
}

/*
 * Of a channel that is closed: who heard that it was up hears its end. @broke:
 * it ended before, for a reason that was still to be told.
 */
static void tell_end(struct ssi_chan *chan, bool broke)
{
	if (chan->told_up != chan->sockets || chan->told_down == chan->sockets)
		return;
	chan->told_down = chan->sockets;
	if (!broke) {
		spin_lock_bh(&chan->lock);
		strscpy(chan->why, "connection closed", sizeof(chan->why));
		spin_unlock_bh(&chan->lock);
	}
	tell_change(chan, false);
}

static void close_chan(struct ssi_chan *chan)
{
	LIST_HEAD(done);
	bool broke;

	mutex_lock(&chan->attach);
	close_xport(chan);
	mutex_unlock(&chan->attach);
	hrtimer_cancel(&chan->timer);
	tasklet_kill(&chan->tx_tasklet);
	cancel_work_sync(&chan->tx_work);
	cancel_delayed_work_sync(&chan->retry_work);
	broke = cancel_work_sync(&chan->change_work);
	tell_end(chan, broke);
	spin_lock_bh(&chan->lock);
	list_splice_init(&chan->queue, &done);
	WRITE_ONCE(chan->unacked, 0);
	spin_unlock_bh(&chan->lock);
	release_all(&done);
}

/**
 * ssi_link_close() - end the link for good
 * @link: the link
 *
 * Messages that were not acknowledged are released; later ones are released
 * at once.
 *
 * Context: process, may sleep.
 */
void ssi_link_close(struct ssi_link *link)
{
	int i;

	for (i = 0; i < SSI_CHANNELS; i++) {
		spin_lock_bh(&link->chans[i].lock);
		WRITE_ONCE(link->closed, true);
		spin_unlock_bh(&link->chans[i].lock);
	}
	for (i = 0; i < SSI_CHANNELS; i++)
		close_chan(&link->chans[i]);
}
