// SPDX-License-Identifier: GPL-2.0-only
/*
 * The home of a chunk: takes requests first come first served, decides by
 * core/dir, keeps the page busy until the requester's DONE, or until it has sent
 * everything itself.
 */
#include <linux/ktime.h>
#include "node.h"
#include "region.h"
#include "serve.h"
#include "trace.h"

static u32 job_page(const struct ssi_job *job)
{
	return le32_to_cpu(job->hdr.page);
}

static struct ssi_dir *job_dir(struct ssi_home *home, const struct ssi_job *job)
{
	return &home->dir[job_page(job) % SSI_CHUNK_PAGES];
}

static enum ssi_ask job_ask(const struct ssi_job *job)
{
	switch (job->hdr.type) {
	case SSI_MSG_GET_READ:
	case SSI_MSG_GET_AHEAD:
		return SSI_ASK_READ;
	case SSI_MSG_EVICT:
		return SSI_ASK_EVICT;
	default:
		return job->hdr.flags & SSI_MF_HAVE_COPY ? SSI_ASK_UPGRADE :
							   SSI_ASK_WRITE;
	}
}

/* ---- ranges of untouched pages ---- */

static bool is_granted(const struct ssi_job *job, u32 index)
{
	return ssi_wire_range_has(&job->body.range, index % SSI_CHUNK_PAGES);
}

static void add_to_range(struct ssi_job *job, struct ssi_home *home, u32 i)
{
	ssi_wire_range_add(&job->body.range, i);
	home->dir[i].state = SSI_DIR_OWNED;
	home->dir[i].owner = job->slot;
}

/* The pages of a region's last chunk that are beyond its end do not exist. */
static u32 pages_of_chunk(const struct ssi_job *job)
{
	u32 base = round_down(job_page(job), SSI_CHUNK_PAGES);

	return min(job->region->pages - base, SSI_CHUNK_PAGES);
}

/*
 * Grant the page, and untouched ones behind it. One range at a time: its
 * pages are busy by home->granting.
 */
static void grant_range(struct ssi_job *job, struct ssi_home *home)
{
	u32 first = job_page(job) % SSI_CHUNK_PAGES, i;
	u32 window = 1;

	lockdep_assert_held(&home->lock);
	memset(&job->body, 0, sizeof(job->body));
	if (!home->granting)
		window = ssi_policy_range(&home->range, job->slot,
					  SSI_CHUNK_PAGES);
	for (i = first; i < pages_of_chunk(job) && window; i++) {
		if (ssi_dir_is_owned(&home->dir[i]) ||
		    (home->dir[i].busy && i != first))
			continue;
		add_to_range(job, home, i);
		window--;
	}
	if (!home->granting)
		home->granting = job;
}

/* ---- transactions ---- */

/**
 * ssi_home_is_busy() - is a transaction about a page under way?
 * @home:  the directory of its chunk, locked
 * @index: page index
 *
 * Return: true if so; requests for the page wait.
 */
bool ssi_home_is_busy(const struct ssi_home *home, u32 index)
{
	lockdep_assert_held(&home->lock);
	return home->dir[index % SSI_CHUNK_PAGES].busy ||
	       (home->granting && is_granted(home->granting, index));
}

static bool is_ahead(const struct ssi_job *job)
{
	return job->hdr.type == SSI_MSG_GET_AHEAD;
}

/* Is the transaction about the page? One for pages ahead is about several. */
static bool is_about(const struct ssi_job *job, u32 index)
{
	if (!is_ahead(job))
		return job_page(job) == index;
	return ssi_wire_ahead_find(&job->body.ahead, job_page(job), index) >= 0;
}

/* The transaction that keeps a page busy, or NULL. */
static struct ssi_job *busy_with(struct ssi_home *home, u32 index)
{
	struct ssi_job *job;

	lockdep_assert_held(&home->lock);
	if (home->granting && is_granted(home->granting, index))
		return home->granting;
	if (!home->dir[index % SSI_CHUNK_PAGES].busy)
		return NULL;
	list_for_each_entry(job, &home->txns, active) {
		if (is_about(job, index))
			return job;
	}
	return NULL;
}

static void run_again(struct list_head *jobs)
{
	struct ssi_job *job, *more;

	list_for_each_entry_safe(job, more, jobs, list) {
		list_del_init(&job->list);
		ssi_job_queue(job);
	}
}

/*
 * The transaction is over. The page stays busy for the first that waits, and
 * the others wait for that one: first come, first served. Behind a range
 * there wait requests for many pages, which start afresh.
 */
static void end(struct ssi_job *job, struct ssi_home *home)
{
	struct ssi_job *next;

	lockdep_assert_held(&home->lock);
	list_del_init(&job->active);
	job_dir(home, job)->busy = 0;
	if (home->granting == job) {
		home->granting = NULL;
		run_again(&job->waiting);
		return;
	}
	next = list_first_entry_or_null(&job->waiting, struct ssi_job, list);
	if (!next)
		return;
	list_del_init(&next->list);
	list_splice_tail_init(&job->waiting, &next->waiting);
	list_add_tail(&next->active, &home->txns);
	next->next = true;
	job_dir(home, job)->busy = 1;
	ssi_job_queue(next);
}

/* What became of a request at its home. */
enum begun {
	BEGUN,	 /* the plan is to be carried out */
	WAITS,	 /* the page is busy */
	REFUSED, /* the members change */
};

/* From now on a part of it may be sent, and then another one. */
static void set_parts(struct ssi_job *job, const struct ssi_plan *plan)
{
	int home = ssi_region_slot(job->region, job->node->id);

	job->local = ssi_dir_is_local(plan, home, job->slot);
	atomic_set(&job->left, plan->reply ? 2 : 1);
}

/*
 * Decide, and make the page busy. @refusing is looked at under the lock of the
 * directory: ssi_home_refuse_waiting() takes it after it was set, and finds
 * who queued before.
 */
static enum begun begin(struct ssi_job *job, struct ssi_home *home,
			struct ssi_plan *plan)
{
	struct ssi_dir *dir = job_dir(home, job);
	struct ssi_job *other;

	lockdep_assert_held(&home->lock);
	if (READ_ONCE(job->region->refusing)) {
		if (job->next)
			end(job, home);
		return REFUSED;
	}
	other = job->next ? NULL : busy_with(home, job_page(job));
	if (other) {
		list_add_tail(&job->list, &other->waiting);
		return WAITS;
	}
	*plan = ssi_dir_decide(dir, job->ask, job->slot);
	trace_ssi_home_decide(job, plan);
	if (!job->next)
		list_add_tail(&job->active, &home->txns);
	job->next = true;
	dir->busy = 1;
	if (plan->reply == SSI_MSG_RANGE)
		grant_range(job, home);
	set_parts(job, plan);
	return BEGUN;
}

/* The request is answered for good: its sender gets the credit back. */
static void retire(struct ssi_job *job)
{
	ssi_link_give_credit(&job->peer->link);
	if (job->counted)
		ssi_region_work_end(job->region);
	ssi_job_free(job);
}

/* ---- the messages of a plan ---- */

static void send_invalidates(struct ssi_job *job, u32 slots)
{
	unsigned int slot;

	for (slot = 0; slot < SSI_SLOTS_MAX; slot++) {
		if (slots >> slot & 1)
			ssi_job_send(job, ssi_region_id(job->region, slot),
				     ssi_job_msg(job, SSI_MSG_INVALIDATE),
				     false);
	}
}

static struct ssi_msg *forward_msg(struct ssi_job *job,
				   const struct ssi_plan *plan)
{
	struct ssi_msg *msg = ssi_job_msg(job, plan->forward);

	msg->hdr.acks = cpu_to_le16(plan->acks);
	if (plan->forward == SSI_MSG_FWD_EVICT)
		msg->hdr.arg = job->hdr.arg;
	return msg;
}

static struct ssi_msg *ahead_msg(struct ssi_job *job)
{
	struct ssi_msg *msg = ssi_job_msg(job, SSI_MSG_FWD_AHEAD);

	msg->hdr.flags = job->hdr.flags;
	memcpy((void *)msg->body, &job->body.ahead, sizeof(job->body.ahead));
	return msg;
}

static struct ssi_msg *range_msg(struct ssi_job *job, u8 type)
{
	struct ssi_msg *msg = ssi_job_msg(job, type);

	memcpy((void *)msg->body, &job->body.range, sizeof(job->body.range));
	return msg;
}

/*
 * A node that is granted a page remembers it, so the death of the home does
 * not make zeroes of what was touched. What the home grants to itself, the
 * next node records, and acknowledges as a sharer would.
 */
static struct ssi_msg *grant_msg(struct ssi_job *job)
{
	unsigned int next = ssi_region_next_id(job->region, job_page(job));
	struct ssi_msg *msg = range_msg(job, SSI_MSG_RANGE);

	ssi_stat_inc(job->node, RANGE_GRANTS);
	if (job->hdr.requester == job->node->id && next != job->node->id) {
		msg->hdr.acks = cpu_to_le16(1);
		ssi_peer_send(job->node, next,
			      range_msg(job, SSI_MSG_RECORD));
	}
	return msg;
}

/**
 * ssi_home_told() - a part of what a requester gets from here alone is sent
 * @job:  the transaction, @local; may be gone afterwards
 * @perm: what the requester holds once it has everything
 *
 * With the last part the transaction ends.
 *
 * Context: any, where the region's jobs are waited for.
 */
void ssi_home_told(struct ssi_job *job, enum ssi_perm perm)
{
	struct ssi_home *home = ssi_region_home(job->region, job_page(job), 0);

	if (!atomic_dec_and_test(&job->left))
		return;
	spin_lock_bh(&home->lock);
	ssi_dir_finish(job_dir(home, job), job->ask, job->slot, perm);
	trace_ssi_home_done(job, job->hdr.requester, perm);
	end(job, home);
	spin_unlock_bh(&home->lock);
	retire(job);
}

static struct ssi_msg *reply_msg(struct ssi_job *job,
				 const struct ssi_plan *plan)
{
	struct ssi_msg *msg;

	if (plan->reply == SSI_MSG_RANGE)
		return grant_msg(job);
	msg = ssi_job_msg(job, plan->reply);
	msg->hdr.arg = cpu_to_le32(plan->grant);
	msg->hdr.acks = cpu_to_le16(plan->acks);
	if (job->local)
		msg->hdr.flags = SSI_MF_ENDS;
	return msg;
}

/*
 * From the moment the last message may be out the transaction may end, and the
 * job be freed, so the plan is a copy and what goes to others goes first. A
 * DONE that comes before is nobody's: it would end what is still being begun.
 */
static void carry_out(struct ssi_job *job, const struct ssi_plan *plan)
{
	unsigned int to = plan->forward ?
		ssi_region_id(job->region, plan->owner) : job->hdr.requester;
	struct ssi_msg *msg;

	if (plan->invalidate)
		send_invalidates(job, plan->invalidate);
	msg = plan->forward == SSI_MSG_FWD_AHEAD ? ahead_msg(job) :
	      plan->forward ? forward_msg(job, plan) : reply_msg(job, plan);
	ssi_job_send(job, to, msg, !plan->ends);
}

/*
 * All that the requester gets comes from here: what the home would ask of itself it
 * does, with the job of the transaction, and here and now if that does not sleep.
 */
static void carry_out_own(struct ssi_job *job, const struct ssi_plan *plan,
			  u64 now)
{
	u8 own = plan->forward ? plan->forward : SSI_MSG_INVALIDATE;

	if (plan->reply) {
		ssi_job_send(job, job->hdr.requester, reply_msg(job, plan),
			     false);
		ssi_home_told(job, SSI_PERM_SOLE);
	}
	if (job->atomic && ssi_owner_forward_own(job, own, now))
		return;
	job->own = own;
	if (job->atomic)
		ssi_job_queue(job);
	else
		ssi_owner_forward(job);
}

static enum ssi_mem_hist_kind kind_of(const struct ssi_job *job,
				      const struct ssi_plan *plan)
{
	if (job->ask == SSI_ASK_EVICT)
		return SSI_MEM_HIST_KIND_EVICT;
	if (plan->reply)
		return plan->reply == SSI_MSG_RANGE ?
			SSI_MEM_HIST_KIND_FIRST : SSI_MEM_HIST_KIND_UPGRADE;
	return job->ask == SSI_ASK_READ ? SSI_MEM_HIST_KIND_READ :
					  SSI_MEM_HIST_KIND_WRITE;
}

/* ---- pages ahead ---- */

/* The entry of one of the pages that a job is about, or was. */
static struct ssi_dir *ahead_dir(struct ssi_home *home,
				 const struct ssi_job *job, unsigned int n)
{
	return &home->dir[ssi_wire_ahead_page(&job->body.ahead, job_page(job),
					      n) % SSI_CHUNK_PAGES];
}

/* Who could give the page at once; SSI_SLOTS_MAX: nobody. */
static unsigned int giver(const struct ssi_job *job, struct ssi_home *home,
			  unsigned int n)
{
	struct ssi_dir *dir = ahead_dir(home, job, n);
	u32 index = ssi_wire_ahead_page(&job->body.ahead, job_page(job), n);
	struct ssi_plan plan;

	if (index >= job->region->pages || ssi_home_is_busy(home, index))
		return SSI_SLOTS_MAX;
	plan = ssi_dir_decide(dir, SSI_ASK_READ, job->slot);
	return plan.forward == SSI_MSG_FWD_READ ? plan.owner : SSI_SLOTS_MAX;
}

/*
 * Keep the pages that are not busy and have the owner of the first such one;
 * those are busy from now on. What is not kept does not wait. Return: the owner's
 * slot; SSI_SLOTS_MAX where there is no such page.
 */
static unsigned int begin_ahead(struct ssi_job *job, struct ssi_home *home)
{
	u64 wanted = le64_to_cpu(job->body.ahead.pages), kept = 0;
	unsigned int owner = SSI_SLOTS_MAX, slot, n;

	lockdep_assert_held(&home->lock);
	if (READ_ONCE(job->region->refusing))
		return owner;
	for (n = 0; n < SSI_AHEAD_MAX; n++) {
		if (!(wanted >> n & 1))
			continue;
		slot = giver(job, home, n);
		if (slot == SSI_SLOTS_MAX || (kept && slot != owner))
			continue;
		owner = slot;
		kept |= BIT_ULL(n);
		ahead_dir(home, job, n)->busy = 1;
	}
	job->body.ahead.pages = cpu_to_le64(kept);
	if (kept)
		list_add_tail(&job->active, &home->txns);
	return owner;
}

/* To who sent it, whoever it says that asks. */
static void refuse(struct ssi_job *job)
{
	struct ssi_msg *msg = ssi_job_msg(job, SSI_MSG_GRANT);

	msg->hdr.arg = cpu_to_le32(SSI_GRANT_RETRY);
	ssi_peer_send(job->node, job->hdr.from, msg);
	retire(job);
}

static bool is_legal(const struct ssi_job *job)
{
	const struct ssi_wire_hdr *hdr = &job->hdr;
	struct ssi_region *region = job->region;
	u32 target = le32_to_cpu(hdr->arg);

	return hdr->from == hdr->requester &&
	       ssi_region_slot(region, hdr->from) >= 0 &&
	       job_page(job) < region->pages &&
	       ssi_region_home_id(region, job_page(job)) == job->node->id &&
	       (hdr->type != SSI_MSG_EVICT ||
		(ssi_region_slot(region, target) >= 0 && target != hdr->from));
}

/*
 * A request from before or after a change of members, as its sender saw them, is
 * for another home, or was given up; and during one nobody may look at the
 * directories but those who are waited for.
 */
static bool is_timely(const struct ssi_job *job)
{
	return job->region && !READ_ONCE(job->region->refusing) &&
	       le32_to_cpu(job->hdr.epoch) == READ_ONCE(job->region->epoch);
}

static void admit(struct ssi_job *job)
{
	job->ask = job_ask(job);
	job->slot = (u8)ssi_region_slot(job->region, job->hdr.requester);
	job->counted = true;
	atomic_inc(&job->region->work);
	ssi_stat_inc(job->node, SERVED);
	trace_ssi_home_request(job);
}

/* False: answered with RETRY. */
static bool prepare(struct ssi_job *job)
{
	bool timely;

	if (job->counted)
		return true;
	timely = is_timely(job);
	if (timely && is_legal(job)) {
		admit(job);
		return true;
	}
	if (timely)
		ssi_stat_inc(job->node, MALFORMED);
	refuse(job);
	return false;
}

/* The transaction has begun. */
static void go_on(struct ssi_job *job, struct ssi_home *home,
		  struct ssi_plan plan)
{
	u64 now = ktime_get_ns();

	ssi_stat_time(job->node, QUEUE, kind_of(job, &plan),
		      now - job->arrived_ns);
	if (job->local) {
		carry_out_own(job, &plan, now);
		return;
	}
	carry_out(job, &plan);
	if (!plan.ends)
		return;
	spin_lock_bh(&home->lock);
	end(job, home);
	spin_unlock_bh(&home->lock);
	retire(job);
}

/**
 * ssi_home_request() - a request for a page that is homed here
 * @job: of GET_READ, GET_WRITE or EVICT; taken over
 *
 * Context: process, may sleep.
 */
void ssi_home_request(struct ssi_job *job)
{
	struct ssi_home *home;
	struct ssi_plan plan;
	enum begun begun;

	if (!prepare(job))
		return;
	while (!(home = ssi_region_home(job->region, job_page(job), GFP_NOIO)))
		schedule_timeout_uninterruptible(1);
	spin_lock_bh(&home->lock);
	begun = begin(job, home, &plan);
	spin_unlock_bh(&home->lock);
	if (begun == REFUSED)
		refuse(job);
	else if (begun == BEGUN)
		go_on(job, home, plan);
}

/* One message at most goes to others, and that needs no body. */
static bool is_short(const struct ssi_job *job, const struct ssi_plan *plan)
{
	u32 others = plan->invalidate;

	if (others)
		others &= ~BIT(ssi_region_slot(job->region, job->node->id));
	return plan->reply != SSI_MSG_RANGE && !others;
}

/**
 * ssi_home_request_atomic() - as ssi_home_request(), where nothing of it sleeps
 * @job: of GET_READ or GET_WRITE; taken over unless the answer is false
 *
 * Context: any. Return: false when it is a worker's.
 */
bool ssi_home_request_atomic(struct ssi_job *job)
{
	enum begun begun = REFUSED;
	struct ssi_home *home;
	struct ssi_plan plan;

	if (!is_timely(job) || !is_legal(job))
		return false;
	home = ssi_region_home(job->region, job_page(job), 0);
	if (!home)
		return false;
	admit(job);
	spin_lock_bh(&home->lock);
	plan = ssi_dir_decide(job_dir(home, job), job->ask, job->slot);
	/* One to who asks, or to the owner; one more while it tells itself. */
	if (is_short(job, &plan) &&
	    ssi_job_prepare_msgs(job, plan.invalidate ? 2 : 1))
		begun = begin(job, home, &plan);
	spin_unlock_bh(&home->lock);
	if (begun == BEGUN) {
		job->atomic = true;
		go_on(job, home, plan);
	}
	return begun != REFUSED;
}

/**
 * ssi_home_ahead() - a node asks for pages that it has not touched yet
 * @job: of GET_AHEAD; taken over
 *
 * Context: process, may sleep.
 */
void ssi_home_ahead(struct ssi_job *job)
{
	unsigned int owner = SSI_SLOTS_MAX;
	struct ssi_home *home;

	if (!ssi_wire_ahead_check(&job->hdr, &job->body.ahead)) {
		ssi_stat_inc(job->node, MALFORMED);
		refuse(job);
		return;
	}
	if (!prepare(job))
		return;
	/* Without a directory nobody has been granted any of them. */
	home = ssi_region_home(job->region, job_page(job), 0);
	if (home) {
		spin_lock_bh(&home->lock);
		owner = begin_ahead(job, home);
		spin_unlock_bh(&home->lock);
	}
	ssi_stat_time(job->node, QUEUE, SSI_MEM_HIST_KIND_READ,
		      ktime_get_ns() - job->arrived_ns);
	if (owner == SSI_SLOTS_MAX) {
		refuse(job);
		return;
	}
	carry_out(job, &(struct ssi_plan){
		.forward = SSI_MSG_FWD_AHEAD, .owner = (u8)owner,
	});
}

/* The requester ends it; an eviction its target, or its owner without change. */
static bool may_end(const struct ssi_job *job, const struct ssi_wire_hdr *hdr)
{
	if (job->ask == SSI_ASK_EVICT && hdr->arg != cpu_to_le32(SSI_PERM_NONE))
		return hdr->from == le32_to_cpu(job->hdr.arg);
	return hdr->from == job->hdr.requester;
}

static struct ssi_job *find_txn(struct ssi_home *home,
				const struct ssi_wire_hdr *hdr)
{
	bool ahead = hdr->type == SSI_MSG_DONE_AHEAD;
	struct ssi_job *job;

	lockdep_assert_held(&home->lock);
	list_for_each_entry(job, &home->txns, active) {
		/* Pairs with ssi_job_send(). */
		if (smp_load_acquire(&job->out) &&
		    job->hdr.txn == hdr->txn && job->hdr.page == hdr->page &&
		    is_ahead(job) == ahead &&
		    may_end(job, hdr))
			return job;
	}
	return NULL;
}

static struct ssi_job *finish(struct ssi_region *region, struct ssi_home *home,
			      const struct ssi_wire_hdr *hdr)
{
	int slot = ssi_region_slot(region, hdr->from);
	struct ssi_job *job;

	spin_lock_bh(&home->lock);
	job = find_txn(home, hdr);
	if (job && !ssi_dir_finish(job_dir(home, job), job->ask, slot,
				   le32_to_cpu(hdr->arg)))
		pr_err_ratelimited("ssi_mem: node %s: region %s: page %u: node %u ended %s with permission %u\n",
				   region->node->name, region->name,
				   job_page(job), hdr->from,
				   ssi_msg_name(job->hdr.type),
				   le32_to_cpu(hdr->arg));
	if (job) {
		trace_ssi_home_done(job, hdr->from, le32_to_cpu(hdr->arg));
		end(job, home);
	}
	spin_unlock_bh(&home->lock);
	return job;
}

/*
 * What is not held is as it was. What waits for any of the pages starts afresh,
 * as behind a range.
 */
static void finish_pages(struct ssi_job *job, struct ssi_home *home,
			 unsigned int slot, const struct ssi_wire_ahead *body)
{
	u64 pages = le64_to_cpu(job->body.ahead.pages);
	u64 held = le64_to_cpu(body->pages), sole = le64_to_cpu(body->sole);
	enum ssi_perm perm;
	unsigned int n;

	lockdep_assert_held(&home->lock);
	for (n = 0; n < SSI_AHEAD_MAX; n++) {
		if (!(pages >> n & 1))
			continue;
		perm = sole >> n & 1 ? SSI_PERM_SOLE :
		       held >> n & 1 ? SSI_PERM_SHARED : SSI_PERM_NONE;
		ssi_dir_finish(ahead_dir(home, job, n), SSI_ASK_READ, slot,
			       perm);
	}
	list_del_init(&job->active);
	run_again(&job->waiting);
}

static struct ssi_job *finish_ahead(struct ssi_region *region,
				    struct ssi_home *home,
				    const struct ssi_wire_hdr *hdr,
				    const struct ssi_wire_ahead *body)
{
	int slot = ssi_region_slot(region, hdr->from);
	struct ssi_job *job;

	spin_lock_bh(&home->lock);
	job = find_txn(home, hdr);
	if (job)
		finish_pages(job, home, slot, body);
	spin_unlock_bh(&home->lock);
	return job;
}

/* @body: of DONE_AHEAD, NULL for DONE */
static void done(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
		 const struct ssi_wire_ahead *body)
{
	struct ssi_region *region = ssi_region_get(node,
						   le32_to_cpu(hdr->region),
						   le32_to_cpu(hdr->generation));
	struct ssi_home *home = NULL;
	struct ssi_job *job = NULL;

	/* A change of members replaces directories, and waits for readers. */
	rcu_read_lock();
	if (region && le32_to_cpu(hdr->page) < region->pages &&
	    ssi_region_slot(region, hdr->from) >= 0)
		home = ssi_region_home(region, le32_to_cpu(hdr->page), 0);
	if (home)
		job = body ? finish_ahead(region, home, hdr, body) :
			     finish(region, home, hdr);
	rcu_read_unlock();
	if (job)
		retire(job);
	else
		ssi_stat_inc(node, STALE);
	ssi_region_put(region);
}

/**
 * ssi_home_done() - a transaction has ended
 * @node: the local node
 * @hdr:  of the DONE
 *
 * Context: any.
 */
void ssi_home_done(struct ssi_node *node, const struct ssi_wire_hdr *hdr)
{
	done(node, hdr, NULL);
}

/**
 * ssi_home_done_ahead() - a transaction about pages ahead has ended
 * @node: the local node
 * @hdr:  of the DONE_AHEAD
 * @body: of it
 *
 * Context: any.
 */
void ssi_home_done_ahead(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
			 const struct ssi_wire_ahead *body)
{
	if (ssi_wire_ahead_check(hdr, body))
		done(node, hdr, body);
	else
		ssi_stat_inc(node, MALFORMED);
}

/* ---- the members change ---- */

/* Take the transactions of a directory, or those that wait for them. */
static void collect(struct ssi_home *home, struct list_head *waiting,
		    struct list_head *active)
{
	struct ssi_job *job;

	spin_lock_bh(&home->lock);
	list_for_each_entry(job, &home->txns, active)
		list_splice_tail_init(&job->waiting, waiting);
	if (active) {
		list_splice_tail_init(&home->txns, active);
		home->granting = NULL;
	}
	spin_unlock_bh(&home->lock);
}

static void collect_all(struct ssi_region *region, struct list_head *waiting,
			struct list_head *active)
{
	struct ssi_home *home;
	u32 i;

	for (i = 0; i < region->pages; i += SSI_CHUNK_PAGES) {
		home = ssi_region_home(region, i, 0);
		if (home)
			collect(home, waiting, active);
		cond_resched();
	}
}

/**
 * ssi_home_refuse_waiting() - refuse the requests that have not begun
 * @region: with @refusing set
 *
 * Context: process, may sleep.
 */
void ssi_home_refuse_waiting(struct ssi_region *region)
{
	struct ssi_job *job, *more;
	LIST_HEAD(waiting);

	collect_all(region, &waiting, NULL);
	list_for_each_entry_safe(job, more, &waiting, list) {
		list_del_init(&job->list);
		refuse(job);
	}
}

/**
 * ssi_home_drop_txns() - forget the transactions that will not end
 * @region: with @refusing set, nothing of it is running
 *
 * Their requesters are dead, or have given up what a dead node began.
 *
 * Context: process, may sleep.
 */
void ssi_home_drop_txns(struct ssi_region *region)
{
	struct ssi_job *job, *more;
	LIST_HEAD(waiting);
	LIST_HEAD(active);

	collect_all(region, &waiting, &active);
	list_for_each_entry_safe(job, more, &active, active) {
		list_del_init(&job->active);
		retire(job);
	}
	WARN_ON_ONCE(!list_empty(&waiting));
}
