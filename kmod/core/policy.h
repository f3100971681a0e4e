/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Numbers that make the protocol fast, and never wrong: how many untouched
 * pages a grant carries, how long a page is held, when eviction begins, which
 * pages are asked for before somebody touches them.
 */
#ifndef SSI_CORE_POLICY_H
#define SSI_CORE_POLICY_H

#include "core/wire.h"

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

/* Steps of a thread that are remembered. */
#define SSI_STEPS 8u

/**
 * struct ssi_stream - what a thread touches that was not here
 * @last:     page that it touched last, once @begun
 * @begun:    it has touched one
 * @steps:    from each page to the next, the newest at @newest
 * @newest:   place of the last step
 * @count:    steps that are remembered
 * @unlike:   steps since one was as the one before it
 * @stride:   of the pages that were asked for ahead, 0 for none
 * @frontier: the first one behind them
 * @depth:    pages to be ahead by
 */
struct ssi_stream {
	u32 last;
	s32 steps[SSI_STEPS];
	bool begun;
	u8 newest;
	u8 count;
	u8 unlike;
	s32 stride;
	u32 frontier;
	u32 depth;
};

/**
 * struct ssi_ahead - pages to ask for
 * @first:  page index; may be beyond the end of the region
 * @stride: from each to the next
 * @count:  how many, 0 to SSI_AHEAD_MAX
 */
struct ssi_ahead {
	u32 first;
	s32 stride;
	u32 count;
};

/**
 * struct ssi_worth - whether it pays to ask ahead, in one region
 * @used:    pages that were touched, when it was judged last
 * @unused:  pages that went untouched, when it was judged last
 * @limit:   no more pages ahead than these; 0: none but a few to see
 * @skipped: times that nothing was asked for because of that
 */
struct ssi_worth {
	u64 used;
	u64 unused;
	u32 limit;
	u32 skipped;
};

struct ssi_ahead ssi_policy_ahead(struct ssi_stream *stream, u32 page,
				  u32 more, bool came, u32 limit);
void ssi_policy_forget(struct ssi_stream *stream, u32 page);
u32 ssi_policy_worth(struct ssi_worth *worth, u64 used, u64 unused, u32 most);
bool ssi_policy_spares(bool mapped, u64 stayed_ns);
unsigned int ssi_policy_range(struct ssi_range_state *state, unsigned int slot,
			      unsigned int chunk_pages);
unsigned int ssi_policy_hold_level(unsigned int level, u64 stayed_ns,
				   u64 hold_ns);
u64 ssi_policy_evict_start(u64 share);
u64 ssi_policy_evict_stop(u64 share);

#endif /* SSI_CORE_POLICY_H */
