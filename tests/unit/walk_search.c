// SPDX-License-Identifier: Apache-2.0
/*
 * The search: every state is kept whole, in the order in which it was found,
 * so equality is equality of bytes and nothing is taken for visited by chance.
 */
#include <stdio.h>
#include <stdlib.h>
#include "walk.h"

#define NONE 0xffffffffu

/**
 * struct search - what was found so far
 * @bytes:   states one behind the other, without unused messages
 * @used:    bytes in use
 * @room:    bytes there are
 * @place:   where each state begins in @bytes
 * @parent:  from which state each was reached first
 * @states:  how many there are
 * @most:    how many @place and @parent have room for
 * @table:   hash table of state numbers
 * @mask:    its size less one
 * @now:     the state whose successors are looked at
 * @next:    successors of a state, in the second pass
 * @nexts:   how many
 */
struct search {
	u8 *bytes;
	size_t used;
	size_t room;
	u64 *place;
	u32 *parent;
	u32 states;
	u32 most;
	u32 *table;
	u32 mask;
	u32 now;
	u32 next[64];
	unsigned int nexts;
};

static void *must(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "walk: out of memory\n");
	exit(1);
}

/* ---- the set of states ---- */

static size_t size_of(const struct walk_state *state)
{
	return offsetof(struct walk_state, message) +
	       state->messages * sizeof(state->message[0]);
}

static void load_state(const struct search *search, u32 i,
		       struct walk_state *state)
{
	const u8 *from = search->bytes + search->place[i];
	const size_t head = offsetof(struct walk_state, message);

	memset(state, 0, sizeof(*state));
	memcpy(state, from, head);
	memcpy(state->message, from + head,
	       state->messages * sizeof(state->message[0]));
}

/* Order has no meaning among messages: sort them, so that it has no cost. */
static void sort_messages(struct walk_state *state)
{
	unsigned int i, j;
	u32 moved;

	for (i = 1; i < state->messages; i++) {
		moved = state->message[i];
		for (j = i; j && state->message[j - 1] > moved; j--)
			state->message[j] = state->message[j - 1];
		state->message[j] = moved;
	}
}

static u32 hash_of(const void *bytes, size_t size)
{
	const u8 *at = bytes;
	u64 hash = 0xcbf29ce484222325ull;

	while (size--)
		hash = (hash ^ *at++) * 0x100000001b3ull;
	return (u32)(hash ^ hash >> 32);
}

static u32 *slot_of(const struct search *search, const struct walk_state *state)
{
	size_t size = size_of(state);
	u32 at = hash_of(state, size) & search->mask, *slot;

	for (;; at = (at + 1) & search->mask) {
		slot = &search->table[at];
		if (*slot == NONE ||
		    !memcmp(search->bytes + search->place[*slot], state, size))
			return slot;
	}
}

static void grow_table(struct search *search)
{
	struct walk_state state;
	u32 i;

	search->mask = search->mask * 2 + 1;
	free(search->table);
	search->table = must(malloc((search->mask + 1ull) * sizeof(u32)));
	memset(search->table, 0xff, (search->mask + 1ull) * sizeof(u32));
	for (i = 0; i < search->states; i++) {
		load_state(search, i, &state);
		*slot_of(search, &state) = i;
	}
}

/* There is always a whole state of slack, so that comparing is safe. */
static void make_room(struct search *search)
{
	if (search->used + 2 * sizeof(struct walk_state) > search->room) {
		search->room = search->room * 3 / 2 + (1 << 16);
		search->bytes = must(realloc(search->bytes, search->room));
	}
	if (search->states == search->most) {
		search->most = search->most * 3 / 2 + 1024;
		search->place = must(realloc(search->place, search->most *
					     sizeof(*search->place)));
		search->parent = must(realloc(search->parent, search->most *
					      sizeof(*search->parent)));
	}
}

static u32 add_state(struct search *search, struct walk_state *state)
{
	u32 *slot;

	make_room(search);
	if (search->states >= search->mask / 2)
		grow_table(search);
	slot = slot_of(search, state);
	if (*slot != NONE)
		return *slot;
	*slot = search->states;
	search->place[search->states] = search->used;
	search->parent[search->states] = search->now;
	memcpy(search->bytes + search->used, state, size_of(state));
	search->used += size_of(state);
	return search->states++;
}

static void free_search(struct search *search)
{
	free(search->bytes);
	free(search->place);
	free(search->parent);
	free(search->table);
}

/* ---- showing ---- */

static void show_nodes(const struct walk *walk, const struct walk_state *state)
{
	const struct walk_node *node;
	unsigned int i;

	for (i = 0; i < walk->nodes; i++) {
		node = &state->node[i];
		fprintf(stderr, "  node %u: %s%s%s%s%s%s acks %d\n", i,
			ssi_state_name(node->state),
			node->fresh || !node->state ? "" : " STALE",
			node->busy ? " busy" : "",
			node->leaving ? " leaving" : "",
			node->pending ? " waits for " : "",
			node->pending ? ssi_event_name(node->pending - 1u) : "",
			node->acks);
	}
}

static void show(const struct walk *walk, const struct walk_state *state)
{
	struct walk_msg msg;
	unsigned int i;

	show_nodes(walk, state);
	fprintf(stderr, "  home: owner %d, sharers %x%s, %u wait\n",
		ssi_dir_is_owned(&state->dir) ? state->dir.owner : -1,
		(unsigned int)state->dir.sharers,
		state->dir.busy ? ", busy" : "", state->queued);
	for (i = 0; i < state->messages; i++) {
		msg = walk_message(state, i);
		fprintf(stderr, "  %s to %u for %u: ask %u arg %u acks %u%s%s%s%s%s\n",
			ssi_msg_name(msg.type), msg.to, msg.requester, msg.ask,
			msg.arg, msg.acks, msg.evict ? " evict" : "",
			msg.neighbour ? " neighbour" : "",
			msg.begun ? " begun" : "", msg.local ? " local" : "",
			msg.behind ? " behind" : "");
	}
}

static void explain_trace(const struct walk *walk, const struct search *search,
			  u32 last)
{
	struct walk_state state;
	u32 path[256], i;
	int depth = 0;

	for (i = last; i != NONE && depth < 256; i = search->parent[i])
		path[depth++] = i;
	while (depth--) {
		load_state(search, path[depth], &state);
		fprintf(stderr, "state %u:\n", path[depth]);
		show(walk, &state);
	}
	fprintf(stderr, "VIOLATION: %s\n", walk->violation);
}

/* ---- first pass: find every state, check each ---- */

static void found(struct walk *walk, struct walk_state *next)
{
	struct search *search = walk->ctx;
	u32 before = search->states, at;

	walk->steps++;
	sort_messages(next);
	at = add_state(search, next);
	if (walk->violation || at != before)
		return;
	walk->violation = walk_check(walk, next);
	if (walk->violation)
		search->now = at;
}

static void find_all(struct walk *walk, struct search *search)
{
	struct walk_state state;
	u32 level = 1;

	memset(&state, 0, sizeof(state));
	search->now = NONE;
	add_state(search, &state);
	walk->emit = found;
	for (u32 i = 0; i < search->states && !walk->violation; i++) {
		if (i == level) {
			walk->depth++;
			level = search->states;
		}
		search->now = i;
		load_state(search, i, &state);
		walk_new_work(walk, &state);
		walk_progress(walk, &state);
	}
	walk->states = search->states;
}

/* ---- second pass: whatever is under way comes to an end ---- */

enum colour { UNSEEN, OPEN, ENDS };

static void note_next(struct walk *walk, struct walk_state *next)
{
	struct search *search = walk->ctx;
	u32 *slot;

	sort_messages(next);
	slot = slot_of(search, next);
	if (*slot == NONE)
		walk->violation = "the second pass finds another state";
	else if (search->nexts == ARRAY_SIZE(search->next))
		walk->violation = "more can happen next than the walk allows";
	else
		search->next[search->nexts++] = *slot;
}

/*
 * Depth first, over steps of progress alone: a state is left for good when all
 * its successors end. What is met while it is open closes a circle.
 */
static u32 *push_next(struct walk *walk, struct search *search, u8 *colour,
		      u32 *top)
{
	struct walk_state state;
	unsigned int i;

	load_state(search, *top, &state);
	search->nexts = 0;
	walk_progress(walk, &state);
	if (!search->nexts && !walk_is_quiet(&state))
		walk->violation = "something waits for ever";
	colour[*top] = OPEN;
	for (i = 0; i < search->nexts; i++) {
		if (colour[search->next[i]] == OPEN)
			walk->violation = "something goes on for ever";
		if (colour[search->next[i]] == UNSEEN)
			*++top = search->next[i];
	}
	return top;
}

#define STACK 65536

static void drain_from(struct walk *walk, struct search *search, u8 *colour,
		       u32 *stack)
{
	u32 *top = stack;

	while (top >= stack && !walk->violation) {
		search->now = *top;
		if (top - stack > STACK - (long)ARRAY_SIZE(search->next))
			walk->violation = "no end is in sight";
		if (colour[*top] == UNSEEN)
			top = push_next(walk, search, colour, top);
		else
			colour[*top--] = ENDS;
	}
}

static void drain_all(struct walk *walk, struct search *search)
{
	u8 *colour = must(calloc(search->states, 1));
	u32 *stack = must(malloc(STACK * sizeof(*stack)));
	u32 i;

	walk->emit = note_next;
	for (i = 0; i < search->states && !walk->violation; i++) {
		stack[0] = i;
		if (colour[i] == UNSEEN)
			drain_from(walk, search, colour, stack);
	}
	free(colour);
	free(stack);
}

/**
 * walk_run() - search everything
 * @walk:    nodes, evict, pin and mutant are set; the rest is zero
 * @explain: print the way to a violation
 *
 * Return: true when all states are as they must be, and all of them end.
 */
bool walk_run(struct walk *walk, bool explain)
{
	struct search search = { .mask = 1023 };

	search.table = must(malloc((search.mask + 1ull) * sizeof(u32)));
	memset(search.table, 0xff, (search.mask + 1ull) * sizeof(u32));
	walk->ctx = &search;
	find_all(walk, &search);
	if (!walk->violation)
		drain_all(walk, &search);
	if (walk->violation && explain)
		explain_trace(walk, &search, search.now);
	free_search(&search);
	return !walk->violation;
}
