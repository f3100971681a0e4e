// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "debugfs.h"
#include "leave.h"
#include "netlink.h"
#include "node.h"
#include "region.h"

/* Runs what frees nodes, regions and peers, from wherever they are dropped. */
struct workqueue_struct *ssi_free_wq;
/* Protects ssi_nodes; the outermost lock, see node.h. */
DEFINE_MUTEX(ssi_nodes_mutex);
LIST_HEAD(ssi_nodes);

/* How long a wait may last before it is shown. */
#define SHOW_TICKS (5 * HZ)

int ssi_node_setup(void)
{
	ssi_free_wq = alloc_workqueue("ssi_free", WQ_UNBOUND, 0);
	return ssi_free_wq ? 0 : -ENOMEM;
}

void ssi_node_cleanup(void)
{
	destroy_workqueue(ssi_free_wq);
}

/* ---- references ---- */

static void free_worker(struct work_struct *work)
{
	struct ssi_node *node = container_of(work, struct ssi_node, free_work);

	ssi_leave_free_dead(node);
	ssi_fetches_exit(&node->fetches);
	ssi_requests_exit(&node->requests);
	ssi_stats_exit(&node->stats);
	xa_destroy(&node->regions);
	put_net(node->net);
	kfree(node);
}

/* The last reference may be a softirq's, and freeing may sleep. */
static void destroy_node(struct kref *ref)
{
	struct ssi_node *node = container_of(ref, struct ssi_node, ref);

	queue_work(ssi_free_wq, &node->free_work);
}

/**
 * ssi_node_put() - drop a reference
 * @node: the node
 *
 * Context: any.
 */
void ssi_node_put(struct ssi_node *node)
{
	kref_put(&node->ref, destroy_node);
}

/**
 * ssi_node_find() - a local node by name
 * @net:  network namespace
 * @name: of the node, or NULL or "" for the only one there
 *
 * Context: process, may sleep. Return: the node with a reference, or
 * ERR_PTR: -ENODEV there is none, -ENOTUNIQ several and no name.
 */
struct ssi_node *ssi_node_find(struct net *net, const char *name)
{
	struct ssi_node *node, *found = NULL;
	bool any = !name || !*name;
	int count = 0;

	mutex_lock(&ssi_nodes_mutex);
	list_for_each_entry(node, &ssi_nodes, list) {
		if (!net_eq(node->net, net) ||
		    (!any && strcmp(node->name, name)))
			continue;
		found = node;
		count++;
	}
	if (count == 1)
		ssi_node_get(found);
	mutex_unlock(&ssi_nodes_mutex);
	if (!count)
		return ERR_PTR(-ENODEV);
	return count == 1 ? found : ERR_PTR(-ENOTUNIQ);
}

/* ---- join ---- */

static struct ssi_node *alloc_node(struct net *net,
				   const struct ssi_node_config *config)
{
	struct ssi_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	if (!node)
		return NULL;
	kref_init(&node->ref);
	INIT_WORK(&node->free_work, free_worker);
	INIT_LIST_HEAD(&node->list);
	node->net = get_net(net);
	strscpy(node->name, config->name, sizeof(node->name));
	node->id = config->id;
	get_random_bytes(node->incarnation, sizeof(node->incarnation));
	node->hold_ns = (u64)config->hold_us * NSEC_PER_USEC;
	mutex_init(&node->manage);
	mutex_init(&node->peer_lock);
	INIT_LIST_HEAD(&node->dead);
	xa_init_flags(&node->regions, XA_FLAGS_LOCK_BH);
	ssi_call_init(&node->call);
	if (!ssi_stats_init(&node->stats) &&
	    !ssi_requests_init(&node->requests, node) &&
	    !ssi_fetches_init(&node->fetches, node))
		return node;
	ssi_node_put(node);
	return NULL;
}

/* A node sends messages to itself over the loop transport. */
static int add_self(struct ssi_node *node)
{
	struct ssi_peer *self;
	int ret;

	mutex_lock(&node->peer_lock);
	self = ssi_peer_create(node, node->id, node->incarnation);
	mutex_unlock(&node->peer_lock);
	if (IS_ERR(self))
		return PTR_ERR(self);
	ret = ssi_link_attach_loop(&self->link);
	self->share = node->share.pages;
	self->reserve = node->share.reserve;
	ssi_peer_put(self);
	return ret;
}

static void remove_peers(struct ssi_node *node)
{
	struct ssi_peer *peer;
	unsigned int id;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = rcu_dereference_protected(node->peers[id],
						 lockdep_is_held(&node->peer_lock));
		if (peer)
			ssi_peer_remove(peer);
	}
}

/*
 * Jobs of the closed links wait for a hold, for a page that is being unmapped,
 * for memory, or for the end of a region. Each wait has an end of its own, and
 * only then may the memory go. So may a region's that came and went as the node
 * left. What lasts is shown.
 */
static void await_end(struct ssi_node *node)
{
	while (!wait_var_event_timeout(&node->jobs, !atomic_read(&node->jobs),
				       SHOW_TICKS))
		pr_warn("ssi_mem: node %s: leaving waits for the end of %d messages that are worked on\n",
			node->name, atomic_read(&node->jobs));
	while (!wait_var_event_timeout(&node->alive, !atomic_read(&node->alive),
				       SHOW_TICKS))
		pr_warn("ssi_mem: node %s: leaving waits for the end of %d regions that were deleted\n",
			node->name, atomic_read(&node->alive));
}

/* What start_node() made. Nobody else finds the node any more. */
static void stop_node(struct ssi_node *node)
{
	ssi_evictor_stop(&node->evictor);
	mutex_lock(&node->peer_lock);
	remove_peers(node);
	mutex_unlock(&node->peer_lock);
	await_end(node);
	destroy_workqueue(node->order);
	drain_workqueue(node->wq);
	destroy_workqueue(node->wq);
	ssi_share_exit(&node->share);
}

static int start_node(struct ssi_node *node,
		      const struct ssi_node_config *config)
{
	int ret = -ENOMEM;

	node->wq = alloc_workqueue("ssi_%s", WQ_UNBOUND | WQ_HIGHPRI |
				   WQ_MEM_RECLAIM, 0, node->name);
	if (!node->wq)
		return ret;
	node->order = alloc_ordered_workqueue("ssi_%s_order", WQ_MEM_RECLAIM,
					      node->name);
	if (!node->order) {
		destroy_workqueue(node->wq);
		return ret;
	}
	ssi_evictor_init(&node->evictor);
	ret = ssi_share_init(&node->share, config->share >> PAGE_SHIFT,
			     config->reserve >> PAGE_SHIFT, node->wq,
			     &node->evictor.work);
	if (!ret)
		ret = add_self(node);
	if (ret)
		stop_node(node);
	return ret;
}

static int check_unique(struct net *net, const struct ssi_node_config *config)
{
	struct ssi_node *node;

	lockdep_assert_held(&ssi_nodes_mutex);
	list_for_each_entry(node, &ssi_nodes, list) {
		if (net_eq(node->net, net) &&
		    (!strcmp(node->name, config->name) ||
		     node->id == config->id))
			return -EEXIST;
	}
	return 0;
}

/**
 * ssi_node_join() - create a node
 * @net:    network namespace
 * @config: what is asked for, checked
 *
 * Context: process, may sleep. Return: the node with a reference for the
 * caller, or ERR_PTR: -EEXIST name or id taken in @net, -ENOMEM.
 */
struct ssi_node *ssi_node_join(struct net *net,
			       const struct ssi_node_config *config)
{
	struct ssi_node *node = alloc_node(net, config);
	int ret;

	if (!node)
		return ERR_PTR(-ENOMEM);
	ret = start_node(node, config);
	if (ret)
		goto put_node;
	mutex_lock(&ssi_nodes_mutex);
	ret = check_unique(net, config);
	if (!ret) {
		list_add_tail(&node->list, &ssi_nodes);
		ssi_node_get(node);
		ssi_debugfs_add(node);
	}
	mutex_unlock(&ssi_nodes_mutex);
	if (ret)
		goto stop_node;
	/* While there is a node the module stays. */
	__module_get(THIS_MODULE);
	ssi_netlink_event(node, SSI_MEM_EVENT_TYPE_NODE_NEW, node->id, 0, NULL,
			  0);
	return node;
stop_node:
	stop_node(node);
put_node:
	ssi_node_put(node);
	return ERR_PTR(ret);
}

/* ---- leave ---- */

/*
 * A region that was deleted lives on while a request for its pages is open, or
 * a program has its file: with the links they would never end. Waited for here,
 * where the node can still stay.
 */
static int await_regions(struct ssi_node *node, unsigned long end,
			 struct ssi_refusal *why)
{
	long left = time_before(jiffies, end) ? end - jiffies : 1;

	if (wait_var_event_timeout(&node->alive, !atomic_read(&node->alive),
				   left))
		return 0;
	ssi_refuse(why, "a deleted region is still in use: end the program that has it open");
	return -ETIMEDOUT;
}

/*
 * Under the lock of the table of regions: a region that another node creates
 * is either there already, or its creation sees @leaving.
 */
static int begin_leave(struct ssi_node *node, struct ssi_refusal *why)
{
	int ret = 0;

	xa_lock_bh(&node->regions);
	if (node->leaving) {
		ssi_refuse(why, "the node leaves already");
		ret = -EALREADY;
	} else if (!xa_empty(&node->regions)) {
		ssi_refuse(why, "a region came while the node was leaving: try again");
		ret = -EBUSY;
	} else {
		WRITE_ONCE(node->leaving, true);
	}
	xa_unlock_bh(&node->regions);
	return ret;
}

static void send_leave(struct ssi_peer *peer)
{
	struct ssi_msg *msg = ssi_msg_alloc(GFP_NOIO, 0);

	msg->hdr.type = SSI_MSG_LEAVE;
	ssi_link_send(&peer->link, msg);
}

static void flush(struct ssi_peer *peer, unsigned long end)
{
	ssi_link_flush(&peer->link,
		       time_before(jiffies, end) ? end - jiffies : 0);
}

/* Say goodbye to all, and let the last acknowledgments come and go. */
static void say_leave(struct ssi_node *node, unsigned long end)
{
	struct ssi_peer *told[SSI_NODES_MAX];
	unsigned int id, i, count = 0;
	struct ssi_peer *peer;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = id == node->id ? NULL : ssi_peer_get(node, id);
		if (peer && ssi_peer_is_up(peer)) {
			send_leave(peer);
			told[count++] = peer;
		} else {
			ssi_peer_put(peer);
		}
	}
	for (i = 0; i < count; i++) {
		flush(told[i], end);
		ssi_peer_put(told[i]);
	}
}

/**
 * ssi_node_leave() - end a node
 * @node:    referenced by the caller
 * @force:   though pages are lost with it
 * @timeout: jiffies at most, also for regions that end, and acknowledgments
 * @lost:    set to the pages that are
 * @why:     a sentence, where refused
 *
 * Context: process, may sleep. Return: 0; -EBUSY a region is in use;
 * -ENOTEMPTY it still owns pages; -ETIMEDOUT a deleted region is still in use;
 * -EALREADY; what ssi_change_lead() returns.
 */
int ssi_node_leave(struct ssi_node *node, bool force, unsigned long timeout,
		   u64 *lost, struct ssi_refusal *why)
{
	unsigned long end = jiffies + timeout;
	int ret = ssi_leave_regions(node, force, end, lost, why) ?:
		  begin_leave(node, why);

	if (ret)
		return ret;
	ret = await_regions(node, end, why);
	if (ret) {
		WRITE_ONCE(node->leaving, false);
		return ret;
	}
	say_leave(node, end);
	mutex_lock(&ssi_nodes_mutex);
	list_del_init(&node->list);
	ssi_debugfs_remove(node);
	mutex_unlock(&ssi_nodes_mutex);
	stop_node(node);
	ssi_netlink_event(node, SSI_MEM_EVENT_TYPE_NODE_DEL, node->id, 0, NULL,
			  0);
	ssi_node_put(node);
	module_put(THIS_MODULE);
	return 0;
}
