// SPDX-License-Identifier: Apache-2.0
#include "work.h"

#include <pthread.h>
#include <stdlib.h>

/**
 * struct ssi_work - the thread
 * @run: called for each item
 * @arg: passed to it
 * @thread: the thread
 * @lock: of all below
 * @more: there is something, or @ending
 * @item: a ring
 * @first: index of the next one
 * @count: how many
 * @always: the item NULL was posted
 * @ending: nothing comes any more
 */
struct ssi_work {
	void (*run)(void *item, void *arg);
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	void *item[SSI_WORK_MAX];
	unsigned int first;
	unsigned int count;
	bool always;
	bool ending;
};

/* Waits for an item. Returns false when there are none, and nothing comes any more. */
static bool take(struct ssi_work *work, void **item)
{
	bool found = true;

	pthread_mutex_lock(&work->lock);
	while (!work->always && !work->count && !work->ending)
		pthread_cond_wait(&work->more, &work->lock);
	*item = NULL;
	if (work->always) {
		work->always = false;
	} else if (work->count) {
		*item = work->item[work->first];
		work->first = (work->first + 1) % SSI_WORK_MAX;
		work->count--;
	} else {
		found = false;
	}
	pthread_mutex_unlock(&work->lock);
	return found;
}

static void *run(void *arg)
{
	struct ssi_work *work = arg;
	void *item;

	while (take(work, &item))
		work->run(item, work->arg);
	return NULL;
}

struct ssi_work *ssi_work_start(void (*run_item)(void *item, void *arg), void *arg)
{
	struct ssi_work *work = calloc(1, sizeof(*work));

	if (!work)
		return NULL;
	work->run = run_item;
	work->arg = arg;
	pthread_mutex_init(&work->lock, NULL);
	pthread_cond_init(&work->more, NULL);
	if (pthread_create(&work->thread, NULL, run, work) == 0)
		return work;
	free(work);
	return NULL;
}

bool ssi_work_post(struct ssi_work *work, void *item)
{
	bool room;

	pthread_mutex_lock(&work->lock);
	room = !item || work->count < SSI_WORK_MAX;
	if (!item)
		work->always = true;
	else if (room)
		work->item[(work->first + work->count++) % SSI_WORK_MAX] = item;
	pthread_cond_signal(&work->more);
	pthread_mutex_unlock(&work->lock);
	return room;
}

void ssi_work_stop(struct ssi_work *work)
{
	pthread_mutex_lock(&work->lock);
	work->ending = true;
	pthread_cond_signal(&work->more);
	pthread_mutex_unlock(&work->lock);
	pthread_join(work->thread, NULL);
}

void ssi_work_free(struct ssi_work *work)
{
	if (!work)
		return;
	pthread_mutex_destroy(&work->lock);
	pthread_cond_destroy(&work->more);
	free(work);
}
