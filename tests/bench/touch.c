// SPDX-License-Identifier: Apache-2.0
/* Threads that touch pages, and how long each touch takes. */
#include "fault.h"

#include <pthread.h>

#define THREADS_MAX 16

/**
 * struct part - what a thread touches
 * @memory:  of it
 * @touch:   how
 * @first:   in the list
 * @count:   of the list
 * @samples: its own
 * @begin:   all have been started
 */
struct part {
	const struct memory *memory;
	const struct touch *touch;
	size_t first;
	size_t count;
	struct samples samples;
	pthread_barrier_t *begin;
};

static void touch_page(char *page, uint32_t index, bool write)
{
	volatile uint32_t *word = (volatile uint32_t *)page;

	if (write)
		*word = index + 1;
	else
		(void)*word;
}

static void *touch_part(void *arg)
{
	struct part *part = arg;
	uint64_t begin;
	size_t i;

	pthread_barrier_wait(part->begin);
	for (i = part->first; i < part->first + part->count; i++) {
		uint32_t page = part->touch->page[i];

		begin = now_ns();
		touch_page(part->memory->base + (size_t)page * PAGE, page, part->touch->write);
		samples_add(&part->samples, now_ns() - begin);
	}
	return NULL;
}

static void gather(struct samples *all, const struct samples *some)
{
	size_t i;

	for (i = 0; i < some->count; i++)
		samples_add(all, some->ns[i]);
}

/**
 * touch_by_threads() - touch every page of a list once
 * @memory:  mapped
 * @touch:   the list
 * @samples: filled in
 */
void touch_by_threads(const struct memory *memory, const struct touch *touch,
		      struct samples *samples)
{
	struct part part[THREADS_MAX];
	pthread_t thread[THREADS_MAX];
	pthread_barrier_t begin;
	size_t each = touch->count / touch->threads;
	uint64_t started;
	unsigned int i;

	pthread_barrier_init(&begin, NULL, touch->threads + 1);
	for (i = 0; i < touch->threads; i++) {
		part[i] = (struct part){ memory, touch, i * each, each, { 0 }, &begin };
		samples_init(&part[i].samples, each);
		if (pthread_create(&thread[i], NULL, touch_part, &part[i]))
			die("pthread_create");
	}
	started = now_ns();
	pthread_barrier_wait(&begin);
	for (i = 0; i < touch->threads; i++)
		pthread_join(thread[i], NULL);
	samples->elapsed = now_ns() - started;
	for (i = 0; i < touch->threads; i++)
		gather(samples, &part[i].samples);
	samples->pages = samples->count;
}
