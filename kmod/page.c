// SPDX-License-Identifier: GPL-2.0-only
#include "core/policy.h"
#include "node.h"
#include "page.h"
#include "region.h"
#include "share.h"

/*
 * A page whose waiter does not come (it was killed, or runs late) is held
 * for this long at most.
 */
#define ARM_NS (4 * NSEC_PER_MSEC)

static atomic64_t *counter(struct ssi_region *region, enum ssi_state state)
{
	switch (state) {
	case SSI_POISONED:
		return &region->lost;
	case SSI_UNTOUCHED:
		return &region->untouched;
	case SSI_SHARED:
		return &region->copies;
	case SSI_OWNED:
	case SSI_SOLE:
		return &region->owned;
	default:
		return NULL;
	}
}

static void count_change(struct ssi_region *region, enum ssi_state from,
			 enum ssi_state to)
{
	atomic64_t *less = counter(region, from);
	atomic64_t *more = counter(region, to);

	if (less == more)
		return;
	if (less)
		atomic64_dec(less);
	if (more)
		atomic64_inc(more);
}

static void count_unused(struct ssi_region *region)
{
	atomic64_inc(&region->prefetch.unused);
	ssi_stat_inc(region->node, PREFETCH_UNUSED);
}

/**
 * ssi_page_set() - give the page a state and a folio
 * @page:  locked
 * @state: new state
 * @folio: that holds the copy, NULL for none; its holder's count moves along
 */
void ssi_page_set(const struct ssi_page *page, enum ssi_state state,
		  struct folio *folio)
{
	unsigned long flags = READ_ONCE(*page->entry) &
			      (BIT(SSI_PAGE_PFN) - 1) & ~(7ul << SSI_PAGE_STATE);
	unsigned long pfn = folio ? folio_pfn(folio) : 0;

	ssi_page_assert_locked(page);
	/* What was touched here is gone with the copy. */
	if (state == SSI_INVALID) {
		if (flags & SSI_PAGE_AHEAD)
			count_unused(page->region);
		flags &= ~(SSI_PAGE_RECENT | SSI_PAGE_AHEAD);
	} else {
		flags |= SSI_PAGE_KNOWN;
	}
	count_change(page->region, ssi_page_state(page), state);
	WRITE_ONCE(*page->entry, pfn << SSI_PAGE_PFN |
		   (unsigned long)state << SSI_PAGE_STATE | flags);
}

/**
 * ssi_page_set_level() - note the hold level of the next stay
 * @page:  locked
 * @level: 0 to SSI_HOLD_LEVEL_MAX
 */
void ssi_page_set_level(const struct ssi_page *page, unsigned int level)
{
	ssi_page_assert_locked(page);
	WRITE_ONCE(*page->entry,
		   (READ_ONCE(*page->entry) & ~(3ul << SSI_PAGE_LEVEL)) |
		   (unsigned long)level << SSI_PAGE_LEVEL);
}

/**
 * ssi_page_arm() - a permission was granted: hold until its waiter is served
 * @page: locked, has a folio
 * @kind: of the request that brought the permission
 * @now:  nanoseconds
 */
void ssi_page_arm(const struct ssi_page *page, enum ssi_mem_hist_kind kind,
		  u64 now)
{
	struct ssi_stay *stay = ssi_folio_stay(ssi_page_folio(page));

	ssi_page_assert_locked(page);
	stay->since_ns = now & ~1ull;
	stay->hold_ns = ARM_NS;
	stay->level = ssi_page_level(page);
	stay->started = false;
	stay->kind = kind;
}

/* The hold has begun, and its waiter is served, if there is one. */
static void begin_stay(const struct ssi_page *page, u64 hold_ns, u64 now)
{
	struct ssi_stay *stay = ssi_folio_stay(ssi_page_folio(page));

	ssi_page_assert_locked(page);
	stay->level = ssi_page_level(page);
	stay->since_ns = now & ~1ull;
	stay->hold_ns = min_t(u64, hold_ns << stay->level, U32_MAX);
	stay->started = true;
}

/**
 * ssi_page_arm_ahead() - a page came that nobody waits for: no hold
 * @page: locked, has a folio
 * @now:  nanoseconds
 */
void ssi_page_arm_ahead(const struct ssi_page *page, u64 now)
{
	begin_stay(page, 0, now);
}

/**
 * ssi_page_arm_first() - who touches a page first made it: its hold begins
 * @page: locked, has a folio
 */
void ssi_page_arm_first(const struct ssi_page *page)
{
	ssi_folio_stay(ssi_page_folio(page))->kind = SSI_MEM_HIST_KIND_FIRST;
	begin_stay(page, page->region->node->hold_ns, ktime_get_ns());
}

/**
 * ssi_page_touch_ahead() - somebody touches a page that was asked for ahead
 * @page: locked
 * @now:  nanoseconds
 *
 * Its hold begins, if it has come.
 *
 * Return: true when it was, and nobody has touched it before.
 */
bool ssi_page_touch_ahead(const struct ssi_page *page, u64 now)
{
	struct folio *folio = ssi_page_folio(page);
	struct ssi_stay *stay;

	if (!ssi_page_is(page, SSI_PAGE_AHEAD))
		return false;
	ssi_page_unmark(page, SSI_PAGE_AHEAD);
	if (folio) {
		stay = ssi_folio_stay(folio);
		stay->since_ns = now & ~1ull;
		stay->hold_ns = min_t(u64, page->region->node->hold_ns <<
				      stay->level, U32_MAX);
	}
	return true;
}

/*
 * How long the waiter took to come back. The waiter of a first touch made the
 * page itself, and a page that came by an eviction has none.
 */
static void time_wake(struct ssi_node *node, const struct ssi_stay *stay,
		      u64 now)
{
	if (stay->since_ns && stay->kind != SSI_MEM_HIST_KIND_FIRST)
		ssi_stat_time(node, WAKE, stay->kind, now - stay->since_ns);
}

/**
 * ssi_page_start_hold() - the permission goes to the waiter now
 * @page: locked, has a folio
 *
 * Does nothing for who finds a page that was here already.
 */
void ssi_page_start_hold(const struct ssi_page *page)
{
	struct ssi_stay *stay = ssi_folio_stay(ssi_page_folio(page));
	u64 hold = page->region->node->hold_ns;
	u64 now;

	ssi_page_assert_locked(page);
	if (stay->started)
		return;
	now = ktime_get_ns();
	stay->started = true;
	time_wake(page->region->node, stay, now);
	stay->hold_ns = min_t(u64, now - stay->since_ns +
			      (hold << stay->level), U32_MAX);
}

/**
 * ssi_page_held_until() - when may the page be taken away?
 * @page: locked
 * @now:  nanoseconds
 *
 * Return: 0 for at once, or the time.
 */
u64 ssi_page_held_until(const struct ssi_page *page, u64 now)
{
	struct folio *folio = ssi_page_folio(page);
	struct ssi_stay *stay;
	u64 until;

	ssi_page_assert_locked(page);
	if (!folio || !page->region->node->hold_ns)
		return 0;
	stay = ssi_folio_stay(folio);
	until = stay->since_ns + stay->hold_ns;
	return now < until ? until : 0;
}

/**
 * ssi_page_end_stay() - the page is taken away: decide about its next hold
 * @page: locked, has a folio
 * @now:  nanoseconds
 */
void ssi_page_end_stay(const struct ssi_page *page, u64 now)
{
	struct ssi_stay *stay = ssi_folio_stay(ssi_page_folio(page));

	ssi_page_set_level(page, ssi_policy_hold_level(stay->level,
						       now - stay->since_ns,
						       page->region->node->hold_ns));
}
