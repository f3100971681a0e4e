// SPDX-License-Identifier: Apache-2.0
/*
 * The demo's guest: init of an unmodified Linux kernel. It takes nearly all
 * memory that is available and works on it in five patterns; every byte that
 * it writes it reads back. Lines that begin with "workload:" are for the
 * script that watches the console. At the end it waits for a line of input,
 * then powers off.
 *
 * Boot parameters: workload.mask=N runs pattern n where bit n is set,
 * workload.percent=N takes N percent of MemAvailable, workload.again=1 runs all
 * of them again until a line of input comes.
 */
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#include "guest.h"

#define PAGE_BYTES 4096u
#define PAGE_WORDS (PAGE_BYTES / 8)
#define THREADS	   4
#define STEPS	   10 /* progress lines of a pattern */

/* The memory under test: what page i holds follows from i and its round. */
static uint64_t *memory;
static uint8_t *rounds;
static size_t page_count;
static _Atomic uint64_t wrong_bytes;
static _Atomic uint64_t checked_bytes;

/* The finalizer of SplitMix64: neighbours share no bytes. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static uint64_t content(size_t page, unsigned int word)
{
	return mix((uint64_t)rounds[page] << 56 | (page * PAGE_WORDS + word));
}

static void write_page(size_t page)
{
	uint64_t *words = memory + page * PAGE_WORDS;
	unsigned int i;

	rounds[page]++;
	for (i = 0; i < PAGE_WORDS; i++)
		words[i] = content(page, i);
}

static unsigned int differing_bytes(uint64_t a, uint64_t b)
{
	unsigned int i, count = 0;

	for (i = 0; i < 64; i += 8)
		count += (a >> i & 0xff) != (b >> i & 0xff);
	return count;
}

static void check_page(size_t page)
{
	const volatile uint64_t *words = memory + page * PAGE_WORDS;
	unsigned int i, wrong = 0;

	for (i = 0; i < PAGE_WORDS; i++)
		wrong += differing_bytes(words[i], content(page, i));
	checked_bytes += PAGE_BYTES;
	if (!wrong)
		return;
	wrong_bytes += wrong;
	printf("workload: wrong: page %zu round %u: %u bytes\n", page,
	       rounds[page], wrong);
}

/* A progress line ten times in a pattern. */
static void progress(const char *pattern, size_t done, size_t all)
{
	size_t step = all / STEPS + 1;

	if (done % step == 0)
		printf("workload: progress %s %zu%%\n", pattern,
		       done * 100 / all);
}

/* ---- patterns ---- */

/* The first quarter, one page after the other. */
static void sequential(void)
{
	size_t i, all = page_count / 4;

	for (i = 0; i < all; i++) {
		progress("sequential", i, 2 * all);
		write_page(i);
	}
	for (i = 0; i < all; i++) {
		progress("sequential", all + i, 2 * all);
		check_page(i);
	}
}

/* Every page with its own content, then every page read back. */
static void integrity(void)
{
	size_t i;

	for (i = 0; i < page_count; i++) {
		progress("integrity", i, 2 * page_count);
		write_page(i);
	}
	for (i = 0; i < page_count; i++) {
		progress("integrity", page_count + i, 2 * page_count);
		check_page(i);
	}
}

/* A quarter as many accesses as pages; every other one writes. */
static void random_order(void)
{
	size_t i, page, all = page_count / 4;
	uint64_t state = 1;

	for (i = 0; i < all; i++) {
		progress("random", i, all);
		state = mix(state + i);
		page = state % page_count;
		check_page(page);
		if (i % 2)
			write_page(page);
	}
}

static void strided(void)
{
	size_t i;

	for (i = 0; i < page_count; i += 16) {
		progress("strided", i, page_count);
		check_page(i);
		write_page(i);
		check_page(i);
	}
}

/* Each thread has its own pages, every 16th; all run at once. */
static void *work_on_part(void *arg)
{
	size_t i;

	for (i = (uintptr_t)arg; i < page_count; i += 16) {
		check_page(i);
		write_page(i);
		check_page(i);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t ids[THREADS];
	uintptr_t i;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&ids[i], NULL, work_on_part, (void *)i))
			fail("pthread_create");
	for (i = 0; i < THREADS; i++) {
		pthread_join(ids[i], NULL);
		progress("threads", i + 1, THREADS);
	}
}

static const struct pattern {
	const char *name;
	void (*run)(void);
} patterns[] = {
	{ "sequential", sequential }, { "integrity", integrity },
	{ "random", random_order },   { "strided", strided },
	{ "threads", threads },
};

/* ---- set-up ---- */

static void read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	if (got < 0)
		fail(path);
	text[got] = 0;
	close(fd);
}

static uint64_t meminfo(const char *field)
{
	char text[4096], *line;

	read_file("/proc/meminfo", text, sizeof(text));
	line = strstr(text, field);
	if (!line)
		fail(field);
	return strtoull(line + strlen(field), NULL, 10) * 1024;
}

static unsigned int parameter(const char *name, unsigned int otherwise)
{
	char text[4096], *word;

	read_file("/proc/cmdline", text, sizeof(text));
	word = strstr(text, name);
	return word ? (unsigned int)atoi(word + strlen(name)) : otherwise;
}

static void take_memory(void)
{
	uint64_t available = meminfo("MemAvailable:");
	uint64_t bytes = available * parameter("workload.percent=", 92) / 100;

	page_count = bytes / PAGE_BYTES;
	memory = mmap(NULL, page_count * PAGE_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	rounds = calloc(page_count, 1);
	if (memory == MAP_FAILED || !rounds)
		fail("memory");
	printf("workload: available %llu\n", (unsigned long long)available);
	printf("workload: verifies %llu\n",
	       (unsigned long long)page_count * PAGE_BYTES);
}

static void run_pattern(const struct pattern *pattern)
{
	struct timespec from, to;
	uint64_t before = checked_bytes;

	clock_gettime(CLOCK_MONOTONIC, &from);
	pattern->run();
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("workload: done %s %llu bytes checked in %ld ms\n",
	       pattern->name, (unsigned long long)(checked_bytes - before),
	       (to.tv_sec - from.tv_sec) * 1000 +
		       (to.tv_nsec - from.tv_nsec) / 1000000);
}

static void run_patterns(unsigned int mask)
{
	unsigned int i;

	for (i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (mask >> i & 1)
			run_pattern(&patterns[i]);
}

/* Takes the line that says so. */
static int is_enough(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[16];

	return poll(&input, 1, 0) > 0 && fgets(line, sizeof(line), stdin);
}

int main(void)
{
	char line[16];
	unsigned int mask, again;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mount_all();
	printf("workload: begins\n");
	show_uptime();
	take_memory();
	mask = parameter("workload.mask=", ~0u);
	again = parameter("workload.again=", 0);
	do {
		run_patterns(mask);
	} while (again && !is_enough());
	printf("workload: wrong_bytes %llu\n", (unsigned long long)wrong_bytes);
	show_uptime();
	show_log();
	printf("workload: ends\n");
	if (!fgets(line, sizeof(line), stdin))
		printf("workload: no input\n");
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
