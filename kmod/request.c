// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requester: start, match what comes back, complete, say DONE.
 *
 * Where a request leaves this node: ssi_request_start() sends GET_*, and
 * serve_request() of serve.c runs at the home. What comes back lands here:
 * ssi_request_data() from the owner, ssi_request_grant() or
 * ssi_request_range() from the home, ssi_request_invalidated() from sharers.
 */
#include <linux/ktime.h>
#include <linux/slab.h>
#include "fault.h"
#include "node.h"
#include "region.h"
#include "request.h"
#include "trace.h"

/* ---- slots ---- */

static void put_request(struct ssi_request *req, struct ssi_node *node)
{
	struct ssi_requests *requests = &node->requests;

	if (!refcount_dec_and_test(&req->refs))
		return;
	sbitmap_clear_bit(&requests->map, req - requests->slots);
	if (wq_has_sleeper(&requests->wait))
		wake_up(&requests->wait);
}

static void release_ask(struct ssi_msg *msg)
{
	put_request(container_of(msg, struct ssi_request, ask_msg), msg->node);
}

static void release_done(struct ssi_msg *msg)
{
	put_request(container_of(msg, struct ssi_request, done_msg), msg->node);
}

static struct ssi_request *take_slot(struct ssi_node *node)
{
	int slot = sbitmap_get(&node->requests.map);
	struct ssi_request *req;

	if (slot < 0)
		return NULL;
	req = &node->requests.slots[slot];
	refcount_set(&req->refs, 1);
	return req;
}

/**
 * ssi_request_txn() - a new number for a transaction of this node
 * @node: the local node
 * @slot: of a request, or beyond of pages that are asked for ahead
 *
 * Context: any. Return: the number, never 0.
 */
u64 ssi_request_txn(struct ssi_node *node, unsigned int slot)
{
	u64 serial = atomic64_inc_return(&node->requests.serial);

	return (u64)node->id << SSI_TXN_NODE_SHIFT |
	       (serial << SSI_TXN_SLOT_BITS & (BIT_ULL(SSI_TXN_NODE_SHIFT) - 1)) |
	       slot;
}

/* May this message, of this node, be about the request that it names? */
static bool fits(const struct ssi_request *req, const struct ssi_wire_hdr *hdr)
{
	const struct ssi_page *page = &req->page;

	lockdep_assert_held(&req->lock);
	if (req->id != le64_to_cpu(hdr->txn) ||
	    page->index != le32_to_cpu(hdr->page) ||
	    ssi_region_slot(page->region, hdr->from) < 0)
		return false;
	if (hdr->type == SSI_MSG_INVALIDATED)
		return !(req->acked >> hdr->from & 1);
	if (req->answered)
		return false;
	return (hdr->type == SSI_MSG_DATA && !(hdr->flags & SSI_MF_ENDS)) ||
	       ssi_region_home_id(page->region, page->index) == hdr->from;
}

static struct ssi_request *try_lock(struct ssi_node *node,
				    const struct ssi_wire_hdr *hdr)
{
	u64 txn = le64_to_cpu(hdr->txn);
	u32 slot = txn & (BIT(SSI_TXN_SLOT_BITS) - 1);
	struct ssi_request *req;

	/* A free slot has the id 0. */
	if (!txn || slot >= SSI_REQUESTS || txn >> SSI_TXN_NODE_SHIFT != node->id)
		return NULL;
	req = &node->requests.slots[slot];
	spin_lock_bh(&req->lock);
	if (fits(req, hdr)) {
		/* For sparse: find_match() says that it is held. */
		__release(&req->lock);
		return req;
	}
	spin_unlock_bh(&req->lock);
	return NULL;
}

static struct ssi_request *try_lock_counted(struct ssi_node *node,
					    const struct ssi_wire_hdr *hdr)
{
	struct ssi_request *req = try_lock(node, hdr);

	if (!req)
		ssi_stat_inc(node, STALE);
	return req;
}

#define found(how) ({							\
	struct ssi_request *match;					\
									\
	(void)__cond_lock(&match->lock, match = (how));			\
	match;								\
})

/*
 * The open request that a message answers, locked; NULL when there is none, or
 * the message is not one that this node may send about it now.
 */
#define find_match(node, hdr) found(try_lock(node, hdr))

/* The same for a message that is complete, and counted when it is stale. */
#define lock_match(node, hdr) found(try_lock_counted(node, hdr))

int ssi_requests_init(struct ssi_requests *requests, struct ssi_node *node)
{
	int i;

	requests->slots = kvcalloc(SSI_REQUESTS, sizeof(*requests->slots),
				   GFP_KERNEL);
	if (!requests->slots)
		return -ENOMEM;
	if (sbitmap_init_node(&requests->map, SSI_REQUESTS, -1, GFP_KERNEL,
			      NUMA_NO_NODE, false, true)) {
		kvfree(requests->slots);
		requests->slots = NULL;
		return -ENOMEM;
	}
	init_waitqueue_head(&requests->wait);
	for (i = 0; i < SSI_REQUESTS; i++) {
		spin_lock_init(&requests->slots[i].lock);
		requests->slots[i].ask_msg.release = release_ask;
		requests->slots[i].ask_msg.node = node;
		requests->slots[i].done_msg.release = release_done;
		requests->slots[i].done_msg.node = node;
	}
	return 0;
}

void ssi_requests_exit(struct ssi_requests *requests)
{
	if (!requests->slots)
		return;
	sbitmap_free(&requests->map);
	kvfree(requests->slots);
}

/**
 * ssi_requests_has_slot() - is a slot free? A moment's truth, for waiters
 * @requests: of a node
 *
 * Return: true when one is.
 */
bool ssi_requests_has_slot(struct ssi_requests *requests)
{
	return sbitmap_weight(&requests->map) < SSI_REQUESTS;
}

static bool is_fault_on(const struct ssi_request *req,
			const struct ssi_page *page)
{
	return req->id && req->page.entry == page->entry &&
	       req->event != SSI_EV_FWD_EVICT;
}

/**
 * ssi_requests_stall() - the region stalls until a page's request has ended
 * @page: that a fault has waited for, for a second
 *
 * Context: process. Return: true when it did not stall before.
 */
bool ssi_requests_stall(const struct ssi_page *page)
{
	struct ssi_region *region = page->region;
	bool first = false;
	unsigned int i;

	for (i = 0; i < SSI_REQUESTS; i++) {
		struct ssi_request *req = &region->node->requests.slots[i];

		spin_lock_bh(&req->lock);
		if (is_fault_on(req, page) && !req->stalled) {
			req->stalled = true;
			ssi_stall_begin(&region->stall);
			first = true;
		}
		spin_unlock_bh(&req->lock);
	}
	return ssi_fetches_stall(page) || first;
}

/* ---- start ---- */

static void fill_msg(struct ssi_msg *msg, struct ssi_request *req, u8 type)
{
	struct ssi_region *region = req->page.region;

	memset(&msg->hdr, 0, sizeof(msg->hdr));
	msg->hdr.type = type;
	msg->hdr.requester = region->node->id;
	msg->hdr.region = cpu_to_le32(region->id);
	msg->hdr.generation = cpu_to_le32(region->generation);
	msg->hdr.epoch = cpu_to_le32(req->epoch);
	msg->hdr.page = cpu_to_le32(req->page.index);
	msg->hdr.txn = cpu_to_le64(req->id);
}

/* The slot becomes an open request. Under its lock and the page's. */
static void open_request(struct ssi_request *req, const struct ssi_page *page,
			 enum ssi_event event, struct folio *folio)
{
	struct ssi_node *node = page->region->node;

	lockdep_assert_held(&req->lock);
	ssi_page_assert_locked(page);
	req->id = ssi_request_txn(node, req - node->requests.slots);
	req->page = *page;
	req->epoch = READ_ONCE(page->region->epoch);
	req->event = event;
	req->folio = folio;
	req->answered = false;
	req->failed = false;
	req->ends = false;
	req->acks = 0;
	req->acked = 0;
	req->started_ns = ktime_get_ns();
	req->ask_msg.sent_ns = 0;
	req->stalled = false;
	kref_get(&page->region->ref);
}

static u8 ask_type(const struct ssi_step *step)
{
	return step->act & SSI_ACT_ASK_READ ? SSI_MSG_GET_READ :
					      SSI_MSG_GET_WRITE;
}

/*
 * Open the request if the page still needs one. The folio is taken even for
 * an upgrade: the copy may be invalidated while the upgrade is under way.
 *
 * While the members change, nothing is opened: ssi_requests_conclude() takes
 * the lock of every slot after @frozen was set, so it sees what was opened
 * before, and who comes later sees @frozen.
 */
static bool try_open(struct ssi_request *req, const struct ssi_page *page,
		     enum ssi_event event, struct folio *folio)
{
	const struct ssi_step *step;
	bool needed;

	spin_lock_bh(&req->lock);
	ssi_page_lock(page);
	step = ssi_coh_step(ssi_page_state(page), event);
	needed = !READ_ONCE(page->region->frozen) &&
		 !ssi_page_is(page, SSI_PAGE_PENDING | SSI_PAGE_BUSY) &&
		 step->act & (SSI_ACT_ASK_READ | SSI_ACT_ASK_WRITE |
			      SSI_ACT_ASK_COPY);
	if (needed) {
		open_request(req, page, event, folio);
		atomic_inc(&page->region->work);
		ssi_page_mark(page, SSI_PAGE_PENDING);
		fill_msg(&req->ask_msg, req, ask_type(step));
		if (step->act & SSI_ACT_ASK_COPY)
			req->ask_msg.hdr.flags = SSI_MF_HAVE_COPY;
		refcount_inc(&req->refs);
	}
	ssi_page_unlock(page);
	spin_unlock_bh(&req->lock);
	return needed;
}

/**
 * ssi_request_start() - ask the home for a permission
 * @page:  whose state is not good enough
 * @event: SSI_EV_LOAD or SSI_EV_STORE
 * @gfp:   GFP_NOIO where sleeping for memory is allowed, else GFP_NOWAIT
 *
 * Does nothing when a request is in flight already or none is needed.
 *
 * Context: process, no spinlock held. Never waits for the network.
 * Return: 0; -EAGAIN no slot (requests->wait); -ENOMEM no folio (share->wait);
 * -EINPROGRESS the members change (region->frozen).
 */
int ssi_request_start(const struct ssi_page *page, enum ssi_event event,
		      gfp_t gfp)
{
	struct ssi_region *region = page->region;
	struct ssi_node *node = region->node;
	struct ssi_request *req;
	struct folio *folio;
	unsigned int home;

	if (ssi_page_is(page, SSI_PAGE_PENDING)) {
		ssi_stat_inc(node, JOINED);
		return 0;
	}
	if (READ_ONCE(region->frozen))
		return -EINPROGRESS;
	req = take_slot(node);
	if (!req)
		return -EAGAIN;
	folio = ssi_share_take(&node->share, READ_ONCE(region->charge), gfp);
	if (!folio) {
		put_request(req, node);
		return -ENOMEM;
	}
	if (try_open(req, page, event, folio)) {
		home = ssi_region_home_id(region, page->index);
		trace_ssi_request_start(req, home);
		ssi_peer_request(node, home, &req->ask_msg, req->started_ns);
	} else {
		ssi_share_put(&node->share, folio);
		put_request(req, node);
	}
	return 0;
}

/* ---- completion ---- */

static enum ssi_mem_hist_kind kind_of(const struct ssi_request *req)
{
	if (req->event == SSI_EV_FWD_EVICT)
		return SSI_MEM_HIST_KIND_EVICT;
	if (req->answer == SSI_EV_ZEROES)
		return SSI_MEM_HIST_KIND_FIRST;
	if (req->answer != SSI_EV_SHARED && req->answer != SSI_EV_SOLE)
		return SSI_MEM_HIST_KIND_UPGRADE;
	return req->event == SSI_EV_LOAD ? SSI_MEM_HIST_KIND_READ :
					   SSI_MEM_HIST_KIND_WRITE;
}

static void count_kind(struct ssi_node *node, enum ssi_mem_hist_kind kind)
{
	static const u8 stat[SSI_HIST_KINDS] = {
		[SSI_MEM_HIST_KIND_READ] = SSI_MEM_S_FAULTS_READ,
		[SSI_MEM_HIST_KIND_WRITE] = SSI_MEM_S_FAULTS_WRITE,
		[SSI_MEM_HIST_KIND_UPGRADE] = SSI_MEM_S_UPGRADES,
		[SSI_MEM_HIST_KIND_FIRST] = SSI_MEM_S_FAULTS_FIRST,
	};

	ssi_stat_add(node, stat[kind], 1);
}

/* Only what was served is timed: a try that failed counts as a retry. */
static void time_request(struct ssi_node *node, const struct ssi_request *req,
			 u64 now)
{
	enum ssi_mem_hist_kind kind = kind_of(req);
	u64 answer = req->answered_ns - req->ask_msg.sent_ns;

	ssi_stat_time(node, TOTAL, kind, now - req->started_ns);
	ssi_stat_time(node, ANSWER, kind, answer);
	if (req->wants_acks)
		ssi_stat_time(node, ACKS, kind, now - req->answered_ns);
	ssi_peer_time(node, ssi_region_home_id(req->page.region,
					       req->page.index), kind, answer);
}

static void count_completion(struct ssi_node *node, struct ssi_request *req,
			     u64 now)
{
	if (req->answer == SSI_EV_LOST)
		return;
	count_kind(node, kind_of(req));
	ssi_region_count_fault(req->page.region, req->page.index);
	if (req->answer == SSI_EV_SOLE || req->answer == SSI_EV_UPGRADE)
		ssi_stat_inc(node, OWNER_CHANGES);
	time_request(node, req, now);
}

/* Give the page what the answer brought. */
static void apply_answer(struct ssi_request *req, struct ssi_node *node)
{
	/* Without acknowledgments nothing came behind the answer. */
	u64 now = req->wants_acks ? ktime_get_ns() : req->answered_ns;
	const struct ssi_page *page = &req->page;
	const struct ssi_step *step;
	struct folio *folio;

	ssi_page_assert_locked(page);
	step = ssi_coh_step(ssi_page_state(page), req->answer);
	if (step->act & SSI_ACT_BUG) {
		pr_err_ratelimited("ssi_mem: node %s: region %s: page %u: answer %s in state %s\n",
				   node->name, page->region->name, page->index,
				   ssi_event_name(req->answer),
				   ssi_state_name(ssi_page_state(page)));
		return;
	}
	folio = ssi_page_folio(page);
	if (step->act & SSI_ACT_INSTALL) {
		folio = req->folio;
		req->folio = NULL;
		ssi_fault_adopt(page, folio);
	}
	ssi_page_set(page, step->next, folio);
	if (folio)
		ssi_page_arm(page, kind_of(req), now);
	count_completion(node, req, now);
}

static void send_done(struct ssi_request *req, struct ssi_node *node,
		      enum ssi_perm perm)
{
	fill_msg(&req->done_msg, req, SSI_MSG_DONE);
	req->done_msg.hdr.arg = cpu_to_le32(perm);
	refcount_inc(&req->refs);
	ssi_peer_post_later(node, ssi_region_home_id(req->page.region,
						     req->page.index),
			    &req->done_msg);
}

/* Everything came: the page has its permission, or the try is over. */
static void end_request(struct ssi_request *req, struct ssi_node *node)
{
	struct ssi_page page = req->page;
	struct folio *unused;
	enum ssi_perm perm;

	lockdep_assert_held(&req->lock);
	ssi_page_lock(&page);
	if (!req->failed)
		apply_answer(req, node);
	ssi_page_unmark(&page, SSI_PAGE_PENDING);
	perm = req->failed ? SSI_PERM_NONE :
			     ssi_coh_state_perm(ssi_page_state(&page));
	trace_ssi_request_complete(req, perm);
	ssi_page_unlock(&page);
	if (req->failed)
		ssi_stat_inc(node, RETRIES);
	if (!req->ends)
		send_done(req, node, perm);
	unused = req->folio;
	req->folio = NULL;
	req->id = 0;
	if (unused)
		ssi_share_put(&node->share, unused);
	ssi_page_wake(&page);
	if (req->stalled)
		ssi_stall_end(&page.region->stall);
}

/* Unlocks; the request may be gone afterwards. */
static void unlock_and_complete(struct ssi_request *req, struct ssi_node *node)
	__releases(&req->lock)
{
	struct ssi_region *region = req->page.region;
	bool over = req->answered && !req->acks;

	if (over)
		end_request(req, node);
	spin_unlock_bh(&req->lock);
	if (!over)
		return;
	put_request(req, node);
	ssi_region_work_end(region);
	ssi_region_put(region);
}

static void answer(struct ssi_request *req, const struct ssi_wire_hdr *hdr,
		   enum ssi_event event)
{
	req->answered = true;
	req->answer = event;
	req->answered_ns = ktime_get_ns();
	req->wants_acks = hdr->acks;
	req->acks += le16_to_cpu(hdr->acks);
	trace_ssi_request_answer(req, hdr);
}

/**
 * ssi_request_folio() - where the body of DATA shall go
 * @node: the local node
 * @hdr:  of DATA with a body, not of an eviction
 *
 * Context: any. Return: the folio, held for the caller until the body is in;
 * or NULL when nothing waits for this.
 */
struct folio *ssi_request_folio(struct ssi_node *node,
				const struct ssi_wire_hdr *hdr)
{
	struct ssi_request *req = find_match(node, hdr);
	struct folio *folio;

	if (!req)
		return NULL;
	folio = req->folio;
	if (folio)
		ssi_share_hold(folio);
	spin_unlock_bh(&req->lock);
	return folio;
}

/**
 * ssi_request_data() - DATA is complete
 * @node: the local node
 * @hdr:  of DATA, not of an eviction
 * @body: where the body is
 *
 * A body that is not in the request's folio began to arrive before there was
 * such a request.
 *
 * Context: any.
 */
void ssi_request_data(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
		      void *body)
{
	struct ssi_request *req = lock_match(node, hdr);
	enum ssi_perm perm = le32_to_cpu(hdr->arg);

	if (!req)
		return;
	if (!req->folio ||
	    (hdr->length && body != folio_address(req->folio))) {
		spin_unlock_bh(&req->lock);
		ssi_stat_inc(node, STALE);
		return;
	}
	if (hdr->flags & SSI_MF_BLANK)
		clear_page(folio_address(req->folio));
	req->failed = perm == SSI_PERM_NONE;
	req->ends = hdr->flags & SSI_MF_ENDS;
	answer(req, hdr, hdr->flags & SSI_MF_ZERO ? SSI_EV_ZEROES :
						    ssi_coh_perm_event(perm));
	unlock_and_complete(req, node);
}

/* The page of an eviction went, or it is as it was. */
static void end_evict(struct ssi_request *req, struct ssi_node *node,
		      bool moved)
	__releases(&req->lock)
{
	struct ssi_page page = req->page;

	lockdep_assert_held(&req->lock);
	trace_ssi_evict_end(req, moved);
	ssi_page_lock(&page);
	ssi_page_unmark(&page, SSI_PAGE_LEAVING);
	ssi_page_unlock(&page);
	req->id = 0;
	spin_unlock_bh(&req->lock);
	ssi_page_wake(&page);
	put_request(req, node);
	ssi_region_work_end(page.region);
	ssi_region_put(page.region);
}

/**
 * ssi_request_grant() - GRANT came
 * @node: the local node
 * @hdr:  of the GRANT
 *
 * Context: any.
 */
void ssi_request_grant(struct ssi_node *node, const struct ssi_wire_hdr *hdr)
{
	struct ssi_request *req = lock_match(node, hdr);
	enum ssi_grant grant = le32_to_cpu(hdr->arg);
	enum ssi_event event;
	unsigned int target;

	if (!req)
		return;
	if (req->event == SSI_EV_FWD_EVICT) {
		target = le32_to_cpu(req->ask_msg.hdr.arg);
		end_evict(req, node, false);
		ssi_evict_ended(node, target, false);
		return;
	}
	event = ssi_coh_grant_event(grant);
	req->failed = event == SSI_EVENT_MAX;
	req->ends = req->failed || event == SSI_EV_LOST ||
		    hdr->flags & SSI_MF_ENDS;
	answer(req, hdr, event);
	unlock_and_complete(req, node);
}

static void grant_page(struct ssi_region *region, u32 index)
{
	const struct ssi_step *step;
	struct ssi_page page;

	if (index >= region->pages || !ssi_region_page(region, index, 0, &page))
		return;
	ssi_page_lock(&page);
	step = ssi_coh_step(ssi_page_state(&page), SSI_EV_ZEROES);
	if (!(step->act & SSI_ACT_BUG))
		ssi_page_set(&page, step->next, NULL);
	ssi_page_unlock(&page);
}

/**
 * ssi_request_range() - RANGE came: untouched pages are ours
 * @node:  the local node
 * @hdr:   of the RANGE
 * @range: which pages of the chunk
 *
 * Context: any.
 */
void ssi_request_range(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
		       const struct ssi_wire_range *range)
{
	struct ssi_request *req = lock_match(node, hdr);
	u32 base, i;

	if (!req)
		return;
	if (!req->folio) {
		spin_unlock_bh(&req->lock);
		return;
	}
	base = round_down(req->page.index, SSI_CHUNK_PAGES);
	for (i = 0; i < SSI_CHUNK_PAGES; i++) {
		if (base + i != req->page.index && ssi_wire_range_has(range, i))
			grant_page(req->page.region, base + i);
	}
	answer(req, hdr, SSI_EV_ZEROES);
	unlock_and_complete(req, node);
}

/**
 * ssi_request_invalidated() - a sharer has dropped its copy for our request
 * @node: the local node
 * @hdr:  of the INVALIDATED
 *
 * May come before the answer that says how many there will be.
 *
 * Context: any.
 */
void ssi_request_invalidated(struct ssi_node *node,
			     const struct ssi_wire_hdr *hdr)
{
	struct ssi_request *req = lock_match(node, hdr);

	if (!req)
		return;
	req->acked |= BIT_ULL(hdr->from);
	req->acks--;
	trace_ssi_request_ack(req, hdr);
	unlock_and_complete(req, node);
}

/* ---- evictions ---- */

/**
 * ssi_request_evict() - ask the home to let another node own a page
 * @page:   owned here
 * @target: id of the node that has promised room
 *
 * Context: process. Return: 0; -EAGAIN no slot; -EBUSY the page is in use;
 * -ESHUTDOWN the region is closing.
 */
int ssi_request_evict(const struct ssi_page *page, unsigned int target)
{
	struct ssi_node *node = page->region->node;
	struct ssi_request *req;
	bool ok;

	if (!ssi_region_work_begin(page->region))
		return -ESHUTDOWN;
	req = take_slot(node);
	if (!req) {
		ssi_region_work_end(page->region);
		return -EAGAIN;
	}
	spin_lock_bh(&req->lock);
	ssi_page_lock(page);
	ok = ssi_page_state(page) >= SSI_OWNED &&
	     !READ_ONCE(page->region->frozen) &&
	     !ssi_page_is(page, SSI_PAGE_PENDING | SSI_PAGE_BUSY |
				SSI_PAGE_LEAVING | SSI_PAGE_RECENT);
	if (ok) {
		open_request(req, page, SSI_EV_FWD_EVICT, NULL);
		ssi_page_mark(page, SSI_PAGE_LEAVING);
		fill_msg(&req->ask_msg, req, SSI_MSG_EVICT);
		req->ask_msg.hdr.arg = cpu_to_le32(target);
		refcount_inc(&req->refs);
	}
	ssi_page_unlock(page);
	spin_unlock_bh(&req->lock);
	if (ok) {
		trace_ssi_evict_start(req, target);
		ssi_peer_request(node, ssi_region_home_id(page->region,
							  page->index),
				 &req->ask_msg, req->started_ns);
		return 0;
	}
	put_request(req, node);
	ssi_region_work_end(page->region);
	return -EBUSY;
}

/**
 * ssi_request_may_evict() - FWD_EVICT came: is it for an eviction of ours?
 * @node: the local node
 * @hdr:  of the FWD_EVICT
 *
 * The page goes to the node that was asked for room, to no other; and once.
 *
 * Context: any. Return: true when it is; then ssi_request_end_evict() follows.
 */
bool ssi_request_may_evict(struct ssi_node *node,
			   const struct ssi_wire_hdr *hdr)
{
	struct ssi_request *req = lock_match(node, hdr);
	bool ok;

	if (!req)
		return false;
	ok = req->event == SSI_EV_FWD_EVICT &&
	     req->ask_msg.hdr.arg == hdr->arg;
	req->answered |= ok;
	spin_unlock_bh(&req->lock);
	if (!ok)
		ssi_stat_inc(node, STALE);
	return ok;
}

/**
 * ssi_request_end_evict() - the eviction was carried out or given up here
 * @node: the local node
 * @txn:  of an eviction that ssi_request_may_evict() let go on
 * @arrived_ns: when the FWD_EVICT came, if the page is on its way to the
 *	  target now; 0 if it stays
 *
 * Context: any.
 */
void ssi_request_end_evict(struct ssi_node *node, u64 txn, u64 arrived_ns)
{
	struct ssi_request *req =
		&node->requests.slots[txn & (BIT(SSI_TXN_SLOT_BITS) - 1)];

	spin_lock_bh(&req->lock);
	if (WARN_ON_ONCE(req->id != txn || req->event != SSI_EV_FWD_EVICT)) {
		spin_unlock_bh(&req->lock);
		return;
	}
	req->answered_ns = arrived_ns;
	if (arrived_ns)
		time_request(node, req, ktime_get_ns());
	end_evict(req, node, arrived_ns);
}

/* ---- the members change ---- */

/*
 * All that live nodes had to say has arrived. What is missing would have come
 * from a dead one, or was refused: an answer without it is good for a copy, and
 * data for owning the page, though others may hold copies.
 */
static void conclude(struct ssi_request *req)
	__releases(&req->lock)
{
	struct ssi_node *node = req->page.region->node;
	unsigned int target;

	lockdep_assert_held(&req->lock);
	if (req->event == SSI_EV_FWD_EVICT) {
		target = le32_to_cpu(req->ask_msg.hdr.arg);
		end_evict(req, node, false);
		ssi_evict_ended(node, target, false);
		return;
	}
	req->answer = ssi_coh_rest_event(req->answered ? req->answer :
							 SSI_EVENT_MAX);
	req->failed |= req->answer == SSI_EVENT_MAX;
	req->answered = true;
	req->ends = true;
	req->acks = 0;
	unlock_and_complete(req, node);
}

/**
 * ssi_requests_conclude() - end every request for pages of a region
 * @region: frozen, and nothing for it is under way between live nodes
 *
 * Context: process.
 */
void ssi_requests_conclude(struct ssi_region *region)
{
	struct ssi_requests *requests = &region->node->requests;
	unsigned int i;

	for (i = 0; i < SSI_REQUESTS; i++) {
		struct ssi_request *req = &requests->slots[i];

		spin_lock_bh(&req->lock);
		if (req->id && req->page.region == region)
			conclude(req);
		else
			spin_unlock_bh(&req->lock);
	}
	ssi_fetches_conclude(region);
}
