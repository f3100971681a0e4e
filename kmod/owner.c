// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a node does about pages that it holds, when a home asks: give the page
 * away, share it, drop a copy; and take over a page that another node evicts.
 */
#include <linux/ktime.h>
#include "core/policy.h"
#include "fault.h"
#include "netlink.h"
#include "node.h"
#include "region.h"
#include "serve.h"
#include "trace.h"

/* Of so many words the first and the last are looked at before all others. */
#define PROBE_WORDS 64

/**
 * struct duty - a forward that is being carried out
 * @job:   the forward; or, of a home that need not ask itself, the transaction
 * @type:  of the forward
 * @local: the transaction ends with it
 * @page:  what it is about
 * @event: what it is to the page
 * @step:  decided by core/coh
 * @folio: the copy, where there is one
 * @looked: when the page is looked at, ns
 * @until: when its hold is over, after LOOK_HELD
 * @atomic: what is mapped is left to a worker
 */
struct duty {
	struct ssi_job *job;
	u8 type;
	bool local;
	struct ssi_page page;
	enum ssi_event event;
	const struct ssi_step *step;
	struct folio *folio;
	u64 looked;
	u64 until;
	bool atomic;
};

/* ---- answers ---- */

static void release_data(struct ssi_msg *msg)
{
	ssi_share_put(&msg->node->share, msg->folio);
	ssi_msg_free(msg);
}

/* An eviction is over when the page is safe at its target. */
static void release_evicted(struct ssi_msg *msg)
{
	struct ssi_node *node = msg->node;

	release_data(msg);
	ssi_evict_ended(node, 0, true);
}

static unsigned int data_receiver(const struct duty *duty)
{
	return duty->event == SSI_EV_FWD_EVICT ?
		le32_to_cpu(duty->job->hdr.arg) : duty->job->hdr.requester;
}

static struct ssi_msg *data_msg(const struct duty *duty, enum ssi_perm perm)
{
	struct ssi_msg *msg = ssi_job_msg(duty->job, SSI_MSG_DATA);

	msg->hdr.arg = cpu_to_le32(perm);
	if (duty->local)
		msg->hdr.flags = SSI_MF_ENDS;
	else
		msg->hdr.acks = duty->job->hdr.acks;
	if (duty->event == SSI_EV_FWD_EVICT) {
		msg->hdr.flags = SSI_MF_EVICT;
		/* Whom the target tells: its map may be another than the home's. */
		msg->hdr.requester = duty->job->hdr.from;
	}
	return msg;
}

static void answer(const struct duty *duty, unsigned int to,
		   struct ssi_msg *msg)
{
	trace_ssi_owner_answer(duty->job, &duty->page, &msg->hdr, to);
	ssi_job_send(duty->job, to, msg, false);
}

static u64 eight(const u64 *words)
{
	return words[0] | words[1] | words[2] | words[3] |
	       words[4] | words[5] | words[6] | words[7];
}

/*
 * A page of zeroes is told by a flag. What is not zero shows that at one of a few
 * places in all pages but some, so those few words are what most pages pay. The
 * rest is read eight words at a time: memchr_inv() takes three times as long.
 */
static bool is_blank(const u64 *words)
{
	unsigned int i;

	for (i = 0; i < PAGE_SIZE / sizeof(*words); i += PROBE_WORDS) {
		if (words[i] | words[i + PROBE_WORDS - 1])
			return false;
	}
	for (i = 0; i < PAGE_SIZE / sizeof(*words); i += 8) {
		if (eight(words + i))
			return false;
	}
	return true;
}

static void add_body(const struct duty *duty, struct ssi_msg *msg)
{
	struct ssi_node *node = duty->job->node;

	if (is_blank(folio_address(duty->folio))) {
		msg->hdr.flags |= SSI_MF_BLANK;
		ssi_stat_inc(node, BLANKS_SENT);
		return;
	}
	msg->hdr.length = cpu_to_le32(SSI_PAGE_SIZE);
	msg->length = SSI_PAGE_SIZE;
	msg->body = folio_address(duty->folio);
	ssi_stat_inc(node, PAGES_SENT);
}

/* The message holds the folio until the receiver has acknowledged it. */
static void send_page(const struct duty *duty)
{
	struct ssi_msg *msg = data_msg(duty, duty->step->perm);

	add_body(duty, msg);
	msg->folio = duty->folio;
	msg->node = duty->job->node;
	msg->release = duty->event == SSI_EV_FWD_EVICT ? release_evicted :
							 release_data;
	answer(duty, data_receiver(duty), msg);
}

static void send_zeroes(const struct duty *duty)
{
	struct ssi_msg *msg = data_msg(duty, duty->step->perm);

	msg->hdr.flags |= SSI_MF_ZERO;
	ssi_stat_inc(duty->job->node, ZEROES_SENT);
	answer(duty, data_receiver(duty), msg);
}

/* A page that somebody else holds on to stays; the requester tries again. */
static void send_refusal(const struct duty *duty)
{
	answer(duty, data_receiver(duty), data_msg(duty, SSI_PERM_NONE));
}

static void send_ack(const struct duty *duty)
{
	answer(duty, duty->job->hdr.requester,
	       ssi_job_msg(duty->job, SSI_MSG_INVALIDATED));
}

/* The owner tells the home that its eviction does not take place. */
static void send_evict_abort(const struct duty *duty)
{
	struct ssi_msg *msg = ssi_job_msg(duty->job, SSI_MSG_DONE);

	msg->hdr.arg = cpu_to_le32(SSI_PERM_NONE);
	answer(duty, ssi_region_home_id(duty->page.region, duty->page.index),
	       msg);
}

/* ---- carrying out ---- */

/* What became of a look at the page. */
enum look {
	LOOK_GO,    /* duty->step is to be carried out */
	LOOK_BUSY,  /* somebody else unmaps it at this moment, or a worker must */
	LOOK_HELD,  /* its hold is not over before duty->until */
	LOOK_KEEP,  /* the eviction is not wanted any more */
	LOOK_BUG,   /* state and event do not go together */
};

static bool still_evicts(const struct ssi_page *page)
{
	return ssi_page_is(page, SSI_PAGE_LEAVING) &&
	       !ssi_page_is(page, SSI_PAGE_RECENT | SSI_PAGE_PENDING);
}

/* Nobody here touched it since it came, or since the clock last looked. */
static bool is_unused(const struct ssi_page *page)
{
	return ssi_page_state(page) == SSI_SOLE &&
	       !ssi_page_is(page, SSI_PAGE_RECENT);
}

/*
 * Decide under the page's lock. What needs no unmapping takes effect here;
 * otherwise the page is BUSY until take_effect().
 */
static enum look look(struct duty *duty)
{
	const struct ssi_page *page = &duty->page;

	ssi_page_assert_locked(page);
	if (ssi_page_is(page, SSI_PAGE_BUSY))
		return LOOK_BUSY;
	if (duty->event == SSI_EV_FWD_READ && is_unused(page))
		duty->event = SSI_EV_FWD_TAKE;
	duty->step = ssi_coh_step(ssi_page_state(page), duty->event);
	duty->folio = ssi_page_folio(page);
	if (duty->step->act & SSI_ACT_BUG)
		return LOOK_BUG;
	if (duty->event == SSI_EV_FWD_EVICT && !still_evicts(page))
		return LOOK_KEEP;
	if (!(duty->step->act & (SSI_ACT_UNMAP | SSI_ACT_PROTECT))) {
		if (duty->step->act & SSI_ACT_DATA)
			ssi_share_hold(duty->folio);
		ssi_page_set(page, duty->step->next,
			     duty->step->next ? duty->folio : NULL);
		return LOOK_GO;
	}
	duty->until = ssi_page_held_until(page, duty->looked);
	if (duty->until)
		return LOOK_HELD;
	if (duty->atomic && folio_mapped(duty->folio))
		return LOOK_BUSY;
	ssi_page_mark(page, SSI_PAGE_BUSY);
	return LOOK_GO;
}

/* Come again when the hold is over. The duty is gone. */
static void wait_for_hold(const struct duty *duty)
{
	struct ssi_job *job = duty->job;

	if (!job->held_ns)
		job->held_ns = ktime_get_ns();
	ssi_stat_inc(job->node, HELD);
	ssi_job_defer(job, duty->until);
}

static bool change_mapping(const struct duty *duty)
{
	u16 act = duty->step->act;

	if (act & SSI_ACT_UNMAP)
		return ssi_fault_unmap(&duty->page, duty->folio,
				       act & SSI_ACT_DATA);
	if (act & SSI_ACT_PROTECT)
		return ssi_fault_protect(&duty->page, duty->folio);
	return true;
}

/* The mapping is as the step wants it: so is the state now. */
static void take_effect(const struct duty *duty, bool ok, u64 now)
{
	const struct ssi_page *page = &duty->page;
	bool keeps = duty->step->next != SSI_INVALID;

	if (!(duty->step->act & (SSI_ACT_UNMAP | SSI_ACT_PROTECT)))
		return;
	ssi_page_lock(page);
	if (ok) {
		ssi_page_end_stay(page, now);
		ssi_page_set(page, duty->step->next,
			     keeps ? duty->folio : NULL);
		if (keeps)
			ssi_share_hold(duty->folio);
	}
	ssi_page_unmark(page, SSI_PAGE_BUSY);
	ssi_page_unlock(page);
	ssi_page_wake(page);
}

static void count_forward(const struct duty *duty)
{
	struct ssi_node *node = duty->job->node;

	ssi_stat_inc(node, FORWARDS);
	if (duty->step->act & SSI_ACT_PROTECT)
		ssi_stat_inc(node, DOWNGRADES);
	else if (duty->event == SSI_EV_FWD_EVICT)
		ssi_stat_inc(node, EVICTIONS);
	else if (duty->step->act & SSI_ACT_UNMAP)
		ssi_stat_inc(node, INVALIDATIONS);
}

static enum ssi_mem_hist_kind kind_of(const struct duty *duty)
{
	if (duty->step->act & SSI_ACT_ZEROES)
		return SSI_MEM_HIST_KIND_FIRST;
	switch (duty->event) {
	case SSI_EV_FWD_READ:
	case SSI_EV_FWD_TAKE:
		return SSI_MEM_HIST_KIND_READ;
	case SSI_EV_FWD_WRITE:
		return SSI_MEM_HIST_KIND_WRITE;
	case SSI_EV_FWD_EVICT:
		return SSI_MEM_HIST_KIND_EVICT;
	default:
		return SSI_MEM_HIST_KIND_INVALIDATE;
	}
}

/* The answer is out; the mappings were as they are to be at @changed. */
static void time_forward(const struct duty *duty, u64 changed)
{
	const struct ssi_job *job = duty->job;
	enum ssi_mem_hist_kind kind = kind_of(duty);

	if (job->held_ns)
		ssi_stat_time(job->node, HOLD, kind, duty->looked - job->held_ns);
	if (duty->step->act & (SSI_ACT_UNMAP | SSI_ACT_PROTECT))
		ssi_stat_time(job->node, UNMAP, kind, changed - duty->looked);
	ssi_stat_time(job->node, SERVE, kind,
		      ktime_get_ns() - job->arrived_ns);
}

static void end_evict(const struct duty *duty, bool moved)
{
	const struct ssi_job *job = duty->job;

	ssi_request_end_evict(job->node, le64_to_cpu(job->hdr.txn),
			      moved ? job->arrived_ns : 0);
}

static void stay(struct duty *duty)
{
	struct ssi_node *node = duty->job->node;

	ssi_stat_inc(node, EVICT_ABORTS);
	end_evict(duty, false);
	ssi_evict_ended(node, data_receiver(duty), false);
	send_evict_abort(duty);
}

/* The duty is done; its transaction, if it ends with it, as well. */
static void tell_home(const struct duty *duty, enum ssi_perm perm)
{
	/* What the home says next to the requester comes behind what was sent. */
	if (duty->local)
		ssi_home_told(duty->job, perm);
}

static void refuse(const struct duty *duty)
{
	send_refusal(duty);
	tell_home(duty, SSI_PERM_NONE);
}

static void give_up(struct duty *duty)
{
	struct ssi_node *node = duty->job->node;

	if (duty->event == SSI_EV_FWD_EVICT) {
		stay(duty);
		return;
	}
	ssi_stat_inc(node, PINNED);
	trace_ssi_pinned(&duty->page);
	pr_warn_ratelimited("ssi_mem: node %s: region %s: page %u is pinned by somebody else and can not be handed over\n",
			    node->name, duty->page.region->name,
			    duty->page.index);
	ssi_netlink_event(node, SSI_MEM_EVENT_TYPE_PINNED, node->id, 0,
			  duty->page.region->name, duty->page.index);
	refuse(duty);
}

/* The mapping is as it is to be, since @changed: tell. */
static void conclude(const struct duty *duty, u64 changed)
{
	u16 act = duty->step->act;

	take_effect(duty, true, changed);
	count_forward(duty);
	if (act & SSI_ACT_DATA)
		send_page(duty);
	if (act & SSI_ACT_ZEROES)
		send_zeroes(duty);
	if (act & SSI_ACT_FREE)
		ssi_share_put(&duty->job->node->share, duty->folio);
	if (act & SSI_ACT_ACK)
		send_ack(duty);
	time_forward(duty, changed);
	if (duty->event == SSI_EV_FWD_EVICT)
		end_evict(duty, true);
	else if (act & SSI_ACT_DATA)
		ssi_hot_count(&duty->page.region->hot, duty->page.index);
	tell_home(duty, act & SSI_ACT_ACK ? SSI_PERM_SOLE : duty->step->perm);
}

static void carry_out(struct duty *duty)
{
	if (change_mapping(duty)) {
		conclude(duty, ktime_get_ns());
	} else {
		take_effect(duty, false, duty->looked);
		give_up(duty);
	}
}

/*
 * Home and owner do not agree, which some node's mistake must have caused. Who
 * asks for the page is told to ask again, so that the transaction has an end.
 * An invalidation is not acknowledged: the copy may be the only one.
 */
static void report_impossible(struct duty *duty)
{
	pr_err_ratelimited("ssi_mem: node %s: region %s: page %u: %s from node %u in state %s\n",
			   duty->job->node->name, duty->page.region->name,
			   duty->page.index, ssi_event_name(duty->event),
			   duty->job->hdr.from,
			   ssi_state_name(ssi_page_state(&duty->page)));
	if (duty->event == SSI_EV_FWD_EVICT)
		stay(duty);
	else if (duty->event != SSI_EV_INVALIDATE)
		refuse(duty);
}

static enum look look_locked(struct duty *duty)
{
	enum look result;

	for (;;) {
		duty->looked = ktime_get_ns();
		ssi_page_lock(&duty->page);
		result = look(duty);
		ssi_page_unlock(&duty->page);
		if (result != LOOK_BUSY)
			return result;
		wait_var_event(duty->page.entry,
			       !ssi_page_is(&duty->page, SSI_PAGE_BUSY));
	}
}

/* ---- pages that somebody asks for ahead ---- */

/*
 * May the page go, though nobody needs it yet? Not while it is being worked on,
 * or held, or where who has it mapped will hardly do without it.
 */
static bool is_spared(const struct ssi_page *page, u64 now)
{
	struct folio *folio = ssi_page_folio(page);

	ssi_page_assert_locked(page);
	if (ssi_page_is(page, SSI_PAGE_BUSY | SSI_PAGE_PENDING |
			      SSI_PAGE_LEAVING) ||
	    ssi_page_held_until(page, now))
		return false;
	/* The page that is shared already costs its owner nothing. */
	return !folio || ssi_page_state(page) == SSI_OWNED ||
	       ssi_policy_spares(folio_mapped(folio),
				 now - ssi_folio_stay(folio)->since_ns);
}

/*
 * What nobody here has mapped moves; a copy of it would be in the way of the first
 * who writes. The page of which there are copies, or which is mapped, is shared;
 * but who is going to write is better off without a copy.
 */
static enum ssi_event ahead_event(const struct duty *duty)
{
	const struct ssi_page *page = &duty->page;
	enum ssi_state state = ssi_page_state(page);

	if (state == SSI_SOLE && !folio_mapped(ssi_page_folio(page)))
		return SSI_EV_FWD_TAKE;
	if (duty->job->hdr.flags & SSI_MF_OWN && state != SSI_UNTOUCHED)
		return SSI_EVENT_MAX;
	return SSI_EV_FWD_READ;
}

/* Under the page's lock. True: duty->step is to be carried out. */
static bool look_ahead(struct duty *duty)
{
	if (!is_spared(&duty->page, duty->looked))
		return false;
	duty->event = ahead_event(duty);
	return duty->event != SSI_EVENT_MAX && look(duty) == LOOK_GO;
}

/* The page is given by its bit alone: its content is zeroes. */
static bool is_word(const struct duty *duty)
{
	return duty->step->act & SSI_ACT_ZEROES ||
	       is_blank(folio_address(duty->folio));
}

/* Queued: AHEAD takes it along. */
static void queue_page(const struct duty *duty)
{
	struct ssi_msg *msg = data_msg(duty, duty->step->perm);

	msg->hdr.flags = SSI_MF_AHEAD;
	msg->hdr.page = cpu_to_le32(duty->page.index);
	msg->hdr.length = cpu_to_le32(SSI_PAGE_SIZE);
	msg->length = SSI_PAGE_SIZE;
	msg->body = folio_address(duty->folio);
	msg->folio = duty->folio;
	msg->node = duty->job->node;
	msg->release = release_data;
	ssi_stat_inc(duty->job->node, PAGES_SENT);
	trace_ssi_owner_answer(duty->job, &duty->page, &msg->hdr,
			       duty->job->hdr.requester);
	ssi_peer_queue(duty->job->node, duty->job->hdr.requester, msg);
}

/* Give one page, if that costs nobody anything. It is bit @bit of @given. */
static void give_ahead(struct duty *duty, struct ssi_wire_ahead *given, u64 bit)
{
	struct ssi_node *node = duty->job->node;
	bool ok;

	duty->looked = ktime_get_ns();
	ssi_page_lock(&duty->page);
	ok = look_ahead(duty);
	ssi_page_unlock(&duty->page);
	if (!ok)
		return;
	if (duty->step->act & (SSI_ACT_UNMAP | SSI_ACT_PROTECT))
		ok = ssi_fault_try(&duty->page, duty->folio,
				   duty->step->act & SSI_ACT_UNMAP);
	take_effect(duty, ok, duty->looked);
	if (!ok)
		return;
	count_forward(duty);
	given->pages |= cpu_to_le64(bit);
	if (duty->step->perm == SSI_PERM_SOLE)
		given->sole |= cpu_to_le64(bit);
	if (!is_word(duty)) {
		queue_page(duty);
	} else {
		given->blank |= cpu_to_le64(bit);
		ssi_stat_inc(node, BLANKS_SENT);
		if (duty->folio)
			ssi_share_put(&node->share, duty->folio);
	}
	ssi_stat_time(node, SERVE, kind_of(duty),
		      ktime_get_ns() - duty->job->arrived_ns);
}

static void send_given(struct ssi_job *job,
		       const struct ssi_wire_ahead *given)
{
	struct ssi_msg *msg = ssi_job_msg(job, SSI_MSG_AHEAD);

	memcpy((void *)msg->body, given, sizeof(*given));
	ssi_peer_send(job->node, job->hdr.requester, msg);
}

static bool is_member(struct ssi_region *region, unsigned int id)
{
	return ssi_region_slot(region, id) >= 0;
}

/*
 * Only the home of a page decides about it, and for members. A page that is
 * evicted comes from any member; who adopts is told by the home that will be.
 *
 * Members commit a change one after the other. Those that have done so go on,
 * and a home or a member of theirs may be none of ours yet.
 */
static bool may_ask(struct ssi_region *region, const struct ssi_wire_hdr *hdr)
{
	u32 index = le32_to_cpu(hdr->page);
	/* Pairs with the release in thaw(): not frozen, so the map is theirs. */
	bool changes = smp_load_acquire(&region->frozen);

	switch (hdr->type) {
	case SSI_MSG_ADOPT:
		return ssi_change_home_id(region, index) == hdr->from;
	case SSI_MSG_DATA:
		return changes || is_member(region, hdr->from);
	default:
		/* What an owner has it does not ask for, but to be rid of it. */
		if (hdr->requester == region->node->id &&
		    hdr->type != SSI_MSG_FWD_EVICT)
			return false;
		if (changes)
			return true;
		return ssi_region_home_id(region, index) == hdr->from &&
		       is_member(region, hdr->requester);
	}
}

static bool is_legal(const struct ssi_job *job)
{
	return job->region && le32_to_cpu(job->hdr.page) < job->region->pages &&
	       may_ask(job->region, &job->hdr);
}

static bool is_asked(const struct ssi_job *job)
{
	bool ok = is_legal(job);

	if (!ok)
		ssi_stat_inc(job->node, MALFORMED);
	return ok;
}

static void find_page(const struct ssi_job *job, struct ssi_page *page)
{
	while (!ssi_region_page(job->region, le32_to_cpu(job->hdr.page),
				GFP_NOIO, page))
		schedule_timeout_uninterruptible(1);
}

/* Find region and page of a job. False: there is no such page here. */
static bool find_asked(const struct ssi_job *job, struct ssi_page *page)
{
	if (!is_asked(job))
		return false;
	find_page(job, page);
	return true;
}

/* False: nothing of ours is evicted by this. The job may come here twice. */
static bool may_evict(struct ssi_job *job)
{
	if (job->hdr.type != SSI_MSG_FWD_EVICT || job->ours)
		return true;
	job->ours = ssi_request_may_evict(job->node, &job->hdr);
	return job->ours;
}

static void trace_forward(const struct duty *duty)
{
	if (duty->type == SSI_MSG_INVALIDATE)
		trace_ssi_invalidate(duty->job, &duty->page, duty->type);
	else
		trace_ssi_owner_forward(duty->job, &duty->page, duty->type);
}

static struct duty duty_of(struct ssi_job *job, u8 type, bool atomic)
{
	return (struct duty){
		.job = job, .type = type, .local = job->local,
		.event = ssi_coh_forward_event(type), .atomic = atomic,
	};
}

/**
 * ssi_owner_forward() - a home asks something of a page that is here
 * @job: of FWD_* or INVALIDATE, or of a home's transaction with @own; taken over
 *
 * Context: process, may sleep.
 */
void ssi_owner_forward(struct ssi_job *job)
{
	struct duty duty = duty_of(job, job->own ? job->own : job->hdr.type,
				   false);

	job->atomic = false;
	if (!job->own && (!is_asked(job) || !may_evict(job))) {
		ssi_job_free(job);
		return;
	}
	find_page(job, &duty.page);
	trace_forward(&duty);
	switch (look_locked(&duty)) {
	case LOOK_HELD:
		wait_for_hold(&duty);
		return;
	case LOOK_GO:
		carry_out(&duty);
		break;
	case LOOK_KEEP:
		give_up(&duty);
		break;
	default:
		report_impossible(&duty);
	}
	/* The home's transaction has ended by itself. */
	if (!duty.local)
		ssi_job_free(job);
}

/* As change_mapping(), where there is no mapping. */
static bool is_unmapped(const struct duty *duty)
{
	u16 act = duty->step->act;

	return !(act & (SSI_ACT_UNMAP | SSI_ACT_PROTECT)) ||
	       ssi_fault_try_unmapped(duty->folio, act & SSI_ACT_UNMAP);
}

/* Where nothing sleeps. LOOK_GO: it is done; LOOK_BUSY: it is a worker's. */
static enum look try_atomic(struct duty *duty)
{
	enum look result;

	/* What the home tells itself has not come from anywhere. */
	if (!duty->job->arrived_ns)
		duty->job->arrived_ns = duty->looked;
	ssi_page_lock(&duty->page);
	result = look(duty);
	ssi_page_unlock(&duty->page);
	if (result != LOOK_GO)
		return result;
	if (!is_unmapped(duty)) {
		take_effect(duty, false, duty->looked);
		return LOOK_BUSY;
	}
	trace_forward(duty);
	duty->job->atomic = true;
	conclude(duty, duty->looked);
	return LOOK_GO;
}

/**
 * ssi_owner_forward_atomic() - as ssi_owner_forward(), where nothing of it sleeps
 * @job: of FWD_READ, FWD_WRITE or INVALIDATE; taken over unless the answer is
 *	 false
 *
 * Context: any. Return: false when it is a worker's.
 */
bool ssi_owner_forward_atomic(struct ssi_job *job)
{
	struct duty duty = duty_of(job, job->hdr.type, true);
	enum look result;

	if (!is_legal(job) || !ssi_job_prepare_msgs(job, 1) ||
	    !ssi_region_page(job->region, le32_to_cpu(job->hdr.page), 0,
			     &duty.page))
		return false;
	duty.looked = ktime_get_ns();
	result = try_atomic(&duty);
	if (result == LOOK_HELD)
		wait_for_hold(&duty);
	else if (result == LOOK_GO)
		ssi_job_free(job);
	return result == LOOK_HELD || result == LOOK_GO;
}

/**
 * ssi_owner_forward_own() - a home need not ask itself, if nothing of it sleeps
 * @job:  its transaction, @local, with memory for a message; gone afterwards when
 *	  nothing else belongs to it
 * @type: SSI_MSG_FWD_READ, SSI_MSG_FWD_WRITE or SSI_MSG_INVALIDATE
 * @now:  of ktime_get_ns()
 *
 * Context: any. Return: false when nothing was done: ask.
 */
bool ssi_owner_forward_own(struct ssi_job *job, u8 type, u64 now)
{
	struct duty duty = duty_of(job, type, true);

	duty.looked = now;
	return ssi_region_page(job->region, le32_to_cpu(job->hdr.page), 0,
			       &duty.page) &&
	       try_atomic(&duty) == LOOK_GO;
}

/**
 * ssi_owner_ahead() - a home asks for what another node has not touched yet
 * @job: of the FWD_AHEAD; taken over
 *
 * Nothing here waits: what can not be given at once is not given.
 *
 * Context: process, may sleep.
 */
void ssi_owner_ahead(struct ssi_job *job)
{
	const struct ssi_wire_ahead *wanted = &job->body.ahead;
	struct ssi_wire_ahead given = { .stride = wanted->stride };
	u32 first = le32_to_cpu(job->hdr.page);
	struct ssi_page page;
	unsigned int n;

	if (!ssi_wire_ahead_check(&job->hdr, wanted)) {
		ssi_stat_inc(job->node, MALFORMED);
		ssi_job_free(job);
		return;
	}
	if (!find_asked(job, &page)) {
		ssi_job_free(job);
		return;
	}
	for (n = 0; n < SSI_AHEAD_MAX; n++) {
		struct duty duty = { .job = job };
		u32 index = ssi_wire_ahead_page(wanted, first, n);

		if (le64_to_cpu(wanted->pages) >> n & 1 &&
		    index < job->region->pages &&
		    ssi_region_page(job->region, index, 0, &duty.page))
			give_ahead(&duty, &given, BIT_ULL(n));
	}
	trace_ssi_owner_ahead(job, &given);
	send_given(job, &given);
	ssi_job_free(job);
}

/* ---- a page that another node evicts ---- */

static enum ssi_state accept_page(struct ssi_job *job,
				  const struct ssi_page *page)
{
	enum ssi_perm perm = le32_to_cpu(job->hdr.arg);
	const struct ssi_step *step;
	struct folio *folio;

	ssi_page_assert_locked(page);
	step = ssi_coh_step(ssi_page_state(page), ssi_coh_perm_event(perm));
	folio = ssi_page_folio(page);
	if (step->act & SSI_ACT_BUG)
		return SSI_INVALID;
	if (step->act & SSI_ACT_INSTALL) {
		folio = job->folio;
		job->folio = NULL;
		ssi_fault_adopt(page, folio);
	}
	ssi_page_set(page, step->next, folio);
	return step->next;
}

/* To the home that let the page go. */
static void send_accepted(struct ssi_job *job, enum ssi_state state)
{
	struct ssi_msg *msg = ssi_job_msg(job, SSI_MSG_DONE);

	msg->hdr.arg = cpu_to_le32(state == SSI_SOLE ? SSI_PERM_SOLE :
						       SSI_PERM_OWNED);
	ssi_peer_send(job->node, job->hdr.requester, msg);
}

/**
 * ssi_owner_accept() - become the owner of a page that was evicted elsewhere
 * @job: of DATA with SSI_MF_EVICT, its folio filled; taken over
 *
 * Context: process, may sleep.
 */
void ssi_owner_accept(struct ssi_job *job)
{
	enum ssi_state state = SSI_INVALID;
	struct ssi_page page;

	if (!find_asked(job, &page))
		goto lost;
	for (;;) {
		ssi_page_lock(&page);
		if (!ssi_page_is(&page, SSI_PAGE_BUSY))
			break;
		ssi_page_unlock(&page);
		wait_var_event(page.entry, !ssi_page_is(&page, SSI_PAGE_BUSY));
	}
	state = accept_page(job, &page);
	ssi_page_unlock(&page);
	if (state == SSI_INVALID)
		goto lost;
	ssi_page_wake(&page);
	ssi_stat_inc(job->node, OWNER_CHANGES);
	send_accepted(job, state);
	ssi_job_free(job);
	return;
lost:
	pr_err_ratelimited("ssi_mem: node %s: page %u of region %u came by eviction from node %u, but can not be owned here\n",
			   job->node->name, le32_to_cpu(job->hdr.page),
			   le32_to_cpu(job->hdr.region), job->hdr.from);
	ssi_job_free(job);
}

/* ---- what other nodes must know, should one die ---- */

/**
 * ssi_owner_record() - a home has granted pages to itself
 * @job: of the RECORD; taken over
 *
 * Should the home die, we know that what nobody holds is lost, and no zeroes.
 *
 * Context: process, may sleep.
 */
void ssi_owner_record(struct ssi_job *job)
{
	struct ssi_page page;

	if (find_asked(job, &page)) {
		ssi_region_mark_known(job->region, page.index,
				      &job->body.range);
		ssi_peer_send(job->node, job->hdr.requester,
			      ssi_job_msg(job, SSI_MSG_INVALIDATED));
	}
	ssi_job_free(job);
}

/**
 * ssi_owner_adopt() - the owner is dead, and our copy becomes the owned one
 * @job: of the ADOPT; taken over
 *
 * Context: process, may sleep.
 */
void ssi_owner_adopt(struct ssi_job *job)
{
	struct duty duty = { .job = job, .event = SSI_EV_ADOPT };

	if (find_asked(job, &duty.page)) {
		ssi_page_lock(&duty.page);
		duty.step = ssi_coh_step(ssi_page_state(&duty.page),
					 SSI_EV_ADOPT);
		if (!(duty.step->act & SSI_ACT_BUG))
			ssi_page_set(&duty.page, duty.step->next,
				     ssi_page_folio(&duty.page));
		ssi_page_unlock(&duty.page);
		if (duty.step->act & SSI_ACT_BUG)
			report_impossible(&duty);
	}
	ssi_job_free(job);
}
