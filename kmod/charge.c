// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel charges what is allocated with __GFP_ACCOUNT, to the cgroup that
 * set_active_memcg() names, and uncharges it when it is freed: there is no
 * other way for a module. So a folio that came with one cgroup's charge does
 * not go to another: its slot stands in the folio.
 *
 * A page that was taken from a node is asked for again before long. So a slot
 * keeps some folios that were given back, for the pages that come: to fill one is
 * less than to have the kernel find, charge and clear another.
 */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include "charge.h"
#include "share.h"

/* All nodes' charges, for who wants memory back. Taken before their locks. */
static DEFINE_SPINLOCK(all_lock);
static LIST_HEAD(all_charges);
static struct shrinker *shrinker;

static bool is_free(const struct ssi_charge *charge)
{
	return !charge->users && !charge->pages;
}

/* ---- folios that are kept ---- */

#ifdef CONFIG_MEMCG
static bool is_at_limit(struct mem_cgroup *memcg)
{
	for (; memcg; memcg = parent_mem_cgroup(memcg)) {
		if (page_counter_read(&memcg->memory) >=
		    READ_ONCE(memcg->memory.max))
			return true;
	}
	return false;
}
#else
static bool is_at_limit(struct mem_cgroup *memcg)
{
	return false;
}
#endif

/*
 * Not what a cgroup at its limit can have back; nor where those are looked for who
 * use what they gave back.
 */
static bool may_keep(const struct ssi_charges *charges,
		     const struct ssi_charge *charge)
{
	lockdep_assert_held(&charges->lock);
	return !IS_ENABLED(CONFIG_KASAN) && charge->users &&
	       charges->kept < SSI_CHARGES_KEPT && !is_at_limit(charge->memcg);
}

/**
 * ssi_charge_keep() - keep a folio for another page
 * @charges: of the node
 * @folio:   of ssi_charge_alloc(), on no list, that nobody else holds
 *
 * Context: any. Return: false when it is to be freed.
 */
bool ssi_charge_keep(struct ssi_charges *charges, struct folio *folio)
{
	struct ssi_charge *charge =
		&charges->slots[ssi_folio_stay(folio)->charge];
	bool kept;

	spin_lock_bh(&charges->lock);
	kept = may_keep(charges, charge);
	if (kept) {
		list_add(&folio->lru, &charge->kept);
		WRITE_ONCE(charges->kept, charges->kept + 1);
	}
	spin_unlock_bh(&charges->lock);
	return kept;
}

static struct folio *take_kept(struct ssi_charges *charges,
			       struct ssi_charge *charge)
{
	struct folio *folio;

	lockdep_assert_held(&charges->lock);
	folio = list_first_entry_or_null(&charge->kept, struct folio, lru);
	if (!folio)
		return NULL;
	list_del(&folio->lru);
	WRITE_ONCE(charges->kept, charges->kept - 1);
	return folio;
}

/* Move up to @most of a slot's to @folios: nobody pays for them any more. */
static unsigned long give_up(struct ssi_charges *charges,
			     struct ssi_charge *charge, unsigned long most,
			     struct list_head *folios)
{
	struct folio *folio;
	unsigned long n;

	lockdep_assert_held(&charges->lock);
	for (n = 0; n < most && (folio = take_kept(charges, charge)); n++) {
		list_add(&folio->lru, folios);
		WRITE_ONCE(charge->pages, charge->pages - 1);
	}
	return n;
}

static void put_all(struct list_head *folios)
{
	struct folio *folio, *more;

	list_for_each_entry_safe(folio, more, folios, lru)
		folio_put(folio);
}

/* ---- memory that the kernel wants back ---- */

static unsigned long count_kept(struct shrinker *self,
				struct shrink_control *control)
{
	struct ssi_charges *charges;
	unsigned long kept = 0;

	spin_lock(&all_lock);
	list_for_each_entry(charges, &all_charges, all)
		kept += READ_ONCE(charges->kept);
	spin_unlock(&all_lock);
	return kept;
}

static unsigned long give_up_some(struct ssi_charges *charges,
				  unsigned long most, struct list_head *folios)
{
	unsigned long done = 0;
	unsigned int i;

	spin_lock_bh(&charges->lock);
	for (i = 0; i < SSI_CHARGES; i++)
		done += give_up(charges, &charges->slots[i], most - done,
				folios);
	spin_unlock_bh(&charges->lock);
	return done;
}

static unsigned long scan_kept(struct shrinker *self,
			       struct shrink_control *control)
{
	struct ssi_charges *charges;
	unsigned long done = 0;
	LIST_HEAD(folios);

	spin_lock(&all_lock);
	list_for_each_entry(charges, &all_charges, all)
		done += give_up_some(charges, control->nr_to_scan - done,
				     &folios);
	spin_unlock(&all_lock);
	put_all(&folios);
	return done ?: SHRINK_STOP;
}

int ssi_charge_setup(void)
{
	shrinker = ssi_compat_shrinker(count_kept, scan_kept);
	return shrinker ? 0 : -ENOMEM;
}

void ssi_charge_cleanup(void)
{
	shrinker_free(shrinker);
}

/* ---- who pays ---- */

/*
 * The slot that pays from now on: the node's, if the cgroup's was given up. Return:
 * a folio that it keeps; or NULL, and one more is counted.
 */
static struct folio *count(struct ssi_charges *charges, unsigned int *slot)
{
	struct ssi_charge *charge;
	struct folio *folio;

	spin_lock_bh(&charges->lock);
	if (is_free(&charges->slots[*slot]))
		*slot = SSI_CHARGE_NODE;
	charge = &charges->slots[*slot];
	folio = take_kept(charges, charge);
	if (!folio)
		WRITE_ONCE(charge->pages, charge->pages + 1);
	spin_unlock_bh(&charges->lock);
	return folio;
}

/* Return: the cgroup if nobody needs its slot any more, else NULL. */
static struct mem_cgroup *release_if_free(struct ssi_charges *charges,
					  struct ssi_charge *charge)
{
	struct mem_cgroup *memcg = charge->memcg;

	lockdep_assert_held(&charges->lock);
	if (!is_free(charge))
		return NULL;
	charge->memcg = NULL;
	return memcg;
}

static void uncount(struct ssi_charges *charges, unsigned int slot)
{
	struct ssi_charge *charge = &charges->slots[slot];
	struct mem_cgroup *memcg;

	spin_lock_bh(&charges->lock);
	WRITE_ONCE(charge->pages, charge->pages - 1);
	memcg = release_if_free(charges, charge);
	spin_unlock_bh(&charges->lock);
	if (memcg)
		mem_cgroup_put(memcg);
}

/* The cgroup's slot, or a free one, or the node's when all are in use. */
static unsigned int find_slot(const struct ssi_charges *charges,
			      const struct mem_cgroup *memcg)
{
	unsigned int i, free = SSI_CHARGE_NODE;

	lockdep_assert_held(&charges->lock);
	for (i = SSI_CHARGES; i-- > 0;) {
		if (is_free(&charges->slots[i]))
			free = i;
		else if (charges->slots[i].memcg == memcg)
			return i;
	}
	return free;
}

/**
 * ssi_charge_open() - the caller is going to use the node's memory
 * @charges: of the node
 *
 * Context: process. Return: the slot of the caller's cgroup, for
 * ssi_charge_close().
 */
unsigned int ssi_charge_open(struct ssi_charges *charges)
{
	struct mem_cgroup *memcg = get_mem_cgroup_from_mm(current->mm);
	unsigned int slot;

	spin_lock_bh(&charges->lock);
	slot = find_slot(charges, memcg);
	if (is_free(&charges->slots[slot]))
		swap(charges->slots[slot].memcg, memcg);
	charges->slots[slot].users++;
	spin_unlock_bh(&charges->lock);
	if (memcg)
		mem_cgroup_put(memcg);
	return slot;
}

/**
 * ssi_charge_close() - a user is gone; what is charged stays charged
 * @charges: of the node
 * @slot:    of ssi_charge_open()
 *
 * Context: process.
 */
void ssi_charge_close(struct ssi_charges *charges, unsigned int slot)
{
	struct ssi_charge *charge = &charges->slots[slot];
	struct mem_cgroup *memcg;
	LIST_HEAD(folios);

	spin_lock_bh(&charges->lock);
	charge->users--;
	if (!charge->users)
		give_up(charges, charge, ULONG_MAX, &folios);
	memcg = release_if_free(charges, charge);
	spin_unlock_bh(&charges->lock);
	put_all(&folios);
	if (memcg)
		mem_cgroup_put(memcg);
}

/**
 * ssi_charges_init() - the caller's cgroup becomes the node's
 * @charges: of a node, zeroed
 *
 * Context: process, of whoever joins.
 */
void ssi_charges_init(struct ssi_charges *charges)
{
	unsigned int i;

	spin_lock_init(&charges->lock);
	for (i = 0; i < SSI_CHARGES; i++)
		INIT_LIST_HEAD(&charges->slots[i].kept);
	WARN_ON_ONCE(ssi_charge_open(charges) != SSI_CHARGE_NODE);
	spin_lock(&all_lock);
	list_add(&charges->all, &all_charges);
	spin_unlock(&all_lock);
}

/**
 * ssi_charges_exit() - the node ends
 * @charges: of which all folios were freed
 */
void ssi_charges_exit(struct ssi_charges *charges)
{
	unsigned int i;

	spin_lock(&all_lock);
	list_del(&charges->all);
	spin_unlock(&all_lock);
	ssi_charge_close(charges, SSI_CHARGE_NODE);
	for (i = 0; i < SSI_CHARGES; i++)
		WARN_ON_ONCE(!is_free(&charges->slots[i]));
}

/* As folio_alloc(), without the way through its policies where there is none. */
static struct folio *alloc_page_folio(gfp_t gfp)
{
#ifdef CONFIG_NUMA
	if (!in_interrupt() && current->mempolicy)
		return folio_alloc(gfp, 0);
#endif
	return __folio_alloc_node(gfp, 0, numa_mem_id());
}

/*
 * Within the limits of the cgroup if reclaim can manage that at once. If not,
 * beyond them, as the kernel does where an allocation must not fail: a page
 * fault of a guest has no way to fail, and must not wait for the OOM killer
 * with the mm's lock held. But the reserves of memory are not for this: what
 * is not charged must be there for the taking.
 */
static struct folio *alloc_charged(gfp_t gfp)
{
	gfp_t quick = gfp | __GFP_NORETRY | __GFP_NOWARN;
	struct folio *folio = alloc_page_folio(quick | __GFP_ACCOUNT);

	if (folio)
		return folio;
	folio = alloc_page_folio(quick);
	if (!folio)
		return NULL;
	folio_put(folio);
	return alloc_page_folio(GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN |
				(gfp & __GFP_ZERO));
}

/**
 * ssi_charge_alloc() - a folio that a cgroup pays for
 * @charges: of the node
 * @slot:    of the cgroup
 * @gfp:     GFP_NOIO, GFP_ATOMIC or GFP_NOWAIT; and __GFP_ZERO
 *
 * Context: any, as @gfp allows. Return: the folio or NULL.
 */
struct folio *ssi_charge_alloc(struct ssi_charges *charges, unsigned int slot,
			       gfp_t gfp)
{
	struct folio *folio = count(charges, &slot);
	struct mem_cgroup *outer;

	if (folio && gfp & __GFP_ZERO)
		clear_highpage(folio_page(folio, 0));
	if (!folio) {
		/* The slot stays the cgroup's while a folio is counted. */
		outer = set_active_memcg(charges->slots[slot].memcg);
		folio = alloc_charged(gfp);
		set_active_memcg(outer);
	}
	if (folio)
		ssi_folio_stay(folio)->charge = slot;
	else
		uncount(charges, slot);
	return folio;
}

/**
 * ssi_charge_free() - free a folio
 * @charges: of the node
 * @folio:   of ssi_charge_alloc()
 *
 * Context: any.
 */
void ssi_charge_free(struct ssi_charges *charges, struct folio *folio)
{
	uncount(charges, ssi_folio_stay(folio)->charge);
	folio_put(folio);
}

#ifdef CONFIG_MEMCG
static u64 id_of(const struct mem_cgroup *memcg)
{
	return memcg ? cgroup_id(memcg->css.cgroup) : 0;
}
#else
static u64 id_of(const struct mem_cgroup *memcg)
{
	return 0;
}
#endif

/**
 * ssi_charge_cgroup() - name the cgroup of a slot
 * @charges: of the node
 * @slot:    below SSI_CHARGES
 *
 * Context: any. Return: its id, which is the inode number of its directory;
 * 0 for a free slot, and when there are no memory cgroups.
 */
u64 ssi_charge_cgroup(struct ssi_charges *charges, unsigned int slot)
{
	u64 id;

	spin_lock_bh(&charges->lock);
	id = id_of(charges->slots[slot].memcg);
	spin_unlock_bh(&charges->lock);
	return id;
}

/**
 * ssi_charge_pages() - what is charged to the cgroup of a slot
 * @charges: of the node
 * @slot:    below SSI_CHARGES
 *
 * Return: folios.
 */
u64 ssi_charge_pages(struct ssi_charges *charges, unsigned int slot)
{
	return READ_ONCE(charges->slots[slot].pages);
}
