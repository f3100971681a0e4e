// SPDX-License-Identifier: Apache-2.0
/*
 * directio: reads a file into pages of a region and writes it from them, past
 * the page cache, while other programs write to other words of these pages.
 * usage: directio REGION FILE PAGES ROUNDS
 *
 * Of each page the sector IN is read from the file, where two patterns take
 * turns, and the sector OUT is written to the file and read back. A page that
 * went to another node while the disk wrote to it would show an old pattern,
 * or lose what the others wrote (incr finds that).
 */
#include "surface.h"

#include <stdint.h>
#include <sys/uio.h>

#define PAGE   4096ul
#define SECTOR 512ul
/* incr uses what is before. */
#define IN  (4 * SECTOR)
#define OUT (6 * SECTOR)

/* Places in the file: the two patterns, and what is written. */
#define PATTERNS 2
#define BATCH_MAX 64ul

static char *memory;
static int file;
static unsigned long pages;
static struct iovec vector[BATCH_MAX];

static uint64_t pattern(unsigned long page, unsigned int which)
{
	return 0x1000000 * (which + 1) + page;
}

static int is_filled(const char *sector, uint64_t value)
{
	const uint64_t *words = (const uint64_t *)sector;
	unsigned long i;

	for (i = 0; i < SECTOR / 8; i++) {
		if (words[i] != value)
			return 0;
	}
	return 1;
}

static void fill(char *sector, uint64_t value)
{
	uint64_t *words = (uint64_t *)sector;
	unsigned long i;

	for (i = 0; i < SECTOR / 8; i++)
		words[i] = value;
}

static void wrong(const char *what, unsigned long page, const char *sector)
{
	fprintf(stderr, "directio: WRONG: page %lu: %s: %llx\n", page, what,
		*(const unsigned long long *)sector);
	exit(3);
}

/* Write both patterns, and room for what is written back. */
static void prepare(void)
{
	size_t bytes = (PATTERNS + 1) * pages * SECTOR;
	unsigned long page;
	unsigned int which;
	char *buffer;

	if (posix_memalign((void **)&buffer, PAGE, bytes))
		die("memory");
	memset(buffer, 0, bytes);
	for (which = 0; which < PATTERNS; which++) {
		for (page = 0; page < pages; page++)
			fill(buffer + (which * pages + page) * SECTOR,
			     pattern(page, which));
	}
	if (pwrite(file, buffer, bytes, 0) != (ssize_t)bytes)
		die("pwrite");
	free(buffer);
}

/* The vector becomes the same sector of each page of a batch. */
static unsigned long sectors(unsigned long first, unsigned long offset)
{
	unsigned long i, count = pages - first;

	if (count > BATCH_MAX)
		count = BATCH_MAX;
	for (i = 0; i < count; i++) {
		vector[i].iov_base = memory + (first + i) * PAGE + offset;
		vector[i].iov_len = SECTOR;
	}
	return count;
}

static void read_in(unsigned long first, unsigned int which)
{
	unsigned long i, count = sectors(first, IN);

	if (preadv(file, vector, (int)count,
		   (off_t)((which * pages + first) * SECTOR)) !=
	    (ssize_t)(count * SECTOR))
		die("preadv");
	for (i = 0; i < count; i++) {
		if (!is_filled(vector[i].iov_base, pattern(first + i, which)))
			wrong("not what the file holds", first + i,
			      vector[i].iov_base);
	}
}

static void write_out(unsigned long first, uint64_t value)
{
	off_t place = (off_t)((PATTERNS * pages + first) * SECTOR);
	static char back[BATCH_MAX * SECTOR] __attribute__((aligned(4096)));
	unsigned long i, count = sectors(first, OUT);

	for (i = 0; i < count; i++)
		fill(vector[i].iov_base, value + i);
	if (pwritev(file, vector, (int)count, place) !=
	    (ssize_t)(count * SECTOR))
		die("pwritev");
	if (pread(file, back, count * SECTOR, place) !=
	    (ssize_t)(count * SECTOR))
		die("pread");
	for (i = 0; i < count; i++) {
		if (!is_filled(back + i * SECTOR, value + i))
			wrong("the file has something else", first + i,
			      back + i * SECTOR);
	}
}

int main(int argc, char **argv)
{
	unsigned long rounds, round, first;
	size_t bytes;

	if (argc != 5) {
		fprintf(stderr, "usage: directio REGION FILE PAGES ROUNDS\n");
		return 2;
	}
	pages = strtoul(argv[3], NULL, 10);
	rounds = strtoul(argv[4], NULL, 10);
	memory = map_shared(attach_region(argv[1], &bytes), RW, pages * PAGE, 0);
	file = open(argv[2], O_RDWR | O_CREAT | O_DIRECT, 0600);
	if (file < 0)
		die(argv[2]);
	prepare();
	for (round = 0; round < rounds; round++) {
		for (first = 0; first < pages; first += BATCH_MAX) {
			read_in(first, round % PATTERNS);
			write_out(first, (round + 1) << 32 | first);
		}
	}
	printf("%lu\n", 2 * rounds * pages);
	return 0;
}
