// SPDX-License-Identifier: Apache-2.0
/*
 * fault: touches every page of some memory once, and measures each touch.
 *
 *	fault [--row NAME] [--node N] [--order seq|random|stride] [--threads N]
 *	      [--access read|write] [--before read|write] [--forget] [--swap all|half]
 *	      [--chunks A,B,...] [--per-chunk PAGES] [--meet FILE] [--stay FILE] [--guest] MEMORY
 *
 * MEMORY is --region NAME, or --pages N and one of --anon, --shmem, --file PATH,
 * --readahead PATH (the same, read ahead), --pager HANDLERS. Without a row nothing
 * is measured. --before touches all in the same way first; --forget then unmaps
 * it; --swap then swaps it out; --meet then creates FILE and waits for FILE.go;
 * --stay creates FILE at the end, and waits for a signal with all mapped.
 */
#include "fault.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
	const char *row, *region, *chunks, *before, *swap, *meet, *stay, *file;
	int kind, node, handlers;
	bool forget;
	enum order order;
	size_t pages, per_chunk;
} wanted = { .per_chunk = CHUNK_PAGES };

static struct memory memory;
static struct touch touch = { .threads = 1 };

static const struct option options[] = {
	{ "row", 1, NULL, 'r' },    { "node", 1, NULL, 'n' },	{ "order", 1, NULL, 'o' },
	{ "threads", 1, NULL, 't' }, { "access", 1, NULL, 'a' }, { "before", 1, NULL, 'b' },
	{ "forget", 0, NULL, 'f' }, { "swap", 1, NULL, 's' },	{ "chunks", 1, NULL, 'c' },
	{ "meet", 1, NULL, 'm' },   { "stay", 1, NULL, 'y' },	{ "guest", 0, NULL, 'g' },
	{ "region", 1, NULL, 'R' }, { "pages", 1, NULL, 'p' },	{ "anon", 0, NULL, 'A' },
	{ "shmem", 0, NULL, 'S' },  { "file", 1, NULL, 'F' },	{ "readahead", 1, NULL, 'H' },
	{ "pager", 1, NULL, 'P' },  { "per-chunk", 1, NULL, 'k' }, { NULL, 0, NULL, 0 },
};

static void refuse(const char *what, const char *value)
{
	fprintf(stderr, "fault: %s: %s\n", what, value);
	exit(2);
}

static bool is_write(const char *access)
{
	if (strcmp(access, "read") && strcmp(access, "write"))
		refuse("neither read nor write", access);
	return !strcmp(access, "write");
}

static void take_memory(int option, const char *value)
{
	wanted.kind = option;
	if (option == 'R')
		wanted.region = value;
	else if (option == 'P')
		wanted.handlers = atoi(value);
	else if (option != 'A' && option != 'S')
		wanted.file = value;
}

static void take(int option, const char *value)
{
	switch (option) {
	case 'r': wanted.row = value; break;
	case 'n': wanted.node = atoi(value); break;
	case 't': touch.threads = (unsigned int)atoi(value); break;
	case 'a': touch.write = is_write(value); break;
	case 'b': wanted.before = value; break;
	case 'f': wanted.forget = true; break;
	case 's': wanted.swap = value; break;
	case 'c': wanted.chunks = value; break;
	case 'm': wanted.meet = value; break;
	case 'y': wanted.stay = value; break;
	case 'g': touch.guest = true; break;
	case 'p': wanted.pages = (size_t)atol(value); break;
	case 'k': wanted.per_chunk = (size_t)atol(value); break;
	case 'o':
		if (!order_by_name(value, &wanted.order))
			refuse("no such order", value);
		break;
	case '?': exit(2);
	default: take_memory(option, value);
	}
}

static void get_memory(void)
{
	memory.pages = wanted.pages;
	switch (wanted.kind) {
	case 'R': map_region(&memory, wanted.region); break;
	case 'A': map_anonymous(&memory); break;
	case 'S': map_shmem(&memory); break;
	case 'P': map_pager(&memory, wanted.handlers); break;
	case 'F':
	case 'H': map_file(&memory, wanted.file, wanted.kind == 'H'); break;
	default: refuse("which memory?", "see the top of fault.c");
	}
}

static void add_chunk(uint32_t *list, size_t chunk)
{
	size_t page = chunk * CHUNK_PAGES, end = page + wanted.per_chunk;

	for (; page < end && page < memory.pages; page++)
		list[touch.count++] = (uint32_t)page;
}

static void make_list(void)
{
	uint32_t *list = malloc(memory.pages * sizeof(*list));
	char *rest = wanted.chunks ? strdup(wanted.chunks) : NULL, *word;
	size_t chunk;

	if (!list || wanted.per_chunk > CHUNK_PAGES)
		die("list");
	for (chunk = 0; !rest && chunk * CHUNK_PAGES < memory.pages; chunk++)
		add_chunk(list, chunk);
	while (rest && (word = strsep(&rest, ",")))
		add_chunk(list, (size_t)atol(word));
	order_pages(list, touch.count, wanted.order);
	touch.page = list;
}

static void run(struct touch how, struct samples *samples)
{
	samples_init(samples, how.count);
	if (how.guest)
		touch_by_guest(&how, samples);
	else
		touch_by_threads(&memory, &how, samples);
}

static void say_so(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file || fclose(file))
		die(path);
}

static void meet(const char *path)
{
	char go[256];

	snprintf(go, sizeof(go), "%s.go", path);
	say_so(path);
	while (access(go, F_OK))
		usleep(10000);
}

static void prepare(void)
{
	struct samples unused;
	struct touch before = touch;

	if (wanted.before) {
		before.write = is_write(wanted.before);
		run(before, &unused);
	}
	if (wanted.forget && madvise(memory.base, memory.pages * PAGE, MADV_DONTNEED))
		die("MADV_DONTNEED");
	if (wanted.swap)
		swap_out(&memory, !strcmp(wanted.swap, "half"));
	if (wanted.meet)
		meet(wanted.meet);
}

int main(int argc, char **argv)
{
	struct samples samples;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take(option, optarg);
	enter_namespace(wanted.node);
	get_memory();
	make_list();
	if (touch.guest)
		guest_start(&memory);
	prepare();
	run(touch, &samples);
	if (wanted.swap)
		count_swapped_in(&memory);
	if (wanted.row)
		samples_write(&samples, wanted.row, memory.facts);
	if (wanted.stay) {
		say_so(wanted.stay);
		pause();
	}
	return 0;
}
