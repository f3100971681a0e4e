// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include "core/policy.h"

#define RANGE_FIRST 32u
#define RANGE_GROWTH 4u

/* A vote is held among so many of the last steps, then among twice as many. */
#define VOTERS_FIRST 4u
/* Pages ahead at the beginning of a stream. */
#define DEPTH_FIRST 4u
/* Prefetch is judged anew after so many pages. */
#define WORTH_PAGES 256u
/* Where it does not pay, it is tried again after so many times. */
#define WORTH_SKIPS 256u
/* Who got a page so lately, and has it mapped, is at work on it. */
#define SPARE_NS (50 * 1000000ull)

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

/* ---- pages before they are touched ---- */

static void add_step(struct ssi_stream *stream, u32 page)
{
	s32 step = (s32)(page - stream->last);

	stream->last = page;
	if (!stream->begun) {
		stream->begun = true;
		return;
	}
	if (stream->count && step == stream->steps[stream->newest])
		stream->unlike = 0;
	else
		stream->unlike = (u8)min(stream->unlike + 1u, SSI_STEPS);
	stream->newest = (u8)((stream->newest + 1) % SSI_STEPS);
	stream->steps[stream->newest] = step;
	stream->count = (u8)min(stream->count + 1u, SSI_STEPS);
}

/* The step that more than half of the last ones are, or 0. */
static s32 majority(const struct ssi_stream *stream, unsigned int voters)
{
	unsigned int i, votes = 0, for_it = 0;
	s32 step, candidate = 0;

	/* Who is in the majority outlives all pairs of unequal votes. */
	for (i = 0; i < voters; i++) {
		step = stream->steps[(stream->newest - i) % SSI_STEPS];
		if (!votes)
			candidate = step;
		votes += step == candidate ? 1 : -1u;
	}
	for (i = 0; votes && i < voters; i++)
		for_it += stream->steps[(stream->newest - i) % SSI_STEPS] ==
			  candidate;
	return for_it > voters / 2 ? candidate : 0;
}

/* Where more than half are alike two of them are neighbours. */
static s32 vote(const struct ssi_stream *stream)
{
	unsigned int voters;
	s32 step = 0;

	if (stream->unlike + 1u >= SSI_STEPS)
		return 0;
	for (voters = VOTERS_FIRST; voters <= stream->count && !step;
	     voters *= 2)
		step = majority(stream, voters);
	return step;
}

/*
 * Pages behind @page that were asked for; 0 also where it was the first that was
 * not. -1: it is somewhere else.
 */
static s64 lead_of(const struct ssi_stream *stream, u32 page)
{
	s64 way = (s32)(stream->frontier - page);

	if (!stream->stride || way % stream->stride)
		return -1;
	way /= stream->stride;
	if (way < 0 || way > 2 * (s64)stream->depth)
		return -1;
	return way ? way - 1 : 0;
}

/**
 * ssi_policy_ahead() - a thread touches a page that was not here, or had come
 *			before it was touched
 * @stream: of the thread, updated; zeroed before the first touch
 * @page:   page index
 * @more:   pages behind it that it can go on to without being noticed
 * @came:   it had been asked for ahead
 * @limit:  no more pages ahead than these
 *
 * The majority of its last steps tells where a thread goes, however many others
 * are among them. As long as pages are touched that were asked for, more are
 * asked for, and before the last of them is reached.
 *
 * Return: the pages to ask for.
 */
struct ssi_ahead ssi_policy_ahead(struct ssi_stream *stream, u32 page,
				  u32 more, bool came, u32 limit)
{
	struct ssi_ahead ahead = {};
	s64 lead;

	if (page == stream->last && stream->begun)
		return ahead;
	add_step(stream, page);
	page += more;
	stream->last = page;
	ahead.stride = vote(stream);
	if (!ahead.stride || !limit) {
		stream->stride = 0;
		return ahead;
	}
	lead = ahead.stride == stream->stride ? lead_of(stream, page) : -1;
	if (lead < 0) {
		stream->stride = ahead.stride;
		stream->frontier = page + (u32)ahead.stride;
		stream->depth = DEPTH_FIRST;
		lead = 0;
	}
	if (stream->frontier == page)
		stream->frontier += (u32)ahead.stride;
	stream->depth = min(stream->depth, limit);
	if (lead > stream->depth / 4)
		return ahead;
	if (came)
		stream->depth = min(stream->depth * 2, limit);
	ahead.first = stream->frontier;
	ahead.count = (u32)min((s64)stream->depth - lead, (s64)SSI_AHEAD_MAX);
	stream->frontier += ahead.count * (u32)ahead.stride;
	return ahead;
}

/**
 * ssi_policy_forget() - a thread touches a page that nobody has touched before
 * @stream: of the thread, updated
 * @page:   page index
 *
 * Where it goes on there is nothing to ask for: other nodes own none of it.
 */
void ssi_policy_forget(struct ssi_stream *stream, u32 page)
{
	stream->last = page;
	stream->begun = true;
	stream->count = 0;
	stream->stride = 0;
}

/**
 * ssi_policy_worth() - how many pages may a thread be ahead by?
 * @worth:  of the region, updated
 * @used:   pages that were asked for ahead and touched, so far
 * @unused: pages that were asked for ahead and went untouched, so far
 * @most:   what the administrator allows
 *
 * When a third was for nothing, half as many; when an eighth, twice as many.
 *
 * Return: 0 to @most.
 */
u32 ssi_policy_worth(struct ssi_worth *worth, u64 used, u64 unused, u32 most)
{
	u64 good = used - worth->used, bad = unused - worth->unused;

	if (good + bad >= WORTH_PAGES) {
		if (bad * 2 > good)
			worth->limit /= 2;
		else if (bad * 8 <= good)
			worth->limit = max(worth->limit * 2, DEPTH_FIRST);
		worth->used = used;
		worth->unused = unused;
	}
	if (!worth->limit && ++worth->skipped >= WORTH_SKIPS) {
		worth->skipped = 0;
		worth->limit = DEPTH_FIRST;
	}
	worth->limit = min(worth->limit, most);
	return worth->limit;
}

/**
 * ssi_policy_spares() - may a page be given to who has not touched it yet?
 * @mapped:    a program or a guest has it mapped here
 * @stayed_ns: since it came, or the right to write to it
 *
 * A page that is written to comes back, or the right to do so, at once: then it
 * stays for a while, so that who writes pays for it seldom.
 *
 * Return: true where its owner will hardly miss it.
 */
bool ssi_policy_spares(bool mapped, u64 stayed_ns)
{
	return !mapped || stayed_ns >= SPARE_NS;
}
