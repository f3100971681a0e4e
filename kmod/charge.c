// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel charges what is allocated with __GFP_ACCOUNT, to the cgroup that
 * set_active_memcg() names, and uncharges it when it is freed: there is no
 * other way for a module. So a folio that came with one cgroup's charge does
 * not go to another: its slot stands in the folio.
 */
#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include "charge.h"
#include "share.h"

static bool is_free(const struct ssi_charge *charge)
{
	return !charge->users && !charge->pages;
}

/* The slot that pays from now on: the node's, if the cgroup's was given up. */
static struct mem_cgroup *count(struct ssi_charges *charges, unsigned int *slot)
{
	struct ssi_charge *charge;
	struct mem_cgroup *memcg;

	spin_lock_bh(&charges->lock);
	if (is_free(&charges->slots[*slot]))
		*slot = SSI_CHARGE_NODE;
	charge = &charges->slots[*slot];
	WRITE_ONCE(charge->pages, charge->pages + 1);
	memcg = charge->memcg;
	spin_unlock_bh(&charges->lock);
	return memcg;
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

	spin_lock_bh(&charges->lock);
	charge->users--;
	memcg = release_if_free(charges, charge);
	spin_unlock_bh(&charges->lock);
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
	spin_lock_init(&charges->lock);
	WARN_ON_ONCE(ssi_charge_open(charges) != SSI_CHARGE_NODE);
}

/**
 * ssi_charges_exit() - the node ends
 * @charges: of which all folios were freed
 */
void ssi_charges_exit(struct ssi_charges *charges)
{
	unsigned int i;

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
	struct mem_cgroup *memcg = count(charges, &slot);
	struct mem_cgroup *outer = set_active_memcg(memcg);
	struct folio *folio = alloc_charged(gfp);

	set_active_memcg(outer);
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
