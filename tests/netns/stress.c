// SPDX-License-Identifier: Apache-2.0
/*
 * stress: workers read, write and increment pages that workers of other nodes
 * use as well, until SIGTERM.
 *
 *	stress|vcpu [--first N] [--threads N] [--workers N] [--hot N] [--seed N]
 *	            [--log FILE] REGION PAGES
 *	stress --check REGION PAGES FILE...
 *
 * Workers of `stress' are threads, those of `vcpu' are processors of a guest.
 * --first is the number of the first one in the whole run, which has --workers.
 * Which pages they visit and what they do there follows from seed and number
 * alone. They check whatever they read against what they know; in the end
 * --check holds every byte of every page against the logs of all of them. A
 * worker that was killed and is started again with its log goes on where it
 * was. Printed is how many increments were made; with --log, `began' before, as
 * soon as SIGTERM is heeded. Counters and the first 32 words are where incr has
 * them: both can use the same pages, if the numbers differ.
 *
 * Exit status 3: something is wrong, or ended that must not; WRONG tells what.
 */
#include "surface.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include "stress.h"

#define SEED_STEP 0x9e3779b97f4a7c15u

volatile bool stress_stopped;

static uint32_t page_count, hot_count = 8, first, workers_in_all, threads = 1;
static uint64_t seed = 1;
static struct worker workers[WORKERS_MAX];

static void stop(int signal)
{
	(void)signal;
	stress_stopped = true;
}

/* @who: a worker's number, or what else looked. */
static void tell(const char *who, const struct wrong *wrong)
{
	fprintf(stderr, "stress: WRONG: %s: page %u, offset %u: %s saw %#llx, expected %#llx\n",
		wrong->what, wrong->page, wrong->offset, who,
		(unsigned long long)wrong->seen,
		(unsigned long long)wrong->expected);
}

/* ---- mappings ---- */

static void *map_at(unsigned long at, size_t bytes, int flags, int fd)
{
	void *memory = mmap((void *)at, bytes, PROT_READ | PROT_WRITE,
			    flags | MAP_FIXED_NOREPLACE, fd, 0);

	if (memory != (void *)at)
		die("mmap");
	return memory;
}

static struct page *map_region(const char *name)
{
	size_t bytes = (size_t)page_count * SSI_PAGE_BYTES, all;
	int fd = attach_region(name, &all);

	if (all < bytes || bytes > STRESS_LOGS_AT - STRESS_REGION_AT) {
		fprintf(stderr, "stress: the region has %zu bytes\n", all);
		exit(1);
	}
	return map_at(STRESS_REGION_AT, bytes, MAP_SHARED, fd);
}

static size_t log_bytes(void)
{
	return sizeof(struct log) + page_count * sizeof(struct entry);
}

static struct log *nth_log(void *logs, uint32_t n)
{
	return (struct log *)((char *)logs + n * log_bytes());
}

static void *map_logs(const char *path)
{
	size_t bytes = threads * log_bytes();
	int fd = -1;

	if (bytes > STRESS_END - STRESS_LOGS_AT) {
		fprintf(stderr, "stress: too many pages\n");
		exit(2);
	}
	if (!path)
		return map_at(STRESS_LOGS_AT, bytes, MAP_SHARED | MAP_ANONYMOUS, -1);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)bytes))
		die(path);
	return map_at(STRESS_LOGS_AT, bytes, MAP_SHARED, fd);
}

/* ---- a run ---- */

static void begin_log(struct log *log, uint32_t me)
{
	log->me = me;
	if (!log->random)
		log->random = (seed << 8 | 1) * SEED_STEP + me * SEED_STEP;
}

static uint64_t count_increments(const struct log *log)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < page_count; i++)
		sum += log->entry[i].increments;
	return sum;
}

/* One that finds something wrong ends all. */
static void *run_worker(void *arg)
{
	struct worker *w = arg;
	char who[32];

	if (stress_resume(w))
		stress_run(w);
	if (!w->wrong.what)
		return NULL;
	snprintf(who, sizeof(who), "worker %u", w->me);
	tell(who, &w->wrong);
	exit(3);
}

static int run(struct page *region, void *logs)
{
	pthread_t ids[WORKERS_MAX];
	uint64_t sum = 0;
	uint32_t i;

	stress_prepare((size_t)page_count * SSI_PAGE_BYTES, threads * log_bytes());
	for (i = 0; i < threads; i++) {
		workers[i] = (struct worker){
			.me = first + i, .workers = workers_in_all,
			.pages = page_count, .hot = hot_count,
			.region = region, .log = nth_log(logs, i),
		};
		begin_log(workers[i].log, first + i);
		errno = pthread_create(&ids[i], NULL, run_worker, &workers[i]);
		if (errno)
			die("pthread_create");
	}
	for (i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		sum += count_increments(workers[i].log);
	}
	printf("%llu\n", (unsigned long long)sum);
	return 0;
}

/* ---- the check in the end ---- */

static const struct log *logs[WORKERS_MAX]; /* by number of the worker */

static void read_logs(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	struct log *log;
	char *at;
	off_t i;

	if (fd < 0 || fstat(fd, &stat))
		die(path);
	at = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		die(path);
	for (i = 0; i < stat.st_size / (off_t)log_bytes(); i++) {
		log = nth_log(at, (uint32_t)i);
		if (log->me >= WORKERS_MAX || logs[log->me] || log->act) {
			fprintf(stderr, "stress: %s: worker %llu is there twice, or has not ended\n",
				path, (unsigned long long)log->me);
			exit(1);
		}
		logs[log->me] = log;
	}
}

static bool must_be(struct wrong *wrong, const char *what, size_t offset,
		    uint64_t seen, uint64_t expected)
{
	if (seen == expected)
		return true;
	wrong->what = what;
	wrong->offset = (uint32_t)offset;
	wrong->seen = seen;
	wrong->expected = expected;
	return false;
}

/* What all logs say of a page, held against it. */
static bool check_sums(const struct page *page, uint32_t number, struct wrong *wrong)
{
	uint64_t least = 0, unsure = 0, version = 0, writer = 0, counter = page->counter;
	const struct entry *entry;
	uint32_t i;

	for (i = 0; i < WORKERS_MAX; i++) {
		entry = logs[i] ? &logs[i]->entry[number] : NULL;
		if (!must_be(wrong, "the word is not the last written",
			     offsetof(struct page, word[i]), page->word[i],
			     entry ? entry->word[i] : 0))
			return false;
		if (!entry)
			continue;
		least += entry->increments;
		unsure += entry->unsure;
		if (entry->written > version) {
			version = entry->written;
			writer = i + 1;
		}
	}
	if (counter > least && counter <= least + unsure)
		counter = least;
	return must_be(wrong, "increments are lost, or too many",
		       offsetof(struct page, counter), counter, least) &&
	       must_be(wrong, "the body is not the last written",
		       offsetof(struct page, version), page->version, version) &&
	       must_be(wrong, "the body is another's",
		       offsetof(struct page, writer), page->writer, writer);
}

static bool check_rest(const struct page *page, struct wrong *wrong)
{
	size_t i;

	for (i = 0; i < sizeof(page->pad) / sizeof(*page->pad); i++)
		if (!must_be(wrong, "nobody wrote there",
			     offsetof(struct page, pad[i]), page->pad[i], 0))
			return false;
	return must_be(wrong, "the page is locked", offsetof(struct page, lock),
		       page->lock, 0);
}

/* Nobody knew more than there is. */
static bool check_note(const struct page *region, uint32_t number,
		       struct wrong *wrong)
{
	uint64_t now = region[stress_partner(number, hot_count)].counter;

	return region[number].count <= now ||
	       must_be(wrong, "the partner's counter is less than was seen",
		       offsetof(struct page, count), region[number].count, now);
}

/* Tells of every page that is wrong. @paths: of the logs */
static int check_all(const struct page *region, char **paths)
{
	unsigned long long sum = 0, made = 0, unsure = 0, visits = 0, looks = 0;
	uint32_t i, n, bad = 0;

	while (*paths)
		read_logs(*paths++);
	for (i = 0; i < page_count; i++) {
		struct wrong wrong = { .page = i };

		if (!check_sums(&region[i], i, &wrong) ||
		    !check_rest(&region[i], &wrong) ||
		    !check_note(region, i, &wrong) ||
		    !stress_check_body(&region[i], i, region[i].version, &wrong)) {
			tell("the check", &wrong);
			bad++;
		}
		sum += region[i].counter;
	}
	for (n = 0; n < WORKERS_MAX; n++) {
		if (!logs[n])
			continue;
		made += count_increments(logs[n]);
		visits += logs[n]->visits;
		looks += logs[n]->looks;
		for (i = 0; i < page_count; i++)
			unsure += logs[n]->entry[i].unsure;
	}
	printf("%llu increments, %llu are logged and %llu may be; %u pages, %u of them wrong; %llu visits, %llu bodies read\n",
	       sum, made, unsure, page_count, bad, visits, looks);
	return bad ? 3 : made ? 0 : 1;
}

/* ---- options ---- */

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || end == text) {
		fprintf(stderr, "stress: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

static int usage(void)
{
	fprintf(stderr, "usage: stress [--first N] [--threads N] [--workers N] [--hot N] [--seed N] [--log FILE] REGION PAGES\n"
			"       stress --check REGION PAGES FILE...\n");
	return 2;
}

static bool makes_sense(void)
{
	if (!workers_in_all)
		workers_in_all = first + threads;
	if (hot_count > page_count)
		hot_count = page_count;
	return page_count && hot_count && threads && workers_in_all <= WORKERS_MAX &&
	       first + threads <= workers_in_all;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "first", 1, NULL, 'f' }, { "threads", 1, NULL, 't' },
		{ "workers", 1, NULL, 'w' }, { "hot", 1, NULL, 'h' },
		{ "seed", 1, NULL, 's' }, { "log", 1, NULL, 'l' },
		{ "check", 0, NULL, 'c' }, { NULL, 0, NULL, 0 },
	};
	const char *log = NULL, *region;
	bool check = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'f': first = (uint32_t)number(optarg); break;
		case 't': threads = (uint32_t)number(optarg); break;
		case 'w': workers_in_all = (uint32_t)number(optarg); break;
		case 'h': hot_count = (uint32_t)number(optarg); break;
		case 's': seed = number(optarg); break;
		case 'l': log = optarg; break;
		case 'c': check = true; break;
		default: return usage();
		}
	}
	if (argc - optind < 2 || (!check && argc - optind > 2))
		return usage();
	region = argv[optind++];
	page_count = (uint32_t)number(argv[optind++]);
	if (!makes_sense())
		return usage();
	if (check)
		return check_all(map_region(region), argv + optind);
	signal(SIGTERM, stop);
	if (log) {
		puts("began");
		fflush(stdout);
	}
	return run(map_region(region), map_logs(log));
}
