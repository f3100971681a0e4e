// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of a region's members: a node comes, leaves, or is dead. One node
 * leads all of them, old and new, through the steps of enum ssi_change_step;
 * between them nothing of the region is under way, and the directories are
 * built anew from what the members hold. Local accesses go on meanwhile;
 * requests wait.
 */
#include <linux/ktime.h>
#include <linux/slab.h>
#include "netlink.h"
#include "node.h"
#include "power.h"
#include "region.h"
#include "serve.h"
#include "trace.h"

/* How long a step may wait for a member's workers and links. */
#define STEP_TICKS (5 * HZ)

/* Reports that are sent before their arrival is waited for. */
#define REPORT_WINDOW 512

/**
 * ssi_change_init() - no change is under way
 * @change: of a region, zeroed
 */
void ssi_change_init(struct ssi_change *change)
{
	mutex_init(&change->lock);
}

/* Who takes part: all that were and will be members, but for the dead. */
static u64 takers(const struct ssi_wire_change *body)
{
	return le64_to_cpu(body->members) | le64_to_cpu(body->leaving);
}

static bool is_leaving(const struct ssi_region *region)
{
	return le64_to_cpu(region->change.body.leaving) >>
	       region->node->id & 1;
}

/* ---- waiting until nothing is under way ---- */

/* Workers and forwards that are held end by themselves, and soon. */
static int await_idle(struct ssi_region *region)
{
	return wait_var_event_timeout(&region->running,
				      !atomic_read(&region->running),
				      STEP_TICKS) ? 0 : -ETIMEDOUT;
}

/*
 * Before what reports are taken into is changed: a job that saw @taking is
 * counted in @running.
 */
static int stop_reports(struct ssi_region *region)
{
	WRITE_ONCE(region->change.taking, false);
	/* @taking before the look at @running. */
	smp_mb();
	return await_idle(region);
}

/* Until all that we sent has been handed over, at every node. */
static int flush_links(struct ssi_region *region)
{
	u64 nodes = takers(&region->change.body);
	struct ssi_peer *peer;
	unsigned int id;
	bool ok = true;

	for (id = 0; id < SSI_NODES_MAX && ok; id++) {
		peer = nodes >> id & 1 ? ssi_peer_get(region->node, id) : NULL;
		ok = !(nodes >> id & 1) ||
		     (peer && ssi_link_flush(&peer->link, STEP_TICKS));
		ssi_peer_put(peer);
	}
	return ok ? 0 : -ETIMEDOUT;
}

/* ---- the directories that are built ---- */

static void discard_built(struct ssi_region *region)
{
	struct ssi_chunk *chunk;
	u32 i;

	for (i = 0; i < ssi_region_chunks(region); i++) {
		chunk = READ_ONCE(region->chunks[i]);
		if (!chunk || !chunk->built)
			continue;
		ssi_home_free(chunk->built);
		chunk->built = NULL;
		cond_resched();
	}
	kvfree(region->change.map);
	region->change.map = NULL;
}

static void adopt(struct ssi_region *region, u32 index, unsigned int slot)
{
	struct ssi_msg *msg = ssi_msg_alloc(GFP_NOIO, 0);

	msg->hdr.type = SSI_MSG_ADOPT;
	msg->hdr.region = cpu_to_le32(region->id);
	msg->hdr.generation = cpu_to_le32(region->generation);
	msg->hdr.page = cpu_to_le32(index);
	ssi_peer_send(region->node, region->change.map->members.ids[slot], msg);
}

static bool home_died(struct ssi_region *region, u32 index)
{
	return le64_to_cpu(region->change.body.dead) >>
	       ssi_region_home_id(region, index) & 1;
}

/* Every page of the chunk may have been granted to somebody. */
static void assume_granted(struct ssi_region *region, u32 base)
{
	struct ssi_home *built;
	u32 i;

	while (!(built = ssi_region_build(region, base)))
		schedule_timeout_uninterruptible(1);
	for (i = 0; i < SSI_CHUNK_PAGES; i++)
		ssi_dir_report(&built->dir[i], 0, SSI_REPORT_KNOWN);
}

/*
 * What a dead home granted to another dead node nobody knows who lives. So
 * with two dead, all that nobody holds of their chunks counts as granted.
 */
static void assume_for_the_dead(struct ssi_region *region)
{
	const struct ssi_change *change = &region->change;
	u32 i;

	if (hweight64(le64_to_cpu(change->body.dead)) < 2)
		return;
	for (i = 0; i < region->pages; i += SSI_CHUNK_PAGES) {
		if (ssi_map_home_id(change->map, i) == region->node->id &&
		    home_died(region, i))
			assume_granted(region, i);
		cond_resched();
	}
}

/* Return: pages of the chunk that are lost. */
static u32 settle_chunk(struct ssi_region *region, struct ssi_home *built,
			u32 base)
{
	struct ssi_finding finding;
	u32 i, lost = 0;

	for (i = 0; i < SSI_CHUNK_PAGES && base + i < region->pages; i++) {
		finding = ssi_dir_settle(&built->dir[i]);
		if (finding.adopt)
			adopt(region, base + i, finding.owner);
		lost += ssi_dir_is_lost(&built->dir[i]);
	}
	return lost;
}

static u32 settle_all(struct ssi_region *region)
{
	struct ssi_chunk *chunk;
	u32 i, lost = 0;

	for (i = 0; i < ssi_region_chunks(region); i++) {
		chunk = READ_ONCE(region->chunks[i]);
		if (chunk && chunk->built)
			lost += settle_chunk(region, chunk->built,
					     i * SSI_CHUNK_PAGES);
		cond_resched();
	}
	return lost;
}

/* What a leaving node never touched is ours, as the directory has it. */
static void take_released(struct ssi_region *region, struct ssi_home *home,
			  u32 base, unsigned int self)
{
	struct ssi_page page;
	u32 i;

	for (i = 0; i < SSI_CHUNK_PAGES && base + i < region->pages; i++) {
		if (!ssi_dir_is_owned(&home->dir[i]) ||
		    home->dir[i].owner != self ||
		    !ssi_region_page(region, base + i, 0, &page))
			continue;
		ssi_page_lock(&page);
		if (ssi_page_state(&page) == SSI_INVALID)
			ssi_page_set(&page, SSI_UNTOUCHED, NULL);
		ssi_page_unlock(&page);
	}
}

/*
 * The built directories take the place of the others. Who looks one up is
 * counted in @running, of which there is none, or reads under RCU.
 */
static void install(struct ssi_region *region)
{
	struct ssi_change *change = &region->change;
	struct ssi_chunk *chunk;
	struct ssi_home *former;
	struct ssi_map *map;
	u32 i;

	for (i = 0; i < ssi_region_chunks(region); i++) {
		chunk = READ_ONCE(region->chunks[i]);
		if (!chunk)
			continue;
		former = chunk->home;
		if (chunk->built)
			take_released(region, chunk->built, i * SSI_CHUNK_PAGES,
				      change->map->self);
		/* Pairs with the acquire of ssi_region_home(). */
		smp_store_release(&chunk->home, chunk->built);
		chunk->built = former;
		cond_resched();
	}
	map = rcu_replace_pointer(region->map, change->map,
				  lockdep_is_held(&change->lock));
	change->map = map;
	synchronize_rcu();
	discard_built(region);
}

static u32 later(u32 a, u32 b)
{
	return ssi_seq_before(a, b) ? b : a;
}

/* Of all changes that the region has seen, those that were taken back too. */
static u32 latest_epoch(const struct ssi_region *region)
{
	const struct ssi_change *change = &region->change;

	return later(region->epoch, later(change->epoch, change->aborted));
}

static void thaw(struct ssi_region *region)
{
	/* Requests that begin now carry the new epoch. */
	WRITE_ONCE(region->epoch, latest_epoch(region));
	WRITE_ONCE(region->refusing, false);
	/* Pairs with the reads of those who begin: all the above, then go. */
	smp_store_release(&region->frozen, false);
	/* @frozen before wake_up_var() looks for who waits. */
	smp_mb();
	wake_up_var(&region->frozen);
	ssi_stall_drop(&region->stall);
	queue_work(region->node->wq, &region->node->evictor.work);
}

/* ---- what a member tells of its pages ---- */

/* A map of the chunk's pages for each kind of report. */
struct holdings {
	struct ssi_wire_range maps[SSI_REPORT_MAX];
	struct ssi_wire_range granted;
	bool any[SSI_REPORT_MAX];
};

static void note(struct holdings *has, enum ssi_report kind, u32 i)
{
	ssi_wire_range_add(&has->maps[kind], i);
	ssi_wire_range_add(&has->granted, i);
	has->any[kind] = true;
}

static void look_at_chunk(struct ssi_region *region, u32 base,
			  struct holdings *has)
{
	struct ssi_home *home = ssi_region_home(region, base, 0);
	bool leaving = is_leaving(region);
	enum ssi_report kind;
	struct ssi_page page;
	u32 i;

	memset(has, 0, sizeof(*has));
	for (i = 0; i < SSI_CHUNK_PAGES && base + i < region->pages; i++) {
		ssi_region_page(region, base + i, 0, &page);
		kind = ssi_coh_report(ssi_page_state(&page), leaving,
				      ssi_page_is(&page, SSI_PAGE_KNOWN));
		if (kind != SSI_REPORT_MAX)
			note(has, kind, i);
		if (home && ssi_dir_is_lost(&home->dir[i]))
			note(has, SSI_REPORT_LOST, i);
		else if (home && ssi_dir_is_owned(&home->dir[i]))
			note(has, SSI_REPORT_KNOWN, i);
	}
}

static void send_report(struct ssi_region *region, unsigned int to, u32 base,
			enum ssi_report kind, const struct ssi_wire_range *map)
{
	struct ssi_msg *msg = ssi_msg_alloc(GFP_NOIO, sizeof(*map));

	msg->hdr.type = SSI_MSG_REPORT;
	msg->hdr.region = cpu_to_le32(region->id);
	msg->hdr.generation = cpu_to_le32(region->generation);
	msg->hdr.epoch = cpu_to_le32(region->change.epoch);
	msg->hdr.page = cpu_to_le32(base);
	msg->hdr.arg = cpu_to_le32(kind);
	memcpy((void *)msg->body, map, sizeof(*map));
	ssi_peer_send(region->node, to, msg);
}

/*
 * To the home all kinds; to the one who would have to know, should the home
 * die, that these pages were granted. Return: messages sent.
 */
static u32 report_chunk(struct ssi_region *region, u32 base,
			struct holdings *has)
{
	const struct ssi_map *map = region->change.map;
	unsigned int home = ssi_map_home_id(map, base);
	unsigned int next = ssi_map_next_id(map, base);
	u32 kind, sent = 0;

	look_at_chunk(region, base, has);
	for (kind = 0; kind < SSI_REPORT_MAX; kind++) {
		if (!has->any[kind])
			continue;
		send_report(region, home, base, kind, &has->maps[kind]);
		sent++;
	}
	if (!sent || next == home)
		return sent;
	send_report(region, next, base, SSI_REPORT_KNOWN, &has->granted);
	return sent + 1;
}

static int report_all(struct ssi_region *region)
{
	struct holdings *has = kmalloc(sizeof(*has), GFP_NOIO);
	u32 i, sent = 0;
	int ret = 0;

	if (!has)
		return -ENOMEM;
	for (i = 0; i < ssi_region_chunks(region) && !ret; i++) {
		if (!READ_ONCE(region->chunks[i]))
			continue;
		sent += report_chunk(region, i * SSI_CHUNK_PAGES, has);
		if (sent >= REPORT_WINDOW) {
			ret = flush_links(region);
			sent = 0;
		}
	}
	kfree(has);
	return ret ?: flush_links(region);
}

static void take_report(struct ssi_region *region,
			const struct ssi_wire_hdr *hdr,
			const struct ssi_wire_range *range, int slot)
{
	enum ssi_report kind = le32_to_cpu(hdr->arg);
	struct ssi_home *built;
	u32 i;

	while (!(built = ssi_region_build(region, le32_to_cpu(hdr->page))))
		schedule_timeout_uninterruptible(1);
	spin_lock_bh(&built->lock);
	for (i = 0; i < SSI_CHUNK_PAGES; i++) {
		if (ssi_wire_range_has(range, i))
			ssi_dir_report(&built->dir[i], slot, kind);
	}
	spin_unlock_bh(&built->lock);
}

static bool report_is_due(struct ssi_region *region,
			  const struct ssi_wire_hdr *hdr)
{
	/* Pairs with the release in freeze(). */
	return region && smp_load_acquire(&region->change.taking) &&
	       le32_to_cpu(hdr->epoch) == region->change.epoch &&
	       le32_to_cpu(hdr->page) < region->pages &&
	       takers(&region->change.body) >> hdr->from & 1;
}

/**
 * ssi_change_report() - a member tells what it holds of a chunk
 * @job: of the REPORT; taken over
 *
 * The change stays as it is meanwhile: see stop_reports().
 *
 * Context: process, may sleep.
 */
void ssi_change_report(struct ssi_job *job)
{
	enum ssi_report kind = le32_to_cpu(job->hdr.arg);
	struct ssi_region *region = job->region;
	u32 index = le32_to_cpu(job->hdr.page);
	const struct ssi_map *map;
	int slot;

	if (!report_is_due(region, &job->hdr)) {
		ssi_stat_inc(job->node, STALE);
		ssi_job_free(job);
		return;
	}
	map = region->change.map;
	slot = kind == SSI_REPORT_RELEASED ? map->self :
		ssi_members_slot(&map->members, job->hdr.from);
	if (ssi_map_home_id(map, index) != job->node->id)
		ssi_region_mark_known(region, index, &job->body.range);
	else if (slot >= 0 || kind == SSI_REPORT_KNOWN ||
		 kind == SSI_REPORT_LOST)
		take_report(region, &job->hdr, &job->body.range, slot);
	else
		ssi_stat_inc(job->node, MALFORMED);
	ssi_job_free(job);
}

/**
 * ssi_change_home_id() - who will be the home of a page?
 * @region: that the caller, a job of the region, is counted for in @running
 * @index:  of the page
 *
 * Return: id of the node; SSI_NODES_MAX while no change is under way.
 */
unsigned int ssi_change_home_id(struct ssi_region *region, u32 index)
{
	/* Pairs with the release in freeze(); the map stays: stop_reports(). */
	if (!smp_load_acquire(&region->change.taking))
		return SSI_NODES_MAX;
	return ssi_map_home_id(region->change.map, index);
}

/* ---- the steps, at a member ---- */

/* Every member has a link to every other, and none to the dead. */
static int check_links(struct ssi_node *node,
		       const struct ssi_wire_change *body)
{
	u64 alive = takers(body) & ~BIT_ULL(node->id);
	u64 dead = le64_to_cpu(body->dead);
	struct ssi_peer *peer;
	unsigned int id;
	bool up;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(node, id);
		up = peer && ssi_peer_is_up(peer);
		ssi_peer_put(peer);
		if (alive >> id & 1 && !up)
			return -ENOTCONN;
		if (dead >> id & 1 && peer)
			return -EISCONN;
	}
	return 0;
}

static int may_freeze(struct ssi_region *region, const struct ssi_wire_hdr *hdr,
		      const struct ssi_wire_change *body)
{
	const struct ssi_change *change = &region->change;
	u32 epoch = le32_to_cpu(hdr->epoch);
	u64 dead = le64_to_cpu(body->dead);

	if (ssi_region_members(region) & ~(takers(body) | dead) ||
	    !(takers(body) >> region->node->id & 1))
		return -EINVAL;
	if (!ssi_seq_before(latest_epoch(region), epoch))
		return -ESTALE;
	if (region->frozen && change->leader != hdr->from &&
	    !(dead >> change->leader & 1))
		return -EALREADY;
	if (region->closing && !region->joining)
		return -EALREADY;
	return check_links(region->node, body);
}

static int freeze(struct ssi_region *region, const struct ssi_wire_hdr *hdr,
		  const struct ssi_wire_change *body)
{
	struct ssi_change *change = &region->change;
	struct ssi_map *map;
	int ret;

	ret = may_freeze(region, hdr, body) ?: stop_reports(region);
	if (ret)
		return ret;
	map = ssi_region_make_map(region, le64_to_cpu(body->members),
				  le32_to_cpu(body->authority));
	if (IS_ERR(map))
		return PTR_ERR(map);
	discard_built(region);
	change->map = map;
	change->body = *body;
	WRITE_ONCE(change->leader, hdr->from);
	WRITE_ONCE(change->epoch, le32_to_cpu(hdr->epoch));
	/* All the above, then reports. */
	smp_store_release(&change->taking, true);
	WRITE_ONCE(region->frozen, true);
	/*
	 * @frozen before the look at @running, see ssi_region_run_begin(), and
	 * before the look whether we sleep, see ssi_power_sleeps(). If we do,
	 * the leader aborts the change.
	 */
	smp_mb();
	if (ssi_power_sleeps())
		return -EHOSTDOWN;
	/* What we report must stay as it is: nobody begins to use the region. */
	return is_leaving(region) && !ssi_region_shut(region) ? -EBUSY : 0;
}

static int settle(struct ssi_region *region)
{
	WRITE_ONCE(region->refusing, true);
	ssi_home_refuse_waiting(region);
	return await_idle(region) ?: flush_links(region);
}

static int drain(struct ssi_region *region)
{
	return await_idle(region) ?: flush_links(region);
}

static int report(struct ssi_region *region, const struct ssi_wire_hdr *hdr)
{
	int ret = await_idle(region);

	if (ret)
		return ret;
	ssi_requests_conclude(region);
	if (is_leaving(region) && atomic64_read(&region->owned) &&
	    !(hdr->flags & SSI_MF_LOSSY))
		return -ENOTEMPTY;
	return report_all(region);
}

static int build(struct ssi_region *region, u32 *lost)
{
	int ret = await_idle(region);

	if (ret)
		return ret;
	ssi_home_drop_txns(region);
	assume_for_the_dead(region);
	*lost = settle_all(region);
	return flush_links(region);
}

static int commit(struct ssi_region *region)
{
	/* It is decided, so it must not fail: what runs ends by itself. */
	while (await_idle(region) || stop_reports(region))
		pr_warn_ratelimited("ssi_mem: node %s: region %s: a change of members waits for what is under way\n",
				    region->node->name, region->name);
	install(region);
	ssi_region_joined(region);
	if (!is_leaving(region))
		thaw(region);
	/* Those that left before they were known to be no members. */
	ssi_peer_sweep(region->node);
	ssi_netlink_event(region->node, SSI_MEM_EVENT_TYPE_REGION_CHANGE,
			  region->node->id, 0, region->name, 0);
	pr_info("ssi_mem: node %s: region %s: epoch %u, members %*pbl\n",
		region->node->name, region->name, region->change.epoch,
		(int)SSI_NODES_MAX, &rcu_dereference_protected(region->map,
			lockdep_is_held(&region->change.lock))->members.mask);
	return 0;
}

/* Also for a member that refused to freeze: the epoch is the same for all. */
static int abort_change(struct ssi_region *region,
			const struct ssi_wire_hdr *hdr)
{
	struct ssi_change *change = &region->change;

	/* As in commit(). */
	while (stop_reports(region))
		pr_warn_ratelimited("ssi_mem: node %s: region %s: taking back a change of members waits for what is under way\n",
				    region->node->name, region->name);
	discard_built(region);
	WRITE_ONCE(change->epoch, le32_to_cpu(hdr->epoch));
	if (region->frozen && is_leaving(region))
		ssi_region_reopen(region);
	thaw(region);
	return 0;
}

static int in_order(const struct ssi_region *region,
		    const struct ssi_wire_hdr *hdr)
{
	const struct ssi_change *change = &region->change;
	enum ssi_change_step step = le32_to_cpu(hdr->arg);
	u32 epoch = le32_to_cpu(hdr->epoch);

	if (step == SSI_CHANGE_FREEZE)
		return 0;
	if (step == SSI_CHANGE_ABORT && !region->frozen)
		return ssi_seq_before(change->epoch, epoch) ? 0 : -ESTALE;
	if (!region->frozen || change->leader != hdr->from ||
	    change->epoch != epoch)
		return -ESTALE;
	return step == SSI_CHANGE_ABORT || step == change->step + 1 ? 0 :
								      -ESTALE;
}

static int do_step(struct ssi_region *region, const struct ssi_wire_hdr *hdr,
		   const struct ssi_wire_change *body, u32 *lost)
{
	switch (le32_to_cpu(hdr->arg)) {
	case SSI_CHANGE_FREEZE:
		return freeze(region, hdr, body);
	case SSI_CHANGE_SETTLE:
		return settle(region);
	case SSI_CHANGE_DRAIN:
		return drain(region);
	case SSI_CHANGE_REPORT:
		return report(region, hdr);
	case SSI_CHANGE_BUILD:
		return build(region, lost);
	case SSI_CHANGE_ADOPT:
		/* A home that has committed takes who adopts for the owner. */
		return await_idle(region);
	case SSI_CHANGE_COMMIT:
		return commit(region);
	default:
		return abort_change(region, hdr);
	}
}

/*
 * A change was taken back that could not begin here, since another has frozen
 * the region. The others have its epoch now, so this one will have it too.
 */
static bool is_of_another(const struct ssi_region *region,
			  const struct ssi_wire_hdr *hdr)
{
	return le32_to_cpu(hdr->arg) == SSI_CHANGE_ABORT && region->frozen &&
	       region->change.leader != hdr->from;
}

/*
 * After a link was down several steps may arrive at once, and workers take them
 * in any order: a step that was taken back is known by its epoch, and none may
 * be missed.
 */
static int take_step(struct ssi_region *region, const struct ssi_wire_hdr *hdr,
		     const struct ssi_wire_change *body, u32 *lost)
{
	struct ssi_change *change = &region->change;
	u64 began = ktime_get_ns();
	int ret;

	mutex_lock(&change->lock);
	if (is_of_another(region, hdr)) {
		change->aborted = later(change->aborted,
					le32_to_cpu(hdr->epoch));
		mutex_unlock(&change->lock);
		return 0;
	}
	ret = in_order(region, hdr) ?: do_step(region, hdr, body, lost);
	if (!ret)
		WRITE_ONCE(change->step, le32_to_cpu(hdr->arg));
	trace_ssi_change_step(region, hdr, ktime_get_ns() - began, ret);
	mutex_unlock(&change->lock);
	return ret;
}

/**
 * ssi_change_job() - the leader of a change asks for its next step
 * @job: of the CHANGE, still the caller's
 *
 * Context: process, may sleep.
 */
void ssi_change_job(struct ssi_job *job)
{
	struct ssi_wire_change *body = &job->body.change;
	struct ssi_region *region;
	int ret = -ENOENT;
	u32 lost = 0;

	region = ssi_region_get(job->node, le32_to_cpu(job->hdr.region),
				le32_to_cpu(job->hdr.generation));
	if (!ssi_wire_change_check(body) ||
	    (region && ssi_region_slot(region, job->hdr.from) < 0)) {
		ssi_stat_inc(job->node, MALFORMED);
		ret = -EINVAL;
	} else if (region) {
		ret = take_step(region, &job->hdr, body, &lost);
	}
	ssi_region_put(region);
	ssi_call_reply(job, ret, lost);
}

/* ---- the leader ---- */

static const char *own_error(int error)
{
	switch (error) {
	case -ENOTCONN:
		return "the link to one of the members is down";
	case -EISCONN:
		return "the link to the dead node is up";
	case -ENOTEMPTY:
		return "this node still owns pages of the region: drain first";
	case -EBUSY:
		return "a program of this node has the region open";
	case -EALREADY:
		return "another change of the region's members is under way";
	case -ETIMEDOUT:
		return "a link or a transaction takes too long";
	case -E2BIG:
		return "a region spans at most 32 nodes";
	case -EHOSTDOWN:
		return "this machine goes to sleep";
	case -ENOMEM:
		return "this machine is out of memory";
	case -ESTALE:
		return "the members changed meanwhile: try again";
	default:
		return NULL;
	}
}

static void refused_here(int error, struct ssi_refusal *why)
{
	const char *text = own_error(error);

	if (text)
		ssi_refuse(why, "%s", text);
	else
		ssi_refuse(why, "it could not be done here: error %d", -error);
}

static int step_everywhere(struct ssi_region *region,
			   const struct ssi_wire_hdr *hdr,
			   const struct ssi_wire_change *body,
			   unsigned long end, u64 *lost,
			   struct ssi_refusal *why)
{
	struct ssi_node *node = region->node;
	u64 others = takers(body) & ~BIT_ULL(node->id);
	u64 serial = ssi_call_begin(node, others);
	struct ssi_msg *msg;
	unsigned int id;
	u32 mine = 0;
	int ret;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		if (!(others >> id & 1))
			continue;
		msg = ssi_msg_alloc(GFP_NOIO, sizeof(*body));
		msg->hdr = *hdr;
		msg->hdr.length = cpu_to_le32(sizeof(*body));
		msg->hdr.txn = cpu_to_le64(serial);
		memcpy((void *)msg->body, body, sizeof(*body));
		ssi_peer_send(node, id, msg);
	}
	ret = take_step(region, hdr, body, &mine);
	if (ret)
		refused_here(ret, why);
	else
		ret = ssi_call_await(node, end, why);
	*lost = node->call.count + mine;
	return ret;
}

/*
 * Until requests were given up because of a dead node, and as long as there is
 * none, all can go on as before.
 */
static void give_up(struct ssi_region *region, struct ssi_wire_hdr *hdr,
		    const struct ssi_wire_change *body)
{
	enum ssi_change_step step = le32_to_cpu(hdr->arg);
	struct ssi_refusal ignored;
	u64 lost;

	if (body->dead && step >= SSI_CHANGE_REPORT) {
		pr_warn("ssi_mem: node %s: region %s stays frozen: forget the dead node again\n",
			region->node->name, region->name);
		return;
	}
	hdr->arg = cpu_to_le32(SSI_CHANGE_ABORT);
	step_everywhere(region, hdr, body, jiffies + HZ, &lost, &ignored);
}

/**
 * ssi_change_lead() - change the members of a region
 * @region: a member of which is this node; node->manage is held
 * @plan:   the change
 * @end:    jiffies
 * @lost:   set to the pages that are lost
 * @why:    a sentence, where refused
 *
 * Context: process, may sleep. Return: 0 or a named error.
 */
int ssi_change_lead(struct ssi_region *region,
		    const struct ssi_change_plan *plan, unsigned long end,
		    u64 *lost, struct ssi_refusal *why)
{
	struct ssi_wire_change body = {
		.members = cpu_to_le64(plan->members),
		.dead = cpu_to_le64(plan->dead),
		.leaving = cpu_to_le64(plan->leaving),
		.authority = cpu_to_le32(plan->authority),
	};
	struct ssi_wire_hdr hdr = {
		.type = SSI_MSG_CHANGE,
		.flags = plan->lossy ? SSI_MF_LOSSY : 0,
		.from = region->node->id,
		.region = cpu_to_le32(region->id),
		.generation = cpu_to_le32(region->generation),
		.epoch = cpu_to_le32(latest_epoch(region) + 1),
	};
	enum ssi_change_step step;
	u64 count;
	int ret;

	lockdep_assert_held(&region->node->manage);
	for (step = SSI_CHANGE_FREEZE; step <= SSI_CHANGE_COMMIT; step++) {
		hdr.arg = cpu_to_le32(step);
		ret = step_everywhere(region, &hdr, &body, end, &count, why);
		if (step == SSI_CHANGE_BUILD)
			*lost = count;
		if (ret && step == SSI_CHANGE_COMMIT)
			/* It is decided, and the message is on its way. */
			pr_warn("ssi_mem: node %s: region %s: %s\n",
				region->node->name, region->name, why->text);
		else if (ret)
			break;
	}
	if (step > SSI_CHANGE_COMMIT)
		return 0;
	give_up(region, &hdr, &body);
	return ret;
}

/**
 * ssi_change_abandon() - forget the region without asking its other members
 * @region: that no program of this node has open
 *
 * Context: process, may sleep.
 */
void ssi_change_abandon(struct ssi_region *region)
{
	mutex_lock(&region->change.lock);
	WRITE_ONCE(region->frozen, true);
	/* @frozen before the look at @running, as in freeze(). */
	smp_mb();
	WRITE_ONCE(region->refusing, true);
	ssi_home_refuse_waiting(region);
	while (await_idle(region))
		pr_warn_ratelimited("ssi_mem: node %s: region %s: leaving it waits for what is under way\n",
				    region->node->name, region->name);
	ssi_requests_conclude(region);
	ssi_home_drop_txns(region);
	mutex_unlock(&region->change.lock);
}
