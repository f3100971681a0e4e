/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A node: this kernel's membership under one id. An object, not a global: a
 * kernel can hold several, in one network namespace or in many.
 *
 * Lock order, outermost first:
 *	ssi_nodes_mutex		the list of nodes
 *	node->manage		management calls that other nodes answer
 *	region->change.lock	a step of a change of members
 *	node->peer_lock		the table of peers
 *	peers_mutex		the number of peers of all nodes
 *	chan->attach		the coming and going of a channel's transports
 *	CHAN_SENDING		the right to send on a channel, a bit
 *	folio lock		mapping against unmapping
 *	request->lock		a request in flight
 *	fetch->lock		pages that are asked for ahead
 *	home->lock		a chunk's directory
 *	page lock bit		a page's word
 *	chan->lock, peer->lock, share->lock, share->charges.lock,
 *	loop->lock, call->lock, set->lock of hot.h,
 *	xa_lock(node->regions)	leaves
 * all_lock of charge.c is taken around share->charges.lock alone.
 * From request->lock down all are softirq-safe, and nothing sleeps, sends or
 * unmaps under them.
 */
#ifndef SSI_NODE_H
#define SSI_NODE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <linux/ssi_mem_dev.h>
#include <net/net_namespace.h>
#include "evict.h"
#include "fetch.h"
#include "manage.h"
#include "peer.h"
#include "request.h"
#include "roster.h"
#include "share.h"
#include "stats.h"

extern struct workqueue_struct *ssi_free_wq;
extern struct mutex ssi_nodes_mutex;
extern struct list_head ssi_nodes;

/**
 * struct ssi_node - one local node
 * @ref:	 references: the list, peers, regions, users
 * @free_work:	 frees after the last reference
 * @list:	 in ssi_nodes, under ssi_nodes_mutex
 * @net:	 network namespace that it joined in
 * @name:	 unique within @net
 * @id:		 unique within the cluster
 * @incarnation: random at each join
 * @hold_ns:	 a granted page stays at least so long
 * @manage:	 serializes management calls that other nodes answer; links are
 *		 made without it, since an answer may need a new one
 * @peer_lock:	 serializes changes of @peers, @dead and @gone; protects @roster
 * @dead:	 lives of other nodes that were declared dead; see leave.c
 * @gone:	 the life of each other node that left last; see peer.c
 * @roster:	 the members of the cluster, as user space told; see roster.c
 * @leaving:	 no new regions or links; under the lock of @regions
 * @peers:	 by id, the node itself among them; RCU, written under
 *		 @peer_lock
 * @regions:	 by id; RCU, written under its own lock
 * @next_region: sequence of region ids created here; under @manage
 * @wq:		 runs the node's workers
 * @order:	 runs those that must keep the order of their messages
 * @stats:	 counters and histograms
 * @share:	 memory given to regions
 * @requests:	 page requests in flight
 * @fetches:	 requests ahead in flight
 * @evictor:	 makes room
 * @call:	 management call to other nodes under way
 * @jobs:	 messages being worked on
 * @alive:	 regions that still hold memory of the share
 * @debugfs:	 its directory there; under ssi_nodes_mutex
 */
struct ssi_node {
	struct kref ref;
	struct work_struct free_work;
	struct list_head list;
	struct net *net;
	char name[SSI_NAME_MAX];
	u32 id;
	u8 incarnation[SSI_MEM_INCARNATION_LEN];
	u64 hold_ns;
	struct mutex manage;
	struct mutex peer_lock;
	struct list_head dead;
	u8 gone[SSI_NODES_MAX][SSI_MEM_INCARNATION_LEN];
	struct ssi_roster roster;
	bool leaving;
	struct ssi_peer __rcu *peers[SSI_NODES_MAX];
	struct xarray regions;
	u32 next_region;
	struct workqueue_struct *wq;
	struct workqueue_struct *order;
	struct ssi_stats stats;
	struct ssi_share share;
	struct ssi_requests requests;
	struct ssi_fetches fetches;
	struct ssi_evictor evictor;
	struct ssi_call call;
	atomic_t jobs;
	atomic_t alive;
	struct dentry *debugfs;
};

/**
 * struct ssi_node_config - what a join asks for
 * @name:    of the node
 * @id:	     of the node
 * @share:   bytes, at least SSI_NODE_SHARE_MIN
 * @reserve: bytes
 * @hold_us: microseconds
 */
struct ssi_node_config {
	const char *name;
	u32 id;
	u64 share;
	u64 reserve;
	u32 hold_us;
};

#define SSI_NODE_SHARE_MIN ((u64)SZ_1M)
#define SSI_NODE_HOLD_US   200u

int ssi_node_setup(void);
void ssi_node_cleanup(void);

struct ssi_node *ssi_node_join(struct net *net,
			       const struct ssi_node_config *config);
int ssi_node_leave(struct ssi_node *node, bool force, unsigned long timeout,
		   u64 *lost, struct ssi_refusal *why);
struct ssi_node *ssi_node_find(struct net *net, const char *name);
void ssi_node_put(struct ssi_node *node);

static inline struct ssi_node *ssi_node_get(struct ssi_node *node)
{
	kref_get(&node->ref);
	return node;
}

#endif /* SSI_NODE_H */
