// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where threads go in a region: what each of them touches that was not here tells
 * which pages it will touch next (core/policy), and those are asked for (fetch.c).
 */
#include <linux/hash.h>
#include <linux/ktime.h>
#include "node.h"
#include "prefetch.h"
#include "region.h"

/**
 * ssi_prefetch_init() - nothing is known of any thread
 * @prefetch: of a region, zeroed
 */
void ssi_prefetch_init(struct ssi_prefetch *prefetch)
{
	unsigned int i;

	prefetch->most = SSI_AHEAD_MAX;
	prefetch->worth.limit = SSI_AHEAD_MAX;
	prefetch->now = SSI_AHEAD_MAX;
	spin_lock_init(&prefetch->lock);
	for (i = 0; i < SSI_STREAMS; i++)
		spin_lock_init(&prefetch->walkers[i].lock);
}

/**
 * ssi_prefetch_set() - how far ahead from now on
 * @prefetch: of a region
 * @most:     pages, 0 to SSI_AHEAD_MAX
 *
 * Context: process.
 */
void ssi_prefetch_set(struct ssi_prefetch *prefetch, u32 most)
{
	BUILD_BUG_ON(SSI_MEM_PREFETCH_MAX != SSI_AHEAD_MAX);
	spin_lock(&prefetch->lock);
	WRITE_ONCE(prefetch->most, most);
	/* Whatever was: it is judged anew. */
	prefetch->worth.limit = most;
	WRITE_ONCE(prefetch->now, most);
	spin_unlock(&prefetch->lock);
}

/* The calling thread's, locked; NULL where another one is at it. */
static struct ssi_walker *try_walker(struct ssi_prefetch *prefetch)
{
	struct ssi_walker *walker;

	BUILD_BUG_ON_NOT_POWER_OF_2(SSI_STREAMS);
	walker = &prefetch->walkers[hash_32(current->pid,
					    ilog2(SSI_STREAMS))];
	if (!spin_trylock(&walker->lock))
		return NULL;
	if (walker->pid != current->pid) {
		walker->pid = current->pid;
		memset(&walker->stream, 0, sizeof(walker->stream));
	}
	/* For sparse: lock_walker() says that it is held. */
	__release(&walker->lock);
	return walker;
}

#define lock_walker(prefetch) ({					\
	struct ssi_walker *mine;					\
									\
	(void)__cond_lock(&mine->lock, mine = try_walker(prefetch));	\
	mine;								\
})

/* What was refused was asked for in vain as well. */
static void judge(struct ssi_prefetch *prefetch)
{
	u64 good = atomic64_read(&prefetch->used) +
		   atomic64_read(&prefetch->late);
	u64 bad = atomic64_read(&prefetch->unused) +
		  atomic64_read(&prefetch->refused);

	lockdep_assert_held(&prefetch->lock);
	WRITE_ONCE(prefetch->now,
		   ssi_policy_worth(&prefetch->worth, good, bad,
				    READ_ONCE(prefetch->most)));
}

static u32 limit_of(struct ssi_prefetch *prefetch)
{
	if (spin_trylock(&prefetch->lock)) {
		judge(prefetch);
		spin_unlock(&prefetch->lock);
	}
	return READ_ONCE(prefetch->now);
}

static void go_ahead(const struct ssi_page *page, enum ssi_event event,
		     unsigned int more, bool came)
{
	struct ssi_prefetch *prefetch = &page->region->prefetch;
	struct ssi_walker *walker;
	struct ssi_ahead ahead;

	if (!READ_ONCE(prefetch->most))
		return;
	walker = lock_walker(prefetch);
	if (!walker)
		return;
	ahead = ssi_policy_ahead(&walker->stream, page->index, more, came,
				 limit_of(prefetch));
	spin_unlock(&walker->lock);
	if (ahead.count)
		ssi_fetch_start(page->region, &ahead,
				event == SSI_EV_STORE ? SSI_MF_OWN : 0);
}

/**
 * ssi_prefetch_missed() - the calling thread has asked for a page
 * @page:  that was not here; the request for it is on its way
 * @event: SSI_EV_LOAD or SSI_EV_STORE
 *
 * Context: process; a page fault, no spinlock held. Does not sleep for memory.
 */
void ssi_prefetch_missed(const struct ssi_page *page, enum ssi_event event)
{
	go_ahead(page, event, 0, false);
}

/**
 * ssi_prefetch_touched() - the calling thread touches a page asked for ahead
 * @page:   which has come, or is on its way
 * @event:  SSI_EV_LOAD or SSI_EV_STORE
 * @mapped: pages behind it that had come as well, and were mapped along with it:
 *	    whether it touches them nobody will see, and they count as if it did
 *
 * Context: process; a page fault, no spinlock held. Does not sleep for memory.
 */
void ssi_prefetch_touched(const struct ssi_page *page, enum ssi_event event,
			  unsigned int mapped)
{
	struct ssi_region *region = page->region;
	bool late = ssi_page_state(page) == SSI_INVALID, first;

	ssi_page_lock(page);
	first = ssi_page_touch_ahead(page, ktime_get_ns());
	ssi_page_unlock(page);
	if (!first)
		return;
	atomic64_inc(late ? &region->prefetch.late : &region->prefetch.used);
	atomic64_add(mapped, &region->prefetch.used);
	if (late)
		ssi_stat_inc(region->node, PREFETCH_LATE);
	else
		ssi_stat_inc(region->node, PREFETCH_USED);
	ssi_stat_add(region->node, SSI_MEM_S_PREFETCH_USED, mapped);
	go_ahead(page, event, mapped, true);
}

/**
 * ssi_prefetch_forget() - the calling thread touches what nobody has touched
 * @page: that was untouched
 *
 * Context: process.
 */
void ssi_prefetch_forget(const struct ssi_page *page)
{
	struct ssi_prefetch *prefetch = &page->region->prefetch;
	struct ssi_walker *walker;

	if (!READ_ONCE(prefetch->most))
		return;
	walker = lock_walker(prefetch);
	if (!walker)
		return;
	ssi_policy_forget(&walker->stream, page->index);
	spin_unlock(&walker->lock);
}
