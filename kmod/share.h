/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that a node gives to regions: folios, and how many of them.
 *
 * Everything that holds a folio (a page's copy, a request, a message under
 * way) is a holder; a folio counts against the share until its last holder
 * let go. Room promised to another node's eviction counts as well.
 */
#ifndef SSI_SHARE_H
#define SSI_SHARE_H

#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "charge.h"
#include "stall.h"

#define SSI_SHARE_POOL 64

/**
 * struct ssi_share - what a node gives
 * @pages:    the share
 * @reserve:  pages beyond, for transit
 * @claimed:  folios held and room promised; at most @pages + @reserve
 * @used:     folios held
 * @peak:     most of @used ever
 * @charges:  who pays for the folios
 * @lock:     protects @pool and @pooled; softirq-safe, leaf
 * @pool:     free folios, charged to the node's cgroup, for those who can not
 *	      wait for the page allocator
 * @pooled:   how many; they are not counted as used
 * @refill:   fills the pool
 * @pressure: queued when @claimed goes above where eviction starts
 * @draining: no room for other nodes, and everything is to be evicted
 * @wq:	      runs @refill and @pressure
 * @wait:     those who wait for room or for a folio
 * @stall:    kept while a fault that could not stay to wait finds no room
 */
struct ssi_share {
	u64 pages;
	u64 reserve;
	atomic64_t claimed;
	atomic64_t used;
	atomic64_t peak;
	bool draining;
	struct ssi_charges charges;
	spinlock_t lock;
	struct folio *pool[SSI_SHARE_POOL];
	unsigned int pooled;
	struct work_struct refill;
	struct work_struct *pressure;
	struct workqueue_struct *wq;
	wait_queue_head_t wait;
	struct ssi_stall stall;
};

/**
 * struct ssi_stay - how long a folio must stay, kept in the folio itself
 * @since_ns: when it was granted to this node; even, see below
 * @hold_ns:  forwards wait until @since_ns + @hold_ns
 * @level:    of the hold
 * @started:  the permission was returned to a waiter
 * @kind:     enum ssi_mem_hist_kind of the request that brought it
 * @charge:   slot of the cgroup that pays for the folio; for all its life
 *
 * Lives in folio->lru: our folios are on no list of the kernel's. Its first
 * word is also where a tail page has its head, marked by bit 0: so that stays
 * clear. Under the page's lock.
 */
struct ssi_stay {
	u64 since_ns;
	u32 hold_ns;
	u8 level;
	u8 started;
	u8 kind;
	u8 charge;
};

int ssi_share_init(struct ssi_share *share, u64 pages, u64 reserve,
		   struct workqueue_struct *wq, struct work_struct *pressure);
void ssi_share_exit(struct ssi_share *share);
struct folio *ssi_share_take(struct ssi_share *share, unsigned int charge,
			     gfp_t gfp);
struct folio *ssi_share_take_spare(struct ssi_share *share,
				   unsigned int charge);
struct folio *ssi_share_take_promised(struct ssi_share *share,
				      unsigned int charge, gfp_t gfp);
void ssi_share_put(struct ssi_share *share, struct folio *folio);
u64 ssi_share_promise(struct ssi_share *share, u64 pages);
void ssi_share_unpromise(struct ssi_share *share, u64 pages);
u64 ssi_share_room(const struct ssi_share *share);
bool ssi_share_has_room(const struct ssi_share *share);
bool ssi_share_starve(struct ssi_share *share);
void ssi_share_refill(struct ssi_share *share);

static inline struct ssi_stay *ssi_folio_stay(struct folio *folio)
{
	BUILD_BUG_ON(sizeof(struct ssi_stay) > sizeof(folio->lru));
	BUILD_BUG_ON(offsetof(struct ssi_stay, since_ns));
	return (struct ssi_stay *)&folio->lru;
}

/* Holders are counted in folio->private, which is ours. */
static inline atomic_long_t *ssi_folio_holders(struct folio *folio)
{
	BUILD_BUG_ON(sizeof(atomic_long_t) != sizeof(folio->private));
	return (atomic_long_t *)&folio->private;
}

/**
 * ssi_share_hold() - one more holder
 * @folio: that has a holder
 */
static inline void ssi_share_hold(struct folio *folio)
{
	atomic_long_inc(ssi_folio_holders(folio));
}

/**
 * ssi_folio_is_foreign() - does somebody outside of the module hold it?
 * @folio: our folio
 *
 * The module has one reference however many holders; each mapping has one.
 *
 * Return: true while there are more.
 */
static inline bool ssi_folio_is_foreign(struct folio *folio)
{
	return folio_ref_count(folio) > 1 + folio_mapcount(folio);
}

#endif /* SSI_SHARE_H */
