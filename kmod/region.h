/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A region on one node: a file to map, the words of its pages, and for the
 * chunks that have their home here, the directory.
 */
#ifndef SSI_REGION_H
#define SSI_REGION_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include <linux/ssi_mem_dev.h>
#include "core/dir.h"
#include "core/member.h"
#include "core/policy.h"
#include "page.h"

struct ssi_node;

/**
 * struct ssi_home - directory of a chunk, at its home
 * @lock:     protects the rest; softirq-safe, leaf
 * @txns:     transactions under way, struct ssi_job.active
 * @granting: the one of @txns that grants a range; pages of its range are busy
 * @range:    history of first touches
 * @dir:      an entry for each page
 */
struct ssi_home {
	spinlock_t lock;
	struct list_head txns;
	struct ssi_job *granting;
	struct ssi_range_state range;
	struct ssi_dir *dir;
};

/**
 * struct ssi_chunk - 512 pages on this node
 * @entries: the words of struct ssi_page
 * @home:    directory, when this node is the home and was asked
 */
struct ssi_chunk {
	unsigned long *entries;
	struct ssi_home *home;
};

/**
 * struct ssi_region - a region on one node
 * @ref:	references: the node's table, open files, jobs, requests
 * @rcu:	frees after readers of the node's table
 * @free_work:	gives back what may not be given back in any context
 * @node:	the local node
 * @id:		the same on all members
 * @generation:	tells regions apart that had the same id
 * @name:	the same on all members
 * @pages:	size in pages
 * @authority:	id of the node that created it
 * @members:	its nodes
 * @self:	our slot
 * @inode:	its file
 * @chunks:	by chunk index, NULL until touched; never freed before the region
 * @homes:	slot of the home by chunk index
 * @attached:	open files; under node->regions' lock
 * @closing:	no new users, no new evictions; under node->regions' lock
 * @work:	transactions and requests under way here
 * @owned:	pages with content that this node owns
 * @copies:	read copies
 * @untouched:	pages granted and never touched
 */
struct ssi_region {
	struct kref ref;
	struct rcu_head rcu;
	struct work_struct free_work;
	struct ssi_node *node;
	u32 id;
	u32 generation;
	char name[SSI_NAME_MAX];
	u32 pages;
	u32 authority;
	struct ssi_members members;
	unsigned int self;
	struct inode *inode;
	struct ssi_chunk **chunks;
	u8 *homes;
	unsigned int attached;
	bool closing;
	atomic_t work;
	atomic64_t owned;
	atomic64_t copies;
	atomic64_t untouched;
};

static inline u32 ssi_region_chunks(const struct ssi_region *region)
{
	return DIV_ROUND_UP(region->pages, SSI_CHUNK_PAGES);
}

static inline unsigned int ssi_region_home_id(const struct ssi_region *region,
					      u32 page)
{
	return region->members.ids[region->homes[page / SSI_CHUNK_PAGES]];
}

int ssi_region_setup(void);
void ssi_region_cleanup(void);

struct ssi_region *ssi_region_create(struct ssi_node *node, u32 id,
				     u32 generation,
				     const struct ssi_wire_region *body);
struct ssi_region *ssi_region_get(struct ssi_node *node, u32 id,
				  u32 generation);
struct ssi_region *ssi_region_by_name(struct ssi_node *node, const char *name);
void ssi_region_put(struct ssi_region *region);
void ssi_region_remove(struct ssi_region *region);
bool ssi_region_open(struct ssi_region *region);
void ssi_region_close(struct ssi_region *region);
int ssi_region_stop(struct ssi_region *region, unsigned long timeout);
void ssi_region_reopen(struct ssi_region *region);
bool ssi_region_work_begin(struct ssi_region *region);
void ssi_region_work_end(struct ssi_region *region);
u32 ssi_region_homed(const struct ssi_region *region);

struct file *ssi_region_file(struct ssi_region *region,
			     const struct file_operations *fops);
bool ssi_region_page(struct ssi_region *region, u32 index, gfp_t gfp,
		     struct ssi_page *page);
struct ssi_home *ssi_region_home(struct ssi_region *region, u32 index,
				 gfp_t gfp);

#endif /* SSI_REGION_H */
