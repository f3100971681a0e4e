// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where messages from peers land. Replies are finished at once, also in
 * softirq: they copy, set a state and wake. All else is a job. What needs no
 * sleep, as where the page is not mapped here, is done at once as well; what
 * unmaps, or finds no memory, or many pages, is left to the node's workers.
 */
#include <linux/ktime.h>
#include <linux/slab.h>
#include "manage.h"
#include "node.h"
#include "pool.h"
#include "region.h"
#include "serve.h"

/*
 * Jobs that exist while memory is short. Each class has a reserve of its own,
 * since none may wait for a lower one: when requests have taken all jobs, they
 * end as forwards and replies are carried out, and those need jobs.
 *
 * A channel is read in order, so a request that waited for a job would keep
 * what is behind it waiting as well. So each credit that a peer has is backed
 * by a job: the reserve for requests grows with every peer, and a request finds
 * its job at once. Forwards wait for other forwards only, which end by
 * themselves; and so for the rest.
 */
#define JOB_RESERVE 64

static struct kmem_cache *job_cache;
/* By class; none for SSI_CLASS_SESSION. */
static struct ssi_pool job_pools[SSI_CLASS_MANAGE + 1];

/* Protects the number of peers, all nodes' together. */
static DEFINE_MUTEX(peers_mutex);
static unsigned int peers;

/* ---- jobs ---- */

static void run_job(struct ssi_job *job)
{
	if (job->own) {
		ssi_owner_forward(job);
		return;
	}
	switch (job->hdr.type) {
	case SSI_MSG_GET_READ:
	case SSI_MSG_GET_WRITE:
	case SSI_MSG_EVICT:
		ssi_home_request(job);
		break;
	case SSI_MSG_GET_AHEAD:
		ssi_home_ahead(job);
		break;
	case SSI_MSG_FWD_READ:
	case SSI_MSG_FWD_WRITE:
	case SSI_MSG_FWD_EVICT:
	case SSI_MSG_INVALIDATE:
		ssi_owner_forward(job);
		break;
	case SSI_MSG_FWD_AHEAD:
		ssi_owner_ahead(job);
		break;
	case SSI_MSG_DATA:
		ssi_owner_accept(job);
		break;
	case SSI_MSG_RECORD:
		ssi_owner_record(job);
		break;
	case SSI_MSG_ADOPT:
		ssi_owner_adopt(job);
		break;
	case SSI_MSG_REPORT:
		ssi_change_report(job);
		break;
	case SSI_MSG_RESERVE:
		ssi_evict_reserve(job);
		break;
	default:
		ssi_manage_job(job);
	}
}

/* False: it is a worker's. Otherwise the job may be gone. */
static bool run_atomic(struct ssi_job *job)
{
	switch (job->hdr.type) {
	case SSI_MSG_GET_READ:
	case SSI_MSG_GET_WRITE:
		return ssi_home_request_atomic(job);
	case SSI_MSG_FWD_READ:
	case SSI_MSG_FWD_WRITE:
	case SSI_MSG_INVALIDATE:
		return ssi_owner_forward_atomic(job);
	default:
		return false;
	}
}

/* The job may be gone afterwards, and its region with it. */
static void job_worker(struct work_struct *work)
{
	struct ssi_job *job = container_of(work, struct ssi_job, work);
	struct ssi_region *region = job->region;

	if (region)
		kref_get(&region->ref);
	run_job(job);
	if (region)
		ssi_region_run_end(region);
	ssi_region_put(region);
}

/*
 * That a region is, and that it is no more, may come at once after a link was
 * down. Taken in another order they would leave a region that nobody knows of.
 */
static struct workqueue_struct *queue_for(const struct ssi_job *job)
{
	return job->hdr.type == SSI_MSG_REGION_NEW ||
	       job->hdr.type == SSI_MSG_REGION_DEL ? job->node->order :
						     job->node->wq;
}

static enum hrtimer_restart job_timer(struct hrtimer *timer)
{
	struct ssi_job *job = container_of(timer, struct ssi_job, timer);

	queue_work(job->node->wq, &job->work);
	return HRTIMER_NORESTART;
}

/**
 * ssi_job_queue() - let a worker do the job
 * @job: complete
 *
 * Context: any.
 */
void ssi_job_queue(struct ssi_job *job)
{
	if (job->region)
		atomic_inc(&job->region->running);
	INIT_WORK(&job->work, job_worker);
	queue_work(queue_for(job), &job->work);
}

/**
 * ssi_job_defer() - let a worker do the job later
 * @job:   of a page, its worker returns now
 * @until: CLOCK_MONOTONIC nanoseconds
 *
 * Context: any.
 */
void ssi_job_defer(struct ssi_job *job, u64 until)
{
	atomic_inc(&job->region->running);
	INIT_WORK(&job->work, job_worker);
	hrtimer_setup(&job->timer, job_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS);
	hrtimer_start(&job->timer, ns_to_ktime(until), HRTIMER_MODE_ABS);
}

/* Count it as ssi_job_queue() does, and do it here and now if that is possible. */
static void run_or_queue(struct ssi_job *job)
{
	struct ssi_region *region = job->region;

	if (!region) {
		ssi_job_queue(job);
		return;
	}
	kref_get(&region->ref);
	atomic_inc(&region->running);
	/* @running before the look at @frozen and @refusing: see change.c. */
	smp_mb__after_atomic();
	if (!run_atomic(job))
		ssi_job_queue(job);
	ssi_region_run_end(region);
	ssi_region_put(region);
}

static struct ssi_pool *job_pool(u8 type)
{
	return &job_pools[ssi_msg_class(type)];
}

static struct ssi_job *alloc_job(struct ssi_peer *peer, u8 type)
{
	struct ssi_job *job = ssi_pool_alloc(job_pool(type), GFP_ATOMIC);

	if (!job)
		return NULL;
	memset_startat(job, 0, node);
	INIT_LIST_HEAD(&job->active);
	INIT_LIST_HEAD(&job->waiting);
	INIT_LIST_HEAD(&job->list);
	job->hdr.type = type;
	job->node = ssi_node_get(peer->node);
	kref_get(&peer->ref);
	job->peer = peer;
	atomic_inc(&job->node->jobs);
	if (ssi_msg_class(type) != SSI_CLASS_REQUEST)
		atomic_inc(&peer->jobs);
	return job;
}

/**
 * ssi_job_free() - the job is done
 * @job: on no list, its timer is not running
 *
 * Context: any.
 */
void ssi_job_free(struct ssi_job *job)
{
	struct ssi_node *node = job->node;
	unsigned int i;

	ssi_region_put(job->region);
	if (job->folio)
		ssi_share_put(&node->share, job->folio);
	for (i = 0; i < SSI_JOB_SPARES; i++) {
		if (job->spare[i])
			ssi_msg_free(job->spare[i]);
	}
	if (ssi_msg_class(job->hdr.type) != SSI_CLASS_REQUEST)
		atomic_dec(&job->peer->jobs);
	ssi_peer_put(job->peer);
	ssi_pool_free(job_pool(job->hdr.type), job);
	if (atomic_dec_and_test(&node->jobs))
		wake_up_var(&node->jobs);
	ssi_node_put(node);
}

static u32 body_length(u8 type)
{
	switch (type) {
	case SSI_MSG_RANGE:
	case SSI_MSG_RECORD:
		return sizeof(struct ssi_wire_range);
	case SSI_MSG_FWD_AHEAD:
	case SSI_MSG_AHEAD:
		return sizeof(struct ssi_wire_ahead);
	default:
		return 0;
	}
}

/**
 * ssi_job_prepare_msgs() - have memory for the messages that a job will send
 * @job:   that is not to sleep for it
 * @count: without a body, SSI_JOB_SPARES at most
 *
 * Context: any. Return: false without memory.
 */
bool ssi_job_prepare_msgs(struct ssi_job *job, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!job->spare[i])
			job->spare[i] = ssi_msg_alloc(GFP_ATOMIC, 0);
		if (!job->spare[i])
			return false;
	}
	return true;
}

static struct ssi_msg *take_spare(struct ssi_job *job)
{
	struct ssi_msg *msg = NULL;
	unsigned int i;

	for (i = 0; i < SSI_JOB_SPARES && !msg; i++)
		swap(msg, job->spare[i]);
	if (msg)
		msg->hdr = (struct ssi_wire_hdr){};
	return msg;
}

/* It was not sent: another one of the job's may need it. */
static void give_spare(struct ssi_job *job, struct ssi_msg *msg)
{
	unsigned int i;

	for (i = 0; i < SSI_JOB_SPARES && msg && !msg->length; i++) {
		if (!job->spare[i])
			swap(msg, job->spare[i]);
	}
	if (msg)
		ssi_msg_free(msg);
}

/* The answer to what the job tells itself needs one. Behind it there is one more. */
static void share_spare(struct ssi_job *job, struct ssi_job *own, bool last)
{
	if (last || job->spare[SSI_JOB_SPARES - 1])
		swap(own->spare[0], job->spare[0]);
}

/**
 * ssi_job_msg() - a message about the page and transaction of a job
 * @job:  of the request or forward that causes it
 * @type: of the message
 *
 * Context: process, may sleep; any for messages without a body that
 * ssi_job_prepare_msgs() has prepared. Return: the message, never NULL.
 */
struct ssi_msg *ssi_job_msg(struct ssi_job *job, u8 type)
{
	u32 length = body_length(type);
	struct ssi_msg *msg = length ? NULL : take_spare(job);

	if (!msg)
		msg = ssi_msg_alloc(GFP_NOIO, length);
	msg->hdr.type = type;
	msg->hdr.requester = job->hdr.requester;
	msg->hdr.region = job->hdr.region;
	msg->hdr.generation = job->hdr.generation;
	msg->hdr.page = job->hdr.page;
	msg->hdr.txn = job->hdr.txn;
	return msg;
}

/* What a node asks of itself. NULL without memory. */
static struct ssi_job *own_job(const struct ssi_job *job,
			       const struct ssi_msg *msg)
{
	struct ssi_node *node = job->node;
	struct ssi_peer *self = ssi_peer_get(node, node->id);
	struct ssi_job *own = NULL;

	if (self) {
		own = alloc_job(self, msg->hdr.type);
		ssi_peer_put(self);
	}
	if (!own)
		return NULL;
	own->hdr = msg->hdr;
	own->hdr.from = node->id;
	if (msg->length)
		memcpy(own->body.bytes, msg->body, msg->length);
	own->region = job->region;
	kref_get(&own->region->ref);
	return own;
}

/* An invalidation is not the last message: others should not wait for it. */
static void run_own(struct ssi_job *own, bool may_sleep)
{
	if (run_atomic(own))
		return;
	own->arrived_ns = ktime_get_ns();
	if (may_sleep && own->hdr.type != SSI_MSG_INVALIDATE)
		run_job(own);
	else
		ssi_job_queue(own);
}

/**
 * ssi_job_send() - send a message that a job causes
 * @job:  of a page
 * @to:   id of the receiver; forwards to the local node are not sent, but done
 * @msg:  the message
 * @last: of a transaction of a home: DONE may come once it is under way, and the
 *	  job be gone
 *
 * Context: process, no spinlock held; any where @job->atomic.
 */
void ssi_job_send(struct ssi_job *job, unsigned int to, struct ssi_msg *msg,
		  bool last)
{
	struct ssi_node *node = job->node;
	bool atomic = job->atomic;
	struct ssi_job *own = NULL;

	if (to == node->id &&
	    ssi_msg_class(msg->hdr.type) == SSI_CLASS_FORWARD)
		own = own_job(job, msg);
	if (own) {
		give_spare(job, msg);
		share_spare(job, own, last);
	}
	if (last)
		/* Pairs with find_txn(): all that looks at the job, then its end. */
		smp_store_release(&job->out, true);
	if (own)
		run_own(own, !atomic);
	else if (atomic)
		ssi_peer_post(node, to, msg);
	else
		ssi_peer_send(node, to, msg);
}

int ssi_serve_setup(void)
{
	enum ssi_msg_class class;

	job_cache = kmem_cache_create("ssi_job", sizeof(struct ssi_job), 0, 0,
				      NULL);
	if (!job_cache)
		return -ENOMEM;
	for (class = SSI_CLASS_REQUEST; class <= SSI_CLASS_MANAGE; class++) {
		if (ssi_pool_init(&job_pools[class], JOB_RESERVE, job_cache)) {
			ssi_serve_cleanup();
			return -ENOMEM;
		}
	}
	return 0;
}

void ssi_serve_cleanup(void)
{
	enum ssi_msg_class class;

	for (class = SSI_CLASS_REQUEST; class <= SSI_CLASS_MANAGE; class++)
		if (job_pools[class].reserve)
			ssi_pool_exit(&job_pools[class]);
	kmem_cache_destroy(job_cache);
}

static int resize_requests(int more)
{
	int ret;

	mutex_lock(&peers_mutex);
	ret = mempool_resize(job_pools[SSI_CLASS_REQUEST].reserve, JOB_RESERVE +
			     (peers + more) * SSI_PEER_CREDITS);
	if (!ret)
		peers += more;
	mutex_unlock(&peers_mutex);
	return ret;
}

/**
 * ssi_serve_add_peer() - a peer comes, with credit for requests
 *
 * Context: process, may sleep. Return: 0 or -ENOMEM.
 */
int ssi_serve_add_peer(void)
{
	return resize_requests(1);
}

/**
 * ssi_serve_remove_peer() - a peer goes
 *
 * Context: process, may sleep.
 */
void ssi_serve_remove_peer(void)
{
	/* To make it smaller takes no memory. */
	WARN_ON_ONCE(resize_requests(-1));
}

/**
 * ssi_serve_starved() - wait until there is memory for a job
 * @arrival: of the message that got none, or none did
 *
 * Context: process, may sleep.
 */
void ssi_serve_starved(struct ssi_arrival *arrival)
{
	mempool_t *reserve = job_pools[arrival->starved].reserve;

	if (reserve)
		mempool_free(mempool_alloc(reserve, GFP_NOIO), reserve);
	arrival->starved = SSI_CLASS_SESSION;
}

/* ---- pages that another node evicts to us ---- */

/* Only who was promised room may use it. */
static bool use_promise(struct ssi_peer *peer, int pages)
{
	bool ok;

	spin_lock_bh(&peer->lock);
	ok = pages < 0 || peer->promised >= (u32)pages;
	if (ok)
		WRITE_ONCE(peer->promised, peer->promised - pages);
	spin_unlock_bh(&peer->lock);
	return ok;
}

/* Who pays for a page of the region that the message is about. */
static unsigned int charge_of(struct ssi_node *node,
			      const struct ssi_wire_hdr *hdr)
{
	struct ssi_region *region;
	unsigned int charge;

	region = ssi_region_get(node, le32_to_cpu(hdr->region),
				le32_to_cpu(hdr->generation));
	charge = region ? READ_ONCE(region->charge) : SSI_CHARGE_NODE;
	ssi_region_put(region);
	return charge;
}

/* Does the peer send more than it may? A node does not doubt itself. */
static bool is_too_much(struct ssi_peer *peer, u8 type)
{
	u32 ended = atomic_read(&peer->link.credit);

	if (peer->id == peer->node->id)
		return false;
	if (ssi_msg_class(type) == SSI_CLASS_REQUEST)
		return peer->received - ended >= SSI_PEER_CREDITS;
	return atomic_read(&peer->jobs) >= SSI_PEER_JOBS;
}

static int begin_evicted(struct ssi_arrival *arrival,
			 const struct ssi_wire_hdr *hdr, void **body)
{
	struct ssi_peer *peer = arrival->peer;
	struct ssi_job *job;

	if (is_too_much(peer, SSI_MSG_DATA))
		return -EPROTO;
	job = alloc_job(peer, SSI_MSG_DATA);
	if (!job)
		return -ENOMEM;
	if (!use_promise(peer, 1)) {
		ssi_job_free(job);
		return -EPROTO;
	}
	job->folio = ssi_share_take_promised(&peer->node->share,
					     charge_of(peer->node, hdr),
					     GFP_ATOMIC);
	if (!job->folio) {
		use_promise(peer, -1);
		ssi_job_free(job);
		return -ENOMEM;
	}
	*body = folio_address(job->folio);
	if (hdr->flags & SSI_MF_BLANK)
		clear_page(*body);
	arrival->job = job;
	return 0;
}

/* The promise comes back to life, and the folio goes. */
static void abort_evicted(struct ssi_peer *peer)
{
	atomic64_inc(&peer->node->share.claimed);
	use_promise(peer, -1);
}

/* ---- dispatch ---- */

static bool ends_at_once(u8 type)
{
	switch (type) {
	case SSI_MSG_GRANT:
	case SSI_MSG_RANGE:
	case SSI_MSG_INVALIDATED:
	case SSI_MSG_DONE:
	case SSI_MSG_AHEAD:
	case SSI_MSG_DONE_AHEAD:
	case SSI_MSG_ROOM:
	case SSI_MSG_LEAVE:
		return true;
	default:
		return false;
	}
}

static int begin_job(struct ssi_arrival *arrival, const struct ssi_wire_hdr *hdr,
		     void **body)
{
	if (is_too_much(arrival->peer, hdr->type))
		return -EPROTO;
	arrival->job = alloc_job(arrival->peer, hdr->type);
	if (!arrival->job)
		return -ENOMEM;
	if (hdr->length)
		*body = arrival->job->body.bytes;
	return 0;
}

/*
 * The folio is held until the body is in: the request may end before, as when
 * its home answers too, and whoever has the folio then must not be written to.
 */
static int begin_data(struct ssi_arrival *arrival,
		      const struct ssi_wire_hdr *hdr, void **body)
{
	if (hdr->flags & SSI_MF_EVICT)
		return begin_evicted(arrival, hdr, body);
	if (hdr->length)
		arrival->folio = ssi_fetch_owns(hdr) ?
			ssi_fetch_folio(arrival->peer->node, hdr) :
			ssi_request_folio(arrival->peer->node, hdr);
	if (arrival->folio)
		*body = folio_address(arrival->folio);
	return 0;
}

/**
 * ssi_serve_begin() - the header of a message came
 * @peer:   the sender
 * @hdr:    passed ssi_wire_check()
 * @body:   set to where the body shall go
 * @cookie: for ssi_serve_end() or ssi_serve_abort()
 *
 * Context: any. Return: 0, -ENOMEM, or -EPROTO.
 */
int ssi_serve_begin(struct ssi_peer *peer, const struct ssi_wire_hdr *hdr,
		    void **body, void **cookie)
{
	struct ssi_arrival *arrival =
		&peer->arrivals[ssi_msg_is_bulk(hdr)];
	int ret = 0;

	if (hdr->type == SSI_MSG_DATA)
		ret = begin_data(arrival, hdr, body);
	else if (!ends_at_once(hdr->type))
		ret = begin_job(arrival, hdr, body);
	if (ret == -ENOMEM)
		arrival->starved = ssi_msg_class(hdr->type);
	if (!ret)
		*cookie = arrival;
	return ret;
}

static void end_arrival(struct ssi_arrival *arrival)
{
	if (arrival->folio)
		ssi_share_put(&arrival->peer->node->share, arrival->folio);
	arrival->folio = NULL;
	arrival->job = NULL;
}

/**
 * ssi_serve_abort() - a message was begun that will not be complete
 * @cookie: of ssi_serve_begin(); the message will come again
 *
 * Context: process.
 */
void ssi_serve_abort(void *cookie)
{
	struct ssi_arrival *arrival = cookie;

	if (arrival->job && arrival->job->folio)
		abort_evicted(arrival->peer);
	if (arrival->job)
		ssi_job_free(arrival->job);
	end_arrival(arrival);
}

static void finish_reply(struct ssi_peer *peer, const struct ssi_wire_hdr *hdr,
			 void *body)
{
	switch (hdr->type) {
	case SSI_MSG_DATA:
		if (ssi_fetch_owns(hdr))
			ssi_fetch_data(peer->node, hdr, body);
		else
			ssi_request_data(peer->node, hdr, body);
		break;
	case SSI_MSG_GRANT:
		if (ssi_fetch_owns(hdr))
			ssi_fetch_refused(peer->node, hdr);
		else
			ssi_request_grant(peer->node, hdr);
		break;
	case SSI_MSG_AHEAD:
		ssi_fetch_answer(peer->node, hdr, body);
		break;
	case SSI_MSG_DONE_AHEAD:
		ssi_home_done_ahead(peer->node, hdr, body);
		break;
	case SSI_MSG_RANGE:
		ssi_request_range(peer->node, hdr, body);
		break;
	case SSI_MSG_INVALIDATED:
		ssi_request_invalidated(peer->node, hdr);
		break;
	case SSI_MSG_DONE:
		ssi_home_done(peer->node, hdr);
		break;
	case SSI_MSG_ROOM:
		ssi_evict_room(peer, le32_to_cpu(hdr->arg));
		break;
	case SSI_MSG_LEAVE:
		/* At once: its channels may break before any worker runs. */
		WRITE_ONCE(peer->left, true);
		break;
	}
}

/*
 * Jobs about pages are counted from the moment their message is acknowledged,
 * so that a change of members can wait for them. Its own steps are not.
 */
static bool is_about_page(u8 type)
{
	return ssi_msg_class(type) != SSI_CLASS_MANAGE ||
	       type == SSI_MSG_REPORT || type == SSI_MSG_ADOPT;
}

/**
 * ssi_serve_end() - a message is complete
 * @peer:   the sender
 * @hdr:    its header
 * @body:   where the body is
 * @cookie: of ssi_serve_begin()
 *
 * Context: any.
 */
void ssi_serve_end(struct ssi_peer *peer, const struct ssi_wire_hdr *hdr,
		   void *body, void *cookie)
{
	struct ssi_arrival *arrival = cookie;
	struct ssi_job *job = arrival->job;

	if (ssi_msg_class(hdr->type) == SSI_CLASS_REQUEST)
		peer->received++;
	if (job) {
		job->hdr = *hdr;
		job->arrived_ns = ktime_get_ns();
		if (is_about_page(hdr->type))
			job->region = ssi_region_get(peer->node,
						     le32_to_cpu(hdr->region),
						     le32_to_cpu(hdr->generation));
		run_or_queue(job);
	} else {
		finish_reply(peer, hdr, body);
	}
	end_arrival(arrival);
}
