// SPDX-License-Identifier: Apache-2.0
/*
 * A page on three nodes, by the tables of kmod/core: the input chooses which
 * of the things that can happen next does. The exhaustive walk of the unit
 * tests (tests/unit/walk.h) looks at every state that few requests lead to; here
 * sequences are long, and as many requests are open as fit.
 */
#include "../unit/walk.h"
#include "fuzz.h"

#define STEPS_MAX 400
/* So many steps end whatever is under way, or nothing does. */
#define END_MAX 2000

/**
 * struct pick - chooses one of the successors of a state
 * @nth:    which
 * @count:  how many there were
 * @chosen: that one
 */
struct pick {
	unsigned int nth;
	unsigned int count;
	struct walk_state chosen;
};

static void emit(struct walk *walk, struct walk_state *next)
{
	struct pick *pick = walk->ctx;

	if (pick->count++ == pick->nth)
		pick->chosen = *next;
}

static void die(const struct walk *walk, const char *what)
{
	fprintf(stderr, "page: %s\n", walk->violation ? walk->violation : what);
	abort();
}

static unsigned int count_successors(struct walk *walk,
				     const struct walk_state *state, bool new_work)
{
	struct pick *pick = walk->ctx;

	pick->count = 0;
	/* None of them: that is what counting is. */
	if (pick->nth == UINT32_MAX)
		pick->chosen = *state;
	if (new_work)
		walk_new_work(walk, state);
	walk_progress(walk, state);
	return pick->count;
}

/* Return: whether anything could happen. */
static bool step(struct walk *walk, struct walk_state *state,
		 unsigned int choice, bool new_work)
{
	struct pick *pick = walk->ctx;
	unsigned int count;
	const char *what;

	pick->nth = UINT32_MAX;
	count = count_successors(walk, state, new_work);
	if (!count)
		return false;
	pick->nth = choice % count;
	count_successors(walk, state, new_work);
	*state = pick->chosen;
	what = walk_check(walk, state);
	if (what || walk->violation)
		die(walk, what);
	return true;
}

/* The request that waits in the queue may be one too many for the model. */
static bool has_room(const struct walk_state *state)
{
	return state->queued + 2 < WALK_QUEUE && state->messages + 8 < WALK_MESSAGES;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pick pick = { 0 };
	struct walk walk = { .nodes = 3, .evict = true, .pin = true,
			     .open_max = 5, .emit = emit, .ctx = &pick };
	struct walk_state state;
	unsigned int i;

	memset(&state, 0, sizeof(state));
	for (i = 0; in.left && i < STEPS_MAX; i++)
		step(&walk, &state, in_u8(&in), has_room(&state));
	/* Without anything new everything ends, in whatever order. */
	for (i = 0; !walk_is_quiet(&state); i++) {
		if (i == END_MAX || !step(&walk, &state, i * 7, false))
			die(&walk, "something under way does not end");
	}
	return 0;
}
