/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Numbers that make the protocol fast, and never wrong: how many untouched
 * pages a grant carries, how long a page is held, when eviction begins.
 */
#ifndef SSI_CORE_POLICY_H
#define SSI_CORE_POLICY_H

#include "kern.h"

/* A page is held for at most hold << SSI_HOLD_LEVEL_MAX. */
#define SSI_HOLD_LEVEL_MAX 3u

/**
 * struct ssi_range_state - history of first touches of a chunk, at its home
 * @last:   slot that had the last grant
 * @window: pages that the next grant may carry, 0: none was given yet
 */
struct ssi_range_state {
	u8 last;
	u16 window;
};

unsigned int ssi_policy_range(struct ssi_range_state *state, unsigned int slot,
			      unsigned int chunk_pages);
unsigned int ssi_policy_hold_level(unsigned int level, u64 stayed_ns,
				   u64 hold_ns);
u64 ssi_policy_evict_start(u64 share);
u64 ssi_policy_evict_stop(u64 share);

#endif /* SSI_CORE_POLICY_H */
