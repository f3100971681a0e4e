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
#include "change.h"
#include "core/dir.h"
#include "core/member.h"
#include "core/policy.h"
#include "hot.h"
#include "page.h"
#include "prefetch.h"
#include "stall.h"

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
	struct ssi_dir dir[SSI_CHUNK_PAGES];
};

/**
 * struct ssi_chunk - 512 pages on this node
 * @entries: the words of struct ssi_page
 * @home:    directory, when this node is the home and was asked; RCU for
 *	     those who are not counted in region->running
 * @built:   directory being built by a change of members
 * @faults:  page faults here that another node had to answer
 */
struct ssi_chunk {
	unsigned long *entries;
	struct ssi_home *home;
	struct ssi_home *built;
	atomic64_t faults;
};

/**
 * struct ssi_map - the members of a region, and the homes of its chunks
 * @rcu:       frees after readers of region->map
 * @members:   the nodes
 * @self:      our slot, or -ENOENT when we are no member any more
 * @authority: id of the node that may delete the region
 * @homes:     slot of the home by chunk index
 */
struct ssi_map {
	struct rcu_head rcu;
	struct ssi_members members;
	int self;
	u32 authority;
	u8 homes[];
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
 * @map:	its members and homes; RCU, changed while @frozen and nothing
 *		is counted in @running
 * @epoch:	counts the changes of members; changed as @map is
 * @inode:	its file
 * @chunks:	by chunk index, NULL until touched; never freed before the region
 * @attached:	open files; under node->regions' lock
 * @charge:	slot of the cgroup that pays for its folios, of the node's
 *		share.charges; written under node->regions' lock
 * @closing:	no new users, no new evictions; under node->regions' lock
 * @joining:	this node becomes a member: @closing until then
 * @work:	transactions and requests under way here
 * @frozen:	a change of members: no request begins
 * @refusing:	a change of members: as a home, we begin no transaction
 * @running:	workers that do something about its pages now
 * @change:	the change of members that is under way
 * @owned:	pages with content that this node owns
 * @copies:	read copies
 * @untouched:	pages granted and never touched
 * @lost:	pages that were found lost
 * @hot:	pages that are handed over to other nodes most
 * @prefetch:	pages that are asked for before they are touched
 * @stall:	faults here that wait for longer than a second; kept while
 *		frozen and one of them could not stay to wait
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
	struct ssi_map __rcu *map;
	u32 epoch;
	struct inode *inode;
	struct ssi_chunk **chunks;
	unsigned int attached;
	u8 charge;
	bool closing;
	bool joining;
	atomic_t work;
	bool frozen;
	bool refusing;
	atomic_t running;
	struct ssi_change change;
	atomic64_t owned;
	atomic64_t copies;
	atomic64_t untouched;
	atomic64_t lost;
	struct ssi_hot hot;
	struct ssi_prefetch prefetch;
	struct ssi_stall stall;
};

/**
 * struct ssi_region_config - what the administrator asks for
 * @name: of the region
 * @size: bytes, a positive multiple of the page size
 * @uid:  who owns it, in the initial user namespace
 * @gid:  his group
 * @mode: who may open it: permission bits
 */
struct ssi_region_config {
	const char *name;
	u64 size;
	u32 uid;
	u32 gid;
	u32 mode;
};

#define SSI_REGION_MODE 0660

static inline u32 ssi_region_chunks(const struct ssi_region *region)
{
	return DIV_ROUND_UP(region->pages, SSI_CHUNK_PAGES);
}

static inline unsigned int ssi_map_home_id(const struct ssi_map *map, u32 page)
{
	return map->members.ids[map->homes[page / SSI_CHUNK_PAGES]];
}

/* Who records what the home of a page grants to itself. */
static inline unsigned int ssi_map_next_id(const struct ssi_map *map, u32 page)
{
	return map->members.ids[ssi_members_next(&map->members,
						 map->homes[page / SSI_CHUNK_PAGES])];
}

/* Evaluates an expression in which "map" is the region's map. */
#define ssi_with_map(region, expr) ({					\
	const struct ssi_map *map;					\
	s64 value;							\
									\
	rcu_read_lock();						\
	map = rcu_dereference((region)->map);				\
	value = (expr);							\
	rcu_read_unlock();						\
	value;								\
})

static inline unsigned int ssi_region_home_id(struct ssi_region *region,
					      u32 page)
{
	return ssi_with_map(region, ssi_map_home_id(map, page));
}

static inline unsigned int ssi_region_next_id(struct ssi_region *region,
					      u32 page)
{
	return ssi_with_map(region, ssi_map_next_id(map, page));
}

/* SSI_NODES_MAX for a slot that nobody has. */
static inline unsigned int ssi_region_id(struct ssi_region *region,
					 unsigned int slot)
{
	return ssi_with_map(region, slot < map->members.count ?
				    map->members.ids[slot] : SSI_NODES_MAX);
}

static inline int ssi_region_slot(struct ssi_region *region, unsigned int id)
{
	return ssi_with_map(region, ssi_members_slot(&map->members, id));
}

u64 ssi_region_members(struct ssi_region *region);
u32 ssi_region_authority(struct ssi_region *region);
struct ssi_map *ssi_region_make_map(const struct ssi_region *region,
				    u64 members, u32 authority);

struct ssi_region *ssi_region_create(struct ssi_node *node,
				     const struct ssi_wire_hdr *hdr,
				     const struct ssi_wire_region *body);
void ssi_region_joined(struct ssi_region *region);
struct ssi_region *ssi_region_get(struct ssi_node *node, u32 id,
				  u32 generation);
struct ssi_region *ssi_region_next(struct ssi_node *node, unsigned long *id);
struct ssi_region *ssi_region_by_name(struct ssi_node *node, const char *name);
void ssi_region_put(struct ssi_region *region);
void ssi_region_remove(struct ssi_region *region);
bool ssi_region_open(struct ssi_region *region);
void ssi_region_close(struct ssi_region *region);
int ssi_region_stop(struct ssi_region *region, unsigned long timeout);
bool ssi_region_shut(struct ssi_region *region);
void ssi_region_reopen(struct ssi_region *region);
struct ssi_region *ssi_region_of(struct inode *inode);
bool ssi_region_work_begin(struct ssi_region *region);
void ssi_region_work_end(struct ssi_region *region);
bool ssi_region_run_begin(struct ssi_region *region);
void ssi_region_run_end(struct ssi_region *region);
void ssi_region_count_homes(struct ssi_region *region, u32 *homes);

/* Owner and mode, as all members were told them. */
static inline u32 ssi_region_uid(const struct ssi_region *region)
{
	return from_kuid(&init_user_ns, region->inode->i_uid);
}

static inline u32 ssi_region_gid(const struct ssi_region *region)
{
	return from_kgid(&init_user_ns, region->inode->i_gid);
}

static inline u32 ssi_region_mode(const struct ssi_region *region)
{
	return region->inode->i_mode & 0777;
}

struct file *ssi_region_file(struct ssi_region *region,
			     const struct file_operations *fops, int flags);
void ssi_region_count_fault(struct ssi_region *region, u32 index);
u64 ssi_region_faults(struct ssi_region *region, u32 index);
bool ssi_region_page(struct ssi_region *region, u32 index, gfp_t gfp,
		     struct ssi_page *page);
struct ssi_home *ssi_region_home(struct ssi_region *region, u32 index,
				 gfp_t gfp);
void ssi_region_mark_known(struct ssi_region *region, u32 index,
			   const struct ssi_wire_range *range);
int ssi_region_setup(void);
void ssi_region_cleanup(void);
struct ssi_home *ssi_region_build(struct ssi_region *region, u32 index);
void ssi_home_free(struct ssi_home *home);

#endif /* SSI_REGION_H */
