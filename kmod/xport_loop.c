// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport of a node to itself. It queues and never calls back: what is
 * sent arrives from a worker, so that a sender can hold what a receiver
 * takes. It pins the contract of xport.h: the session above is the same as
 * over TCP.
 */
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "xport.h"

/**
 * struct ssi_loop - a loop transport
 * @xport: the contract
 * @work:  delivers
 * @wq:    runs @work
 * @lock:  protects @queue; leaf
 * @queue: of struct loop_packet
 */
struct ssi_loop {
	struct ssi_xport xport;
	struct work_struct work;
	struct workqueue_struct *wq;
	spinlock_t lock;
	struct list_head queue;
};

/* A copy: the sender's message may be acknowledged while it is delivered. */
struct loop_packet {
	struct list_head list;
	struct ssi_wire_hdr hdr;
	u8 body[SSI_WIRE_BODY_MAX];
};

static struct loop_packet *loop_pop(struct ssi_loop *loop)
{
	struct loop_packet *packet;

	spin_lock_bh(&loop->lock);
	packet = list_first_entry_or_null(&loop->queue, struct loop_packet,
					  list);
	if (packet)
		list_del(&packet->list);
	spin_unlock_bh(&loop->lock);
	return packet;
}

static int loop_deliver(struct ssi_xport *xport, struct loop_packet *packet)
{
	void *body = NULL;
	int ret;

	while ((ret = xport->user->rx_begin(xport->ctx, &packet->hdr, &body)) ==
	       -ENOMEM)
		xport->user->rx_starved(xport->ctx);
	if (ret)
		return ret;
	if (body)
		memcpy(body, packet->body, le32_to_cpu(packet->hdr.length));
	return xport->user->rx_end(xport->ctx, &packet->hdr,
				   body ?: packet->body);
}

static void loop_worker(struct work_struct *work)
{
	struct ssi_loop *loop = container_of(work, struct ssi_loop, work);
	struct loop_packet *packet;
	int ret;

	while ((packet = loop_pop(loop))) {
		ret = loop_deliver(&loop->xport, packet);
		kfree(packet);
		if (ret)
			loop->xport.user->broken(loop->xport.ctx, ret);
	}
}

static void loop_start(struct ssi_xport *xport)
{
}

static int send_one(struct ssi_loop *loop, const struct ssi_msg *msg)
{
	struct loop_packet *packet;

	if (WARN_ON_ONCE(msg->length > sizeof(packet->body)))
		return -EMSGSIZE;
	packet = kmalloc(sizeof(*packet), GFP_NOIO | __GFP_NOFAIL);
	packet->hdr = msg->hdr;
	if (msg->length)
		memcpy(packet->body, msg->body, msg->length);
	spin_lock_bh(&loop->lock);
	list_add_tail(&packet->list, &loop->queue);
	spin_unlock_bh(&loop->lock);
	return 0;
}

/* Messages are sent whole. */
static int loop_send(struct ssi_xport *xport, struct ssi_msg *const *msgs,
		     unsigned int count, u32 *offset, bool atomic)
{
	struct ssi_loop *loop = container_of(xport, struct ssi_loop, xport);
	unsigned int i;
	int ret = 0;

	if (atomic)
		return -EBUSY;

	for (i = 0; i < count && !ret; i++) {
		ret = send_one(loop, msgs[i]);
		if (!ret)
			*offset += ssi_msg_size(msgs[i]);
	}
	queue_work(loop->wq, &loop->work);
	return ret;
}

static void loop_close(struct ssi_xport *xport)
{
	struct ssi_loop *loop = container_of(xport, struct ssi_loop, xport);
	struct loop_packet *packet;

	cancel_work_sync(&loop->work);
	while ((packet = loop_pop(loop)))
		kfree(packet);
	kfree(loop);
}

static const struct ssi_xport_ops loop_ops = {
	.name = "loop",
	.start = loop_start,
	.send = loop_send,
	.close = loop_close,
};

/**
 * ssi_xport_loop_create() - a transport to oneself
 * @user: upcalls
 * @ctx:  their argument
 * @wq:   delivers; a page fault may wait for it, so with WQ_MEM_RECLAIM
 *
 * Context: may sleep. Return: the transport, or NULL without memory.
 */
struct ssi_xport *ssi_xport_loop_create(const struct ssi_xport_user *user,
					void *ctx, struct workqueue_struct *wq)
{
	struct ssi_loop *loop = kzalloc(sizeof(*loop), GFP_KERNEL);

	if (!loop)
		return NULL;
	loop->xport = (struct ssi_xport){ &loop_ops, user, ctx, false, false };
	loop->wq = wq;
	INIT_WORK(&loop->work, loop_worker);
	spin_lock_init(&loop->lock);
	INIT_LIST_HEAD(&loop->queue);
	return &loop->xport;
}
