/* SPDX-License-Identifier: Apache-2.0 */
/* The changing thread: what may wait for the store is done here, one after the other. */
#ifndef SSI_COORD_WORK_H
#define SSI_COORD_WORK_H

#include <stdbool.h>

#define SSI_WORK_MAX 256

struct ssi_work;

/**
 * ssi_work_start - start the thread
 * @run: called for each item, by the thread
 * @arg: passed to @run
 *
 * Return: the thread, or NULL.
 */
struct ssi_work *ssi_work_start(void (*run)(void *item, void *arg), void *arg);

/**
 * ssi_work_post - hand over an item
 * @work: the thread
 * @item: for @run; NULL for what is done once, however often it is posted
 *
 * Return: false when there are too many already.
 */
bool ssi_work_post(struct ssi_work *work, void *item);

/**
 * ssi_work_stop - finish what was handed over, and end the thread
 * @work: the thread; what is posted from now on is not done
 */
void ssi_work_stop(struct ssi_work *work);

/**
 * ssi_work_free - when nobody posts any more
 * @work: stopped, or NULL
 */
void ssi_work_free(struct ssi_work *work);

#endif /* SSI_COORD_WORK_H */
