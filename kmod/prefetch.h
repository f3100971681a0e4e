/* SPDX-License-Identifier: GPL-2.0-only */
/* Where threads go in a region, and how far it pays to be ahead of them. */
#ifndef SSI_PREFETCH_H
#define SSI_PREFETCH_H

#include <linux/spinlock.h>
#include "core/policy.h"
#include "page.h"

/* Threads of which it is known where they go, of a region on a node. */
#define SSI_STREAMS 32

/**
 * struct ssi_walker - where a thread goes
 * @lock:   protects the rest; taken by threads that fault, and never waited for
 * @pid:    of the thread
 * @stream: what it touches
 */
struct ssi_walker {
	spinlock_t lock;
	pid_t pid;
	struct ssi_stream stream;
};

/**
 * struct ssi_prefetch - of a region on a node
 * @most:    pages that a thread may be ahead by, 0 for none; as asked for
 * @asked:   pages that were asked for
 * @used:    of those, touched after they had come
 * @late:    of those, touched before they had come
 * @unused:  of those, gone without having been touched
 * @refused: of those, not given
 * @lock:    protects @worth; faults only try it
 * @worth:   whether it pays
 * @now:     as many pages ahead as that says; for those who have not got @lock
 * @walkers: by a part of the pid
 */
struct ssi_prefetch {
	u32 most;
	atomic64_t asked;
	atomic64_t used;
	atomic64_t late;
	atomic64_t unused;
	atomic64_t refused;
	spinlock_t lock;
	struct ssi_worth worth;
	u32 now;
	struct ssi_walker walkers[SSI_STREAMS];
};

void ssi_prefetch_init(struct ssi_prefetch *prefetch);
void ssi_prefetch_set(struct ssi_prefetch *prefetch, u32 most);
void ssi_prefetch_missed(const struct ssi_page *page, enum ssi_event event);
void ssi_prefetch_touched(const struct ssi_page *page, enum ssi_event event,
			  unsigned int mapped);
void ssi_prefetch_forget(const struct ssi_page *page);

#endif /* SSI_PREFETCH_H */
