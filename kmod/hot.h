/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages of a region that this node hands over most. They are found among all
 * by Space-Saving (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent
 * and Top-k Elements in Data Streams, 2005), in sets that pages are hashed to.
 */
#ifndef SSI_HOT_H
#define SSI_HOT_H

#include <linux/spinlock.h>
#include <linux/types.h>

#define SSI_HOT_SET_BITS 4
#define SSI_HOT_WAYS	 4
#define SSI_HOT_PAGES	 (SSI_HOT_WAYS << SSI_HOT_SET_BITS)

/**
 * struct ssi_hot_page - a page that may be hot
 * @index: of the page
 * @rank:  who has least of a set gives way to others; it halves with time
 * @moves: times that it was handed over since it came here; 0: a free place
 */
struct ssi_hot_page {
	u32 index;
	u32 rank;
	u64 moves;
};

/**
 * struct ssi_hot_set - pages of the same hash
 * @lock:  protects the rest; leaf
 * @count: moves of all of them
 * @pages: that moved most
 */
struct ssi_hot_set {
	spinlock_t lock;
	u32 count;
	struct ssi_hot_page pages[SSI_HOT_WAYS];
};

/**
 * struct ssi_hot - the pages of a region that move most
 * @sets: by hash of the page index
 */
struct ssi_hot {
	struct ssi_hot_set sets[1 << SSI_HOT_SET_BITS];
};

void ssi_hot_init(struct ssi_hot *hot);
void ssi_hot_count(struct ssi_hot *hot, u32 index);
struct ssi_hot_page ssi_hot_get(struct ssi_hot *hot, unsigned int place);

#endif /* SSI_HOT_H */
