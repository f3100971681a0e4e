// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>
#include <linux/file.h>
#include "fault.h"
#include "node.h"
#include "power.h"
#include "region.h"

#define SSI_MEM_MAGIC 0x5353494d

/* Regions that a node takes part in: others create them here too. */
#define REGIONS_MAX 1024

static struct kmem_cache *home_cache;

/* The size may be another node's word: without memory it is refused. */
#define GFP_REGION (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* ---- the file system that regions' inodes live in ---- */

/* Mounted while there is a region, or a file of one that is gone. */
static struct vfsmount *region_mount;
static int region_pins;

static int region_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, SSI_MEM_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type region_fs = {
	.owner = THIS_MODULE,
	.name = "ssi_mem",
	.init_fs_context = region_init_fs_context,
	.kill_sb = kill_anon_super,
};

/* A mapping that goes away marks pages dirty; there is nobody to write. */
static const struct address_space_operations region_aops = {
	.dirty_folio = noop_dirty_folio,
};

/* No one may truncate what others map; owner and mode are the same on all members. */
static int region_setattr(struct ssi_compat_idmap *idmap,
			  struct dentry *dentry, struct iattr *attr)
{
	return -EPERM;
}

static const struct inode_operations region_iops = {
	.setattr = region_setattr,
};

/*
 * A descriptor of O_PATH pins inode and mount, and nothing else of ours: so the
 * mount pins the module, and goes with the last region if it can.
 */
static struct inode *alloc_inode(void)
{
	struct inode *inode;
	int ret = simple_pin_fs(&region_fs, &region_mount, &region_pins);

	if (ret)
		return ERR_PTR(ret);
	inode = alloc_anon_inode(region_mount->mnt_sb);
	if (IS_ERR(inode))
		simple_release_fs(&region_mount, &region_pins);
	return inode;
}

/* Who opens it by its path finds nothing from now on. */
static void drop_inode(struct inode *inode)
{
	if (!inode)
		return;
	/* Pairs with ssi_region_of(), which may be looking: RCU. */
	WRITE_ONCE(inode->i_private, NULL);
	iput(inode);
	simple_release_fs(&region_mount, &region_pins);
}

/**
 * ssi_region_of() - the region that an inode belongs to
 * @inode: of a region's file
 *
 * Return: the region with a reference; NULL when it is gone, while a descriptor
 * of its file was kept that is no open file (O_PATH).
 */
struct ssi_region *ssi_region_of(struct inode *inode)
{
	struct ssi_region *region;

	rcu_read_lock();
	region = READ_ONCE(inode->i_private);
	if (region && !kref_get_unless_zero(&region->ref))
		region = NULL;
	rcu_read_unlock();
	return region;
}

static struct inode *make_inode(struct ssi_region *region,
				const struct ssi_wire_region *body)
{
	struct inode *inode = alloc_inode();

	if (IS_ERR(inode))
		return inode;
	inode->i_private = region;
	inode->i_uid = make_kuid(&init_user_ns, le32_to_cpu(body->uid));
	inode->i_gid = make_kgid(&init_user_ns, le32_to_cpu(body->gid));
	inode->i_mode = S_IFREG | le32_to_cpu(body->mode);
	inode->i_flags |= SSI_COMPAT_NO_LONG_PINS;
	inode->i_op = &region_iops;
	i_size_write(inode, (loff_t)region->pages << PAGE_SHIFT);
	inode->i_mapping->a_ops = &region_aops;
	mapping_set_unevictable(inode->i_mapping);
	return inode;
}

/**
 * ssi_region_file() - a file of the region
 * @region: of which the file takes over an open (ssi_region_open())
 * @fops:   its operations, also for those who open it again by its path
 * @flags:  O_RDWR or O_RDONLY
 *
 * Return: the file or an ERR_PTR: -EACCES owner and mode do not let the
 * caller.
 */
struct file *ssi_region_file(struct ssi_region *region,
			     const struct file_operations *fops, int flags)
{
	struct file *file;
	int ret;

	ret = inode_permission(ssi_compat_no_idmap, region->inode,
			       flags == O_RDWR ? MAY_READ | MAY_WRITE :
						 MAY_READ);
	if (ret)
		return ERR_PTR(ret);

	ihold(region->inode);
	region->inode->i_fop = fops;
	/* fput() drops a module reference that alloc_file_pseudo() trusts. */
	__module_get(THIS_MODULE);
	file = alloc_file_pseudo(region->inode, region_mount, "ssi_mem",
				 flags | O_CLOEXEC, fops);
	if (IS_ERR(file)) {
		module_put(THIS_MODULE);
		iput(region->inode);
		return file;
	}
	file->private_data = region;
	/* So that positions are no other error than in a file opened again. */
	file->f_mode |= flags == O_RDWR ? FMODE_PREAD | FMODE_PWRITE :
					  FMODE_PREAD;
	return file;
}

/* ---- life of a region ---- */

/**
 * ssi_home_free() - free a directory
 * @home: that nobody finds any more, or NULL
 */
void ssi_home_free(struct ssi_home *home)
{
	if (home)
		kmem_cache_free(home_cache, home);
}

static void free_chunk(struct ssi_chunk *chunk)
{
	if (!chunk)
		return;
	ssi_home_free(chunk->home);
	ssi_home_free(chunk->built);
	free_page((unsigned long)chunk->entries);
	kfree(chunk);
}

/* Nobody maps or asks any more: give the folios back. */
static void free_pages_of(struct ssi_region *region, u32 first)
{
	struct ssi_page page;
	struct folio *folio;
	u32 i;

	for (i = first; i < first + SSI_CHUNK_PAGES && i < region->pages; i++) {
		ssi_region_page(region, i, 0, &page);
		ssi_page_lock(&page);
		folio = ssi_page_folio(&page);
		ssi_page_set(&page, SSI_INVALID, NULL);
		ssi_page_unlock(&page);
		if (!folio)
			continue;
		ssi_fault_disown(folio);
		ssi_share_put(&region->node->share, folio);
	}
}

static void free_region(struct rcu_head *rcu)
{
	struct ssi_region *region = container_of(rcu, struct ssi_region, rcu);

	kvfree(rcu_dereference_protected(region->map, true));
	kvfree(region->change.map);
	kvfree(region->chunks);
	kfree(region);
}

static void free_worker(struct work_struct *work)
{
	struct ssi_region *region = container_of(work, struct ssi_region,
						 free_work);
	u32 i;

	for (i = 0; region->chunks && i < ssi_region_chunks(region); i++) {
		if (region->chunks[i])
			free_pages_of(region, i * SSI_CHUNK_PAGES);
		free_chunk(region->chunks[i]);
	}
	drop_inode(region->inode);
	if (atomic_dec_and_test(&region->node->alive))
		wake_up_var(&region->node->alive);
	ssi_node_put(region->node);
	call_rcu(&region->rcu, free_region);
}

/* The last reference may be a softirq's, and freeing may sleep. */
static void destroy_region(struct kref *ref)
{
	struct ssi_region *region = container_of(ref, struct ssi_region, ref);

	INIT_WORK(&region->free_work, free_worker);
	queue_work(ssi_free_wq, &region->free_work);
}

/**
 * ssi_region_put() - drop a reference
 * @region: may be NULL
 *
 * Context: any.
 */
void ssi_region_put(struct ssi_region *region)
{
	if (region)
		kref_put(&region->ref, destroy_region);
}

/**
 * ssi_region_make_map() - who is the home of each chunk, among some members
 * @region:    the region
 * @members:   bit n: node n is a member
 * @authority: id of the node that may delete the region
 *
 * Context: process, may sleep. Return: the map, for kvfree(), or an ERR_PTR:
 * -E2BIG too many members, -ENOMEM.
 */
struct ssi_map *ssi_region_make_map(const struct ssi_region *region,
				    u64 members, u32 authority)
{
	u32 i, chunks = ssi_region_chunks(region);
	struct ssi_map *map = kvzalloc(struct_size(map, homes, chunks),
				       GFP_REGION);

	if (!map)
		return ERR_PTR(-ENOMEM);
	if (ssi_members_init(&map->members, members)) {
		kvfree(map);
		return ERR_PTR(-E2BIG);
	}
	map->self = ssi_members_slot(&map->members, region->node->id);
	map->authority = authority;
	for (i = 0; i < chunks; i++) {
		map->homes[i] = ssi_members_home(&map->members, region->id,
						 region->generation, i);
		cond_resched();
	}
	return map;
}

static int fill_region(struct ssi_region *region,
		       const struct ssi_wire_region *body)
{
	struct ssi_map *map;

	strscpy(region->name, body->name, sizeof(region->name));
	region->pages = le64_to_cpu(body->pages);
	map = ssi_region_make_map(region, le64_to_cpu(body->members),
				  le32_to_cpu(body->authority));
	if (IS_ERR(map))
		return PTR_ERR(map);
	RCU_INIT_POINTER(region->map, map);
	region->chunks = kvcalloc(ssi_region_chunks(region),
				  sizeof(*region->chunks), GFP_REGION);
	return region->chunks ? 0 : -ENOMEM;
}

static struct ssi_region *alloc_region(struct ssi_node *node,
				       const struct ssi_wire_hdr *hdr,
				       const struct ssi_wire_region *body)
{
	struct ssi_region *region;
	int ret;

	if (atomic_read(&node->alive) >= REGIONS_MAX)
		return ERR_PTR(-EMFILE);
	region = kzalloc(sizeof(*region), GFP_KERNEL);
	if (!region)
		return ERR_PTR(-ENOMEM);
	kref_init(&region->ref);
	region->node = ssi_node_get(node);
	atomic_inc(&node->alive);
	region->id = le32_to_cpu(hdr->region);
	region->generation = le32_to_cpu(hdr->generation);
	region->epoch = le32_to_cpu(hdr->epoch);
	region->joining = hdr->flags & SSI_MF_JOINING;
	region->closing = region->joining;
	ssi_change_init(&region->change);
	ssi_hot_init(&region->hot);
	ssi_prefetch_init(&region->prefetch);
	ssi_stall_init(&region->stall);
	ret = fill_region(region, body);
	if (ret)
		goto put;
	region->inode = make_inode(region, body);
	ret = PTR_ERR_OR_ZERO(region->inode);
	if (!ret)
		return region;
	region->inode = NULL;
put:
	ssi_region_put(region);
	return ERR_PTR(ret);
}

/**
 * ssi_region_create() - create the region on this node
 * @node:	the local node, a member
 * @hdr:	of REGION_NEW: id, generation and epoch, the same on all members
 * @body:	checked by ssi_wire_region_check()
 *
 * Context: process, may sleep. Return: the region, of which the node's table
 * has the reference, or an ERR_PTR: -EEXIST, -E2BIG (too many members),
 * -EMFILE (too many regions), -ENOMEM, -ESHUTDOWN the node leaves, -EHOSTDOWN
 * the machine goes to sleep.
 */
struct ssi_region *ssi_region_create(struct ssi_node *node,
				     const struct ssi_wire_hdr *hdr,
				     const struct ssi_wire_region *body)
{
	struct ssi_region *region, *same;
	int ret;

	same = ssi_region_by_name(node, body->name);
	if (same) {
		ssi_region_put(same);
		return ERR_PTR(-EEXIST);
	}
	region = alloc_region(node, hdr, body);
	if (IS_ERR(region))
		return region;
	ret = xa_insert_bh(&node->regions, region->id, region, GFP_KERNEL);
	if (ret) {
		ssi_region_put(region);
		return ERR_PTR(ret == -EBUSY ? -EEXIST : ret);
	}
	/* ssi_node_leave() has seen the region, or we see that it leaves. */
	ret = READ_ONCE(node->leaving) ? -ESHUTDOWN :
	      ssi_power_sleeps() ? -EHOSTDOWN : 0;
	if (!ret)
		return region;
	ssi_region_remove(region);
	return ERR_PTR(ret);
}

/**
 * ssi_region_get() - find a region of a node
 * @node:	the node
 * @id:		region id
 * @generation:	of the region
 *
 * Context: any. Return: the region with a reference, or NULL.
 */
struct ssi_region *ssi_region_get(struct ssi_node *node, u32 id, u32 generation)
{
	struct ssi_region *region;

	rcu_read_lock();
	region = xa_load(&node->regions, id);
	if (region && (region->generation != generation ||
		       !kref_get_unless_zero(&region->ref)))
		region = NULL;
	rcu_read_unlock();
	return region;
}

/**
 * ssi_region_by_name() - find a region of a node
 * @node: the node
 * @name: of the region
 *
 * Context: process. Return: the region with a reference, or NULL.
 */
struct ssi_region *ssi_region_by_name(struct ssi_node *node, const char *name)
{
	struct ssi_region *region;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&node->regions, id, region) {
		if (!strcmp(region->name, name) &&
		    kref_get_unless_zero(&region->ref)) {
			rcu_read_unlock();
			return region;
		}
	}
	rcu_read_unlock();
	return NULL;
}

/**
 * ssi_region_next() - go through the regions of a node
 * @node: the node
 * @id:	  where to begin, 0 at first; set to the id of the region found
 *
 * To go on, add 1 to *@id.
 *
 * Context: any. Return: the region with a reference, or NULL behind the last.
 */
struct ssi_region *ssi_region_next(struct ssi_node *node, unsigned long *id)
{
	struct ssi_region *region;

	rcu_read_lock();
	do {
		region = xa_find(&node->regions, id, ULONG_MAX, XA_PRESENT);
	} while (region && !kref_get_unless_zero(&region->ref) && ++*id);
	rcu_read_unlock();
	return region;
}

/**
 * ssi_region_remove() - take the region out of the node's table
 * @region: stopped; the caller has a reference of its own
 */
void ssi_region_remove(struct ssi_region *region)
{
	if (xa_erase_bh(&region->node->regions, region->id))
		ssi_region_put(region);
}

/**
 * ssi_region_open() - count an open file, unless the region is closing
 * @region: referenced by the caller
 *
 * Return: true when counted; the file then has a reference as well.
 */
bool ssi_region_open(struct ssi_region *region)
{
	struct ssi_charges *charges = &region->node->share.charges;
	unsigned int charge = ssi_charge_open(charges);
	bool ok, first;

	xa_lock_bh(&region->node->regions);
	ok = !region->closing;
	first = ok && !region->attached;
	WRITE_ONCE(region->attached, region->attached + ok);
	if (first)
		WRITE_ONCE(region->charge, charge);
	xa_unlock_bh(&region->node->regions);
	if (!first)
		ssi_charge_close(charges, charge);
	if (ok)
		kref_get(&region->ref);
	return ok;
}

/**
 * ssi_region_close() - a file is closed
 * @region: opened by ssi_region_open()
 */
void ssi_region_close(struct ssi_region *region)
{
	unsigned int charge = region->charge;
	bool last;

	xa_lock_bh(&region->node->regions);
	WRITE_ONCE(region->attached, region->attached - 1);
	last = !region->attached;
	if (last)
		WRITE_ONCE(region->charge, SSI_CHARGE_NODE);
	xa_unlock_bh(&region->node->regions);
	if (last)
		ssi_charge_close(&region->node->share.charges, charge);
	ssi_region_put(region);
}

/**
 * ssi_region_stop() - no new users; wait for transactions to end
 * @region:  to stop
 * @timeout: jiffies at most
 *
 * Context: process, may sleep. Return: 0, -EBUSY while a program has it
 * open, -ETIMEDOUT; then it goes on as before.
 */
int ssi_region_stop(struct ssi_region *region, unsigned long timeout)
{
	bool busy;

	xa_lock_bh(&region->node->regions);
	busy = region->attached;
	WRITE_ONCE(region->closing, !busy);
	xa_unlock_bh(&region->node->regions);
	if (busy)
		return -EBUSY;
	/* @closing before the look at @work; see ssi_region_work_begin(). */
	smp_mb();
	if (wait_var_event_timeout(&region->work, !atomic_read(&region->work),
				   timeout))
		return 0;
	ssi_region_reopen(region);
	return -ETIMEDOUT;
}

/**
 * ssi_region_shut() - let no program begin to use the region
 * @region: the region
 *
 * Return: false when a program has it open. ssi_region_reopen() takes it back.
 */
bool ssi_region_shut(struct ssi_region *region)
{
	bool idle;

	xa_lock_bh(&region->node->regions);
	idle = !region->attached;
	if (idle)
		WRITE_ONCE(region->closing, true);
	xa_unlock_bh(&region->node->regions);
	return idle;
}

/**
 * ssi_region_reopen() - the deletion was given up
 * @region: stopped
 */
void ssi_region_reopen(struct ssi_region *region)
{
	xa_lock_bh(&region->node->regions);
	WRITE_ONCE(region->closing, false);
	xa_unlock_bh(&region->node->regions);
}

/**
 * ssi_region_joined() - this node is a member now, if it was not before
 * @region: whose change of members is committed
 */
void ssi_region_joined(struct ssi_region *region)
{
	xa_lock_bh(&region->node->regions);
	if (region->joining)
		WRITE_ONCE(region->closing, false);
	WRITE_ONCE(region->joining, false);
	xa_unlock_bh(&region->node->regions);
}

/**
 * ssi_region_work_begin() - begin a transaction that no open file stands for
 * @region: of which the caller has a reference
 *
 * Return: false when the region is closing; otherwise ssi_region_stop() waits
 * for ssi_region_work_end().
 */
bool ssi_region_work_begin(struct ssi_region *region)
{
	atomic_inc(&region->work);
	/* @work before the look at @closing; see ssi_region_stop(). */
	smp_mb__after_atomic();
	if (!READ_ONCE(region->closing))
		return true;
	ssi_region_work_end(region);
	return false;
}

/**
 * ssi_region_work_end() - a transaction or request counted in @work ended
 * @region: of which the caller has a reference
 */
void ssi_region_work_end(struct ssi_region *region)
{
	if (atomic_dec_and_test(&region->work))
		wake_up_var(&region->work);
}

/**
 * ssi_region_run_begin() - begin something that no message asked for
 * @region: of which the caller has a reference
 *
 * Return: false while the members change; otherwise a change waits for
 * ssi_region_run_end().
 */
bool ssi_region_run_begin(struct ssi_region *region)
{
	atomic_inc(&region->running);
	/* @running before the look at @frozen; see freeze() in change.c. */
	smp_mb__after_atomic();
	if (!READ_ONCE(region->frozen))
		return true;
	ssi_region_run_end(region);
	return false;
}

/**
 * ssi_region_run_end() - something counted in @running ended
 * @region: of which the caller has a reference
 */
void ssi_region_run_end(struct ssi_region *region)
{
	if (atomic_dec_and_test(&region->running))
		wake_up_var(&region->running);
}

/* ---- members and homes: a moment's truth for who is no transaction ---- */

u64 ssi_region_members(struct ssi_region *region)
{
	return ssi_with_map(region, map->members.mask);
}

u32 ssi_region_authority(struct ssi_region *region)
{
	return ssi_with_map(region, map->authority);
}

/**
 * ssi_region_count_homes() - how many chunks have their home where
 * @region: the region
 * @homes:  SSI_NODES_MAX zeroes; the numbers by node id
 */
void ssi_region_count_homes(struct ssi_region *region, u32 *homes)
{
	const struct ssi_map *map;
	u32 i;

	rcu_read_lock();
	map = rcu_dereference(region->map);
	for (i = 0; i < ssi_region_chunks(region); i++)
		homes[map->members.ids[map->homes[i]]]++;
	rcu_read_unlock();
}

/* ---- chunks ---- */

static struct ssi_chunk *alloc_chunk(gfp_t gfp)
{
	struct ssi_chunk *chunk = kzalloc(sizeof(*chunk), gfp | __GFP_NOWARN);

	BUILD_BUG_ON(sizeof(*chunk->entries) * SSI_CHUNK_PAGES != PAGE_SIZE);
	if (!chunk)
		return NULL;
	chunk->entries = (unsigned long *)get_zeroed_page(gfp | __GFP_NOWARN);
	if (chunk->entries)
		return chunk;
	kfree(chunk);
	return NULL;
}

static struct ssi_chunk *chunk_at(struct ssi_region *region, u32 index,
				  gfp_t gfp)
{
	struct ssi_chunk **place = &region->chunks[index / SSI_CHUNK_PAGES];
	/* Pairs with the release of cmpxchg(): content before pointer. */
	struct ssi_chunk *chunk = smp_load_acquire(place), *mine;

	if (chunk || !gfp)
		return chunk;
	mine = alloc_chunk(gfp);
	if (!mine)
		return NULL;
	chunk = cmpxchg(place, NULL, mine);
	if (!chunk)
		return mine;
	free_chunk(mine);
	return chunk;
}

/**
 * ssi_region_count_fault() - another node answered a page fault here
 * @region: of which the caller has a reference
 * @index:  of the page, of which there is a word
 *
 * Context: any.
 */
void ssi_region_count_fault(struct ssi_region *region, u32 index)
{
	atomic64_inc(&chunk_at(region, index, 0)->faults);
}

/**
 * ssi_region_faults() - how many page faults another node answered
 * @region: of which the caller has a reference
 * @index:  any page index of the chunk
 *
 * Context: any.
 */
u64 ssi_region_faults(struct ssi_region *region, u32 index)
{
	struct ssi_chunk *chunk = chunk_at(region, index, 0);

	return chunk ? atomic64_read(&chunk->faults) : 0;
}

/**
 * ssi_region_page() - the word of a page
 * @region: of which the caller has a reference
 * @index:  page index, below @region->pages
 * @gfp:    how to allocate the chunk if it is not there; 0: do not
 * @page:   to fill
 *
 * Return: false when the chunk is not there and could not be allocated.
 */
bool ssi_region_page(struct ssi_region *region, u32 index, gfp_t gfp,
		     struct ssi_page *page)
{
	struct ssi_chunk *chunk = chunk_at(region, index, gfp);

	if (!chunk)
		return false;
	page->region = region;
	page->index = index;
	page->entry = &chunk->entries[index % SSI_CHUNK_PAGES];
	return true;
}

/**
 * ssi_region_mark_known() - note pages that were granted, to whatever node
 * @region: of which the caller has a reference
 * @index:  any page index of the chunk
 * @range:  which pages of it
 *
 * Context: process, may sleep.
 */
void ssi_region_mark_known(struct ssi_region *region, u32 index,
			   const struct ssi_wire_range *range)
{
	u32 base = round_down(index, SSI_CHUNK_PAGES), i;
	struct ssi_page page;

	for (i = 0; i < SSI_CHUNK_PAGES && base + i < region->pages; i++) {
		if (!ssi_wire_range_has(range, i))
			continue;
		while (!ssi_region_page(region, base + i, GFP_NOIO, &page))
			schedule_timeout_uninterruptible(1);
		ssi_page_lock(&page);
		ssi_page_mark(&page, SSI_PAGE_KNOWN);
		ssi_page_unlock(&page);
	}
}

static struct ssi_home *alloc_home(gfp_t gfp)
{
	struct ssi_home *home = kmem_cache_zalloc(home_cache,
						  gfp | __GFP_NOWARN);

	if (!home)
		return NULL;
	spin_lock_init(&home->lock);
	INIT_LIST_HEAD(&home->txns);
	return home;
}

/**
 * ssi_region_home() - the directory of a page's chunk
 * @region: of which the caller has a reference
 * @index:  page index, of a chunk homed here
 * @gfp:    how to allocate it if it is not there; 0: do not
 *
 * Return: the directory, or NULL.
 */
struct ssi_home *ssi_region_home(struct ssi_region *region, u32 index,
				 gfp_t gfp)
{
	struct ssi_chunk *chunk = chunk_at(region, index, gfp);
	struct ssi_home *home, *mine;

	if (!chunk)
		return NULL;
	/* Pairs with the release of cmpxchg(), as in chunk_at(). */
	home = smp_load_acquire(&chunk->home);
	if (home || !gfp)
		return home;
	mine = alloc_home(gfp);
	if (!mine)
		return NULL;
	home = cmpxchg(&chunk->home, NULL, mine);
	if (!home)
		return mine;
	ssi_home_free(mine);
	return home;
}

/**
 * ssi_region_build() - the directory that a change of members builds
 * @region: of which the caller has a reference
 * @index:  page index, of a chunk that will be homed here
 *
 * Context: process, may sleep. Return: the directory, or NULL without memory.
 */
struct ssi_home *ssi_region_build(struct ssi_region *region, u32 index)
{
	struct ssi_chunk *chunk = chunk_at(region, index, GFP_NOIO);
	struct ssi_home *built, *mine;

	if (!chunk)
		return NULL;
	/* Pairs with the release of cmpxchg(), as in chunk_at(). */
	built = smp_load_acquire(&chunk->built);
	if (built)
		return built;
	mine = alloc_home(GFP_NOIO);
	if (!mine)
		return NULL;
	built = cmpxchg(&chunk->built, NULL, mine);
	if (!built)
		return mine;
	ssi_home_free(mine);
	return built;
}

int ssi_region_setup(void)
{
	home_cache = kmem_cache_create("ssi_home", sizeof(struct ssi_home), 0,
				       0, NULL);
	return home_cache ? 0 : -ENOMEM;
}

void ssi_region_cleanup(void)
{
	kmem_cache_destroy(home_cache);
}
