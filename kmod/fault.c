// SPDX-License-Identifier: GPL-2.0-only
/*
 * A touch of guest memory arrives here: from a thread of the VMM, or from KVM
 * that looks for the VMM's mapping. What is good enough is returned at once;
 * otherwise a request is started, and the thread waits, killably: if that takes
 * longer than a tick, with the mm's lock given up.
 *
 * A thread that sleeps holds neither a folio reference nor a folio lock, so
 * whoever takes a page away can wait until only the module's references are
 * left (ssi_folio_is_foreign()).
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched/signal.h>
#include "fault.h"
#include "netlink.h"
#include "node.h"
#include "region.h"
#include "trace.h"

/* What a try to serve a fault came to. */
enum outcome {
	SERVED, /* the folio is locked and referenced, for the core to map */
	AGAIN,	/* something changed: look again */
	YIELD,	/* another thread maps the page at this moment */
	WAIT,	/* the page must be asked for, or is being taken away */
	NOROOM, /* no folio to be had now */
	LOST,	/* the content died with a node */
};

/* Jiffies that a read waits for a write of the same page, at most. */
#define WRITE_WAIT 2

/* So many pages, at most, are mapped along with the one that is touched. */
#define AROUND_MAX 15

/* How long others may keep a reference before we call the page pinned. */
#define PIN_WAIT_MS 1000
#define PIN_SPINS   200

/* ---- serving from local state ---- */

static bool serves(const struct ssi_page *page, enum ssi_event event)
{
	return !ssi_page_is(page, SSI_PAGE_BUSY) &&
	       ssi_coh_step(ssi_page_state(page), event)->act & SSI_ACT_HIT;
}

/*
 * With the folio locked nobody can begin to unmap it, and the core sets the
 * PTE before it unlocks. Only the try is allowed: see the top of this file.
 */
static enum outcome serve_hit(const struct ssi_page *page,
			      enum ssi_event event, struct folio *folio)
{
	bool ok;

	if (!folio_trylock(folio)) {
		folio_put(folio);
		return YIELD;
	}
	ssi_page_lock(page);
	ok = serves(page, event) && ssi_page_folio(page) == folio;
	if (ok) {
		ssi_page_mark(page, SSI_PAGE_RECENT);
		ssi_page_start_hold(page);
	}
	ssi_page_unlock(page);
	if (ok)
		return SERVED;
	folio_unlock(folio);
	folio_put(folio);
	return AGAIN;
}

/* The folio of zeroes becomes the page's copy, and is touched. */
static bool install_zeroes(const struct ssi_page *page, struct folio *folio)
{
	bool ok;

	ssi_page_lock(page);
	ok = ssi_page_state(page) == SSI_UNTOUCHED &&
	     !ssi_page_is(page, SSI_PAGE_BUSY);
	if (ok) {
		folio_get(folio);
		ssi_fault_adopt(page, folio);
		ssi_page_set(page, SSI_SOLE, folio);
		ssi_page_mark(page, SSI_PAGE_RECENT);
		ssi_page_arm_first(page);
	}
	ssi_page_unlock(page);
	return ok;
}

/*
 * First touch of a page that is granted to us: zeroes, without a message. Nobody
 * else knows the folio, so that its lock is free.
 */
static enum outcome serve_zeroes(const struct ssi_page *page, gfp_t gfp,
				 struct folio **served)
{
	struct ssi_node *node = page->region->node;
	struct folio *folio = ssi_share_take(&node->share,
					     READ_ONCE(page->region->charge),
					     gfp | __GFP_ZERO);
	bool locked;

	if (!folio)
		return NOROOM;
	locked = folio_trylock(folio);
	/* Nobody waits for a page that may be touched. */
	if (locked && install_zeroes(page, folio)) {
		*served = folio;
		return SERVED;
	}
	if (locked)
		folio_unlock(folio);
	ssi_share_put(&node->share, folio);
	return locked ? AGAIN : YIELD;
}

static enum outcome try_serve(const struct ssi_page *page,
			      enum ssi_event event, gfp_t gfp,
			      struct folio **served)
{
	const struct ssi_step *step;
	struct folio *folio = NULL;
	bool busy;

	/* That is looked at once more when the folio is there. */
	step = ssi_coh_step(ssi_page_state(page), event);
	if (step->act & SSI_ACT_ZERO && !ssi_page_is(page, SSI_PAGE_BUSY))
		return serve_zeroes(page, gfp, served);
	ssi_page_lock(page);
	step = ssi_coh_step(ssi_page_state(page), event);
	busy = ssi_page_is(page, SSI_PAGE_BUSY);
	if (!busy && step->act & SSI_ACT_HIT) {
		folio = ssi_page_folio(page);
		folio_get(folio);
	}
	ssi_page_unlock(page);
	*served = folio;
	if (folio)
		return serve_hit(page, event, folio);
	if (!busy && step->act & SSI_ACT_ZERO)
		return serve_zeroes(page, gfp, served);
	return step->act & SSI_ACT_POISON ? LOST : WAIT;
}

/* ---- waiting ---- */

static bool is_good(const struct ssi_page *page, enum ssi_event event)
{
	return ssi_coh_step(ssi_page_state(page), event)->act &
	       (SSI_ACT_HIT | SSI_ACT_ZERO | SSI_ACT_POISON);
}

/* A look at the page tells a waiter to go on. */
static bool settled(const struct ssi_page *page, enum ssi_event event)
{
	return !ssi_page_is(page, SSI_PAGE_BUSY) &&
	       (is_good(page, event) || !ssi_page_is(page, SSI_PAGE_PENDING));
}

/*
 * Wait on a variable for so many jiffies at most, killably. Result: jiffies that
 * are left, 0 when the time is over, or a signal's error.
 */
#define wait_var(var, condition, timeout)				\
	___wait_var_event(var, ___wait_cond_timeout((condition)),	\
			  (TASK_KILLABLE | TASK_FREEZABLE), 0, timeout,	\
			  __ret = schedule_timeout(__ret))

/*
 * Most answers take no longer than a tick. To wait that long with the lock held is
 * less than to give it up, and to have the core look for the place again. Return:
 * true when the page is good enough.
 */
static bool wait_briefly(const struct ssi_page *page, enum ssi_event event)
{
	___wait_var_event(page->entry,
			  ___wait_cond_timeout(settled(page, event)),
			  TASK_KILLABLE, 0, 1,
			  __ret = schedule_timeout(__ret));
	return settled(page, event) && is_good(page, event);
}

static long wait_settled_second(const struct ssi_page *page,
				enum ssi_event event)
{
	return wait_var(page->entry, settled(page, event), HZ);
}

/* The members of the region change: that takes as long as a few messages. */
static long wait_thawed_second(struct ssi_region *region)
{
	return wait_var(&region->frozen, !READ_ONCE(region->frozen), HZ);
}

static long wait_slot_second(struct ssi_requests *requests)
{
	return wait_event_killable_timeout(requests->wait,
					   ssi_requests_has_slot(requests), HZ);
}

/* Neither share nor memory is at hand: the evictor or reclaim makes room. */
static long wait_room_second(const struct ssi_page *page)
{
	struct ssi_node *node = page->region->node;
	struct ssi_share *share = &node->share;
	long left;

	queue_work(node->wq, &node->evictor.work);
	left = wait_event_killable_timeout(share->wait,
					   ssi_share_has_room(share), HZ);
	if (left > 0 && !READ_ONCE(share->pooled))
		schedule_timeout_killable(1);
	return left;
}

/* A wait that lasts is shown: in status, as an event, in the kernel log. */
static void report_stall(const struct ssi_page *page, enum ssi_event event,
			 enum ssi_wait wait)
{
	static const char * const what[] = {
		[SSI_WAIT_PAGE] = "the page",
		[SSI_WAIT_ROOM] = "room in the share",
		[SSI_WAIT_THAW] = "the change of members",
		[SSI_WAIT_SLOT] = "a free request",
	};
	struct ssi_region *region = page->region;

	trace_ssi_stall(page, event, wait);
	pr_warn_ratelimited("ssi_mem: node %s: region %s: page %u: %s waits for more than a second for %s (home %u)\n",
			    region->node->name, region->name, page->index,
			    ssi_event_name(event), what[wait],
			    ssi_region_home_id(region, page->index));
	ssi_netlink_event(region->node, SSI_MEM_EVENT_TYPE_STALL,
			  region->node->id, 0, region->name, page->index);
}

static bool is_missing(const struct ssi_page *page)
{
	return ssi_page_state(page) == SSI_INVALID &&
	       !ssi_page_is(page, SSI_PAGE_PENDING);
}

/* Start what the page needs. Return: what to wait for. */
static int start(const struct ssi_page *page, enum ssi_event event,
		 enum outcome outcome, gfp_t gfp)
{
	bool missing;
	int ret;

	if (outcome == NOROOM)
		return -ENOMEM;
	if (ssi_page_is(page, SSI_PAGE_BUSY))
		return 0;
	missing = is_missing(page);
	ret = ssi_request_start(page, event, gfp);
	/* The page itself is on its way before others are asked for. */
	if (!ret && missing)
		ssi_prefetch_missed(page, event);
	return ret;
}

static enum ssi_wait waits_for(int started)
{
	switch (started) {
	case -ENOMEM:
		return SSI_WAIT_ROOM;
	case -EINPROGRESS:
		return SSI_WAIT_THAW;
	case -EAGAIN:
		return SSI_WAIT_SLOT;
	default:
		return SSI_WAIT_PAGE;
	}
}

static long wait_second(const struct ssi_page *page, enum ssi_event event,
			enum ssi_wait wait)
{
	switch (wait) {
	case SSI_WAIT_ROOM:
		return wait_room_second(page);
	case SSI_WAIT_THAW:
		return wait_thawed_second(page->region);
	case SSI_WAIT_SLOT:
		return wait_slot_second(&page->region->node->requests);
	default:
		return wait_settled_second(page, event);
	}
}

/* Who waits for room gets nothing from zeroes: they take room. */
static bool is_over(const struct ssi_page *page, enum ssi_event event,
		    enum ssi_wait wait)
{
	u16 act = ssi_coh_step(ssi_page_state(page), event)->act;

	if (wait == SSI_WAIT_ROOM)
		return act & (SSI_ACT_HIT | SSI_ACT_POISON);
	return is_good(page, event);
}

static void wait_for(const struct ssi_page *page, enum ssi_event event,
		     int started)
{
	struct ssi_stall *stall = &page->region->stall;
	enum ssi_wait wait = waits_for(started);
	bool stalled = false;
	long left;

	while (!(left = wait_second(page, event, wait)) &&
	       !is_over(page, event, wait)) {
		if (stalled)
			continue;
		stalled = true;
		report_stall(page, event, wait);
		ssi_stall_begin(stall);
	}
	if (stalled)
		ssi_stall_end(stall);
	/* The try failed, or the page is gone again: wait a tick. */
	if (!started && left > 0 && !is_good(page, event))
		schedule_timeout_killable(1);
}

/* Wait with the mm's lock given up where the core allows it. */
static vm_fault_t wait_unlocked(struct vm_fault *vmf,
				const struct ssi_page *page,
				enum ssi_event event, int started)
{
	/* The mapping may go once the lock is given up; the file must not. */
	struct file *file = get_file(vmf->vma->vm_file);

	release_fault_lock(vmf);
	wait_for(page, event, started);
	fput(file);
	return VM_FAULT_RETRY;
}

/*
 * A writer here waits for the ownership of a page that can be read. It had the
 * mapping removed (region_page_mkwrite()), and would have to again if it were
 * read now; an instruction that reads and writes may come as a read first, and
 * would run in circles by itself. So a read waits once, but not for long.
 */
static bool must_let_write(const struct vm_fault *vmf,
			   const struct ssi_page *page, enum ssi_event event)
{
	unsigned int first = vmf->flags & (FAULT_FLAG_ALLOW_RETRY |
					   FAULT_FLAG_TRIED |
					   FAULT_FLAG_RETRY_NOWAIT);

	return event == SSI_EV_LOAD && first == FAULT_FLAG_ALLOW_RETRY &&
	       ssi_page_is(page, SSI_PAGE_PENDING) && is_good(page, event);
}

static vm_fault_t let_write(struct vm_fault *vmf, const struct ssi_page *page)
{
	struct file *file = get_file(vmf->vma->vm_file);

	release_fault_lock(vmf);
	wait_var(page->entry, !ssi_page_is(page, SSI_PAGE_PENDING), WRITE_WAIT);
	fput(file);
	return VM_FAULT_RETRY;
}

/* ---- KVM's asynchronous page faults ---- */

/*
 * KVM lets a worker wait where a vCPU's fault must not. The worker asks for
 * write access whatever the vCPU wanted, which would turn reads into moves of
 * ownership. So it waits only for the request that the vCPU's own fault has
 * started, or for what kept it from starting one, and fails: KVM takes no
 * notice, and the vCPU comes back to find the page. It waits for a second at
 * most, since the end of a VM waits for it; a stall goes on without it.
 */
static bool is_async_worker(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_REMOTE && current->flags & PF_KTHREAD;
}

static bool must_wait(const struct ssi_page *page)
{
	return ssi_page_is(page, SSI_PAGE_PENDING | SSI_PAGE_BUSY) ||
	       READ_ONCE(page->region->frozen) ||
	       !ssi_share_has_room(&page->region->node->share);
}

static enum ssi_wait worker_waits_for(const struct ssi_page *page)
{
	if (ssi_page_is(page, SSI_PAGE_PENDING | SSI_PAGE_BUSY))
		return SSI_WAIT_PAGE;
	return READ_ONCE(page->region->frozen) ? SSI_WAIT_THAW : SSI_WAIT_ROOM;
}

static bool keep_frozen_stall(struct ssi_region *region)
{
	bool first = ssi_stall_keep(&region->stall);

	/* thaw() may have come before. */
	if (!READ_ONCE(region->frozen))
		ssi_stall_drop(&region->stall);
	return first;
}

/* The wait goes on without its worker. Return: true when that is new. */
static bool keep_stall(const struct ssi_page *page, enum ssi_wait wait)
{
	switch (wait) {
	case SSI_WAIT_PAGE:
		return ssi_requests_stall(page);
	case SSI_WAIT_THAW:
		return keep_frozen_stall(page->region);
	default:
		return ssi_share_starve(&page->region->node->share);
	}
}

static void wait_as_worker(const struct ssi_page *page)
{
	enum ssi_wait wait = worker_waits_for(page);

	if (!wait_second(page, SSI_EV_STORE, wait) && keep_stall(page, wait))
		report_stall(page, SSI_EV_STORE, wait);
}

static vm_fault_t async_worker_fault(struct vm_fault *vmf,
				     const struct ssi_page *page)
{
	struct file *file;

	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY) ||
	    vmf->flags & FAULT_FLAG_TRIED || !must_wait(page))
		return VM_FAULT_SIGBUS;
	file = get_file(vmf->vma->vm_file);
	release_fault_lock(vmf);
	wait_as_worker(page);
	fput(file);
	return VM_FAULT_RETRY;
}

/* ---- operations of the mapping ---- */

static gfp_t fault_gfp(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_RETRY_NOWAIT ? GFP_NOWAIT : GFP_NOIO;
}

/* 0: look again with the lock still held. */
static vm_fault_t start_and_wait(struct vm_fault *vmf,
				 const struct ssi_page *page,
				 enum ssi_event event, enum outcome outcome)
{
	int started = start(page, event, outcome, fault_gfp(vmf));

	/* Who is to make room for others need not go to sleep for it. */
	cond_resched();
	/* Who sends a request may find that it receives the answer, too. */
	if (!started && is_good(page, event) && !ssi_page_is(page, SSI_PAGE_BUSY))
		return 0;
	/* KVM comes back to wait once it has seen that it must. */
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	if (!started && wait_briefly(page, event))
		return 0;
	if (vmf->flags & FAULT_FLAG_ALLOW_RETRY)
		return wait_unlocked(vmf, page, event, started);
	wait_for(page, event, started);
	return fatal_signal_pending(current) ? VM_FAULT_NOPAGE : 0;
}

/* As a broken memory module would: KVM and the core raise a machine check. */
static vm_fault_t report_lost(const struct ssi_page *page)
{
	struct ssi_region *region = page->region;

	pr_warn_ratelimited("ssi_mem: node %s: region %s: page %u was touched, but its content is lost\n",
			    region->node->name, region->name, page->index);
	return VM_FAULT_HWPOISON;
}

/*
 * The page has come ahead: lock its folio for mapping, as serve_hit() does. In
 * one go, since the folio lock is only tried. NULL: it is not to be mapped now.
 */
static struct folio *lock_ahead(const struct ssi_page *page)
{
	struct folio *folio = NULL;

	ssi_page_lock(page);
	if (ssi_page_is(page, SSI_PAGE_AHEAD) && serves(page, SSI_EV_LOAD) &&
	    folio_trylock(ssi_page_folio(page))) {
		folio = ssi_page_folio(page);
		folio_get(folio);
		ssi_page_touch_ahead(page, ktime_get_ns());
		ssi_page_mark(page, SSI_PAGE_RECENT);
	}
	ssi_page_unlock(page);
	return folio;
}

/* Read-only, as all that the core maps for the first time here. */
static bool map_ahead(struct vm_area_struct *vma, unsigned long address,
		      const struct ssi_page *page)
{
	struct folio *folio = lock_ahead(page);

	if (!folio)
		return false;
	/* Where there is another mapping already it is one of this folio. */
	vm_insert_page(vma, address, folio_page(folio, 0));
	folio_unlock(folio);
	folio_put(folio);
	return true;
}

/*
 * What came ahead behind this page is mapped along with it. Only where the page
 * table is there: nobody may sleep for memory with a folio locked. Return: pages.
 */
static unsigned int map_around(struct vm_fault *vmf,
			       const struct ssi_page *page)
{
	unsigned long address = vmf->address & PAGE_MASK;
	unsigned int mapped = 0;
	struct ssi_page next;

	if (pmd_none(*vmf->pmd))
		return 0;
	for (; mapped < AROUND_MAX; mapped++) {
		address += PAGE_SIZE;
		if (address >= vmf->vma->vm_end || !(address & ~PMD_MASK) ||
		    !ssi_region_page(page->region, page->index + mapped + 1, 0,
				     &next) ||
		    !map_ahead(vmf->vma, address, &next))
			break;
	}
	return mapped;
}

/*
 * Tell where the thread goes, if it goes to a page that was asked for ahead, or
 * to one that nobody has touched before. @came: it was told already. Return: true
 * when the page was asked for ahead.
 */
static bool note_touch(struct vm_fault *vmf, const struct ssi_page *page,
		       enum ssi_event event, bool came)
{
	unsigned int mapped = 0;

	if (!ssi_page_is(page, SSI_PAGE_AHEAD)) {
		if (!came && ssi_page_state(page) == SSI_UNTOUCHED)
			ssi_prefetch_forget(page);
		return false;
	}
	if (event == SSI_EV_LOAD)
		mapped = map_around(vmf, page);
	ssi_prefetch_touched(page, event, mapped);
	return true;
}

static vm_fault_t page_fault(struct vm_fault *vmf, const struct ssi_page *page,
			     enum ssi_event event)
{
	enum outcome outcome;
	struct folio *folio;
	bool came = false;
	vm_fault_t ret;

	if (is_async_worker(vmf))
		return async_worker_fault(vmf, page);
	if (must_let_write(vmf, page, event))
		return let_write(vmf, page);
	for (;;) {
		came |= note_touch(vmf, page, event, came);
		outcome = try_serve(page, event, fault_gfp(vmf), &folio);
		if (outcome == SERVED) {
			ssi_stat_inc(page->region->node, FAULTS_LOCAL);
			vmf->page = folio_page(folio, 0);
			return VM_FAULT_LOCKED;
		}
		if (outcome == YIELD)
			return VM_FAULT_NOPAGE;
		if (outcome == LOST)
			return report_lost(page);
		if (outcome == AGAIN)
			continue;
		ret = start_and_wait(vmf, page, event, outcome);
		if (ret)
			return ret;
	}
}

static vm_fault_t region_fault(struct vm_fault *vmf)
{
	struct ssi_region *region = vmf->vma->vm_file->private_data;
	enum ssi_event event = vmf->flags & FAULT_FLAG_WRITE ? SSI_EV_STORE :
							       SSI_EV_LOAD;
	u32 node = region->node->id, id = region->id;
	struct ssi_page page;
	vm_fault_t ret;

	if (vmf->pgoff >= region->pages)
		return VM_FAULT_SIGBUS;
	while (!ssi_region_page(region, vmf->pgoff, GFP_NOIO, &page)) {
		if (schedule_timeout_killable(1), fatal_signal_pending(current))
			return VM_FAULT_NOPAGE;
	}
	trace_ssi_fault_begin(&page, event);
	ret = page_fault(vmf, &page, event);
	/* After VM_FAULT_RETRY the region may be gone. */
	trace_ssi_fault_end(node, id, page.index, event, ret);
	return ret;
}

/*
 * A write to a page that is mapped read-only. The core gives this call no way
 * to wait: where ownership must be asked for, it is, the mapping is removed and
 * the access comes back as a fault with all its flags. It may come back as a
 * read, of an instruction that reads and writes the page, and as a write again:
 * until ownership is here; must_let_write() has it wait as well.
 */
static vm_fault_t region_page_mkwrite(struct vm_fault *vmf)
{
	struct ssi_region *region = vmf->vma->vm_file->private_data;
	struct folio *folio = page_folio(vmf->page);
	struct ssi_page page;
	bool ok;

	if (!folio_trylock(folio))
		return VM_FAULT_NOPAGE;
	ssi_region_page(region, vmf->pgoff, 0, &page);
	ssi_page_lock(&page);
	ok = serves(&page, SSI_EV_STORE) && ssi_page_folio(&page) == folio;
	if (ok) {
		ssi_page_mark(&page, SSI_PAGE_RECENT);
		/* The writer that waited for the permission may come this way. */
		ssi_page_start_hold(&page);
	}
	ssi_page_unlock(&page);
	if (ok)
		return VM_FAULT_LOCKED;
	if (folio->mapping)
		unmap_mapping_pages(folio->mapping, vmf->pgoff, 1, false);
	folio_unlock(folio);
	if (!ssi_page_is(&page, SSI_PAGE_BUSY))
		ssi_request_start(&page, SSI_EV_STORE, fault_gfp(vmf));
	return VM_FAULT_NOPAGE;
}

/*
 * Nothing is mapped around a fault. That there is such an operation lets the
 * core call ->fault under the lock of the VMA alone.
 */
static vm_fault_t region_map_pages(struct vm_fault *vmf, pgoff_t first,
				   pgoff_t last)
{
	return 0;
}

static const struct vm_operations_struct region_vm_ops = {
	.fault = region_fault,
	.page_mkwrite = region_page_mkwrite,
	.map_pages = region_map_pages,
};

/**
 * ssi_fault_mmap() - map a region's file
 * @file: of the region
 * @vma:  the mapping
 *
 * Return: 0; -EINVAL private, or beyond the end; -EPERM executable.
 */
int ssi_fault_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct ssi_region *region = file->private_data;

	/* MAP_SHARED of a read-only file has no VM_SHARED. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	if (vma->vm_pgoff + vma_pages(vma) > region->pages)
		return -EINVAL;
	/*
	 * DONTEXPAND also keeps mlock from holding references to folios; without
	 * MIXEDMAP pages could not be mapped along with others.
	 */
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTDUMP | VM_DONTEXPAND |
			  VM_MIXEDMAP);
	vm_flags_clear(vma, VM_MAYEXEC);
	vma->vm_ops = &region_vm_ops;
	return 0;
}

/* ---- what the rest of the module asks of mappings ---- */

/**
 * ssi_fault_adopt() - the folio becomes the page's copy
 * @page:  locked
 * @folio: not mapped, not known to anybody else
 */
void ssi_fault_adopt(const struct ssi_page *page, struct folio *folio)
{
	folio->mapping = page->region->inode->i_mapping;
	folio->index = page->index;
}

/**
 * ssi_fault_disown() - the folio is nobody's copy any more
 * @folio: not mapped, and nobody can map it
 *
 * Context: process, may sleep. Under the folio lock, since somebody who still
 * holds the folio may look at its mapping to mark it dirty.
 */
void ssi_fault_disown(struct folio *folio)
{
	folio_lock(folio);
	folio->mapping = NULL;
	folio_unlock(folio);
}

/*
 * Without the folio lock: who did direct I/O takes it to mark the page dirty
 * before he lets go.
 */
static bool wait_unshared(struct folio *folio)
{
	unsigned long end = jiffies + msecs_to_jiffies(PIN_WAIT_MS);
	int spins = 0;

	while (ssi_folio_is_foreign(folio)) {
		if (time_after(jiffies, end))
			return false;
		if (spins++ < PIN_SPINS)
			cond_resched();
		else
			usleep_range(50, 200);
	}
	return true;
}

/**
 * ssi_fault_unmap() - remove every mapping of a page, stage-2 tables included
 * @page:  BUSY, so that nobody maps it meanwhile
 * @folio: its copy
 * @sole:  fail if somebody outside of the module holds on to the folio, since
 *	   he could write to it
 *
 * KVM's MMU notifier carries the unmapping into its guests before this
 * returns.
 *
 * Context: process, may sleep. Return: false when the page is pinned; it can
 * be mapped again then.
 */
bool ssi_fault_unmap(const struct ssi_page *page, struct folio *folio,
		     bool sole)
{
	folio_lock(folio);
	unmap_mapping_pages(page->region->inode->i_mapping, page->index, 1,
			    false);
	folio_unlock(folio);
	if (sole && !wait_unshared(folio))
		return false;
	ssi_fault_disown(folio);
	return true;
}

/**
 * ssi_fault_protect() - make every mapping of a page read-only
 * @page:  BUSY, so that nobody maps it meanwhile
 * @folio: its copy
 *
 * Context: process, may sleep. Return: false when somebody outside of the
 * module holds the folio and could write to it.
 */
bool ssi_fault_protect(const struct ssi_page *page, struct folio *folio)
{
	folio_lock(folio);
	folio_mkclean(folio);
	folio_unlock(folio);
	return wait_unshared(folio);
}

/**
 * ssi_fault_try() - as ssi_fault_unmap() or ssi_fault_protect(), but wait for
 *		     nobody
 * @page:  BUSY, so that nobody maps it meanwhile
 * @folio: its copy
 * @unmap: remove the mappings; else make them read-only
 *
 * A folio without mappings is in no stage-2 table and, where nobody outside of
 * the module holds it, in no TLB: who removes a mapping holds the folio until
 * the TLBs are flushed.
 *
 * Context: process, may sleep. Return: false when somebody holds the folio, or is
 * about to map it; it can be mapped again then.
 */
bool ssi_fault_try(const struct ssi_page *page, struct folio *folio, bool unmap)
{
	bool ok;

	if (!folio_trylock(folio))
		return false;
	if (folio_mapped(folio) && unmap)
		unmap_mapping_pages(page->region->inode->i_mapping,
				    page->index, 1, false);
	else if (folio_mapped(folio))
		folio_mkclean(folio);
	ok = !ssi_folio_is_foreign(folio);
	if (ok && unmap)
		folio->mapping = NULL;
	folio_unlock(folio);
	return ok;
}

/**
 * ssi_fault_try_unmapped() - as ssi_fault_try(), where there are no mappings
 * @folio: copy of a page that is BUSY, so that nobody maps it meanwhile
 * @unmap: it is nobody's copy any more
 *
 * Context: any. Return: false when it is mapped, or somebody holds it.
 */
bool ssi_fault_try_unmapped(struct folio *folio, bool unmap)
{
	bool ok;

	if (!folio_trylock(folio))
		return false;
	ok = !folio_mapped(folio) && !ssi_folio_is_foreign(folio);
	if (ok && unmap)
		folio->mapping = NULL;
	folio_unlock(folio);
	return ok;
}

/**
 * ssi_fault_forget() - unmap pages to see which are touched again
 * @region: the region
 * @first:  page index
 * @pages:  how many
 *
 * Context: process, may sleep.
 */
void ssi_fault_forget(struct ssi_region *region, u32 first, u32 pages)
{
	unmap_mapping_pages(region->inode->i_mapping, first, pages, false);
}
