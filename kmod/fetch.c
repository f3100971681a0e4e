// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requester of pages that nobody has touched yet. Where a thread goes
 * (core/policy), several pages are asked for in one message; what its owner can
 * spare comes, and the rest does not: that is no failure, and nobody tries again.
 *
 * A fetch is for its pages what a request is for one: they are PENDING, who
 * touches one waits for it, and there is nothing else in flight for it. A page
 * is a copy as soon as it came; the home hears when all have.
 */
#include <linux/ktime.h>
#include <linux/slab.h>
#include "fault.h"
#include "fetch.h"
#include "node.h"
#include "region.h"
#include "trace.h"

/* So many of a home's credits are left to who waits. */
#define CREDITS_LEFT (SSI_PEER_CREDITS / 2)

/* Messages for one touch: at the end of a chunk, and for long strides. */
#define MESSAGES_MAX 4

/* ---- slots ---- */

static void put_fetch(struct ssi_fetch *fetch, struct ssi_node *node)
{
	if (refcount_dec_and_test(&fetch->refs))
		clear_bit_unlock(fetch - node->fetches.slots,
				 &node->fetches.map);
}

static void release_ask(struct ssi_msg *msg)
{
	put_fetch(container_of(msg, struct ssi_fetch, ask_msg), msg->node);
}

static void release_done(struct ssi_msg *msg)
{
	put_fetch(container_of(msg, struct ssi_fetch, done_msg), msg->node);
}

static struct ssi_fetch *take_slot(struct ssi_node *node)
{
	struct ssi_fetches *fetches = &node->fetches;
	unsigned long i;

	do {
		i = find_first_zero_bit(&fetches->map, SSI_FETCHES);
		if (i >= SSI_FETCHES)
			return NULL;
	} while (test_and_set_bit(i, &fetches->map));
	refcount_set(&fetches->slots[i].refs, 1);
	return &fetches->slots[i];
}

/**
 * ssi_fetches_init() - make the slots
 * @fetches: of a node, zeroed
 * @node:    the node
 *
 * Return: 0 or -ENOMEM.
 */
int ssi_fetches_init(struct ssi_fetches *fetches, struct ssi_node *node)
{
	unsigned int i;

	BUILD_BUG_ON(SSI_FETCHES > BITS_PER_LONG);
	fetches->slots = kvcalloc(SSI_FETCHES, sizeof(*fetches->slots),
				  GFP_KERNEL);
	if (!fetches->slots)
		return -ENOMEM;
	for (i = 0; i < SSI_FETCHES; i++) {
		struct ssi_fetch *fetch = &fetches->slots[i];

		spin_lock_init(&fetch->lock);
		fetch->ask_msg.release = release_ask;
		fetch->ask_msg.node = node;
		fetch->ask_msg.body = &fetch->ask;
		fetch->ask_msg.length = sizeof(fetch->ask);
		fetch->done_msg.release = release_done;
		fetch->done_msg.node = node;
		fetch->done_msg.body = &fetch->done;
		fetch->done_msg.length = sizeof(fetch->done);
	}
	return 0;
}

/**
 * ssi_fetches_exit() - free the slots
 * @fetches: of a node that nobody uses any more
 */
void ssi_fetches_exit(struct ssi_fetches *fetches)
{
	kvfree(fetches->slots);
}

/* ---- pages of a fetch ---- */

static u32 index_of(const struct ssi_fetch *fetch, unsigned int n)
{
	return ssi_wire_ahead_page(&fetch->ask, fetch->first, n);
}

/* The chunk is there: its pages were marked. */
static struct ssi_page page_of(const struct ssi_fetch *fetch, unsigned int n)
{
	struct ssi_page page = {};

	ssi_region_page(fetch->region, index_of(fetch, n), 0, &page);
	return page;
}

static void put_folio(struct ssi_fetch *fetch, unsigned int n,
		      struct ssi_node *node)
{
	if (fetch->folios[n])
		ssi_share_put(&node->share, fetch->folios[n]);
	fetch->folios[n] = NULL;
}

/* ---- start ---- */

/* Is the page neither here nor on its way? */
static bool is_wanted(const struct ssi_page *page)
{
	return !ssi_page_is(page, SSI_PAGE_PENDING | SSI_PAGE_BUSY |
				  SSI_PAGE_LEAVING) &&
	       ssi_coh_step(ssi_page_state(page), SSI_EV_LOAD)->act &
	       SSI_ACT_ASK_READ;
}

/*
 * A folio for each page that is wanted, as it seems; a full share has none.
 * Return: bit n: page n is wanted, and has one.
 */
static u64 take_folios(struct ssi_fetch *fetch, struct ssi_region *region,
		       const struct ssi_ahead *ahead)
{
	struct ssi_share *share = &region->node->share;
	unsigned int charge = READ_ONCE(region->charge), n;
	struct ssi_page page;
	u64 pages = 0;

	for (n = 0; n < ahead->count; n++) {
		if (!ssi_region_page(region, ahead->first + n * ahead->stride,
				     GFP_NOWAIT, &page))
			break;
		if (!is_wanted(&page))
			continue;
		fetch->folios[n] = ssi_share_take_spare(share, charge);
		if (!fetch->folios[n])
			break;
		pages |= BIT_ULL(n);
	}
	return pages;
}

static bool mark(const struct ssi_page *page)
{
	bool ok;

	ssi_page_lock(page);
	ok = is_wanted(page);
	if (ok)
		ssi_page_mark(page, SSI_PAGE_PENDING | SSI_PAGE_AHEAD);
	ssi_page_unlock(page);
	return ok;
}

static void fill_msg(struct ssi_msg *msg, const struct ssi_fetch *fetch, u8 type)
{
	struct ssi_region *region = fetch->region;

	memset(&msg->hdr, 0, sizeof(msg->hdr));
	msg->hdr.type = type;
	msg->hdr.requester = region->node->id;
	msg->hdr.region = cpu_to_le32(region->id);
	msg->hdr.generation = cpu_to_le32(region->generation);
	msg->hdr.epoch = cpu_to_le32(fetch->epoch);
	msg->hdr.page = cpu_to_le32(fetch->first);
	msg->hdr.txn = cpu_to_le64(fetch->id);
	msg->hdr.length = cpu_to_le32(msg->length);
}

/* The slot becomes an open fetch of what is still wanted. Under its lock. */
static void open_fetch(struct ssi_fetch *fetch, struct ssi_region *region,
		       const struct ssi_ahead *ahead, u64 pages)
{
	struct ssi_node *node = region->node;
	struct ssi_page page;
	unsigned int n;

	lockdep_assert_held(&fetch->lock);
	fetch->region = region;
	fetch->first = ahead->first;
	fetch->epoch = READ_ONCE(region->epoch);
	fetch->ask = (struct ssi_wire_ahead){
		.stride = cpu_to_le32(ahead->stride),
	};
	fetch->asked = 0;
	fetch->arrived = 0;
	fetch->given = 0;
	fetch->held = 0;
	fetch->sole = 0;
	fetch->answered = false;
	fetch->ends = false;
	fetch->stalled = false;
	fetch->started_ns = ktime_get_ns();
	for (n = 0; n < ahead->count; n++) {
		page = page_of(fetch, n);
		if (pages >> n & 1 && mark(&page))
			fetch->asked |= BIT_ULL(n);
	}
	if (!fetch->asked)
		return;
	fetch->id = ssi_request_txn(node, SSI_REQUESTS +
					  (fetch - node->fetches.slots));
	fetch->ask.pages = cpu_to_le64(fetch->asked);
	fill_msg(&fetch->ask_msg, fetch, SSI_MSG_GET_AHEAD);
	refcount_inc(&fetch->refs);
	kref_get(&region->ref);
	atomic_inc(&region->work);
}

/*
 * As for requests: ssi_fetches_conclude() takes every slot's lock after @frozen
 * was set. Return: pages that are asked for.
 */
static unsigned int try_open(struct ssi_fetch *fetch, struct ssi_region *region,
			     const struct ssi_ahead *ahead, u64 pages)
{
	unsigned int n;
	u64 asked = 0;

	spin_lock_bh(&fetch->lock);
	if (pages && !READ_ONCE(region->frozen)) {
		open_fetch(fetch, region, ahead, pages);
		asked = fetch->asked;
	}
	for (n = 0; n < ahead->count; n++) {
		if (!(asked >> n & 1))
			put_folio(fetch, n, region->node);
	}
	spin_unlock_bh(&fetch->lock);
	return hweight64(asked);
}

/* One message. The region is in use by the caller, so it does not close. */
static void start(struct ssi_region *region, const struct ssi_ahead *ahead,
		  u8 flags)
{
	unsigned int home = ssi_region_home_id(region, ahead->first), asked;
	struct ssi_node *node = region->node;
	struct ssi_fetch *fetch;

	if (!ssi_peer_has_credits(node, home, CREDITS_LEFT))
		return;
	fetch = take_slot(node);
	if (!fetch)
		return;
	asked = try_open(fetch, region, ahead,
			 take_folios(fetch, region, ahead));
	if (!asked) {
		put_fetch(fetch, node);
		return;
	}
	atomic64_add(asked, &region->prefetch.asked);
	ssi_stat_add(node, SSI_MEM_S_PREFETCH_ASKED, asked);
	fetch->ask_msg.hdr.flags = flags;
	trace_ssi_prefetch_start(fetch, home);
	ssi_peer_request(node, home, &fetch->ask_msg, ktime_get_ns());
}

/* Those of the first one's chunk, which have one home. */
static struct ssi_ahead cut(const struct ssi_region *region,
			    struct ssi_ahead *ahead)
{
	u32 base = round_down(ahead->first, SSI_CHUNK_PAGES);
	s64 end = min_t(s64, (s64)base + SSI_CHUNK_PAGES, region->pages);
	struct ssi_ahead part = *ahead;
	s64 index = ahead->first;

	for (part.count = 0; part.count < ahead->count && index >= base &&
	     index < end; part.count++)
		index += ahead->stride;
	ahead->count -= part.count;
	ahead->first = index;
	if (index < 0 || index >= region->pages)
		ahead->count = 0;
	/* A single page is one of any stride. */
	if (part.count == 1)
		part.stride = 1;
	return part;
}

/**
 * ssi_fetch_start() - ask for pages that nobody has touched yet
 * @region: of which a program has a file open
 * @wanted: which pages; those beyond the end are none
 * @flags:  SSI_MF_OWN, or 0
 *
 * Where there is no room, no slot or no credit, nothing is asked for.
 *
 * Context: process, no spinlock held. Does not sleep for memory.
 */
void ssi_fetch_start(struct ssi_region *region, const struct ssi_ahead *wanted,
		     u8 flags)
{
	struct ssi_ahead ahead = *wanted, part;
	int i;

	if (ahead.first >= region->pages)
		return;
	for (i = 0; i < MESSAGES_MAX && ahead.count; i++) {
		part = cut(region, &ahead);
		start(region, &part, flags);
	}
}

/* ---- completion ---- */

/* The page came, with or without a body. */
static void install(struct ssi_fetch *fetch, unsigned int n,
		    const struct ssi_page *page, enum ssi_event event)
{
	struct ssi_node *node = page->region->node;
	const struct ssi_step *step = ssi_coh_step(ssi_page_state(page), event);
	struct folio *folio = NULL;

	ssi_page_assert_locked(page);
	if (step->act & SSI_ACT_BUG) {
		pr_err_ratelimited("ssi_mem: node %s: region %s: page %u: %s ahead in state %s\n",
				   node->name, page->region->name, page->index,
				   ssi_event_name(event),
				   ssi_state_name(ssi_page_state(page)));
		return;
	}
	if (step->act & SSI_ACT_INSTALL) {
		folio = fetch->folios[n];
		fetch->folios[n] = NULL;
		ssi_fault_adopt(page, folio);
	}
	ssi_page_set(page, step->next, folio);
	if (folio && ssi_page_is(page, SSI_PAGE_AHEAD))
		ssi_page_arm_ahead(page, ktime_get_ns());
	else if (folio)
		ssi_page_arm(page, SSI_MEM_HIST_KIND_READ, ktime_get_ns());
	fetch->held |= BIT_ULL(n);
	if (ssi_coh_state_perm(step->next) == SSI_PERM_SOLE)
		fetch->sole |= BIT_ULL(n);
	if (event == SSI_EV_SOLE)
		ssi_stat_inc(node, OWNER_CHANGES);
}

/* Nothing more is to come for the page. SSI_EVENT_MAX: nothing came. */
static void settle(struct ssi_fetch *fetch, unsigned int n,
		   enum ssi_event event)
{
	struct ssi_page page = page_of(fetch, n);

	lockdep_assert_held(&fetch->lock);
	ssi_page_lock(&page);
	if (event != SSI_EVENT_MAX)
		install(fetch, n, &page, event);
	if (!(fetch->held >> n & 1))
		ssi_page_unmark(&page, SSI_PAGE_AHEAD);
	ssi_page_unmark(&page, SSI_PAGE_PENDING);
	ssi_page_unlock(&page);
	fetch->arrived |= BIT_ULL(n);
	put_folio(fetch, n, page.region->node);
	ssi_page_wake(&page);
}

/* What does not come. */
static void settle_rest(struct ssi_fetch *fetch, u64 pages)
{
	struct ssi_region *region = fetch->region;
	unsigned int n, refused = hweight64(pages);

	for (n = 0; n < SSI_AHEAD_MAX; n++) {
		if (pages >> n & 1)
			settle(fetch, n, SSI_EVENT_MAX);
	}
	atomic64_add(refused, &region->prefetch.refused);
	ssi_stat_add(region->node, SSI_MEM_S_PREFETCH_REFUSED, refused);
}

static void send_done(struct ssi_fetch *fetch)
{
	fetch->done = (struct ssi_wire_ahead){
		.pages = cpu_to_le64(fetch->held),
		.sole = cpu_to_le64(fetch->sole),
		.stride = fetch->ask.stride,
	};
	fill_msg(&fetch->done_msg, fetch, SSI_MSG_DONE_AHEAD);
	refcount_inc(&fetch->refs);
	ssi_peer_post(fetch->region->node,
		      ssi_region_home_id(fetch->region, fetch->first),
		      &fetch->done_msg);
}

/* Unlocks; the fetch may be gone afterwards. */
static void unlock_and_complete(struct ssi_fetch *fetch)
	__releases(&fetch->lock)
{
	struct ssi_region *region = fetch->region;
	bool over = fetch->answered && !(fetch->given & ~fetch->arrived);

	if (over) {
		trace_ssi_prefetch_end(fetch);
		if (!fetch->ends)
			send_done(fetch);
		if (fetch->stalled)
			ssi_stall_end(&region->stall);
		fetch->id = 0;
	}
	spin_unlock_bh(&fetch->lock);
	if (!over)
		return;
	put_fetch(fetch, region->node);
	ssi_region_work_end(region);
	ssi_region_put(region);
}

/* ---- what comes back ---- */

static unsigned int slot_of(const struct ssi_wire_hdr *hdr)
{
	return le64_to_cpu(hdr->txn) & (BIT(SSI_TXN_SLOT_BITS) - 1);
}

/**
 * ssi_fetch_owns() - does an answer belong here, or to a request?
 * @hdr: of DATA or GRANT
 *
 * Return: true when it is about pages that were asked for ahead, if about any.
 */
bool ssi_fetch_owns(const struct ssi_wire_hdr *hdr)
{
	return slot_of(hdr) >= SSI_REQUESTS;
}

/* May this message be about this fetch? Its page is another's business. */
static bool fits(const struct ssi_fetch *fetch, const struct ssi_wire_hdr *hdr)
{
	lockdep_assert_held(&fetch->lock);
	return fetch->id && fetch->id == le64_to_cpu(hdr->txn) &&
	       ssi_region_slot(fetch->region, hdr->from) >= 0;
}

static struct ssi_fetch *try_lock(struct ssi_node *node,
				  const struct ssi_wire_hdr *hdr)
{
	unsigned int slot = slot_of(hdr) - SSI_REQUESTS;
	struct ssi_fetch *fetch;

	if (slot >= SSI_FETCHES)
		return NULL;
	fetch = &node->fetches.slots[slot];
	spin_lock_bh(&fetch->lock);
	if (fits(fetch, hdr)) {
		/* For sparse: found() says that it is held. */
		__release(&fetch->lock);
		return fetch;
	}
	spin_unlock_bh(&fetch->lock);
	return NULL;
}

static struct ssi_fetch *try_lock_counted(struct ssi_node *node,
					  const struct ssi_wire_hdr *hdr)
{
	struct ssi_fetch *fetch = try_lock(node, hdr);

	if (!fetch)
		ssi_stat_inc(node, STALE);
	return fetch;
}

#define found(how) ({							\
	struct ssi_fetch *match;					\
									\
	(void)__cond_lock(&match->lock, match = (how));			\
	match;								\
})

/* The open fetch that a message is about, locked, or NULL. */
#define find_match(node, hdr) found(try_lock(node, hdr))

/* The same for a message that is complete, and counted when it is stale. */
#define lock_match(node, hdr) found(try_lock_counted(node, hdr))

/* It is about the fetch, but nothing that it waits for. */
static void unlock_stale(struct ssi_fetch *fetch, struct ssi_node *node)
	__releases(&fetch->lock)
{
	spin_unlock_bh(&fetch->lock);
	ssi_stat_inc(node, STALE);
}

/* Which page DATA brings; -1: none that is still to come. */
static int awaits(const struct ssi_fetch *fetch, const struct ssi_wire_hdr *hdr)
{
	int n = ssi_wire_ahead_find(&fetch->ask, fetch->first,
				    le32_to_cpu(hdr->page));

	lockdep_assert_held(&fetch->lock);
	return n < 0 || fetch->arrived >> n & 1 ? -1 : n;
}

/**
 * ssi_fetch_folio() - where the body of DATA shall go
 * @node: the local node
 * @hdr:  of DATA with a body, not of an eviction
 *
 * Context: any. Return: as ssi_request_folio().
 */
struct folio *ssi_fetch_folio(struct ssi_node *node,
			      const struct ssi_wire_hdr *hdr)
{
	struct ssi_fetch *fetch = find_match(node, hdr);
	struct folio *folio = NULL;
	int n;

	if (!fetch)
		return NULL;
	n = awaits(fetch, hdr);
	if (n >= 0)
		folio = fetch->folios[n];
	if (folio)
		ssi_share_hold(folio);
	spin_unlock_bh(&fetch->lock);
	return folio;
}

/**
 * ssi_fetch_data() - DATA is complete
 * @node: the local node
 * @hdr:  of DATA, not of an eviction
 * @body: where the body is
 *
 * Context: any.
 */
void ssi_fetch_data(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
		    void *body)
{
	struct ssi_fetch *fetch = lock_match(node, hdr);
	int n;

	if (!fetch)
		return;
	n = awaits(fetch, hdr);
	if (n < 0 || !hdr->length || body != folio_address(fetch->folios[n])) {
		unlock_stale(fetch, node);
		return;
	}
	settle(fetch, n, ssi_coh_perm_event(le32_to_cpu(hdr->arg)));
	unlock_and_complete(fetch);
}

/* Pages that come without a body: what is ours alone needs no memory either. */
static void settle_blank(struct ssi_fetch *fetch, u64 blank, u64 sole)
{
	unsigned int n;

	for (n = 0; n < SSI_AHEAD_MAX; n++) {
		if (!(blank >> n & 1))
			continue;
		if (sole >> n & 1) {
			settle(fetch, n, SSI_EV_ZEROES);
			continue;
		}
		clear_page(folio_address(fetch->folios[n]));
		settle(fetch, n, SSI_EV_SHARED);
	}
}

/**
 * ssi_fetch_answer() - AHEAD came: which pages are given
 * @node: the local node
 * @hdr:  of the AHEAD
 * @body: of it
 *
 * Those with content come with DATA, before or behind.
 *
 * Context: any.
 */
void ssi_fetch_answer(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
		      const struct ssi_wire_ahead *body)
{
	struct ssi_fetch *fetch = lock_match(node, hdr);
	u64 blank;

	if (!fetch)
		return;
	if (fetch->answered || !ssi_wire_ahead_check(hdr, body)) {
		unlock_stale(fetch, node);
		return;
	}
	fetch->answered = true;
	fetch->given = le64_to_cpu(body->pages) & fetch->asked;
	blank = le64_to_cpu(body->blank) & fetch->given & ~fetch->arrived;
	settle_blank(fetch, blank, le64_to_cpu(body->sole));
	settle_rest(fetch, fetch->asked & ~fetch->given & ~fetch->arrived);
	unlock_and_complete(fetch);
}

/**
 * ssi_fetch_refused() - GRANT came: the home gives none of them
 * @node: the local node
 * @hdr:  of the GRANT
 *
 * Context: any.
 */
void ssi_fetch_refused(struct ssi_node *node, const struct ssi_wire_hdr *hdr)
{
	struct ssi_fetch *fetch = lock_match(node, hdr);

	if (!fetch)
		return;
	if (fetch->answered ||
	    ssi_region_home_id(fetch->region, fetch->first) != hdr->from) {
		unlock_stale(fetch, node);
		return;
	}
	fetch->answered = true;
	fetch->ends = true;
	settle_rest(fetch, fetch->asked & ~fetch->arrived);
	unlock_and_complete(fetch);
}

/* ---- for all ---- */

/**
 * ssi_fetches_conclude() - end what was asked ahead of a region
 * @region: frozen, and nothing for it is under way between live nodes
 *
 * Context: process.
 */
void ssi_fetches_conclude(struct ssi_region *region)
{
	unsigned int i;

	for (i = 0; i < SSI_FETCHES; i++) {
		struct ssi_fetch *fetch = &region->node->fetches.slots[i];

		spin_lock_bh(&fetch->lock);
		if (!fetch->id || fetch->region != region) {
			spin_unlock_bh(&fetch->lock);
			continue;
		}
		fetch->answered = true;
		fetch->ends = true;
		settle_rest(fetch, fetch->asked & ~fetch->arrived);
		unlock_and_complete(fetch);
	}
}

static bool is_awaited(const struct ssi_fetch *fetch,
		       const struct ssi_page *page)
{
	int n;

	lockdep_assert_held(&fetch->lock);
	if (!fetch->id || fetch->region != page->region)
		return false;
	n = ssi_wire_ahead_find(&fetch->ask, fetch->first, page->index);
	return n >= 0 && !(fetch->arrived >> n & 1);
}

/**
 * ssi_fetches_stall() - the region stalls until a page's fetch has ended
 * @page: that a fault has waited for, for a second
 *
 * Context: process. Return: true when it did not stall before.
 */
bool ssi_fetches_stall(const struct ssi_page *page)
{
	struct ssi_region *region = page->region;
	bool first = false;
	unsigned int i;

	for (i = 0; i < SSI_FETCHES; i++) {
		struct ssi_fetch *fetch = &region->node->fetches.slots[i];

		spin_lock_bh(&fetch->lock);
		if (is_awaited(fetch, page) && !fetch->stalled) {
			fetch->stalled = true;
			ssi_stall_begin(&region->stall);
			first = true;
		}
		spin_unlock_bh(&fetch->lock);
	}
	return first;
}
