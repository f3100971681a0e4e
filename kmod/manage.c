// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region is created and deleted on all its members by the node that the
 * administrator asks, its authority. Each step is a message to every member
 * and an answer from each, within the caller's deadline; a step that fails is
 * taken back.
 */
#include <linux/random.h>
#include "netlink.h"
#include "node.h"
#include "region.h"
#include "serve.h"

#define refuse(why, ...) \
	snprintf((why)->text, sizeof((why)->text), __VA_ARGS__)

/* How long a member waits for its own transactions when a region ends. */
#define STOP_TICKS (2 * HZ)

/* ---- calls ---- */

void ssi_call_init(struct ssi_call *call)
{
	spin_lock_init(&call->lock);
	init_waitqueue_head(&call->wait);
}

static void begin_call(struct ssi_call *call, u64 members)
{
	spin_lock_bh(&call->lock);
	call->serial++;
	call->missing = members;
	call->error = 0;
	spin_unlock_bh(&call->lock);
}

static struct ssi_msg *region_msg(const struct ssi_region *region, u8 type,
				  u32 length)
{
	struct ssi_msg *msg = ssi_msg_alloc(GFP_NOIO, length);

	msg->hdr.type = type;
	msg->hdr.region = cpu_to_le32(region->id);
	msg->hdr.generation = cpu_to_le32(region->generation);
	return msg;
}

static struct ssi_msg *new_msg(const struct ssi_region *region)
{
	struct ssi_wire_region body = {
		.pages = cpu_to_le64(region->pages),
		.members = cpu_to_le64(region->members.mask),
		.authority = cpu_to_le32(region->authority),
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

static const char *member_error(int error)
{
	switch (error) {
	case -EBUSY:
		return "a program has the region open";
	case -EEXIST:
		return "the name is taken there";
	case -ETIMEDOUT:
		return "its transactions do not end";
	case -ENOSPC:
		return "the regions it knows leave no room in the shares";
	case -ESHUTDOWN:
		return "it leaves";
	default:
		return "it could not do it";
	}
}

static int await_call(struct ssi_node *node, unsigned long end,
		      struct ssi_refusal *why)
{
	struct ssi_call *call = &node->call;
	long left = time_before(jiffies, end) ? end - jiffies : 1;
	long ret = wait_event_killable_timeout(call->wait,
					       !READ_ONCE(call->missing) ||
					       READ_ONCE(call->error), left);

	if (ret < 0)
		return ret;
	if (call->error) {
		refuse(why, "node %u refused: %s", call->who,
		       member_error(call->error));
		return call->error;
	}
	if (!call->missing)
		return 0;
	refuse(why, "node %u did not answer in time",
	       (unsigned int)__ffs64(call->missing));
	return -ETIMEDOUT;
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
	u64 others = region->members.mask & ~BIT_ULL(node->id);
	struct ssi_msg *msg;
	unsigned int id;

	lockdep_assert_held(&node->manage);
	begin_call(&node->call, others);
	for (id = 0; id < SSI_NODES_MAX; id++) {
		if (!(others >> id & 1))
			continue;
		msg = type == SSI_MSG_REGION_NEW ? new_msg(region) :
						   del_msg(region, phase);
		msg->hdr.txn = cpu_to_le64(node->call.serial);
		ssi_peer_send(node, id, msg);
	}
	return await_call(node, end, why);
}

static void take_reply(struct ssi_job *job)
{
	struct ssi_call *call = &job->node->call;
	int error = -(int)le32_to_cpu(job->hdr.arg);

	spin_lock_bh(&call->lock);
	if (le64_to_cpu(job->hdr.txn) == call->serial) {
		call->missing &= ~BIT_ULL(job->hdr.from);
		if (error && !call->error) {
			call->who = job->hdr.from;
			call->error = error;
		}
	}
	spin_unlock_bh(&call->lock);
	wake_up_all(&call->wait);
}

static void send_reply(struct ssi_job *job, int error)
{
	struct ssi_msg *msg = ssi_job_msg(job, SSI_MSG_REGION_REPLY);

	msg->hdr.arg = cpu_to_le32(-error);
	ssi_peer_send(job->node, job->hdr.from, msg);
}

/* ---- what the administrator asks ---- */

/* Figures of all members, for the question whether a region fits. */
struct cluster {
	u64 members;
	u64 share;
	u64 reserve;
};

static int look_at_peers(struct ssi_node *node, struct cluster *cluster,
			 struct ssi_refusal *why)
{
	struct ssi_peer *peer;
	unsigned int id;
	bool up;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(node, id);
		if (!peer)
			continue;
		up = id == node->id || ssi_peer_is_up(peer);
		cluster->members |= BIT_ULL(id);
		cluster->share += peer->share;
		cluster->reserve += peer->reserve;
		ssi_peer_put(peer);
		if (!up) {
			refuse(why, "the link to node %u is down", id);
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

static int check_fit(struct ssi_node *node, u64 pages,
		     const struct cluster *cluster, struct ssi_refusal *why)
{
	u64 need = pages + committed(node) + cluster->reserve;

	if (need <= cluster->share)
		return 0;
	refuse(why, "regions and reserves would need %llu MiB, the shares are %llu MiB",
	       DIV_ROUND_UP_ULL(need, 256), cluster->share / 256);
	return -ENOSPC;
}

static struct ssi_region *make_region(struct ssi_node *node, const char *name,
				      u64 pages, const struct cluster *cluster)
{
	struct ssi_wire_region body = {
		.pages = cpu_to_le64(pages),
		.members = cpu_to_le64(cluster->members),
		.authority = cpu_to_le32(node->id),
	};

	strscpy(body.name, name, sizeof(body.name));
	return ssi_region_create(node, (node->id << 24) + ++node->next_region,
				 get_random_u32(), &body);
}

static int create_locked(struct ssi_node *node, const char *name, u64 pages,
			 unsigned long end, struct ssi_refusal *why)
{
	struct cluster cluster = {};
	struct ssi_refusal ignored;
	struct ssi_region *region;
	int ret;

	refuse(why, "the node leaves");
	if (READ_ONCE(node->leaving))
		return -ESHUTDOWN;
	ret = look_at_peers(node, &cluster, why);
	if (!ret)
		ret = check_fit(node, pages, &cluster, why);
	if (ret)
		return ret;
	region = make_region(node, name, pages, &cluster);
	if (IS_ERR(region)) {
		ret = PTR_ERR(region);
		refuse(why, ret == -EEXIST ? "the name is taken" :
		       ret == -E2BIG ? "a region spans at most 32 nodes" :
				       "out of memory");
		return ret;
	}
	kref_get(&region->ref);
	ret = call_members(region, SSI_MSG_REGION_NEW, 0, end, why);
	if (ret) {
		call_members(region, SSI_MSG_REGION_DEL, SSI_REGION_FREE,
			     jiffies + HZ, &ignored);
		ssi_region_remove(region);
	}
	ssi_region_put(region);
	return ret;
}

/**
 * ssi_manage_create() - create a region over this node and all its peers
 * @node:    the local node, its authority
 * @name:    of the region
 * @size:    bytes, a positive multiple of the page size
 * @timeout: jiffies at most
 * @why:     a sentence, where refused
 *
 * Context: process, may sleep. Return: 0 or a named error.
 */
int ssi_manage_create(struct ssi_node *node, const char *name, u64 size,
		      unsigned long timeout, struct ssi_refusal *why)
{
	unsigned long end = jiffies + timeout;
	int ret;

	mutex_lock(&node->manage);
	ret = create_locked(node, name, size >> PAGE_SHIFT, end, why);
	mutex_unlock(&node->manage);
	if (!ret)
		ssi_netlink_event(node, SSI_MEM_EVENT_TYPE_REGION_NEW,
				  node->id, 0, name, 0);
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
		refuse(why, "%s", ret == -EBUSY ?
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

	refuse(why, "it belongs to node %u: delete it there",
	       region->authority);
	if (region->authority != region->node->id)
		return -EREMOTE;
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
	ssi_region_remove(region);
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

	refuse(why, "there is no region of that name");
	if (!region)
		return -ENOENT;
	mutex_lock(&node->manage);
	ret = delete_locked(region, end, why);
	mutex_unlock(&node->manage);
	ssi_region_put(region);
	if (!ret)
		ssi_netlink_event(node, SSI_MEM_EVENT_TYPE_REGION_DEL,
				  node->id, 0, name, 0);
	return ret;
}

static bool spans(struct ssi_node *node, unsigned int id)
{
	struct ssi_region *region;
	unsigned long i;
	bool found = false;

	rcu_read_lock();
	xa_for_each(&node->regions, i, region)
		found |= region->members.mask >> id & 1;
	rcu_read_unlock();
	return found;
}

static int attach_locked(struct ssi_node *node, u8 id, const u8 *incarnation,
			 struct ssi_peer **peer, struct ssi_refusal *why)
{
	refuse(why, "the node leaves");
	if (READ_ONCE(node->leaving))
		return -ESHUTDOWN;
	*peer = ssi_peer_get(node, id);
	if (*peer && !memcmp((*peer)->incarnation, incarnation,
			     SSI_MEM_INCARNATION_LEN))
		return 0;
	if (*peer) {
		ssi_peer_put(*peer);
		refuse(why, "node %u began a new life, but a region still spans its old one",
		       id);
		if (spans(node, id))
			return -ESTALE;
		ssi_peer_remove(*peer);
	}
	*peer = ssi_peer_create(node, id, incarnation);
	refuse(why, "out of memory");
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
 * Context: process, may sleep. Return: 0; -ESHUTDOWN; -ESTALE another
 * incarnation while a region spans the peer; -ENOMEM.
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
 * Does the region fit beside those that this node knows? The authority may
 * know fewer: it may have joined later, or two may create at the same time.
 */
static int check_members(struct ssi_node *node,
			 const struct ssi_wire_region *body)
{
	u64 members = le64_to_cpu(body->members);
	struct cluster cluster = {};
	struct ssi_refusal ignored;
	struct ssi_peer *peer;
	unsigned int id;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = members >> id & 1 ? ssi_peer_get(node, id) : NULL;
		if (!peer)
			continue;
		cluster.share += peer->share;
		cluster.reserve += peer->reserve;
		ssi_peer_put(peer);
	}
	return check_fit(node, le64_to_cpu(body->pages), &cluster, &ignored);
}

static void take_region(struct ssi_job *job)
{
	const struct ssi_wire_region *body = &job->body.region;
	struct ssi_region *region;
	int ret;

	if (!ssi_wire_region_check(body) ||
	    le32_to_cpu(body->authority) != job->hdr.from ||
	    !(le64_to_cpu(body->members) >> job->node->id & 1)) {
		ssi_stat_inc(job->node, MALFORMED);
		send_reply(job, -EINVAL);
		return;
	}
	ret = check_members(job->node, body);
	region = ret ? ERR_PTR(ret) :
		ssi_region_create(job->node, le32_to_cpu(job->hdr.region),
				  le32_to_cpu(job->hdr.generation), body);
	if (!IS_ERR(region))
		ssi_netlink_event(job->node, SSI_MEM_EVENT_TYPE_REGION_NEW,
				  job->node->id, 0, body->name, 0);
	send_reply(job, PTR_ERR_OR_ZERO(region));
}

static int end_region(struct ssi_region *region, enum ssi_region_phase phase)
{
	switch (phase) {
	case SSI_REGION_CLOSE:
		return ssi_region_stop(region, STOP_TICKS);
	case SSI_REGION_REOPEN:
		ssi_region_reopen(region);
		return 0;
	default:
		ssi_region_remove(region);
		ssi_netlink_event(region->node, SSI_MEM_EVENT_TYPE_REGION_DEL,
				  region->node->id, 0, region->name, 0);
		return 0;
	}
}

static void take_region_end(struct ssi_job *job)
{
	struct ssi_region *region;
	int ret = 0;

	region = ssi_region_get(job->node, le32_to_cpu(job->hdr.region),
				le32_to_cpu(job->hdr.generation));
	if (region && region->authority != job->hdr.from)
		ret = -EINVAL;
	else if (region)
		ret = end_region(region, le32_to_cpu(job->hdr.arg));
	ssi_region_put(region);
	send_reply(job, ret);
}

/**
 * ssi_manage_job() - a management message came
 * @job: of REGION_NEW, REGION_DEL or REGION_REPLY; taken over
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
		take_reply(job);
		break;
	}
	ssi_job_free(job);
}
