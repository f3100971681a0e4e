// SPDX-License-Identifier: Apache-2.0
/*
 * litmus: threads on different nodes run small programs on the same words, and
 * every outcome is held against x86-TSO.
 *
 *	litmus REGION NODES ROUNDS [--together | --broken]
 *
 * Thread K of a shape is on node K modulo NODES, in the network namespace nK,
 * and has a mapping of its own. --together: all on node 0, in one mapping; then
 * what the hardware relaxes must be seen as well, or the test has no power.
 * --broken: the module is, and some forbidden outcome must be seen, which ends the
 * run. Output is TAP. ROUNDS is rounded up to whole batches: a batch is so many
 * instances, on words of the same two pages, between two barriers.
 */
#include "surface.h"

#include <pthread.h>
#include <sched.h>

#include "litmus_shapes.h"

#define INSTANCES 64u
/* Words of an instance are in cache lines of their own. */
#define STRIDE (64 / sizeof(uint32_t))
/* Each word has so many values in a batch. */
#define VALUES 4u
/* As long as another thread may need to see its start, where each has a CPU. */
#define SPINS 10000u
/*
 * Homes differ by chunk. And the pages' numbers differ in their low bits as well:
 * an emulator's cache of translations would hold only one of the two, and between
 * a write and a read it would take so long to find the other one again that the
 * write were never late.
 */
#define Y_OFFSET ((3ul << 20) + 5 * SSI_PAGE_BYTES)
/*
 * Batches take turns with so many pages of each: one whose place in that cache is
 * that of a thread's stack would hide every late write of a run.
 */
#define PAGES 8u

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct worker {
	pthread_t thread;
	unsigned int number;
	volatile uint32_t *x;
	volatile uint32_t *y;
	uint32_t r[INSTANCES][REGS_MAX];
};

static struct worker workers[THREADS_MAX];
static const struct shape *shape;
static pthread_barrier_t begin, end;
static unsigned int started; /* threads, at all starts of the shape */
static unsigned int stride; /* instances from one start to the next */
static unsigned int batches;
static uint32_t batch; /* of all shapes, never 0 */
static unsigned int forbidden, relaxed;
static bool broken;

/* ---- a batch ---- */

/* Where x and y of an instance are, in words. */
static size_t word_of(unsigned int instance)
{
	return batch % PAGES * (SSI_PAGE_BYTES / sizeof(uint32_t)) +
	       instance * STRIDE;
}

static void pin_to_cpu(unsigned int number)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number % (cpus > 0 ? cpus : 1), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* A moment of some length, or threads would meet at the same place for ever. */
static void dawdle(uint32_t *random)
{
	*random = *random * 1664525u + 1013904223u;
	for (volatile uint32_t i = *random >> 29; i; i--)
		;
}

/*
 * A barrier lets its threads go one after the other, and the first would be
 * through before the last begins: they spin until it does. The next start finds
 * all of them past this one.
 */
static void start_together(void)
{
	unsigned int threads = shape->threads, all, spins;

	all = __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
	all += threads - 1 - (all - 1) % threads;
	for (spins = 1; __atomic_load_n(&started, __ATOMIC_ACQUIRE) < all; spins++)
		if (spins % SPINS == 0)
			sched_yield();
}

static void run_batch(struct worker *w, uint32_t *random)
{
	struct place place = { .new = batch * VALUES };
	unsigned int i;

	for (i = 0; i < INSTANCES; i++) {
		place.x = w->x + word_of(i);
		place.y = w->y + word_of(i);
		place.r = w->r[i];
		if (i % stride == 0)
			start_together();
		dawdle(random);
		shape->thread[w->number](&place);
	}
}

/* What is older than the batch is 0; what is newer can not be. */
static uint32_t decode(uint32_t value)
{
	if (value / VALUES > batch) {
		printf("# %s: %u out of thin air\n", shape->name, value);
		forbidden++;
	}
	return value / VALUES == batch ? value % VALUES : 0;
}

/* Thread 0 judges, while all others wait for the next batch. */
static void judge(unsigned int instance)
{
	struct outcome o = {
		.x = decode(workers[0].x[word_of(instance)]),
		.y = decode(workers[0].y[word_of(instance)]),
	};
	unsigned int t, r;

	for (t = 0; t < shape->threads; t++)
		for (r = 0; r < REGS_MAX; r++)
			o.r[t][r] = decode(workers[t].r[instance][r]);
	if (shape->relaxed)
		relaxed += shape->relaxed(&o);
	if (!shape->forbidden(&o))
		return;
	if (!forbidden++)
		printf("# %s: x %u y %u, registers %u %u  %u %u  %u %u  %u %u\n",
		       shape->name, o.x, o.y, o.r[0][0], o.r[0][1], o.r[1][0],
		       o.r[1][1], o.r[2][0], o.r[2][1], o.r[3][0], o.r[3][1]);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	uint32_t random = w->number + 1;
	unsigned int i, done;

	pin_to_cpu(w->number);
	for (done = 0; done < batches; done++) {
		pthread_barrier_wait(&begin);
		/* A module that is broken may also leave a page to nobody. */
		if (broken && forbidden)
			break;
		run_batch(w, &random);
		pthread_barrier_wait(&end);
		if (w->number)
			continue;
		for (i = 0; i < INSTANCES; i++)
			judge(i);
		batch++;
	}
	return NULL;
}

/* ---- shapes ---- */

static void run_shape(void)
{
	unsigned int t;

	forbidden = relaxed = started = 0;
	pthread_barrier_init(&begin, NULL, shape->threads);
	pthread_barrier_init(&end, NULL, shape->threads);
	for (t = 0; t < shape->threads; t++) {
		memset(workers[t].r, 0, sizeof(workers[t].r));
		if (pthread_create(&workers[t].thread, NULL, work, &workers[t]))
			die("pthread_create");
	}
	for (t = 0; t < shape->threads; t++)
		pthread_join(workers[t].thread, NULL);
	pthread_barrier_destroy(&begin);
	pthread_barrier_destroy(&end);
}

static void tell(void)
{
	char text[128];

	snprintf(text, sizeof(text), "%s: %u rounds, %u forbidden outcomes%s",
		 shape->name, batches * INSTANCES, forbidden,
		 shape->relaxed ? "" : ", none to be relaxed");
	if (shape->relaxed)
		snprintf(text, sizeof(text),
			 "%s: %u rounds, %u forbidden outcomes, %u relaxed",
			 shape->name, batches * INSTANCES, forbidden, relaxed);
	check(text, !forbidden);
}

/* ---- nodes ---- */

static void enter_node(unsigned int node)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/n%u", node);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static void map_words(struct worker *w, const char *region, unsigned int node)
{
	size_t bytes;
	char *memory;
	int fd;

	enter_node(node);
	fd = attach_region(region, &bytes);
	if (bytes < Y_OFFSET + PAGES * SSI_PAGE_BYTES)
		die("the region is too small");
	memory = map_shared(fd, RW, bytes, 0);
	close(fd);
	w->x = (volatile uint32_t *)memory;
	w->y = (volatile uint32_t *)(memory + Y_OFFSET);
}

static void forget_former_runs(void)
{
	memset((void *)workers[0].x, 0, PAGES * SSI_PAGE_BYTES);
	memset((void *)workers[0].y, 0, PAGES * SSI_PAGE_BYTES);
}

int main(int argc, char **argv)
{
	int together = argc == 5 && !strcmp(argv[4], "--together");
	unsigned int nodes, t, wrong = 0, weak = 0;

	broken = argc == 5 && !strcmp(argv[4], "--broken");
	if (argc < 4 || argc > 5 || (argc == 5 && !together && !broken)) {
		fprintf(stderr, "usage: litmus REGION NODES ROUNDS [--together | --broken]\n");
		return 2;
	}
	nodes = together ? 1 : (unsigned int)atoi(argv[2]);
	batches = ((unsigned int)atoi(argv[3]) + INSTANCES - 1) / INSTANCES;
	batch = 1;
	/* On one node each start is the same; on several, pages have to travel. */
	stride = together ? 1 : INSTANCES;
	for (t = 0; t < THREADS_MAX; t++) {
		workers[t].number = t;
		if (!together || !t)
			map_words(&workers[t], argv[1], nodes ? t % nodes : 0);
		workers[t].x = together ? workers[0].x : workers[t].x;
		workers[t].y = together ? workers[0].y : workers[t].y;
	}
	forget_former_runs();
	for (shape = shapes; shape < shapes + COUNT(shapes) && !(broken && wrong); shape++) {
		run_shape();
		wrong += forbidden;
		weak += relaxed;
		if (!broken)
			tell();
	}
	if (together)
		check("what x86-TSO relaxes is seen, so forbidden outcomes would be", weak);
	if (broken) {
		printf("# %u forbidden outcomes\n", wrong);
		check("a broken module shows forbidden outcomes", wrong);
	}
	return finish();
}
