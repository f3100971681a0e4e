/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes of tests/netns/litmus.c: small programs of two to four threads on
 * words that lie on pages of their own, and what x86-TSO says of their outcomes.
 * Names as in "Litmus: running tests against hardware" and "A better x86 memory
 * model: x86-TSO". A shape with a fence has +mfence.
 */
#ifndef LITMUS_SHAPES_H
#define LITMUS_SHAPES_H

#include <stdbool.h>
#include <stdint.h>

#define THREADS_MAX 4
#define WORDS_MAX 2
#define REGS_MAX 2

/**
 * struct place - one instance of a shape, as one thread sees it
 * @x:   a word
 * @y:   a word on another page
 * @new: what the words had before is below this
 * @r:   the thread's registers
 */
struct place {
	volatile uint32_t *x;
	volatile uint32_t *y;
	uint32_t new;
	uint32_t *r;
};

/**
 * struct outcome - of an instance: 0 for what was there before, else 1 to 3
 * @r: registers by thread
 * @x: the word in the end
 * @y: the other one
 */
struct outcome {
	uint32_t r[THREADS_MAX][REGS_MAX];
	uint32_t x;
	uint32_t y;
};

/**
 * struct shape - a litmus test
 * @name:      of it
 * @threads:   how many
 * @thread:    what each does
 * @forbidden: x86-TSO has no such outcome
 * @relaxed:   x86-TSO has it and sequential consistency has not, and hardware
 *	       shows it; NULL where there is none
 */
struct shape {
	const char *name;
	unsigned int threads;
	void (*thread[THREADS_MAX])(const struct place *p);
	bool (*forbidden)(const struct outcome *o);
	bool (*relaxed)(const struct outcome *o);
};

#define PROGRAM(name, ...) \
	static void name(const struct place *p) { __VA_ARGS__; }
#define OUTCOME(name, ...) \
	static bool name(const struct outcome *o) { return __VA_ARGS__; }
#define WRITE(word, k) (*p->word = p->new + (k))
#define READ(reg, word) (p->r[reg] = *p->word)
#define FENCE() __asm__ volatile("mfence" ::: "memory")

PROGRAM(write_x, WRITE(x, 1))
PROGRAM(write_y, WRITE(y, 1))
PROGRAM(read_xy, READ(0, x); READ(1, y))
PROGRAM(read_yx, READ(0, y); READ(1, x))
PROGRAM(write_x_y, WRITE(x, 1); WRITE(y, 1))
OUTCOME(never, !o)

/* Store buffering. */
PROGRAM(sb_0, WRITE(x, 1); READ(0, y))
PROGRAM(sb_1, WRITE(y, 1); READ(0, x))
PROGRAM(sb_0_fence, WRITE(x, 1); FENCE(); READ(0, y))
PROGRAM(sb_1_fence, WRITE(y, 1); FENCE(); READ(0, x))
OUTCOME(sb_none, !o->r[0][0] && !o->r[1][0])

/* Message passing. */
OUTCOME(mp_late, o->r[1][0] && !o->r[1][1])

/* Load buffering. */
PROGRAM(lb_0, READ(0, x); WRITE(y, 1))
PROGRAM(lb_1, READ(0, y); WRITE(x, 1))
OUTCOME(lb_both, o->r[0][0] && o->r[1][0])

/* Independent reads of independent writes. */
OUTCOME(iriw_differ, o->r[2][0] && !o->r[2][1] && o->r[3][0] && !o->r[3][1])

/* 2+2W: two writes each, in opposite order. */
PROGRAM(ww_0, WRITE(x, 1); WRITE(y, 2))
PROGRAM(ww_1, WRITE(y, 1); WRITE(x, 2))
OUTCOME(ww_first, o->x == 1 && o->y == 1)

/* Coherence of one word: reads do not go back, a write is read by who made it. */
PROGRAM(corr_0, WRITE(x, 1); WRITE(x, 2))
PROGRAM(corr_1, READ(0, x); READ(1, x))
OUTCOME(corr_back, o->r[1][0] > o->r[1][1] || o->x != 2)
PROGRAM(cowr_0, WRITE(x, 1); READ(0, x))
PROGRAM(cowr_1, WRITE(x, 2); READ(0, x))
OUTCOME(cowr_lost, !o->r[0][0] || !o->r[1][0] || !o->x ||
	/* Who read the other's write came first, so that is what stays. */
	(o->r[0][0] == 2 && o->x != 2) || (o->r[1][0] == 1 && o->x != 1))

/* R: the second writes y last, but does not see x. */
PROGRAM(r_1, WRITE(y, 2); READ(0, x))
PROGRAM(r_1_fence, WRITE(y, 2); FENCE(); READ(0, x))
OUTCOME(r_unseen, o->y == 2 && !o->r[1][0])

/* S: the second sees y, and its write to x comes before the first one's. */
PROGRAM(s_0, WRITE(x, 2); WRITE(y, 1))
PROGRAM(s_1, READ(0, y); WRITE(x, 1))
OUTCOME(s_early, o->r[1][0] && o->x == 2)

static const struct shape shapes[] = {
	{ "SB", 2, { sb_0, sb_1 }, never, sb_none },
	{ "SB+mfence", 2, { sb_0_fence, sb_1_fence }, sb_none, NULL },
	{ "MP", 2, { write_x_y, read_yx }, mp_late, NULL },
	{ "LB", 2, { lb_0, lb_1 }, lb_both, NULL },
	{ "IRIW", 4, { write_x, write_y, read_xy, read_yx }, iriw_differ, NULL },
	{ "2+2W", 2, { ww_0, ww_1 }, ww_first, NULL },
	{ "CoRR", 2, { corr_0, corr_1 }, corr_back, NULL },
	{ "CoWR", 2, { cowr_0, cowr_1 }, cowr_lost, NULL },
	{ "R", 2, { write_x_y, r_1 }, never, r_unseen },
	{ "R+mfence", 2, { write_x_y, r_1_fence }, r_unseen, NULL },
	{ "S", 2, { s_0, s_1 }, s_early, NULL },
};

#endif
