// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where messages from peers land. Replies are finished at once, also in
 * softirq: they copy, set a state and wake. Everything that unmaps, allocates
 * or sends becomes a job for the node's workers.
 */
#include <linux/ktime.h>
#include <linux/mempool.h>
#include <linux/slab.h>
#include "manage.h"
#include "node.h"
#include "region.h"
#include "serve.h"

/* Jobs that exist while memory is short: for every peer a few. */
#define JOB_RESERVE 128

static struct kmem_cache *job_cache;
static mempool_t *job_pool;

/* ---- jobs ---- */

static void run_job(struct ssi_job *job)
{
	switch (job->hdr.type) {
	case SSI_MSG_GET_READ:
	case SSI_MSG_GET_WRITE:
	case SSI_MSG_EVICT:
		ssi_home_request(job);
		break;
	case SSI_MSG_FWD_READ:
	case SSI_MSG_FWD_WRITE:
	case SSI_MSG_FWD_EVICT:
	case SSI_MSG_INVALIDATE:
		ssi_owner_forward(job);
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
	queue_work(job->node->wq, &job->work);
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
	hrtimer_start(&job->timer, ns_to_ktime(until), HRTIMER_MODE_ABS);
}

static enum hrtimer_restart job_timer(struct hrtimer *timer)
{
	struct ssi_job *job = container_of(timer, struct ssi_job, timer);

	queue_work(job->node->wq, &job->work);
	return HRTIMER_NORESTART;
}

static struct ssi_job *alloc_job(struct ssi_node *node)
{
	struct ssi_job *job = mempool_alloc(job_pool, GFP_ATOMIC);

	if (!job)
		return NULL;
	memset(job, 0, sizeof(*job));
	INIT_WORK(&job->work, job_worker);
	hrtimer_setup(&job->timer, job_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS);
	INIT_LIST_HEAD(&job->active);
	INIT_LIST_HEAD(&job->waiting);
	INIT_LIST_HEAD(&job->list);
	job->node = ssi_node_get(node);
	atomic_inc(&node->jobs);
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

	ssi_region_put(job->region);
	if (job->folio)
		ssi_share_put(&node->share, job->folio);
	mempool_free(job, job_pool);
	if (atomic_dec_and_test(&node->jobs))
		wake_up_var(&node->jobs);
	ssi_node_put(node);
}

/**
 * ssi_job_msg() - a message about the page and transaction of a job
 * @job:  of the request or forward that causes it
 * @type: of the message
 *
 * Context: process, may sleep. Return: the message, never NULL.
 */
struct ssi_msg *ssi_job_msg(const struct ssi_job *job, u8 type)
{
	bool ranges = type == SSI_MSG_RANGE || type == SSI_MSG_RECORD;
	struct ssi_msg *msg = ssi_msg_alloc(GFP_NOIO, ranges ?
					    sizeof(struct ssi_wire_range) : 0);

	msg->hdr.type = type;
	msg->hdr.requester = job->hdr.requester;
	msg->hdr.region = job->hdr.region;
	msg->hdr.generation = job->hdr.generation;
	msg->hdr.page = job->hdr.page;
	msg->hdr.txn = job->hdr.txn;
	msg->hdr.version = job->hdr.version;
	return msg;
}

int ssi_serve_setup(void)
{
	job_cache = kmem_cache_create("ssi_job", sizeof(struct ssi_job), 0, 0,
				      NULL);
	if (!job_cache)
		return -ENOMEM;
	job_pool = mempool_create_slab_pool(JOB_RESERVE, job_cache);
	if (!job_pool) {
		kmem_cache_destroy(job_cache);
		return -ENOMEM;
	}
	return 0;
}

void ssi_serve_cleanup(void)
{
	mempool_destroy(job_pool);
	kmem_cache_destroy(job_cache);
}

/**
 * ssi_serve_starved() - wait until there is memory for a job
 *
 * Context: process, may sleep.
 */
void ssi_serve_starved(void)
{
	mempool_free(mempool_alloc(job_pool, GFP_NOIO), job_pool);
}

/* ---- pages that another node evicts to us ---- */

/* Only who was promised room may use it. */
static bool use_promise(struct ssi_peer *peer, int pages)
{
	bool ok;

	spin_lock_bh(&peer->lock);
	ok = pages < 0 || peer->promised >= (u32)pages;
	if (ok)
		peer->promised -= pages;
	spin_unlock_bh(&peer->lock);
	return ok;
}

static int begin_evicted(struct ssi_peer *peer, void **body, void **cookie)
{
	struct ssi_share *share = &peer->node->share;
	struct ssi_job *job = alloc_job(peer->node);

	if (!job)
		return -ENOMEM;
	if (!use_promise(peer, 1)) {
		ssi_job_free(job);
		return -EPROTO;
	}
	job->folio = ssi_share_take_promised(share, GFP_NOWAIT);
	if (!job->folio) {
		use_promise(peer, -1);
		ssi_job_free(job);
		return -ENOMEM;
	}
	job->hdr.from = peer->id;
	*body = folio_address(job->folio);
	*cookie = job;
	return 0;
}

/**
 * ssi_serve_abort() - a message was begun that will not be complete
 * @cookie: of ssi_serve_begin(); it will come again
 *
 * Context: process.
 */
void ssi_serve_abort(void *cookie)
{
	struct ssi_job *job = cookie;
	struct ssi_peer *peer;

	if (job->folio) {
		peer = ssi_peer_get(job->node, job->hdr.from);
		if (peer) {
			/* The folio goes, the promise stays. */
			atomic64_inc(&job->node->share.claimed);
			use_promise(peer, -1);
			ssi_peer_put(peer);
		}
	}
	ssi_job_free(job);
}

/* ---- dispatch ---- */

static bool ends_at_once(u8 type)
{
	switch (type) {
	case SSI_MSG_GRANT:
	case SSI_MSG_RANGE:
	case SSI_MSG_INVALIDATED:
	case SSI_MSG_DONE:
	case SSI_MSG_ROOM:
	case SSI_MSG_LEAVE:
		return true;
	default:
		return false;
	}
}

/**
 * ssi_serve_begin() - the header of a message came
 * @peer:   the sender
 * @hdr:    passed ssi_wire_check()
 * @body:   set to where the body shall go
 * @cookie: for ssi_serve_end()
 *
 * Context: any. Return: 0, -ENOMEM, or -EPROTO.
 */
int ssi_serve_begin(struct ssi_peer *peer, const struct ssi_wire_hdr *hdr,
		    void **body, void **cookie)
{
	struct ssi_job *job;

	if (hdr->type == SSI_MSG_DATA) {
		if (hdr->flags & SSI_MF_EVICT)
			return hdr->length ? begin_evicted(peer, body, cookie) :
					     -EPROTO;
		if (hdr->length)
			*body = ssi_request_buffer(peer->node, hdr);
		return 0;
	}
	if (ends_at_once(hdr->type))
		return 0;
	job = alloc_job(peer->node);
	if (!job)
		return -ENOMEM;
	if (hdr->length)
		*body = job->body.bytes;
	*cookie = job;
	return 0;
}

static void finish_reply(struct ssi_peer *peer, const struct ssi_wire_hdr *hdr,
			 void *body)
{
	switch (hdr->type) {
	case SSI_MSG_DATA:
		ssi_request_data(peer->node, hdr, body);
		break;
	case SSI_MSG_GRANT:
		ssi_request_grant(peer->node, hdr);
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
	struct ssi_job *job = cookie;

	if (!job) {
		finish_reply(peer, hdr, body);
		return;
	}
	job->hdr = *hdr;
	job->arrived_ns = ktime_get_ns();
	if (is_about_page(hdr->type))
		job->region = ssi_region_get(peer->node,
					     le32_to_cpu(hdr->region),
					     le32_to_cpu(hdr->generation));
	ssi_job_queue(job);
}
