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
 * struct pick - chooses one of the successors of a state, while they come
 * @random: of the choice
 * @count:  how many there were
 * @chosen: one of them
 */
struct pick {
	uint32_t random;
	unsigned int count;
	struct walk_state chosen;
};

static void emit(struct walk *walk, struct walk_state *next)
{
	struct pick *pick = walk->ctx;

	pick->random = pick->random * 1664525 + 1013904223;
	if ((pick->random >> 16) % ++pick->count == 0)
		pick->chosen = *next;
}

static void die(const struct walk *walk, const char *what)
{
	fprintf(stderr, "page: %s\n", walk->violation ? walk->violation : what);
	abort();
}

/* Return: whether anything could happen. */
static bool step(struct walk *walk, struct walk_state *state,
		 unsigned int choice, bool new_work)
{
	struct pick *pick = walk->ctx;
	const char *what;

	pick->random = choice;
	pick->count = 0;
	if (new_work)
		walk_new_work(walk, state);
	walk_progress(walk, state);
	if (!pick->count)
		return false;
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
	struct walk walk = { .nodes = 3, .evict = true, .pin = true, .ahead = true,
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
