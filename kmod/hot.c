// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hash.h>
#include "hot.h"

/* Moves of a set after which what was hot before counts half. */
#define HALF_LIFE 1024

/**
 * ssi_hot_init() - nothing has moved yet
 * @hot: to initialize, zeroed
 */
void ssi_hot_init(struct ssi_hot *hot)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hot->sets); i++)
		spin_lock_init(&hot->sets[i].lock);
}

static void age(struct ssi_hot_set *set)
{
	unsigned int i;

	lockdep_assert_held(&set->lock);
	if (++set->count % HALF_LIFE)
		return;
	for (i = 0; i < SSI_HOT_WAYS; i++)
		set->pages[i].rank /= 2;
}

/* The place of a page: its own, or that of the page that moves least. */
static struct ssi_hot_page *place_of(struct ssi_hot_set *set, u32 index)
{
	struct ssi_hot_page *page, *least = set->pages;

	lockdep_assert_held(&set->lock);
	for (page = set->pages; page < set->pages + SSI_HOT_WAYS; page++) {
		if (page->index == index && page->moves)
			return page;
		if (page->rank < least->rank)
			least = page;
	}
	/* It may have moved as often as that one, nobody knows: it keeps the rank. */
	least->index = index;
	least->moves = 0;
	return least;
}

/**
 * ssi_hot_count() - a page was handed over
 * @hot:   of its region
 * @index: of the page
 *
 * Two at the same time in one set count as one: this is on the way of a fault, and
 * who counts most is the same.
 *
 * Context: any.
 */
void ssi_hot_count(struct ssi_hot *hot, u32 index)
{
	struct ssi_hot_set *set = &hot->sets[hash_32(index, SSI_HOT_SET_BITS)];
	struct ssi_hot_page *page;

	if (!spin_trylock(&set->lock))
		return;
	age(set);
	page = place_of(set, index);
	page->rank++;
	page->moves++;
	spin_unlock(&set->lock);
}

/**
 * ssi_hot_get() - a page that may be hot
 * @hot:   of a region
 * @place: below SSI_HOT_PAGES
 *
 * Context: process. Return: the page, with no moves when there is none.
 */
struct ssi_hot_page ssi_hot_get(struct ssi_hot *hot, unsigned int place)
{
	struct ssi_hot_set *set = &hot->sets[place / SSI_HOT_WAYS];
	struct ssi_hot_page page;

	spin_lock_bh(&set->lock);
	page = set->pages[place % SSI_HOT_WAYS];
	spin_unlock_bh(&set->lock);
	return page;
}
