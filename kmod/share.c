// SPDX-License-Identifier: GPL-2.0-only
#include <linux/gfp.h>
#include <linux/highmem.h>
#include "core/policy.h"
#include "share.h"

#define POOL_LOW (SSI_SHARE_POOL / 2)

/* ---- counting ---- */

static bool claim(struct ssi_share *share, u64 pages, u64 limit)
{
	s64 old = atomic64_read(&share->claimed);

	do {
		if (old + pages > limit)
			return false;
	} while (!atomic64_try_cmpxchg(&share->claimed, &old, old + pages));
	if (old + pages > ssi_policy_evict_start(share->pages))
		queue_work(share->wq, share->pressure);
	return true;
}

static void unclaim(struct ssi_share *share, u64 pages)
{
	atomic64_sub(pages, &share->claimed);
	/* The barrier in here is for the look at @stall, too. */
	if (wq_has_sleeper(&share->wait))
		wake_up_all(&share->wait);
	ssi_stall_drop(&share->stall);
}

static void count_used(struct ssi_share *share)
{
	s64 used = atomic64_inc_return(&share->used);
	s64 peak = atomic64_read(&share->peak);

	while (used > peak &&
	       !atomic64_try_cmpxchg(&share->peak, &peak, used))
		;
}

/**
 * ssi_share_room() - pages that could be promised to another node
 * @share: of this node
 *
 * Return: pages, a moment's truth.
 */
u64 ssi_share_room(const struct ssi_share *share)
{
	u64 claimed = atomic64_read(&share->claimed);

	if (READ_ONCE(share->draining))
		return 0;
	return claimed < share->pages ? share->pages - claimed : 0;
}

/**
 * ssi_share_has_room() - may a local fault take a folio?
 * @share: of this node
 *
 * Return: true while the share and the reserve are not used up.
 */
bool ssi_share_has_room(const struct ssi_share *share)
{
	return atomic64_read(&share->claimed) < share->pages + share->reserve;
}

/**
 * ssi_share_starve() - a fault goes without room, and nobody stays to wait
 * @share: of this node; pollers of its stall are told until there is room
 *
 * Context: any. Return: true when that is new.
 */
bool ssi_share_starve(struct ssi_share *share)
{
	bool first = ssi_stall_keep(&share->stall);

	/* Room that came before. */
	if (ssi_share_has_room(share))
		ssi_stall_drop(&share->stall);
	return first;
}

/**
 * ssi_share_promise() - promise room to another node's eviction
 * @share: of this node
 * @pages: wanted
 *
 * Return: pages promised, 0 to @pages.
 */
u64 ssi_share_promise(struct ssi_share *share, u64 pages)
{
	pages = min(pages, ssi_share_room(share));
	while (pages && !claim(share, pages, share->pages))
		pages = min(pages / 2, ssi_share_room(share));
	return pages;
}

/**
 * ssi_share_unpromise() - room promised earlier is not needed
 * @share: of this node
 * @pages: given back
 */
void ssi_share_unpromise(struct ssi_share *share, u64 pages)
{
	unclaim(share, pages);
}

/* ---- folios ---- */

static struct folio *pool_pop(struct ssi_share *share)
{
	struct folio *folio = NULL;

	spin_lock_bh(&share->lock);
	if (share->pooled) {
		WRITE_ONCE(share->pooled, share->pooled - 1);
		folio = share->pool[share->pooled];
	}
	if (share->pooled < POOL_LOW)
		queue_work(share->wq, &share->refill);
	spin_unlock_bh(&share->lock);
	return folio;
}

/* What is in the pool may have been a page of anybody's. */
static struct folio *take_pooled(struct ssi_share *share, gfp_t gfp)
{
	struct folio *folio = pool_pop(share);

	if (folio && gfp & __GFP_ZERO)
		clear_highpage(folio_page(folio, 0));
	return folio;
}

static bool pool_push(struct ssi_share *share, struct folio *folio)
{
	bool pushed = false;

	spin_lock_bh(&share->lock);
	if (share->pooled < SSI_SHARE_POOL) {
		share->pool[share->pooled] = folio;
		WRITE_ONCE(share->pooled, share->pooled + 1);
		pushed = true;
	}
	spin_unlock_bh(&share->lock);
	return pushed;
}

/**
 * ssi_share_refill() - fill the pool
 * @share: of this node
 *
 * Context: process, may sleep until there is memory.
 */
void ssi_share_refill(struct ssi_share *share)
{
	struct folio *folio;

	while (READ_ONCE(share->pooled) < SSI_SHARE_POOL) {
		folio = ssi_charge_alloc(&share->charges, SSI_CHARGE_NODE,
					 GFP_NOIO);
		if (!folio)
			break;
		if (!pool_push(share, folio))
			ssi_charge_free(&share->charges, folio);
	}
	if (wq_has_sleeper(&share->wait))
		wake_up_all(&share->wait);
}

static void refill_worker(struct work_struct *work)
{
	ssi_share_refill(container_of(work, struct ssi_share, refill));
}

/**
 * ssi_share_take_promised() - a folio for which room is claimed already
 * @share:  of this node
 * @charge: slot of the cgroup that pays
 * @gfp:    GFP_NOIO where sleeping is allowed, else GFP_ATOMIC, or GFP_NOWAIT
 *	    when the caller comes back to wait; with __GFP_ZERO for zeroes
 *
 * Return: a folio with one holder, or NULL.
 */
struct folio *ssi_share_take_promised(struct ssi_share *share,
				      unsigned int charge, gfp_t gfp)
{
	struct folio *folio = ssi_charge_alloc(&share->charges, charge, gfp);
	struct ssi_stay *stay;

	if (!folio && (gfp & ~__GFP_ZERO) != GFP_NOWAIT)
		folio = take_pooled(share, gfp);
	if (!folio)
		return NULL;
	stay = ssi_folio_stay(folio);
	*stay = (struct ssi_stay){ .charge = stay->charge };
	atomic_long_set(ssi_folio_holders(folio), 1);
	count_used(share);
	return folio;
}

/**
 * ssi_share_take() - a folio for a local fault
 * @share:  of this node
 * @charge: slot of the cgroup that pays
 * @gfp:    GFP_NOIO where sleeping is allowed, else GFP_NOWAIT; and __GFP_ZERO
 *
 * Return: as ssi_share_take_promised(); NULL also when the share and the
 * reserve are used up. share->wait is woken when that may have changed.
 */
struct folio *ssi_share_take(struct ssi_share *share, unsigned int charge,
			     gfp_t gfp)
{
	struct folio *folio;

	if (!claim(share, 1, share->pages + share->reserve))
		return NULL;
	folio = ssi_share_take_promised(share, charge, gfp);
	if (!folio)
		unclaim(share, 1);
	return folio;
}

/**
 * ssi_share_take_spare() - a folio for a page that nobody has touched yet
 * @share:  of this node
 * @charge: slot of the cgroup that pays
 *
 * Context: process. Return: as ssi_share_take_promised(); NULL also where
 * somebody would have to make room for it.
 */
struct folio *ssi_share_take_spare(struct ssi_share *share, unsigned int charge)
{
	struct folio *folio;

	if (!claim(share, 1, ssi_policy_evict_start(share->pages)))
		return NULL;
	folio = ssi_share_take_promised(share, charge, GFP_NOWAIT);
	if (!folio)
		unclaim(share, 1);
	return folio;
}

/* Not where somebody else holds on to it, nor where the memory is broken. */
static bool is_reusable(struct folio *folio)
{
	return folio_ref_count(folio) == 1 && !folio_test_hwpoison(folio);
}

static bool keep(struct ssi_share *share, struct folio *folio)
{
	u64 held;

	if (ssi_folio_stay(folio)->charge == SSI_CHARGE_NODE &&
	    pool_push(share, folio))
		return true;
	/* What is kept is of the share, too. */
	held = atomic64_read(&share->used) + READ_ONCE(share->charges.kept);
	return held <= share->pages && ssi_charge_keep(&share->charges, folio);
}

static void give_back(struct ssi_share *share, struct folio *folio)
{
	folio->private = NULL;
	folio_clear_dirty(folio);
	folio_clear_referenced(folio);
	folio_clear_active(folio);
	if (!is_reusable(folio) || !keep(share, folio))
		ssi_charge_free(&share->charges, folio);
}

/**
 * ssi_share_put() - a holder lets go
 * @share: of this node
 * @folio: not mapped any more when this is the last holder
 *
 * Context: any.
 */
void ssi_share_put(struct ssi_share *share, struct folio *folio)
{
	if (!atomic_long_dec_and_test(ssi_folio_holders(folio)))
		return;
	give_back(share, folio);
	atomic64_dec(&share->used);
	unclaim(share, 1);
}

/**
 * ssi_share_init() - begin to give; the caller's cgroup is the node's
 * @share:    to initialize
 * @pages:    the share
 * @reserve:  pages beyond
 * @wq:	      for workers
 * @pressure: work to queue when eviction should start
 *
 * Return: 0 or -ENOMEM.
 */
int ssi_share_init(struct ssi_share *share, u64 pages, u64 reserve,
		   struct workqueue_struct *wq, struct work_struct *pressure)
{
	share->pages = pages;
	share->reserve = reserve;
	share->wq = wq;
	share->pressure = pressure;
	ssi_charges_init(&share->charges);
	spin_lock_init(&share->lock);
	init_waitqueue_head(&share->wait);
	ssi_stall_init(&share->stall);
	INIT_WORK(&share->refill, refill_worker);
	ssi_share_refill(share);
	return share->pooled ? 0 : -ENOMEM;
}

/**
 * ssi_share_exit() - free the pool
 * @share: of which no folio is held any more
 */
void ssi_share_exit(struct ssi_share *share)
{
	cancel_work_sync(&share->refill);
	while (share->pooled)
		ssi_charge_free(&share->charges, share->pool[--share->pooled]);
	ssi_charges_exit(&share->charges);
	WARN_ON_ONCE(atomic64_read(&share->used));
}
