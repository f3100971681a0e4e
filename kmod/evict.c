// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coldness without the core's LRU: a clock with two hands. The first hand
 * unmaps a batch of pages; what is touched again comes back as a fault and is
 * marked recent. The second hand follows at a distance and evicts what was
 * not. Clean copies are dropped at once; an owned page needs room at another
 * node, reserved before, so that no eviction is ever refused for lack of it.
 */
#include <linux/ktime.h>
#include "core/policy.h"
#include "fault.h"
#include "node.h"
#include "region.h"
#include "serve.h"
#include "trace.h"

/* Pages that the hands move at a time. */
#define BATCH 64u

/* Evictions under way at a time, and pages of room asked for at a time. */
#define WINDOW 64

#define RETRY_TICKS msecs_to_jiffies(10)

static struct ssi_node *node_of(struct ssi_evictor *evictor)
{
	return container_of(evictor, struct ssi_node, evictor);
}

static bool is_over(struct ssi_node *node)
{
	const struct ssi_share *share = &node->share;
	/* What is on its way out counts until it has arrived. */
	s64 open = atomic_read(&node->evictor.open);

	if (READ_ONCE(node->evictor.stopped))
		return true;
	if (READ_ONCE(share->draining))
		return atomic64_read(&share->used) <= open;
	return atomic64_read(&share->claimed) - open <=
	       (s64)ssi_policy_evict_stop(share->pages);
}

/* ---- room at other nodes ---- */

static struct ssi_msg *reserve_msg(u32 pages, u8 flags)
{
	struct ssi_msg *msg = ssi_msg_alloc(GFP_NOIO, 0);

	msg->hdr.type = SSI_MSG_RESERVE;
	msg->hdr.flags = flags;
	msg->hdr.arg = cpu_to_le32(pages);
	return msg;
}

/* Take one page of promised room. */
static bool take_room(struct ssi_peer *peer)
{
	bool ok;

	spin_lock_bh(&peer->lock);
	ok = peer->rooms;
	WRITE_ONCE(peer->rooms, peer->rooms - ok);
	spin_unlock_bh(&peer->lock);
	return ok;
}

static void ask_room(struct ssi_peer *peer)
{
	bool ask;

	spin_lock_bh(&peer->lock);
	ask = !peer->asked && !peer->rooms;
	if (ask)
		WRITE_ONCE(peer->asked, true);
	spin_unlock_bh(&peer->lock);
	if (ask)
		ssi_link_send(&peer->link, reserve_msg(WINDOW, 0));
}

/**
 * ssi_evict_room() - ROOM came
 * @peer:  that promised
 * @pages: how many; no more than were asked for
 *
 * Context: any.
 */
void ssi_evict_room(struct ssi_peer *peer, u32 pages)
{
	bool legal;

	spin_lock_bh(&peer->lock);
	legal = peer->asked && pages <= WINDOW;
	if (legal) {
		WRITE_ONCE(peer->rooms, peer->rooms + pages);
		WRITE_ONCE(peer->asked, false);
	}
	spin_unlock_bh(&peer->lock);
	if (legal)
		wake_up_all(&peer->node->evictor.wait);
	else
		ssi_stat_inc(peer->node, MALFORMED);
}

/*
 * A peer has no more use for room than for the evictions that it may have under
 * way, and for as many that it asked room for ahead.
 */
static void promise(struct ssi_job *job, struct ssi_peer *peer, u32 pages)
{
	struct ssi_msg *msg = ssi_msg_alloc(GFP_NOIO, 0);
	u64 got = ssi_share_promise(&job->node->share, pages), free, more;

	spin_lock_bh(&peer->lock);
	/* A page of an eviction that broke off counts as promised once more. */
	free = 2 * WINDOW - min_t(u32, peer->promised, 2 * WINDOW);
	more = READ_ONCE(peer->link.closed) ? got : got - min_t(u64, got, free);
	got -= more;
	WRITE_ONCE(peer->promised, peer->promised + got);
	spin_unlock_bh(&peer->lock);
	ssi_share_unpromise(&job->node->share, more);
	trace_ssi_room(job->node->id, peer->id, pages, got);
	msg->hdr.type = SSI_MSG_ROOM;
	msg->hdr.arg = cpu_to_le32(got);
	ssi_link_send(&peer->link, msg);
	/* Copies that we keep must not be in the way of an only copy. */
	if (!got)
		queue_work(job->node->wq, &job->node->evictor.work);
}

static void take_back(struct ssi_job *job, struct ssi_peer *peer, u32 pages)
{
	spin_lock_bh(&peer->lock);
	pages = min(pages, peer->promised);
	WRITE_ONCE(peer->promised, peer->promised - pages);
	spin_unlock_bh(&peer->lock);
	ssi_share_unpromise(&job->node->share, pages);
}

/**
 * ssi_evict_reserve() - RESERVE came: promise room, or take it back
 * @job: of the RESERVE; taken over
 *
 * Context: process.
 */
void ssi_evict_reserve(struct ssi_job *job)
{
	struct ssi_peer *peer = ssi_peer_get(job->node, job->hdr.from);
	u32 pages = min_t(u32, le32_to_cpu(job->hdr.arg), WINDOW);

	if (peer && job->hdr.flags & SSI_MF_RETURN)
		take_back(job, peer, pages);
	else if (peer)
		promise(job, peer, pages);
	ssi_peer_put(peer);
	ssi_job_free(job);
}

static void return_rooms(struct ssi_node *node)
{
	struct ssi_peer *peer;
	unsigned int id;
	u32 rooms;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(node, id);
		if (!peer)
			continue;
		spin_lock_bh(&peer->lock);
		rooms = peer->rooms;
		WRITE_ONCE(peer->rooms, 0);
		spin_unlock_bh(&peer->lock);
		if (rooms)
			ssi_link_send(&peer->link,
				      reserve_msg(rooms, SSI_MF_RETURN));
		ssi_peer_put(peer);
	}
}

/* Who was asked and did not answer may have told anything. */
static u64 room_of(const struct ssi_peer *peer)
{
	u64 more = READ_ONCE(peer->asked) ? 0 : READ_ONCE(peer->hint);

	return READ_ONCE(peer->rooms) + more;
}

/* The member of the region with the most room; it is asked for some. */
static struct ssi_peer *best_peer(struct ssi_region *region)
{
	u64 members = ssi_region_members(region);
	struct ssi_peer *best = NULL, *peer;
	unsigned int id;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		if (id == region->node->id || !(members >> id & 1))
			continue;
		peer = ssi_peer_get(region->node, id);
		if (!peer)
			continue;
		if (ssi_peer_is_up(peer) &&
		    (!best || room_of(peer) > room_of(best)))
			swap(best, peer);
		ssi_peer_put(peer);
	}
	return best;
}

static bool room_answered(struct ssi_node *node, const struct ssi_peer *peer)
{
	return READ_ONCE(peer->rooms) || !READ_ONCE(peer->asked) ||
	       READ_ONCE(node->evictor.stopped);
}

/* One page of room at some node. NULL: there is none now. */
static struct ssi_peer *reserve(struct ssi_region *region)
{
	struct ssi_node *node = region->node;
	struct ssi_peer *peer = best_peer(region);

	if (!peer || take_room(peer))
		return peer;
	ask_room(peer);
	wait_event_timeout(node->evictor.wait, room_answered(node, peer), HZ);
	if (take_room(peer))
		return peer;
	ssi_peer_put(peer);
	return NULL;
}

/* ---- the second hand ---- */

static bool is_cold(const struct ssi_page *page)
{
	return ssi_page_folio(page) &&
	       !ssi_page_is(page, SSI_PAGE_RECENT | SSI_PAGE_BUSY |
				  SSI_PAGE_PENDING | SSI_PAGE_LEAVING);
}

/* A clean copy goes without a word; its owner has the content. */
static bool drop_copy(const struct ssi_page *page)
{
	struct ssi_node *node = page->region->node;
	struct folio *folio;
	bool ok;

	ssi_page_lock(page);
	folio = ssi_page_folio(page);
	ok = is_cold(page) && ssi_page_state(page) == SSI_SHARED;
	if (ok)
		ssi_page_mark(page, SSI_PAGE_BUSY);
	ssi_page_unlock(page);
	if (!ok)
		return false;
	ssi_fault_unmap(page, folio, false);
	ssi_page_lock(page);
	ssi_page_set(page, ssi_coh_step(SSI_SHARED, SSI_EV_DROP)->next, NULL);
	ssi_page_unmark(page, SSI_PAGE_BUSY);
	ssi_page_unlock(page);
	ssi_page_wake(page);
	ssi_share_put(&node->share, folio);
	ssi_stat_inc(node, DROPS);
	trace_ssi_drop(page);
	return true;
}

/* Not while the members change: the copy may be the only one left. */
static bool drop(const struct ssi_page *page)
{
	bool ok = ssi_region_run_begin(page->region);

	if (ok) {
		ok = drop_copy(page);
		ssi_region_run_end(page->region);
	}
	return ok;
}

/**
 * ssi_evict_ended() - an eviction of ours is over
 * @node:   the local node
 * @target: that had promised the room, where @moved is false
 * @moved:  the page has arrived; otherwise the room is still ours
 *
 * Context: any.
 */
void ssi_evict_ended(struct ssi_node *node, unsigned int target, bool moved)
{
	struct ssi_peer *peer = moved ? NULL : ssi_peer_get(node, target);

	if (peer) {
		spin_lock_bh(&peer->lock);
		WRITE_ONCE(peer->rooms, peer->rooms + 1);
		spin_unlock_bh(&peer->lock);
		ssi_peer_put(peer);
	}
	atomic_dec(&node->evictor.open);
	wake_up_all(&node->evictor.wait);
}

static bool move(const struct ssi_page *page)
{
	struct ssi_node *node = page->region->node;
	struct ssi_evictor *evictor = &node->evictor;
	struct ssi_peer *peer;
	bool ok;

	wait_event_timeout(evictor->wait,
			   atomic_read(&evictor->open) < WINDOW ||
			   READ_ONCE(evictor->stopped), HZ);
	if (atomic_read(&evictor->open) >= WINDOW)
		return false;
	peer = reserve(page->region);
	if (!peer)
		return false;
	atomic_inc(&evictor->open);
	ok = !ssi_request_evict(page, peer->id);
	if (!ok)
		ssi_evict_ended(node, peer->id, false);
	ssi_peer_put(peer);
	return ok;
}

/* Evict what is cold among some pages. Return: pages that go. */
static unsigned int evict_batch(struct ssi_region *region, u32 first, u32 pages)
{
	struct ssi_page page;
	unsigned int gone = 0;
	u32 i;

	for (i = first; i < first + pages && !is_over(region->node); i++) {
		if (!ssi_region_page(region, i, 0, &page) || !is_cold(&page))
			continue;
		if (ssi_page_state(&page) == SSI_SHARED)
			gone += drop(&page);
		else
			gone += move(&page);
	}
	return gone;
}

/* ---- the first hand ---- */

static void forget_batch(struct ssi_region *region, u32 first, u32 pages)
{
	struct ssi_page page;
	bool any = false;
	u32 i;

	for (i = first; i < first + pages; i++) {
		if (!ssi_region_page(region, i, 0, &page) ||
		    !ssi_page_is(&page, SSI_PAGE_RECENT))
			continue;
		ssi_page_lock(&page);
		ssi_page_unmark(&page, SSI_PAGE_RECENT);
		ssi_page_unlock(&page);
		any = true;
	}
	if (any)
		ssi_fault_forget(region, first, pages);
}

/* ---- the clock ---- */

/* How far the second hand is behind: long enough for a hot page to return. */
static u32 distance(const struct ssi_region *region)
{
	u64 part = min_t(u64, region->node->share.pages, region->pages) / 4;

	return round_up(max_t(u64, part, BATCH), BATCH);
}

static unsigned int tick(struct ssi_region *region, u32 hand)
{
	u32 round = round_up(region->pages, BATCH);
	u32 behind = (hand + round - distance(region) % round) % round;

	forget_batch(region, hand, min(BATCH, region->pages - hand));
	return evict_batch(region, behind,
			   min(BATCH, region->pages - behind));
}

/* One round of the clock over a region, or less. Return: pages that go. */
static unsigned int go_round(struct ssi_region *region)
{
	struct ssi_node *node = region->node;
	unsigned int gone = 0;
	u32 steps = DIV_ROUND_UP(region->pages, BATCH);
	u32 hand = node->evictor.region == region->id ? node->evictor.hand : 0;

	WRITE_ONCE(node->evictor.region, region->id);
	while (steps-- && !is_over(node) && !READ_ONCE(region->closing)) {
		gone += tick(region, hand);
		hand += BATCH;
		if (hand >= region->pages)
			hand = 0;
	}
	WRITE_ONCE(node->evictor.hand, hand);
	return gone;
}

static void evict_worker(struct work_struct *work)
{
	struct ssi_evictor *evictor = container_of(work, struct ssi_evictor,
						   work);
	struct ssi_node *node = node_of(evictor);
	struct ssi_region *region;
	unsigned int gone = 0;
	unsigned long id = 0;

	while (!is_over(node) && (region = ssi_region_next(node, &id))) {
		gone += go_round(region);
		ssi_region_put(region);
		id++;
	}
	if (is_over(node))
		return_rooms(node);
	else
		queue_delayed_work(node->wq, &evictor->retry,
				   gone ? 1 : RETRY_TICKS);
}

static void retry_worker(struct work_struct *work)
{
	struct ssi_evictor *evictor = container_of(to_delayed_work(work),
						   struct ssi_evictor, retry);

	queue_work(node_of(evictor)->wq, &evictor->work);
}

/**
 * ssi_evictor_init() - before the node's share
 * @evictor: of a node, zeroed
 */
void ssi_evictor_init(struct ssi_evictor *evictor)
{
	INIT_WORK(&evictor->work, evict_worker);
	INIT_DELAYED_WORK(&evictor->retry, retry_worker);
	init_waitqueue_head(&evictor->wait);
}

/**
 * ssi_evictor_stop() - no more evictions
 * @evictor: of a node that leaves
 *
 * Context: process, may sleep.
 */
void ssi_evictor_stop(struct ssi_evictor *evictor)
{
	WRITE_ONCE(evictor->stopped, true);
	wake_up_all(&evictor->wait);
	cancel_work_sync(&evictor->work);
	cancel_delayed_work_sync(&evictor->retry);
	cancel_work_sync(&evictor->work);
}
