// SPDX-License-Identifier: Apache-2.0
/*
 * incr: threads of one node write to pages that other nodes write to as well.
 *
 *	incr [--node NAME] --region NAME --pages N --threads N --ops N --base N
 *	     --processes N
 *	incr [--node NAME] --region NAME --pages N --sum
 *
 * Each page has a counter that everybody increments atomically, and a word
 * for each thread of the whole run that only its thread writes. A thread
 * checks on every visit that the counter did not go back (a stale read) and
 * that its own word is what it wrote last (a lost write). --base numbers the
 * words of this process; all --processes begin together, since they meet on a
 * page behind the others. SIGTERM ends the threads before their --ops are done;
 * the sum of what they wrote is printed all the same. --sum prints the sum of
 * all counters.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/ssi_mem_dev.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORDS 64

/* A page of the region, as this test uses it. */
struct page {
	_Atomic uint64_t counter;
	uint64_t pad[7];
	_Atomic uint64_t word[WORDS];
	char rest[SSI_PAGE_BYTES - 8 * (8 + WORDS)];
};

static struct page *pages;
static unsigned int page_count = 1;
static unsigned int thread_count = 1;
static uint64_t ops = 1000;
static unsigned int base;
static unsigned int processes = 1;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "incr: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void wrong(const char *what, unsigned int page, uint64_t saw,
		  uint64_t expected)
{
	fprintf(stderr, "incr: WRONG: %s: page %u: saw %llu, expected %llu\n",
		what, page, (unsigned long long)saw,
		(unsigned long long)expected);
	exit(3);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void visit(unsigned int i, unsigned int me, uint64_t *seen,
		  uint64_t *mine, uint64_t random)
{
	struct page *page = &pages[i];
	uint64_t now = page->counter;

	if (now < seen[i])
		wrong("the counter went back", i, now, seen[i]);
	seen[i] = now;
	if (page->word[me] != mine[i])
		wrong("a write is lost", i, page->word[me], mine[i]);
	/* A fourth of the visits only read. */
	if (random % 4 == 0)
		return;
	page->word[me] = ++mine[i];
	seen[i] = ++page->counter;
}

static void *increment(void *arg)
{
	unsigned int me = base + (unsigned int)(uintptr_t)arg, i;
	uint64_t *seen = calloc(page_count, sizeof(*seen));
	uint64_t *mine = calloc(page_count, sizeof(*mine));
	uint64_t random = 0x9e3779b97f4a7c15u * (me + 1), done, sum = 0;

	if (!seen || !mine)
		die("calloc");
	for (i = 0; i < page_count; i++)
		mine[i] = pages[i].word[me];
	for (done = 0; done < ops && !stopped; done++) {
		next_random(&random);
		i = (random >> 8) % page_count;
		visit(i, me, seen, mine, random);
		/* Let the others have a go: what is tested is the taking turns. */
		sched_yield();
	}
	for (i = 0; i < page_count; i++)
		sum += mine[i];
	free(seen);
	free(mine);
	return (void *)(uintptr_t)sum;
}

static void meet(void)
{
	struct page *place = &pages[page_count];

	place->counter++;
	while (place->counter % processes)
		usleep(1000);
}

static uint64_t run_threads(void)
{
	pthread_t threads[WORDS];
	uint64_t sum = 0;
	uintptr_t i;
	void *part;

	meet();
	for (i = 0; i < thread_count; i++) {
		errno = pthread_create(&threads[i], NULL, increment, (void *)i);
		if (errno)
			die("pthread_create");
	}
	for (i = 0; i < thread_count; i++) {
		pthread_join(threads[i], &part);
		sum += (uintptr_t)part;
	}
	return sum;
}

static uint64_t sum_counters(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < page_count; i++)
		sum += pages[i].counter;
	return sum;
}

static void attach(const char *node, const char *region)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };
	int dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);

	if (dev < 0)
		die("/dev/ssi_mem");
	snprintf(attach.node, sizeof(attach.node), "%s", node);
	snprintf(attach.region, sizeof(attach.region), "%s", region);
	if (ioctl(dev, SSI_DEV_ATTACH, &attach))
		die("attach");
	if (attach.bytes <= (uint64_t)page_count * SSI_PAGE_BYTES) {
		fprintf(stderr, "incr: the region has %llu bytes only\n",
			(unsigned long long)attach.bytes);
		exit(1);
	}
	pages = mmap(NULL, (page_count + 1ul) * SSI_PAGE_BYTES,
		     PROT_READ | PROT_WRITE, MAP_SHARED, attach.fd, 0);
	if (pages == MAP_FAILED)
		die("mmap");
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text) {
		fprintf(stderr, "incr: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", 1, NULL, 'n' }, { "region", 1, NULL, 'r' },
		{ "pages", 1, NULL, 'p' }, { "threads", 1, NULL, 't' },
		{ "ops", 1, NULL, 'o' },  { "base", 1, NULL, 'b' },
		{ "sum", 0, NULL, 's' },  { "processes", 1, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	const char *node = "", *region = "";
	int option, sum = 0;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'n': node = optarg; break;
		case 'r': region = optarg; break;
		case 'p': page_count = (unsigned int)number(optarg); break;
		case 't': thread_count = (unsigned int)number(optarg); break;
		case 'o': ops = number(optarg); break;
		case 'b': base = (unsigned int)number(optarg); break;
		case 'c': processes = (unsigned int)number(optarg); break;
		case 's': sum = 1; break;
		default: return 2;
		}
	}
	if (base + thread_count > WORDS) {
		fprintf(stderr, "incr: at most %d threads in all\n", WORDS);
		return 2;
	}
	signal(SIGTERM, stop);
	attach(node, region);
	printf("%llu\n", (unsigned long long)(sum ? sum_counters() :
						    run_threads()));
	return 0;
}
