/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One page on one node, in one word: lock bit, state, flags, and the number
 * of the folio that holds the copy. The words of a chunk stand in an array
 * that exists from the first time this node touches the chunk.
 *
 * The lock bit is a leaf, softirq-safe; nothing sleeps, sends or unmaps while
 * it is held. Whoever must do so sets SSI_PAGE_BUSY first: the others wait
 * until it is cleared, and nobody maps the page meanwhile.
 */
#ifndef SSI_PAGE_H
#define SSI_PAGE_H

#include <linux/bit_spinlock.h>
#include <linux/mm.h>
#include <linux/wait_bit.h>
#include <linux/ssi_mem.h>
#include "core/coh.h"

struct ssi_region;

/* Bits of the word; the folio's page frame number is above them. */
#define SSI_PAGE_LOCK	 0
#define SSI_PAGE_STATE	 1 /* three bits, enum ssi_state */
#define SSI_PAGE_PENDING BIT(4) /* a request of ours is in flight */
#define SSI_PAGE_BUSY	 BIT(5) /* being unmapped or write-protected */
#define SSI_PAGE_RECENT	 BIT(6) /* touched since the clock's first hand */
#define SSI_PAGE_LEAVING BIT(7) /* an eviction of ours is in flight */
#define SSI_PAGE_LEVEL	 8 /* two bits, hold level of the next stay */
#define SSI_PAGE_KNOWN	 BIT(10) /* was granted once, to whatever node */
#define SSI_PAGE_AHEAD	 BIT(11) /* was asked for ahead; nobody touched it yet */
#define SSI_PAGE_PFN	 12

/**
 * struct ssi_page - names a page; a value, passed by pointer
 * @region: of which the caller has a reference
 * @index:  page index within the region
 * @entry:  the word
 */
struct ssi_page {
	struct ssi_region *region;
	u32 index;
	unsigned long *entry;
};

void ssi_page_set(const struct ssi_page *page, enum ssi_state state,
		  struct folio *folio);
void ssi_page_set_level(const struct ssi_page *page, unsigned int level);
void ssi_page_arm(const struct ssi_page *page, enum ssi_mem_hist_kind kind,
		  u64 now);
void ssi_page_arm_ahead(const struct ssi_page *page, u64 now);
bool ssi_page_touch_ahead(const struct ssi_page *page, u64 now);
void ssi_page_arm_first(const struct ssi_page *page);
void ssi_page_start_hold(const struct ssi_page *page);
u64 ssi_page_held_until(const struct ssi_page *page, u64 now);
void ssi_page_end_stay(const struct ssi_page *page, u64 now);

static inline void ssi_page_lock(const struct ssi_page *page)
{
	local_bh_disable();
	bit_spin_lock(SSI_PAGE_LOCK, page->entry);
}

static inline void ssi_page_unlock(const struct ssi_page *page)
{
	bit_spin_unlock(SSI_PAGE_LOCK, page->entry);
	local_bh_enable();
}

static inline void ssi_page_assert_locked(const struct ssi_page *page)
{
	WARN_ON_ONCE(!bit_spin_is_locked(SSI_PAGE_LOCK, page->entry));
}

/* The following may be read without the lock, as a hint. */

static inline enum ssi_state ssi_page_state(const struct ssi_page *page)
{
	return READ_ONCE(*page->entry) >> SSI_PAGE_STATE & 7;
}

static inline bool ssi_page_is(const struct ssi_page *page, unsigned long flags)
{
	return READ_ONCE(*page->entry) & flags;
}

static inline struct folio *ssi_page_folio(const struct ssi_page *page)
{
	unsigned long pfn = READ_ONCE(*page->entry) >> SSI_PAGE_PFN;

	return pfn ? page_folio(pfn_to_page(pfn)) : NULL;
}

static inline unsigned int ssi_page_level(const struct ssi_page *page)
{
	return READ_ONCE(*page->entry) >> SSI_PAGE_LEVEL & 3;
}

/*
 * The following need the lock. Whoever waits for it sets its bit once more, and so
 * writes to the word, though never anything else than what is there.
 */

static inline void ssi_page_mark(const struct ssi_page *page,
				 unsigned long flags)
{
	ssi_page_assert_locked(page);
	WRITE_ONCE(*page->entry, READ_ONCE(*page->entry) | flags);
}

static inline void ssi_page_unmark(const struct ssi_page *page,
				   unsigned long flags)
{
	ssi_page_assert_locked(page);
	WRITE_ONCE(*page->entry, READ_ONCE(*page->entry) & ~flags);
}

/**
 * ssi_page_wake() - wake who waits for a change of the page
 * @page: changed and unlocked
 *
 * A waiter is on the queue before it looks for the change, so one of the two
 * sees the other.
 */
static inline void ssi_page_wake(const struct ssi_page *page)
{
	/* The change before the look for waiters. */
	smp_mb();
	wake_up_var(page->entry);
}

#endif /* SSI_PAGE_H */
