// SPDX-License-Identifier: GPL-2.0-only
/*
 * A node goes. One that leaves is drained first: the evictor moves all that it
 * owns to other nodes; then its regions go on without it. What a dead one
 * owned alone is lost.
 */
#include <linux/slab.h>
#include "leave.h"
#include "netlink.h"
#include "node.h"
#include "region.h"
#include "serve.h"

/* Any region of the node with such a member, or any at all; referenced. */
static struct ssi_region *find_region(struct ssi_node *node, u64 member)
{
	struct ssi_region *region;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&node->regions, id, region) {
		if ((!member || ssi_region_members(region) & member) &&
		    kref_get_unless_zero(&region->ref))
			break;
	}
	rcu_read_unlock();
	return region;
}

/* ---- draining ---- */

static int check_region(struct ssi_region *region, bool force,
			struct ssi_refusal *why)
{
	ssi_refuse(why, "a program of this node has region %s open",
		   region->name);
	if (READ_ONCE(region->attached))
		return -EBUSY;
	ssi_refuse(why, "region %s has no other member: delete it first",
		   region->name);
	return force || hweight64(ssi_region_members(region)) > 1 ? 0 : -EBUSY;
}

/* May the regions of this node go on without it? */
static int check_regions(struct ssi_node *node, bool force,
			 struct ssi_refusal *why)
{
	struct ssi_region *region;
	unsigned long id;
	int ret = 0;

	rcu_read_lock();
	xa_for_each(&node->regions, id, region) {
		ret = check_region(region, force, why);
		if (ret)
			break;
	}
	rcu_read_unlock();
	return ret;
}

/* Have the other nodes room for all regions without us? */
static int check_room(struct ssi_node *node, struct ssi_refusal *why)
{
	struct ssi_cluster cluster = {};
	int ret;

	if (xa_empty(&node->regions))
		return 0;
	ret = ssi_manage_look(node, &cluster, why);
	cluster.members &= ~BIT_ULL(node->id);
	cluster.share -= node->share.pages;
	cluster.reserve -= node->share.reserve;
	return ret ?: ssi_manage_fits(node, 0, &cluster, why);
}

/**
 * ssi_leave_drain() - begin or stop to move everything to other nodes
 * @node: the local node
 * @on:   begin
 * @why:  a sentence, where refused
 *
 * Returns at once; the pages that are still here are in the node's counters.
 *
 * Context: process, may sleep. Return: 0; -EBUSY a region is open here or has
 * no other member; -ENOSPC no room at the others; -ENOTCONN a link is down.
 */
int ssi_leave_drain(struct ssi_node *node, bool on, struct ssi_refusal *why)
{
	int ret = 0;

	if (on)
		ret = check_regions(node, false, why) ?: check_room(node, why);
	if (ret)
		return ret;
	WRITE_ONCE(node->share.draining, on);
	queue_work(node->wq, &node->evictor.work);
	return 0;
}

/* ---- leaving ---- */

static u32 other_authority(struct ssi_region *region, u64 members)
{
	u32 authority = ssi_region_authority(region);

	return members >> authority & 1 ? authority : __ffs64(members);
}

static int check_empty(struct ssi_region *region, struct ssi_refusal *why)
{
	u64 owned = atomic64_read(&region->owned);

	if (!owned)
		return 0;
	ssi_refuse(why, "%llu pages of %s are still here: drain first",
		   owned, region->name);
	return -ENOTEMPTY;
}

/* Adds the pages to @lost that nobody has any more. */
static int leave_region(struct ssi_region *region, bool force,
			unsigned long end, u64 *lost, struct ssi_refusal *why)
{
	u64 self = BIT_ULL(region->node->id);
	u64 members = ssi_region_members(region) & ~self;
	struct ssi_change_plan plan = {
		.members = members,
		.leaving = self,
		.lossy = force,
	};
	u64 owned = atomic64_read(&region->owned), pages = 0;
	int ret = 0;

	if (members) {
		plan.authority = other_authority(region, members);
		ret = force ? 0 : check_empty(region, why);
		ret = ret ?: ssi_change_lead(region, &plan, end, &pages, why);
	}
	if (ret && !force)
		return ret;
	if ((ret || !members) && !ssi_region_shut(region)) {
		ssi_refuse(why, "a program of this node has region %s open",
			   region->name);
		return -EBUSY;
	}
	if (ret || !members) {
		pages = owned;
		ssi_change_abandon(region);
	}
	*lost += pages;
	ssi_region_remove(region);
	ssi_netlink_event(region->node, SSI_MEM_EVENT_TYPE_REGION_DEL,
			  region->node->id, 0, region->name, 0);
	return 0;
}

/**
 * ssi_leave_regions() - take the node out of all its regions
 * @node:  the local node
 * @force: also with pages that are lost then, and though the other members
 *	   can not be asked
 * @end:   jiffies
 * @lost:  set to the pages that nobody has any more; with members that could
 *	   not be asked, to what this node owned
 * @why:   a sentence, where refused
 *
 * Context: process, may sleep. Return: 0; -EBUSY a region is open here or has
 * no other member; -ENOTEMPTY; what ssi_change_lead() returns.
 */
int ssi_leave_regions(struct ssi_node *node, bool force, unsigned long end,
		      u64 *lost, struct ssi_refusal *why)
{
	struct ssi_region *region;
	int ret;

	*lost = 0;
	ret = ssi_call_lock(node, end, why);
	if (ret)
		return ret;
	ret = check_regions(node, force, why);
	while (!ret && (region = find_region(node, 0))) {
		ret = leave_region(region, force, end, lost, why);
		ssi_region_put(region);
	}
	ssi_call_unlock(node);
	return ret;
}

/* ---- death ---- */

/**
 * struct life - of another node, declared dead
 * @list:	 in node->dead
 * @id:		 of the node
 * @incarnation: of this life of it
 *
 * Kept as long as the local node is: a machine that was out of reach may come
 * back after others had its id, and were declared dead as well.
 */
struct life {
	struct list_head list;
	unsigned int id;
	u8 incarnation[SSI_MEM_INCARNATION_LEN];
};

/**
 * ssi_leave_is_dead() - was this life of a node declared dead?
 * @node:	 the local node; node->peer_lock is held
 * @id:		 of the other
 * @incarnation: of its life
 *
 * Return: true when it was.
 */
bool ssi_leave_is_dead(struct ssi_node *node, unsigned int id,
		       const u8 *incarnation)
{
	struct life *life;

	lockdep_assert_held(&node->peer_lock);
	list_for_each_entry(life, &node->dead, list) {
		if (life->id == id && !memcmp(life->incarnation, incarnation,
					      sizeof(life->incarnation)))
			return true;
	}
	return false;
}

/**
 * ssi_leave_free_dead() - nobody asks any more who is dead
 * @node: without references
 */
void ssi_leave_free_dead(struct ssi_node *node)
{
	struct life *life, *more;

	list_for_each_entry_safe(life, more, &node->dead, list)
		kfree(life);
}

/* Its incarnation never comes back, so nothing of it is heard any more. */
static int bury(struct ssi_node *node, struct ssi_peer *peer)
{
	struct life *life = kmalloc(sizeof(*life), GFP_NOIO);

	lockdep_assert_held(&node->peer_lock);
	if (!life)
		return -ENOMEM;
	life->id = peer->id;
	memcpy(life->incarnation, peer->incarnation, sizeof(life->incarnation));
	list_add(&life->list, &node->dead);
	ssi_peer_remove(peer);
	return 0;
}

static int forget_peer(struct ssi_node *node, unsigned int id)
{
	struct ssi_peer *peer;
	int ret = 0;

	mutex_lock(&node->peer_lock);
	peer = ssi_peer_get(node, id);
	if (peer)
		ret = ssi_peer_is_up(peer) ? -EISCONN : bury(node, peer);
	if (peer && !ret) {
		pr_notice("ssi_mem: node %s: node %u was declared dead\n",
			  node->name, id);
		ssi_netlink_event(node, SSI_MEM_EVENT_TYPE_NODE_DEAD, id, 0,
				  NULL, 0);
	}
	mutex_unlock(&node->peer_lock);
	ssi_peer_put(peer);
	return ret;
}

/**
 * ssi_leave_job() - another node was told that a node is dead
 * @job: of the FORGET, still the caller's
 *
 * Context: process, may sleep.
 */
void ssi_leave_job(struct ssi_job *job)
{
	unsigned int id = le32_to_cpu(job->hdr.arg);

	ssi_call_reply(job, id == job->node->id ? -EISCONN :
					  forget_peer(job->node, id), 0);
}

static u64 peers_up(struct ssi_node *node)
{
	struct ssi_peer *peer;
	unsigned int id;
	u64 up = 0;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = id == node->id ? NULL : ssi_peer_get(node, id);
		if (peer && ssi_peer_is_up(peer))
			up |= BIT_ULL(id);
		ssi_peer_put(peer);
	}
	return up;
}

static int tell_peers(struct ssi_node *node, unsigned int dead,
		      unsigned long end, struct ssi_refusal *why)
{
	u64 nodes = peers_up(node);
	u64 serial = ssi_call_begin(node, nodes);
	struct ssi_msg *msg;
	unsigned int id;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		if (!(nodes >> id & 1))
			continue;
		msg = ssi_msg_alloc(GFP_NOIO, 0);
		msg->hdr.type = SSI_MSG_FORGET;
		msg->hdr.arg = cpu_to_le32(dead);
		msg->hdr.txn = cpu_to_le64(serial);
		ssi_peer_send(node, id, msg);
	}
	return ssi_call_await(node, end, why);
}

/* A member that is no peer was declared dead, now or before. */
static u64 dead_members(struct ssi_region *region)
{
	u64 members = ssi_region_members(region), dead = 0;
	struct ssi_peer *peer;
	unsigned int id;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		if (!(members >> id & 1))
			continue;
		peer = ssi_peer_get(region->node, id);
		if (!peer)
			dead |= BIT_ULL(id);
		ssi_peer_put(peer);
	}
	return dead;
}

static int forget_locked(struct ssi_node *node, unsigned int id,
			 unsigned long end, u64 *lost, struct ssi_refusal *why)
{
	struct ssi_change_plan plan = {};
	struct ssi_region *region;
	u64 pages = 0;
	int ret;

	ret = forget_peer(node, id);
	if (ret == -EISCONN)
		ssi_refuse(why, "the link to node %u is up: it is not dead", id);
	else
		ssi_refuse(why, "out of memory");
	ret = ret ?: tell_peers(node, id, end, why);
	while (!ret && (region = find_region(node, BIT_ULL(id)))) {
		plan.dead = dead_members(region);
		plan.members = ssi_region_members(region) & ~plan.dead;
		plan.authority = other_authority(region, plan.members);
		ret = ssi_change_lead(region, &plan, end, &pages, why);
		*lost += pages;
		ssi_region_put(region);
	}
	return ret;
}

/**
 * ssi_leave_forget() - a node is dead: go on without it
 * @node:    the local node
 * @id:	     of the dead one
 * @timeout: jiffies at most
 * @lost:    set to the pages that nobody has any more
 * @why:     a sentence, where refused
 *
 * May be called again where it failed half-way.
 *
 * Context: process, may sleep. Return: 0; -EINVAL it is this node; -ENOMEM; -EISCONN a
 * node has a link to it; what ssi_change_lead() returns.
 */
int ssi_leave_forget(struct ssi_node *node, unsigned int id,
		     unsigned long timeout, u64 *lost, struct ssi_refusal *why)
{
	unsigned long end = jiffies + timeout;
	int ret;

	*lost = 0;
	ssi_refuse(why, "that is this node's own id");
	if (id == node->id)
		return -EINVAL;
	ret = ssi_call_lock(node, end, why);
	if (ret)
		return ret;
	ret = forget_locked(node, id, end, lost, why);
	ssi_call_unlock(node);
	return ret;
}
