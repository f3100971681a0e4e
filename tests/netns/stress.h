/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers that read, write and increment pages which other workers use as well,
 * on other nodes too, and keep a log of what they did. See stress.c.
 */
#ifndef STRESS_H
#define STRESS_H

#include <linux/ssi_mem_dev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Workers of a whole run. */
#define WORKERS_MAX 32u
#define BODY_WORDS 472u

/**
 * struct page - a page of the region
 * @counter: anybody increments it, atomically
 * @lock:    worker + 1 who writes the body, or 0
 * @version: of the body; odd while it is written
 * @writer:  worker + 1 who wrote the body, or 0: nobody did
 * @count:   how far the partner's counter was, seen before the body was written:
 *	     who has read that must see the same or more
 * @pad:     zero
 * @word:    worker N alone writes word N, each time one more
 * @body:    follows from the page's number, @version, @writer and @count
 */
struct page {
	volatile uint64_t counter;
	volatile uint64_t lock;
	volatile uint64_t version;
	volatile uint64_t writer;
	volatile uint64_t count;
	volatile uint64_t pad[3];
	volatile uint64_t word[WORKERS_MAX];
	volatile uint64_t body[BODY_WORDS];
};
_Static_assert(sizeof(struct page) == SSI_PAGE_BYTES, "a page is a page");

/**
 * struct entry - what a worker knows of a page
 * @increments: that it made
 * @unsure:	more that it may have made, when it was killed
 * @written:	version of the last body that it wrote
 * @counter:	seen last, or read on another page
 * @version:	seen last
 * @word:	seen last; its own: written last
 */
struct entry {
	volatile uint64_t increments;
	volatile uint64_t unsure;
	volatile uint64_t written;
	volatile uint64_t counter;
	volatile uint64_t version;
	volatile uint64_t word[WORKERS_MAX];
};

/** enum act - what a worker does to a page */
enum act { ACT_NONE, ACT_LOOK, ACT_INCREMENT, ACT_WORD, ACT_BODY };

/**
 * struct log - what a worker did; in a file, so that it outlives its worker
 * @me:	     number of the worker
 * @random:  state of the sequence of accesses
 * @visits:  accesses so far
 * @looks:   bodies that were read whole, and fitted
 * @act:     what is under way; it may be done or not when the worker is killed
 * @page:    where
 * @entry:   for each page
 */
struct log {
	uint64_t me;
	uint64_t random;
	uint64_t visits;
	uint64_t looks;
	volatile uint32_t act;
	volatile uint32_t page;
	struct entry entry[];
};

/**
 * struct wrong - what must not be
 * @what:     in words, NULL: nothing is wrong
 * @page:     number in the region
 * @offset:   in the page
 * @seen:     there
 * @expected: at least, or exactly
 */
struct wrong {
	const char *what;
	uint32_t page;
	uint32_t offset;
	uint64_t seen;
	uint64_t expected;
};

/**
 * struct worker - one of a run
 * @me:      its number in the whole run
 * @workers: in the whole run
 * @pages:   that are used
 * @hot:     of them, the first ones, which every other access goes to
 * @region:  the pages
 * @log:     of this worker
 * @wrong:   what it found
 */
struct worker {
	uint32_t me;
	uint32_t workers;
	uint32_t pages;
	uint32_t hot;
	struct page *region;
	struct log *log;
	struct wrong wrong;
};

/* Set by SIGTERM. */
extern volatile bool stress_stopped;

/* A hot page, about which a page has a note. */
static inline uint32_t stress_partner(uint32_t number, uint32_t hot)
{
	return (number + 1) % hot;
}

/* ---- stress_work.c: runs in a program and in a guest alike, without any library ---- */

bool stress_check_body(const struct page *page, uint32_t number, uint64_t version,
		       struct wrong *wrong);
bool stress_resume(struct worker *w);
bool stress_visit(struct worker *w);

/* ---- stress_thread.c, or vcpu.c: a thread of the program, or a processor ---- */

/*
 * Where region and logs are mapped: a guest uses its monitor's addresses. Not below 2 GiB,
 * where the heap of a program without PIE begins: anywhere in the GiB behind it.
 */
#define STRESS_REGION_AT 0x80000000ul
#define STRESS_LOGS_AT 0xa0000000ul
#define STRESS_END 0xc0000000ul

void stress_prepare(size_t region_bytes, size_t log_bytes);
void stress_run(struct worker *w);

#endif /* STRESS_H */
