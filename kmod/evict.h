/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The evictor of a node makes room in its share ahead of need: cold clean
 * copies are dropped, cold owned pages move to nodes that promised room.
 */
#ifndef SSI_EVICT_H
#define SSI_EVICT_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct ssi_job;
struct ssi_node;
struct ssi_peer;

/**
 * struct ssi_evictor - of one node
 * @work:   one round; queued when the share fills up
 * @retry:  queues @work when there was nothing to be done at once
 * @region: id of the region where the hands stand
 * @hand:   page index of the first hand there
 * @open:   evictions under way, until the page was acknowledged
 * @wait:   the worker waits for room or for evictions to end
 * @stopped: do nothing any more
 */
struct ssi_evictor {
	struct work_struct work;
	struct delayed_work retry;
	u32 region;
	u32 hand;
	atomic_t open;
	wait_queue_head_t wait;
	bool stopped;
};

void ssi_evictor_init(struct ssi_evictor *evictor);
void ssi_evictor_stop(struct ssi_evictor *evictor);
void ssi_evict_ended(struct ssi_node *node, unsigned int target, bool moved);
void ssi_evict_reserve(struct ssi_job *job);
void ssi_evict_room(struct ssi_peer *peer, u32 pages);

#endif /* SSI_EVICT_H */
