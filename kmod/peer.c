// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/slab.h>
#include "evict.h"
#include "netlink.h"
#include "node.h"
#include "peer.h"
#include "serve.h"

/* ---- what a link tells ---- */

static struct ssi_peer *peer_of(struct ssi_link *link)
{
	return container_of(link, struct ssi_peer, link);
}

static int peer_hello(struct ssi_link *link, enum ssi_mem_channel channel,
		      const struct ssi_wire_hello *hello)
{
	struct ssi_peer *peer = peer_of(link);
	const char *why = ssi_wire_hello_check(hello, channel);

	if (!why && memcmp(hello->incarnation, peer->incarnation,
			   sizeof(peer->incarnation)))
		why = "another incarnation than its handshake";
	if (why) {
		pr_warn_ratelimited("ssi_mem: node %s: peer %u speaks of %s\n",
				    peer->node->name, peer->id, why);
		return -EPROTO;
	}
	peer->share = le64_to_cpu(hello->share);
	peer->reserve = le64_to_cpu(hello->reserve);
	/* Pairs with ssi_peer_is_up(): the figures before the flag. */
	smp_store_release(&peer->known, true);
	return 0;
}

static int peer_begin(struct ssi_link *link, const struct ssi_wire_hdr *hdr,
		      void **body, void **cookie)
{
	return ssi_serve_begin(peer_of(link), hdr, body, cookie);
}

static void peer_end(struct ssi_link *link, const struct ssi_wire_hdr *hdr,
		     void *body, void *cookie)
{
	ssi_serve_end(peer_of(link), hdr, body, cookie);
}

static void peer_abort(struct ssi_link *link, void *cookie)
{
	ssi_serve_abort(cookie);
}

static bool has_credit(const struct ssi_peer *peer)
{
	return peer->sent - peer->ended < SSI_PEER_CREDITS;
}

static void count_sent(struct ssi_peer *peer, struct ssi_msg *msg, u64 now)
{
	lockdep_assert_held(&peer->lock);
	peer->sent++;
	WRITE_ONCE(msg->sent_ns, now);
}

static void send_waiting(struct ssi_peer *peer)
{
	struct ssi_msg *msg;

	for (;;) {
		spin_lock_bh(&peer->lock);
		msg = list_first_entry_or_null(&peer->waiting, struct ssi_msg,
					       list);
		if (!msg || !has_credit(peer)) {
			spin_unlock_bh(&peer->lock);
			return;
		}
		list_del_init(&msg->list);
		count_sent(peer, msg, ktime_get_ns());
		spin_unlock_bh(&peer->lock);
		ssi_link_post(&peer->link, msg);
	}
}

static void peer_note(struct ssi_link *link, const struct ssi_wire_hdr *hdr)
{
	struct ssi_peer *peer = peer_of(link);
	u32 ended = le32_to_cpu(hdr->credit);
	bool news = false;

	WRITE_ONCE(peer->hint, le32_to_cpu(hdr->room));
	/* Of a peer that serves nothing for us there is no news. */
	if (READ_ONCE(peer->ended) == ended)
		return;
	spin_lock_bh(&peer->lock);
	/* The two channels may overtake each other. */
	if (ssi_seq_before(peer->ended, ended) &&
	    !ssi_seq_before(peer->sent, ended)) {
		WRITE_ONCE(peer->ended, ended);
		news = !list_empty(&peer->waiting);
	}
	spin_unlock_bh(&peer->lock);
	if (news)
		send_waiting(peer);
}

static void peer_starved(struct ssi_link *link, enum ssi_mem_channel channel)
{
	struct ssi_peer *peer = peer_of(link);

	ssi_share_refill(&peer->node->share);
	ssi_serve_starved(&peer->arrivals[channel]);
}

static void remove_worker(struct work_struct *work)
{
	struct ssi_peer *peer = container_of(work, struct ssi_peer, remove_work);
	struct ssi_node *node = peer->node;

	mutex_lock(&node->peer_lock);
	/* While a region spans it, the region's end comes first. */
	if (rcu_access_pointer(node->peers[peer->id]) == peer &&
	    !ssi_manage_spans(node, peer->id)) {
		memcpy(node->gone[peer->id], peer->incarnation,
		       sizeof(peer->incarnation));
		ssi_peer_remove(peer);
	}
	mutex_unlock(&node->peer_lock);
	ssi_peer_put(peer);
}

/* From the link's own worker, which ssi_peer_remove() waits for. */
static void remove_later(struct ssi_peer *peer)
{
	kref_get(&peer->ref);
	if (!queue_work(ssi_free_wq, &peer->remove_work))
		ssi_peer_put(peer);
}

static bool is_down(const struct ssi_peer *peer)
{
	const struct ssi_chan *chans = peer->link.chans;

	return READ_ONCE(chans[0].state) == SSI_MEM_LINK_STATE_DOWN &&
	       READ_ONCE(chans[1].state) == SSI_MEM_LINK_STATE_DOWN;
}

/**
 * ssi_peer_sweep() - remove the peers that left before a region was gone
 * @node: the local node, which has removed a region
 *
 * Context: process, may sleep.
 */
void ssi_peer_sweep(struct ssi_node *node)
{
	struct ssi_peer *peer;
	unsigned int id;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(node, id);
		if (peer && READ_ONCE(peer->left) && is_down(peer))
			remove_later(peer);
		ssi_peer_put(peer);
	}
}

static void peer_changed(struct ssi_link *link, enum ssi_mem_channel channel,
			 const char *why)
{
	struct ssi_peer *peer = peer_of(link);
	bool up = !why;

	if (peer->id == peer->node->id)
		return;
	if (!up && READ_ONCE(peer->left))
		remove_later(peer);
	pr_info_ratelimited("ssi_mem: node %s: peer %u: %s channel is %s%s\n",
			    peer->node->name, peer->id,
			    channel ? "data" : "control",
			    up ? "up" : "down: ", up ? "" : why);
	ssi_netlink_event(peer->node, up ? SSI_MEM_EVENT_TYPE_LINK_UP :
					   SSI_MEM_EVENT_TYPE_LINK_DOWN,
			  peer->id, channel, NULL, 0);
}

static void peer_count(struct ssi_link *link, unsigned int stat, u32 more)
{
	ssi_stat_add(peer_of(link)->node, stat, more);
}

static u32 peer_room(struct ssi_link *link)
{
	return min_t(u64, ssi_share_room(&peer_of(link)->node->share), U32_MAX);
}

static const struct ssi_link_user link_user = {
	.hello = peer_hello,
	.begin = peer_begin,
	.end = peer_end,
	.abort = peer_abort,
	.note = peer_note,
	.starved = peer_starved,
	.changed = peer_changed,
	.count = peer_count,
	.room = peer_room,
};

/* ---- life ---- */

/**
 * ssi_peer_create() - a peer enters the node's table
 * @node:	 the local node; node->peer_lock is held
 * @id:		 of the peer; its place in the table is free
 * @incarnation: of its life, proven by the handshake
 *
 * Return: the peer with a reference for the caller, or ERR_PTR(-ENOMEM).
 */
struct ssi_peer *ssi_peer_create(struct ssi_node *node, u8 id,
				 const u8 *incarnation)
{
	struct ssi_peer *peer = kzalloc(sizeof(*peer), GFP_KERNEL);
	struct ssi_wire_hello hello = {
		.protocol = cpu_to_le32(SSI_WIRE_PROTOCOL),
		.page_size = cpu_to_le32(SSI_PAGE_SIZE),
		.chunk_pages = cpu_to_le32(SSI_CHUNK_PAGES),
		.share = cpu_to_le64(node->share.pages),
		.reserve = cpu_to_le64(node->share.reserve),
	};

	lockdep_assert_held(&node->peer_lock);
	if (!peer || ssi_serve_add_peer()) {
		kfree(peer);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&peer->ref);
	peer->node = ssi_node_get(node);
	peer->id = id;
	memcpy(peer->incarnation, incarnation, sizeof(peer->incarnation));
	memcpy(hello.incarnation, node->incarnation, sizeof(hello.incarnation));
	spin_lock_init(&peer->lock);
	peer->arrivals[SSI_MEM_CHANNEL_CTL].peer = peer;
	peer->arrivals[SSI_MEM_CHANNEL_DATA].peer = peer;
	INIT_LIST_HEAD(&peer->waiting);
	INIT_WORK(&peer->remove_work, remove_worker);
	ssi_link_init(&peer->link, &link_user, node->id, id, node->wq, &hello);
	kref_get(&peer->ref);
	rcu_assign_pointer(node->peers[id], peer);
	return peer;
}

/**
 * ssi_peer_has_left() - did this life of a node say goodbye?
 * @node:	 the local node; node->peer_lock is held
 * @id:		 of the other
 * @incarnation: of its life
 *
 * While a node says goodbye to others its agent still makes links again: the
 * peer would be there once more, and for ever, with nobody behind it.
 *
 * Return: true when it did, and is no peer any more.
 */
bool ssi_peer_has_left(const struct ssi_node *node, unsigned int id,
		       const u8 *incarnation)
{
	lockdep_assert_held(&node->peer_lock);
	return !memcmp(node->gone[id], incarnation, sizeof(node->gone[id]));
}

/**
 * ssi_peer_get() - find a peer
 * @node: the local node
 * @id:	  any number
 *
 * Context: any. Return: the peer with a reference, or NULL.
 */
struct ssi_peer *ssi_peer_get(struct ssi_node *node, unsigned int id)
{
	struct ssi_peer *peer;

	if (id >= SSI_NODES_MAX)
		return NULL;
	rcu_read_lock();
	peer = rcu_dereference(node->peers[id]);
	if (peer && !kref_get_unless_zero(&peer->ref))
		peer = NULL;
	rcu_read_unlock();
	return peer;
}

/* The link is closed by ssi_peer_remove(), so nothing is left to wait for. */
static void destroy_peer(struct kref *ref)
{
	struct ssi_peer *peer = container_of(ref, struct ssi_peer, ref);

	ssi_node_put(peer->node);
	kfree_rcu(peer, rcu);
}

/**
 * ssi_peer_put() - drop a reference
 * @peer: may be NULL
 */
void ssi_peer_put(struct ssi_peer *peer)
{
	if (peer)
		kref_put(&peer->ref, destroy_peer);
}

/**
 * ssi_peer_remove() - the peer is no more
 * @peer: in the table; node->peer_lock is held; it has left, is dead, or no
 *	  region spans it
 *
 * Two steps: nobody finds it any more; then its link is closed, which waits
 * for the workers and callbacks that still use it, and releases its messages.
 *
 * Context: process, may sleep.
 */
void ssi_peer_remove(struct ssi_peer *peer)
{
	struct ssi_node *node = peer->node;
	struct ssi_msg *msg, *more;
	LIST_HEAD(waiting);
	u32 promised;

	lockdep_assert_held(&node->peer_lock);
	RCU_INIT_POINTER(node->peers[peer->id], NULL);
	ssi_link_close(&peer->link);
	/* Who found the peer before sees under the lock that it is closed. */
	spin_lock_bh(&peer->lock);
	list_splice_init(&peer->waiting, &waiting);
	promised = peer->promised;
	WRITE_ONCE(peer->promised, 0);
	spin_unlock_bh(&peer->lock);
	list_for_each_entry_safe(msg, more, &waiting, list) {
		list_del_init(&msg->list);
		msg->release(msg);
	}
	ssi_share_unpromise(&node->share, promised);
	ssi_serve_remove_peer();
	ssi_peer_put(peer);
}

/**
 * ssi_peer_is_up() - do both channels carry messages?
 * @peer: the peer
 *
 * Return: true when they do, and its share is known.
 */
bool ssi_peer_is_up(const struct ssi_peer *peer)
{
	const struct ssi_chan *chans = peer->link.chans;
	/* Pairs with peer_hello(): the figures are there with the flag. */
	bool known = smp_load_acquire(&peer->known);

	return known && !READ_ONCE(peer->left) &&
	       READ_ONCE(chans[0].state) == SSI_MEM_LINK_STATE_UP &&
	       READ_ONCE(chans[1].state) == SSI_MEM_LINK_STATE_UP;
}

/**
 * ssi_peer_is_alive() - does the peer still speak, and mean to stay?
 * @peer: the peer
 *
 * Return: true when one of its channels carries messages.
 */
bool ssi_peer_is_alive(const struct ssi_peer *peer)
{
	const struct ssi_chan *chans = peer->link.chans;

	return !READ_ONCE(peer->left) &&
	       (READ_ONCE(chans[0].state) == SSI_MEM_LINK_STATE_UP ||
		READ_ONCE(chans[1].state) == SSI_MEM_LINK_STATE_UP);
}

/* ---- sending ---- */

/**
 * ssi_peer_send() - send a message to a node
 * @node: the local node
 * @to:	  id of the receiver, may be the local node's
 * @msg:  released at once when there is no such peer
 *
 * Context: process, no spinlock held.
 */
void ssi_peer_send(struct ssi_node *node, unsigned int to, struct ssi_msg *msg)
{
	struct ssi_peer *peer = ssi_peer_get(node, to);

	if (!peer) {
		msg->release(msg);
		return;
	}
	ssi_link_send(&peer->link, msg);
	ssi_peer_put(peer);
}

/**
 * ssi_peer_queue() - as ssi_peer_send(), but what is sent next takes it along
 * @node: the local node
 * @to:	  id of the receiver
 * @msg:  followed by one of the same channel for ssi_peer_send()
 */
void ssi_peer_queue(struct ssi_node *node, unsigned int to, struct ssi_msg *msg)
{
	struct ssi_peer *peer = ssi_peer_get(node, to);

	if (!peer) {
		msg->release(msg);
		return;
	}
	ssi_link_queue(&peer->link, msg);
	ssi_peer_put(peer);
}

/**
 * ssi_peer_post() - as ssi_peer_send(), from any context, by a worker
 * @node: the local node
 * @to:	  id of the receiver
 * @msg:  the message
 */
void ssi_peer_post(struct ssi_node *node, unsigned int to, struct ssi_msg *msg)
{
	struct ssi_peer *peer = ssi_peer_get(node, to);

	if (!peer) {
		msg->release(msg);
		return;
	}
	ssi_link_post(&peer->link, msg);
	ssi_peer_put(peer);
}

/**
 * ssi_peer_post_later() - as ssi_peer_post(), of what nobody waits for
 * @node: the local node
 * @to:	  id of the receiver
 * @msg:  the message
 */
void ssi_peer_post_later(struct ssi_node *node, unsigned int to,
			 struct ssi_msg *msg)
{
	struct ssi_peer *peer = ssi_peer_get(node, to);

	if (!peer) {
		msg->release(msg);
		return;
	}
	ssi_link_post_later(&peer->link, msg);
	ssi_peer_put(peer);
}

/**
 * ssi_peer_request() - send a message that needs a credit of the receiver
 * @node: the local node
 * @to:	  id of the receiver
 * @msg:  waits here until a credit is there
 * @now:  what time it is
 *
 * Context: process, no spinlock held.
 */
void ssi_peer_request(struct ssi_node *node, unsigned int to,
		      struct ssi_msg *msg, u64 now)
{
	struct ssi_peer *peer = ssi_peer_get(node, to);
	bool go;

	if (!peer) {
		msg->release(msg);
		return;
	}
	spin_lock_bh(&peer->lock);
	/* A closed link releases it at once. */
	go = READ_ONCE(peer->link.closed) ||
	     (list_empty(&peer->waiting) && has_credit(peer));
	if (go)
		count_sent(peer, msg, now);
	else
		list_add_tail(&msg->list, &peer->waiting);
	spin_unlock_bh(&peer->lock);
	if (go)
		ssi_link_send(&peer->link, msg);
	ssi_peer_put(peer);
}

/**
 * ssi_peer_has_credits() - could more requests be sent to a node at once?
 * @node:    the local node
 * @id:	     of the receiver
 * @credits: how many
 *
 * Context: any. Return: a moment's truth; false where there is no such peer.
 */
bool ssi_peer_has_credits(struct ssi_node *node, unsigned int id,
			  unsigned int credits)
{
	struct ssi_peer *peer = ssi_peer_get(node, id);
	u32 open;

	if (!peer)
		return false;
	open = READ_ONCE(peer->sent) - READ_ONCE(peer->ended);
	ssi_peer_put(peer);
	return open + credits <= SSI_PEER_CREDITS;
}

/* ---- times ---- */

/**
 * ssi_peer_time() - note how long an answer took
 * @node: the local node
 * @home: id of the peer that was asked, may be the local node's
 * @kind: of the request
 * @ns:   from sending to the answer, whoever gave it
 *
 * Context: any.
 */
void ssi_peer_time(struct ssi_node *node, unsigned int home,
		   enum ssi_mem_hist_kind kind, u64 ns)
{
	struct ssi_peer *peer = ssi_peer_get(node, home);

	if (!peer)
		return;
	atomic64_inc(&peer->answers[kind][ssi_hist_bucket(ns)]);
	ssi_peer_put(peer);
}

/**
 * ssi_peer_hist() - how long answers took
 * @peer: the home that was asked
 * @kind: of requests
 * @hist: SSI_MEM_HIST_BUCKETS numbers
 */
void ssi_peer_hist(const struct ssi_peer *peer, enum ssi_mem_hist_kind kind,
		   u64 *hist)
{
	int i;

	for (i = 0; i < SSI_MEM_HIST_BUCKETS; i++)
		hist[i] = atomic64_read(&peer->answers[kind][i]);
}

/**
 * ssi_peer_reset() - its histograms begin anew
 * @peer: the peer
 */
void ssi_peer_reset(struct ssi_peer *peer)
{
	int kind, i;

	for (kind = 0; kind < SSI_HIST_KINDS; kind++)
		for (i = 0; i < SSI_MEM_HIST_BUCKETS; i++)
			atomic64_set(&peer->answers[kind][i], 0);
}
