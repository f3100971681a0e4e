/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program fault: memory of some kind, and touching it.
 */
#ifndef FAULT_H
#define FAULT_H

#include "bench.h"

#define CHUNK_PAGES 512

/**
 * struct memory - what is touched
 * @base:  where it is mapped
 * @pages: its size
 * @facts: what its kind knows about the touches, for the row's first line
 */
struct memory {
	char *base;
	size_t pages;
	char facts[128];
};

/**
 * struct touch - how it is touched
 * @page:    indexes, in order
 * @count:   of them
 * @write:   or read
 * @threads: that share the list
 * @guest:   by a guest, in place of threads
 */
struct touch {
	const uint32_t *page;
	size_t count;
	bool write;
	unsigned int threads;
	bool guest;
};

void map_region(struct memory *memory, const char *name);
void map_anonymous(struct memory *memory);
void map_shmem(struct memory *memory);
void map_file(struct memory *memory, const char *path, bool readahead);
void map_pager(struct memory *memory, int handlers);

void swap_out(struct memory *memory, bool half);
void count_swapped_in(struct memory *memory);

void touch_by_threads(const struct memory *memory, const struct touch *touch,
		      struct samples *samples);
void guest_start(const struct memory *memory);
void touch_by_guest(const struct touch *touch, struct samples *samples);

#endif /* FAULT_H */
