// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include "core/policy.h"

#define RANGE_FIRST 32u
#define RANGE_GROWTH 4u

/**
 * ssi_policy_range() - how many untouched pages does a first touch get?
 * @state:	 of the chunk, updated
 * @slot:	 the node that touches
 * @chunk_pages: pages of a chunk
 *
 * A node alone in the chunk gets ever more; as soon as a second one touches,
 * each gets the page that it asked for, since pages granted ahead would have
 * to be fetched back one by one.
 *
 * Return: 1 to @chunk_pages.
 */
unsigned int ssi_policy_range(struct ssi_range_state *state, unsigned int slot,
			      unsigned int chunk_pages)
{
	if (!state->window)
		state->window = RANGE_FIRST;
	else if (state->last != slot || state->window == 1)
		state->window = 1;
	else
		state->window = (u16)min(state->window * RANGE_GROWTH,
					 chunk_pages);
	state->last = (u8)slot;
	return state->window;
}

/**
 * ssi_policy_hold_level() - the hold of a page's next stay on this node
 * @level:     of the stay that ends
 * @stayed_ns: how long the page stayed
 * @hold_ns:   the hold at level 0
 *
 * A page that is taken back as soon as its hold ends is fought for: the next
 * hold is twice as long, so that more work is done for each move.
 *
 * Return: the level of the next stay, at most SSI_HOLD_LEVEL_MAX.
 */
unsigned int ssi_policy_hold_level(unsigned int level, u64 stayed_ns,
				   u64 hold_ns)
{
	if (stayed_ns > (hold_ns << SSI_HOLD_LEVEL_MAX) * 2)
		return 0;
	return min(level + 1, SSI_HOLD_LEVEL_MAX);
}

/**
 * ssi_policy_evict_start() - at how many pages eviction begins
 * @share: pages that the node gives
 *
 * Return: pages in use; below the share, so that a fault seldom waits.
 */
u64 ssi_policy_evict_start(u64 share)
{
	return share - min(share / 16, (u64)256);
}

/**
 * ssi_policy_evict_stop() - at how many pages eviction ends
 * @share: pages that the node gives
 *
 * Return: pages in use; below the start, so that eviction works in batches.
 */
u64 ssi_policy_evict_stop(u64 share)
{
	return share - min(share / 8, (u64)512);
}
