// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region is created and deleted on all its members by the node that the
 * administrator asks, its authority. Each step is a message to every member
 * and an answer from each, within the caller's deadline; a step that fails is
 * taken back.
 */
#include <linux/random.h>
#include "leave.h"
#include "netlink.h"
#include "node.h"
#include "region.h"
#include "serve.h"

/* How long a member waits for its own transactions when a region ends. */
#define STOP_TICKS (2 * HZ)

/* ---- calls to the members of a region ---- */

static struct ssi_msg *region_msg(const struct ssi_region *region, u8 type,
				  u32 length)
{
	struct ssi_msg *msg = ssi_msg_alloc(GFP_NOIO, length);

	msg->hdr.type = type;
	msg->hdr.region = cpu_to_le32(region->id);
	msg->hdr.generation = cpu_to_le32(region->generation);
	return msg;
}

static struct ssi_msg *new_msg(struct ssi_region *region)
{
	struct ssi_wire_region body = {
		.pages = cpu_to_le64(region->pages),
		.members = cpu_to_le64(ssi_region_members(region)),
		.authority = cpu_to_le32(ssi_region_authority(region)),
		.uid = cpu_to_le32(ssi_region_uid(region)),
		.gid = cpu_to_le32(ssi_region_gid(region)),
		.mode = cpu_to_le32(ssi_region_mode(region)),
	};
	struct ssi_msg *msg = region_msg(region, SSI_MSG_REGION_NEW,
					 sizeof(body));

	strscpy(body.name, region->name, sizeof(body.name));
	memcpy((void *)msg->body, &body, sizeof(body));
	return msg;
}

static struct ssi_msg *del_msg(const struct ssi_region *region,
			       enum ssi_region_phase phase)
{
	struct ssi_msg *msg = region_msg(region, SSI_MSG_REGION_DEL, 0);

	msg->hdr.arg = cpu_to_le32(phase);
	return msg;
}

/*
 * Send a message to every other member, and wait for the answers. Called with
 * node->manage held, so there is one call at a time.
 */
static int call_members(struct ssi_region *region, enum ssi_msg_type type,
			enum ssi_region_phase phase, unsigned long end,
			struct ssi_refusal *why)
{
	struct ssi_node *node = region->node;
	u64 others = ssi_region_members(region) & ~BIT_ULL(node->id);
	u64 serial = ssi_call_begin(node, others);
	struct ssi_msg *msg;
	unsigned int id;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		if (!(others >> id & 1))
			continue;
		msg = type == SSI_MSG_REGION_NEW ? new_msg(region) :
						   del_msg(region, phase);
		msg->hdr.txn = cpu_to_le64(serial);
		ssi_peer_send(node, id, msg);
	}
	return ssi_call_await(node, end, why);
}

/* ---- what the administrator asks ---- */

/**
 * ssi_manage_look() - sum up this node and its peers
 * @node:    the local node
 * @cluster: zeroed, to fill
 * @why:     a sentence, where refused
 *
 * Context: process. Return: 0, or -ENOTCONN a link is down.
 */
int ssi_manage_look(struct ssi_node *node, struct ssi_cluster *cluster,
		    struct ssi_refusal *why)
{
	struct ssi_peer *peer;
	unsigned int id;
	bool up;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(node, id);
		/* Who has said goodbye is still known while its links go. */
		if (!peer || READ_ONCE(peer->left)) {
			ssi_peer_put(peer);
			continue;
		}
		up = id == node->id || ssi_peer_is_up(peer);
		cluster->members |= BIT_ULL(id);
		cluster->share += peer->share;
		cluster->reserve += peer->reserve;
		ssi_peer_put(peer);
		if (!up) {
			ssi_refuse(why, "the link to node %u is down", id);
			return -ENOTCONN;
		}
	}
	return 0;
}

static u64 committed(struct ssi_node *node)
{
	struct ssi_region *region;
	unsigned long id;
	u64 pages = 0;

	rcu_read_lock();
	xa_for_each(&node->regions, id, region)
		pages += region->pages;
	rcu_read_unlock();
	return pages;
}

/**
 * ssi_manage_fits() - is there room for all regions that this node knows?
 * @node:    the local node
 * @pages:   size of one that it does not know yet
 * @cluster: who gives memory
 * @why:     a sentence, where refused
 *
 * Context: process. Return: 0 or -ENOSPC.
 */
int ssi_manage_fits(struct ssi_node *node, u64 pages,
		    const struct ssi_cluster *cluster, struct ssi_refusal *why)
{
	u64 need = pages + committed(node) + cluster->reserve;

	if (need <= cluster->share)
		return 0;
	ssi_refuse(why, "regions and reserves would need %llu MiB, %s shares are %llu MiB",
		   DIV_ROUND_UP_ULL(need, 256),
		   cluster->members >> node->id & 1 ? "the" : "others'",
		   cluster->share / 256);
	return -ENOSPC;
}

static struct ssi_region *make_region(struct ssi_node *node,
				      const struct ssi_region_config *config,
				      const struct ssi_cluster *cluster)
{
	struct ssi_wire_region body = {
		.pages = cpu_to_le64(config->size >> PAGE_SHIFT),
		.members = cpu_to_le64(cluster->members),
		.authority = cpu_to_le32(node->id),
		.uid = cpu_to_le32(config->uid),
		.gid = cpu_to_le32(config->gid),
		.mode = cpu_to_le32(config->mode),
	};
	struct ssi_wire_hdr hdr = {
		/* It tells who created the region; small, as every message looks it up. */
		.region = cpu_to_le32(++node->next_region * SSI_NODES_MAX +
				      node->id),
		.generation = cpu_to_le32(get_random_u32()),
	};

	strscpy(body.name, config->name, sizeof(body.name));
	return ssi_region_create(node, &hdr, &body);
}

/* Peers that left while the region spanned them can go now. */
static void remove_region(struct ssi_region *region)
{
	ssi_region_remove(region);
	ssi_peer_sweep(region->node);
}

/* Only a program that was quick to attach keeps a region that failed to be. */
static void take_back(struct ssi_region *region, struct ssi_refusal *why)
{
	struct ssi_refusal kept;
	int ret = ssi_region_stop(region, STOP_TICKS);

	if (!ret)
		ret = call_members(region, SSI_MSG_REGION_DEL, SSI_REGION_FREE,
				   jiffies + STOP_TICKS + HZ, &kept);
	if (ret != -EBUSY) {
		remove_region(region);
		return;
	}
	ssi_region_reopen(region);
	ssi_refuse(why, "it failed, and a program uses the region already: delete it");
}

static int create_locked(struct ssi_node *node,
			 const struct ssi_region_config *config,
			 unsigned long end, struct ssi_refusal *why)
{
	struct ssi_cluster cluster = {};
	struct ssi_region *region;
	int ret;

	ssi_refuse(why, "the node leaves");
	if (READ_ONCE(node->leaving))
		return -ESHUTDOWN;
	ret = ssi_manage_look(node, &cluster, why);
	if (!ret)
		ret = ssi_manage_fits(node, config->size >> PAGE_SHIFT,
				      &cluster, why);
	if (ret)
		return ret;
	region = make_region(node, config, &cluster);
	if (IS_ERR(region)) {
		ret = PTR_ERR(region);
		ssi_refuse(why, ret == -EEXIST ? "the name is taken" :
		       ret == -E2BIG ? "a region spans at most 32 nodes" :
		       ret == -EMFILE ? "the node is in too many regions" :
		       ret == -EHOSTDOWN ? "this machine goes to sleep" :
				       "out of memory");
		return ret;
	}
	kref_get(&region->ref);
	ret = call_members(region, SSI_MSG_REGION_NEW, 0, end, why);
	if (ret)
		take_back(region, why);
	ssi_region_put(region);
	return ret;
}

/**
 * ssi_manage_create() - create a region over this node and all its peers
 * @node:    the local node, its authority
 * @config:  what is asked for, checked
 * @timeout: jiffies at most
 * @why:     a sentence, where refused
 *
 * Context: process, may sleep. Return: 0 or a named error.
 */
int ssi_manage_create(struct ssi_node *node,
		      const struct ssi_region_config *config,
		      unsigned long timeout, struct ssi_refusal *why)
{
	unsigned long end = jiffies + timeout;
	int ret;

	ret = ssi_call_lock(node, end, why);
	if (!ret) {
		ret = create_locked(node, config, end, why);
		ssi_call_unlock(node);
	}
	if (!ret)
		ssi_netlink_event(node, SSI_MEM_EVENT_TYPE_REGION_NEW,
				  node->id, 0, config->name, 0);
	return ret;
}

/*
 * Close the region on every node, twice: after the first round no request is
 * open where it began, and none begins; after the second, no transaction at
 * its home, whose DONE may have been under way while others answered.
 */
static int close_everywhere(struct ssi_region *region, unsigned long end,
			    struct ssi_refusal *why)
{
	int round, ret = 0;

	for (round = 0; round < 2 && !ret; round++) {
		ret = ssi_region_stop(region, STOP_TICKS);
		ssi_refuse(why, "%s", ret == -EBUSY ?
		       "a program has the region open" :
		       "its transactions do not end");
		if (!ret)
			ret = call_members(region, SSI_MSG_REGION_DEL,
					   SSI_REGION_CLOSE, end, why);
	}
	return ret;
}

static int delete_locked(struct ssi_region *region, unsigned long end,
			 struct ssi_refusal *why)
{
	struct ssi_refusal ignored;
	int ret;

	ssi_refuse(why, "it belongs to node %u: delete it there",
		   ssi_region_authority(region));
	if (ssi_region_authority(region) != region->node->id)
		return -EREMOTE;
	ssi_refuse(why, "its members change");
	if (READ_ONCE(region->frozen))
		return -EALREADY;
	ret = close_everywhere(region, end, why);
	/* Transactions that others began here ended before theirs did. */
	if (!ret)
		ret = ssi_region_stop(region, STOP_TICKS);
	if (ret) {
		ssi_region_reopen(region);
		call_members(region, SSI_MSG_REGION_DEL, SSI_REGION_REOPEN,
			     jiffies + HZ, &ignored);
		return ret;
	}
	ret = call_members(region, SSI_MSG_REGION_DEL, SSI_REGION_FREE, end,
			   why);
	remove_region(region);
	return ret;
}

/**
 * ssi_manage_delete() - delete a region on all its members
 * @node:    the local node, its authority
 * @name:    of the region
 * @timeout: jiffies at most
 * @why:     a sentence, where refused
 *
 * Context: process, may sleep. Return: 0 or a named error.
 */
int ssi_manage_delete(struct ssi_node *node, const char *name,
		      unsigned long timeout, struct ssi_refusal *why)
{
	struct ssi_region *region = ssi_region_by_name(node, name);
	unsigned long end = jiffies + timeout;
	int ret;

	ssi_refuse(why, "there is no region of that name");
	if (!region)
		return -ENOENT;
	ret = ssi_call_lock(node, end, why);
	if (!ret) {
		ret = delete_locked(region, end, why);
		ssi_call_unlock(node);
	}
	ssi_region_put(region);
	if (!ret)
		ssi_netlink_event(node, SSI_MEM_EVENT_TYPE_REGION_DEL,
				  node->id, 0, name, 0);
	return ret;
}

/* ---- another member ---- */

static int check_newcomer(struct ssi_region *region, unsigned int id,
			  struct ssi_refusal *why)
{
	struct ssi_peer *peer = ssi_peer_get(region->node, id);
	bool up = peer && ssi_peer_is_up(peer);

	ssi_peer_put(peer);
	ssi_refuse(why, "node %u is a member already", id);
	if (ssi_region_slot(region, id) >= 0)
		return -EEXIST;
	ssi_refuse(why, "the link to node %u is down", id);
	return up ? 0 : -ENOTCONN;
}

/* Let the newcomer create the region, closed until the change is committed. */
static int invite(struct ssi_region *region, unsigned int id, unsigned long end,
		  struct ssi_refusal *why)
{
	struct ssi_node *node = region->node;
	u64 serial = ssi_call_begin(node, BIT_ULL(id));
	struct ssi_msg *msg = new_msg(region);
	struct ssi_wire_region *body = (void *)msg->body;

	body->members |= cpu_to_le64(BIT_ULL(id));
	msg->hdr.flags = SSI_MF_JOINING;
	msg->hdr.epoch = cpu_to_le32(region->epoch);
	msg->hdr.txn = cpu_to_le64(serial);
	ssi_peer_send(node, id, msg);
	return ssi_call_await(node, end, why);
}

static void disinvite(struct ssi_region *region, unsigned int id)
{
	struct ssi_node *node = region->node;
	u64 serial = ssi_call_begin(node, BIT_ULL(id));
	struct ssi_msg *msg = del_msg(region, SSI_REGION_FREE);
	struct ssi_refusal ignored;

	msg->hdr.txn = cpu_to_le64(serial);
	ssi_peer_send(node, id, msg);
	ssi_call_await(node, jiffies + HZ, &ignored);
}

static int extend_locked(struct ssi_region *region, unsigned int id,
			 unsigned long end, struct ssi_refusal *why)
{
	struct ssi_change_plan plan = {
		.members = ssi_region_members(region) | BIT_ULL(id),
		.authority = ssi_region_authority(region),
	};
	u64 lost;
	int ret;

	ret = check_newcomer(region, id, why);
	if (ret)
		return ret;
	ret = invite(region, id, end, why) ?:
	      ssi_change_lead(region, &plan, end, &lost, why);
	/* An invitation that was not answered may still be taken. */
	if (ret && ret != -EEXIST)
		disinvite(region, id);
	return ret;
}

/**
 * ssi_manage_extend() - make a node a member of a region that is in use
 * @node:    the local node, a member
 * @name:    of the region
 * @id:      of the node, which has links to all members
 * @timeout: jiffies at most
 * @why:     a sentence, where refused
 *
 * Context: process, may sleep. Return: 0 or a named error.
 */
int ssi_manage_extend(struct ssi_node *node, const char *name, unsigned int id,
		      unsigned long timeout, struct ssi_refusal *why)
{
	struct ssi_region *region = ssi_region_by_name(node, name);
	unsigned long end = jiffies + timeout;
	int ret;

	ssi_refuse(why, "there is no region of that name");
	if (!region)
		return -ENOENT;
	ret = ssi_call_lock(node, end, why);
	if (!ret) {
		ret = extend_locked(region, id, end, why);
		ssi_call_unlock(node);
	}
	ssi_region_put(region);
	return ret;
}

/* ---- peers ---- */

/**
 * ssi_manage_spans() - is a node a member of any region that is here?
 * @node: the local node
 * @id:   of the other one
 *
 * Context: any. Return: true when it is.
 */
bool ssi_manage_spans(struct ssi_node *node, unsigned int id)
{
	struct ssi_region *region;
	unsigned long i;
	bool found = false;

	rcu_read_lock();
	xa_for_each(&node->regions, i, region)
		found |= ssi_region_members(region) >> id & 1;
	rcu_read_unlock();
	return found;
}

static int attach_locked(struct ssi_node *node, u8 id, const u8 *incarnation,
			 struct ssi_peer **peer, struct ssi_refusal *why)
{
	bool alive;

	ssi_refuse(why, "the node leaves");
	if (READ_ONCE(node->leaving))
		return -ESHUTDOWN;
	ssi_refuse(why, "node %u was declared dead: it must leave and join again",
		   id);
	if (ssi_leave_is_dead(node, id, incarnation))
		return -ESTALE;
	ssi_refuse(why, "node %u has left: it must join again", id);
	if (ssi_peer_has_left(node, id, incarnation))
		return -ESTALE;
	*peer = ssi_peer_get(node, id);
	if (*peer && !memcmp((*peer)->incarnation, incarnation,
			     SSI_MEM_INCARNATION_LEN))
		return 0;
	/* A new life, or another node? What still speaks has not died. */
	ssi_refuse(why, "another node %u is connected: every node needs an id of its own",
		   id);
	alive = *peer && ssi_peer_is_alive(*peer);
	ssi_peer_put(*peer);
	if (alive)
		return -EEXIST;
	ssi_refuse(why, "a region still spans node %u's former life: forget it",
		   id);
	if (ssi_manage_spans(node, id))
		return -ESTALE;
	if (*peer)
		ssi_peer_remove(*peer);
	*peer = ssi_peer_create(node, id, incarnation);
	ssi_refuse(why, "out of memory");
	return PTR_ERR_OR_ZERO(*peer);
}

/**
 * ssi_manage_attach() - the peer that a new socket leads to
 * @node:	 the local node
 * @id:		 of the peer, not the node's own
 * @incarnation: proven by the handshake
 * @peer:	 set to the peer, referenced
 * @why:	 a sentence, where refused
 *
 * Context: process, may sleep. Return: 0; -ESHUTDOWN; -EEXIST another
 * incarnation while the peer is connected; -ESTALE its life is over, or a
 * region spans a former one; -ENOMEM.
 */
int ssi_manage_attach(struct ssi_node *node, u8 id, const u8 *incarnation,
		      struct ssi_peer **peer, struct ssi_refusal *why)
{
	int ret;

	mutex_lock(&node->peer_lock);
	ret = attach_locked(node, id, incarnation, peer, why);
	mutex_unlock(&node->peer_lock);
	return ret;
}

/* ---- what other nodes ask ---- */

/*
 * Are all members in reach, and does the region fit beside those that this node
 * knows? The authority may know fewer: it may have joined later, or two may
 * create at the same time.
 */
static int check_members(struct ssi_node *node,
			 const struct ssi_wire_region *body)
{
	u64 members = le64_to_cpu(body->members);
	struct ssi_cluster cluster = {};
	struct ssi_refusal ignored;
	struct ssi_peer *peer;
	unsigned int id;
	bool up;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		if (!(members >> id & 1))
			continue;
		peer = ssi_peer_get(node, id);
		if (!peer)
			return -ENOTCONN;
		up = id == node->id || ssi_peer_is_up(peer);
		cluster.share += peer->share;
		cluster.reserve += peer->reserve;
		ssi_peer_put(peer);
		if (!up)
			return -ENOTCONN;
	}
	return ssi_manage_fits(node, le64_to_cpu(body->pages), &cluster, &ignored);
}

/*
 * The authority creates a region, by an id of its own; any member takes another
 * one in.
 */
static bool may_create(const struct ssi_job *job,
		       const struct ssi_wire_region *body)
{
	u64 members = le64_to_cpu(body->members);

	if (!(members >> job->node->id & 1))
		return false;
	if (job->hdr.flags & SSI_MF_JOINING)
		return members >> job->hdr.from & 1;
	return le32_to_cpu(body->authority) == job->hdr.from &&
	       le32_to_cpu(job->hdr.region) % SSI_NODES_MAX == job->hdr.from;
}

static void take_region(struct ssi_job *job)
{
	const struct ssi_wire_region *body = &job->body.region;
	struct ssi_region *region;
	int ret;

	if (!ssi_wire_region_check(body) || !may_create(job, body)) {
		ssi_stat_inc(job->node, MALFORMED);
		ssi_call_reply(job, -EINVAL, 0);
		return;
	}
	ret = check_members(job->node, body);
	region = ret ? ERR_PTR(ret) :
		ssi_region_create(job->node, &job->hdr, body);
	if (!IS_ERR(region))
		ssi_netlink_event(job->node, SSI_MEM_EVENT_TYPE_REGION_NEW,
				  job->node->id, 0, body->name, 0);
	ssi_call_reply(job, PTR_ERR_OR_ZERO(region), 0);
}

/* Whatever the authority believes: not while it is in use here. */
static int free_here(struct ssi_region *region)
{
	int ret = ssi_region_stop(region, STOP_TICKS);

	if (ret)
		return ret;
	remove_region(region);
	ssi_netlink_event(region->node, SSI_MEM_EVENT_TYPE_REGION_DEL,
			  region->node->id, 0, region->name, 0);
	return 0;
}

static int end_region(struct ssi_region *region, enum ssi_region_phase phase)
{
	if (READ_ONCE(region->frozen))
		return -EALREADY;
	switch (phase) {
	case SSI_REGION_CLOSE:
		return ssi_region_stop(region, STOP_TICKS);
	case SSI_REGION_REOPEN:
		ssi_region_reopen(region);
		return 0;
	default:
		return free_here(region);
	}
}

/* Its authority; and who has invited us takes that back. */
static bool may_end(struct ssi_region *region, const struct ssi_wire_hdr *hdr)
{
	if (region->joining)
		return ssi_region_slot(region, hdr->from) >= 0 &&
		       hdr->arg == cpu_to_le32(SSI_REGION_FREE);
	return ssi_region_authority(region) == hdr->from;
}

static void take_region_end(struct ssi_job *job)
{
	struct ssi_region *region;
	int ret = 0;

	region = ssi_region_get(job->node, le32_to_cpu(job->hdr.region),
				le32_to_cpu(job->hdr.generation));
	if (region && !may_end(region, &job->hdr)) {
		ssi_stat_inc(job->node, MALFORMED);
		ret = -EINVAL;
	} else if (region) {
		ret = end_region(region, le32_to_cpu(job->hdr.arg));
	}
	ssi_region_put(region);
	ssi_call_reply(job, ret, 0);
}

/**
 * ssi_manage_job() - a management message came
 * @job: of the class, but for RESERVE; taken over
 *
 * Context: process, may sleep. Takes no node->manage: two nodes that call
 * each other must not wait for each other.
 */
void ssi_manage_job(struct ssi_job *job)
{
	switch (job->hdr.type) {
	case SSI_MSG_REGION_NEW:
		take_region(job);
		break;
	case SSI_MSG_REGION_DEL:
		take_region_end(job);
		break;
	case SSI_MSG_REGION_REPLY:
		ssi_call_answered(job);
		break;
	case SSI_MSG_CHANGE:
		ssi_change_job(job);
		break;
	case SSI_MSG_FORGET:
		ssi_leave_job(job);
		break;
	}
	ssi_job_free(job);
}
