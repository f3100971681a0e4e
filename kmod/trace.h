/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints, /sys/kernel/tracing/events/ssi_mem: one for each step of a
 * page's way, in the order of docs/walkthrough.md. node, peer, home and owner
 * are ids of nodes; txn is the same on every node that a transaction visits.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ssi_mem

#if !defined(SSI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SSI_TRACE_H

#include <linux/mm_types.h>
#include <linux/tracepoint.h>
#include <linux/ssi_mem.h>

struct ssi_fetch;
struct ssi_job;
struct ssi_page;
struct ssi_plan;
struct ssi_region;
struct ssi_request;
struct ssi_wire_ahead;
struct ssi_wire_hdr;

/* ---- names; the same as those of core/ ---- */

#define ssi_trace_states				\
	EM(SSI_INVALID, "invalid")			\
	EM(SSI_UNTOUCHED, "untouched")			\
	EM(SSI_SHARED, "shared")			\
	EM(SSI_OWNED, "owned")				\
	EM(SSI_SOLE, "sole")				\
	EMe(SSI_POISONED, "poisoned")

#define ssi_trace_events				\
	EM(SSI_EV_LOAD, "load")				\
	EM(SSI_EV_STORE, "store")			\
	EM(SSI_EV_DROP, "drop")				\
	EM(SSI_EV_INVALIDATE, "invalidate")		\
	EM(SSI_EV_FWD_READ, "fwd-read")			\
	EM(SSI_EV_FWD_TAKE, "fwd-take")			\
	EM(SSI_EV_FWD_WRITE, "fwd-write")		\
	EM(SSI_EV_FWD_EVICT, "fwd-evict")		\
	EM(SSI_EV_ZEROES, "zeroes")			\
	EM(SSI_EV_SHARED, "shared")			\
	EM(SSI_EV_OWNED, "owned")			\
	EM(SSI_EV_SOLE, "sole")				\
	EM(SSI_EV_KEEP, "keep")				\
	EM(SSI_EV_UPGRADE, "upgrade")			\
	EMe(SSI_EV_LOST, "lost")

#define ssi_trace_waits					\
	EM(SSI_WAIT_PAGE, "page")			\
	EM(SSI_WAIT_ROOM, "room")			\
	EM(SSI_WAIT_THAW, "thaw")			\
	EMe(SSI_WAIT_SLOT, "slot")

#define ssi_trace_msgs					\
	EM(0, "none")					\
	EM(SSI_MSG_GET_READ, "GET_READ")		\
	EM(SSI_MSG_GET_WRITE, "GET_WRITE")		\
	EM(SSI_MSG_EVICT, "EVICT")			\
	EM(SSI_MSG_FWD_READ, "FWD_READ")		\
	EM(SSI_MSG_FWD_WRITE, "FWD_WRITE")		\
	EM(SSI_MSG_FWD_EVICT, "FWD_EVICT")		\
	EM(SSI_MSG_INVALIDATE, "INVALIDATE")		\
	EM(SSI_MSG_DATA, "DATA")			\
	EM(SSI_MSG_GRANT, "GRANT")			\
	EM(SSI_MSG_RANGE, "RANGE")			\
	EM(SSI_MSG_INVALIDATED, "INVALIDATED")		\
	EM(SSI_MSG_DONE, "DONE")			\
	EM(SSI_MSG_GET_AHEAD, "GET_AHEAD")		\
	EM(SSI_MSG_FWD_AHEAD, "FWD_AHEAD")		\
	EM(SSI_MSG_AHEAD, "AHEAD")			\
	EM(SSI_MSG_DONE_AHEAD, "DONE_AHEAD")		\
	EMe(SSI_MSG_RECORD, "RECORD")

#define ssi_trace_perms					\
	EM(SSI_PERM_NONE, "none")			\
	EM(SSI_PERM_SHARED, "shared")			\
	EM(SSI_PERM_OWNED, "owned")			\
	EMe(SSI_PERM_SOLE, "sole")

#define ssi_trace_grants				\
	EM(SSI_GRANT_KEEP, "keep")			\
	EM(SSI_GRANT_UPGRADE, "upgrade")		\
	EM(SSI_GRANT_GONE, "gone")			\
	EM(SSI_GRANT_RETRY, "retry")			\
	EMe(SSI_GRANT_LOST, "lost")

#define ssi_trace_channels				\
	EM(SSI_MEM_CHANNEL_CTL, "control")		\
	EMe(SSI_MEM_CHANNEL_DATA, "data")

#define ssi_trace_steps					\
	EM(SSI_CHANGE_FREEZE, "freeze")			\
	EM(SSI_CHANGE_SETTLE, "settle")			\
	EM(SSI_CHANGE_DRAIN, "drain")			\
	EM(SSI_CHANGE_REPORT, "report")			\
	EM(SSI_CHANGE_BUILD, "build")			\
	EM(SSI_CHANGE_ADOPT, "adopt")			\
	EM(SSI_CHANGE_COMMIT, "commit")			\
	EMe(SSI_CHANGE_ABORT, "abort")

/* VM_FAULT_*, as numbers that tools can read; trace.c compares them. */
#define ssi_trace_results				\
	{ 0x002, "SIGBUS" },				\
	{ 0x010, "HWPOISON" },				\
	{ 0x100, "NOPAGE" },				\
	{ 0x200, "LOCKED" },				\
	{ 0x400, "RETRY" }

#undef EM
#undef EMe
#define EM(a, b) TRACE_DEFINE_ENUM(a);
#define EMe(a, b) TRACE_DEFINE_ENUM(a);
ssi_trace_states
ssi_trace_events
ssi_trace_waits
ssi_trace_msgs
ssi_trace_perms
ssi_trace_grants
ssi_trace_channels
ssi_trace_steps
#undef EM
#undef EMe
#define EM(a, b) { a, b },
#define EMe(a, b) { a, b }

/* ---- what every page's event begins with ---- */

#define SSI_TRACE_PAGE_FIELDS				\
	__field(u32, node)				\
	__field(u32, region)				\
	__field(u32, page)
#define SSI_TRACE_PAGE_ASSIGN(page_)			\
	__entry->node = (page_)->region->node->id;	\
	__entry->region = (page_)->region->id;		\
	__entry->page = (page_)->index;
#define SSI_TRACE_FETCH_ASSIGN(fetch)			\
	__entry->node = (fetch)->region->node->id;	\
	__entry->region = (fetch)->region->id;		\
	__entry->page = (fetch)->first;			\
	__entry->txn = (fetch)->id;
#define SSI_TRACE_JOB_ASSIGN(job)			\
	__entry->node = (job)->node->id;		\
	__entry->region = le32_to_cpu((job)->hdr.region);	\
	__entry->page = le32_to_cpu((job)->hdr.page);	\
	__entry->txn = le64_to_cpu((job)->hdr.txn);
#define SSI_TRACE_PAGE_FORMAT "node=%u region=%u page=%u"
#define SSI_TRACE_TXN_FORMAT SSI_TRACE_PAGE_FORMAT " txn=%llx"
#define SSI_TRACE_PAGE_ARGS __entry->node, __entry->region, __entry->page
#define SSI_TRACE_TXN_ARGS SSI_TRACE_PAGE_ARGS, __entry->txn

/* ---- the faulting thread ---- */

TRACE_EVENT(ssi_fault_begin,
	TP_PROTO(const struct ssi_page *page, unsigned int event),
	TP_ARGS(page, event),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u8, event)
	),
	TP_fast_assign(
		SSI_TRACE_PAGE_ASSIGN(page)
		__entry->event = event;
	),
	TP_printk(SSI_TRACE_PAGE_FORMAT " event=%s", SSI_TRACE_PAGE_ARGS,
		  __print_symbolic(__entry->event, ssi_trace_events))
);

TRACE_EVENT(ssi_fault_end,
	TP_PROTO(u32 node, u32 region, u32 page, unsigned int event,
		 vm_fault_t result),
	TP_ARGS(node, region, page, event, result),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u8, event)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		__entry->node = node;
		__entry->region = region;
		__entry->page = page;
		__entry->event = event;
		__entry->result = (__force unsigned int)result;
	),
	TP_printk(SSI_TRACE_PAGE_FORMAT " event=%s result=%s",
		  SSI_TRACE_PAGE_ARGS,
		  __print_symbolic(__entry->event, ssi_trace_events),
		  __print_flags(__entry->result, "|", ssi_trace_results))
);

TRACE_EVENT(ssi_stall,
	TP_PROTO(const struct ssi_page *page, unsigned int event,
		 unsigned int wait),
	TP_ARGS(page, event, wait),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u8, event)
		__field(u8, wait)
		__field(u8, home)
	),
	TP_fast_assign(
		SSI_TRACE_PAGE_ASSIGN(page)
		__entry->event = event;
		__entry->wait = wait;
		__entry->home = ssi_region_home_id(page->region, page->index);
	),
	TP_printk(SSI_TRACE_PAGE_FORMAT " event=%s waits-for=%s home=%u",
		  SSI_TRACE_PAGE_ARGS,
		  __print_symbolic(__entry->event, ssi_trace_events),
		  __print_symbolic(__entry->wait, ssi_trace_waits),
		  __entry->home)
);

/* ---- the requester ---- */

TRACE_EVENT(ssi_request_start,
	TP_PROTO(const struct ssi_request *req, unsigned int home),
	TP_ARGS(req, home),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u8, event)
		__field(u8, msg)
		__field(u8, home)
	),
	TP_fast_assign(
		SSI_TRACE_PAGE_ASSIGN(&req->page)
		__entry->txn = req->id;
		__entry->event = req->event;
		__entry->msg = req->ask_msg.hdr.type;
		__entry->home = home;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " event=%s msg=%s home=%u",
		  SSI_TRACE_TXN_ARGS,
		  __print_symbolic(__entry->event, ssi_trace_events),
		  __print_symbolic(__entry->msg, ssi_trace_msgs),
		  __entry->home)
);

/* The first message that answers; acks are those still to come. */
TRACE_EVENT(ssi_request_answer,
	TP_PROTO(const struct ssi_request *req, const struct ssi_wire_hdr *hdr),
	TP_ARGS(req, hdr),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(int, acks)
		__field(u8, peer)
		__field(u8, msg)
		__field(u8, event)
		__field(bool, failed)
	),
	TP_fast_assign(
		SSI_TRACE_PAGE_ASSIGN(&req->page)
		__entry->txn = req->id;
		__entry->acks = req->acks;
		__entry->peer = hdr->from;
		__entry->msg = hdr->type;
		__entry->event = req->answer;
		__entry->failed = req->failed;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " peer=%u msg=%s event=%s acks=%d%s",
		  SSI_TRACE_TXN_ARGS, __entry->peer,
		  __print_symbolic(__entry->msg, ssi_trace_msgs),
		  __print_symbolic(__entry->event, ssi_trace_events),
		  __entry->acks, __entry->failed ? " failed" : "")
);

TRACE_EVENT(ssi_request_ack,
	TP_PROTO(const struct ssi_request *req, const struct ssi_wire_hdr *hdr),
	TP_ARGS(req, hdr),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(int, acks)
		__field(u8, peer)
	),
	TP_fast_assign(
		SSI_TRACE_PAGE_ASSIGN(&req->page)
		__entry->txn = req->id;
		__entry->acks = req->acks;
		__entry->peer = hdr->from;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " peer=%u acks=%d", SSI_TRACE_TXN_ARGS,
		  __entry->peer, __entry->acks)
);

TRACE_EVENT(ssi_request_complete,
	TP_PROTO(const struct ssi_request *req, unsigned int perm),
	TP_ARGS(req, perm),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u64, ns)
		__field(u8, state)
		__field(u8, perm)
		__field(bool, failed)
	),
	TP_fast_assign(
		SSI_TRACE_PAGE_ASSIGN(&req->page)
		__entry->txn = req->id;
		__entry->ns = ktime_get_ns() - req->started_ns;
		__entry->state = ssi_page_state(&req->page);
		__entry->perm = perm;
		__entry->failed = req->failed;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " state=%s perm=%s ns=%llu%s",
		  SSI_TRACE_TXN_ARGS,
		  __print_symbolic(__entry->state, ssi_trace_states),
		  __print_symbolic(__entry->perm, ssi_trace_perms),
		  __entry->ns, __entry->failed ? " failed" : "")
);

/* Pages are asked for ahead: bit n of pages is page + n * stride. */
TRACE_EVENT(ssi_prefetch_start,
	TP_PROTO(const struct ssi_fetch *fetch, unsigned int home),
	TP_ARGS(fetch, home),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u64, pages)
		__field(s32, stride)
		__field(u8, home)
	),
	TP_fast_assign(
		SSI_TRACE_FETCH_ASSIGN(fetch)
		__entry->pages = fetch->asked;
		__entry->stride = le32_to_cpu(fetch->ask.stride);
		__entry->home = home;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " pages=%llx stride=%d home=%u",
		  SSI_TRACE_TXN_ARGS, __entry->pages, __entry->stride,
		  __entry->home)
);

TRACE_EVENT(ssi_prefetch_end,
	TP_PROTO(const struct ssi_fetch *fetch),
	TP_ARGS(fetch),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u64, held)
		__field(u64, sole)
		__field(u64, ns)
	),
	TP_fast_assign(
		SSI_TRACE_FETCH_ASSIGN(fetch)
		__entry->held = fetch->held;
		__entry->sole = fetch->sole;
		__entry->ns = ktime_get_ns() - fetch->started_ns;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " held=%llx sole=%llx ns=%llu",
		  SSI_TRACE_TXN_ARGS, __entry->held, __entry->sole,
		  __entry->ns)
);

/* ---- the home ---- */

TRACE_EVENT(ssi_home_request,
	TP_PROTO(const struct ssi_job *job),
	TP_ARGS(job),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u8, peer)
		__field(u8, msg)
	),
	TP_fast_assign(
		SSI_TRACE_JOB_ASSIGN(job)
		__entry->peer = job->hdr.requester;
		__entry->msg = job->hdr.type;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " peer=%u msg=%s", SSI_TRACE_TXN_ARGS,
		  __entry->peer,
		  __print_symbolic(__entry->msg, ssi_trace_msgs))
);

/* owner and grant mean something with a forward and a GRANT. */
TRACE_EVENT(ssi_home_decide,
	TP_PROTO(const struct ssi_job *job, const struct ssi_plan *plan),
	TP_ARGS(job, plan),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u64, queued_ns)
		__field(u8, peer)
		__field(u8, reply)
		__field(u8, grant)
		__field(u8, forward)
		__field(u8, owner)
		__field(u8, acks)
	),
	TP_fast_assign(
		SSI_TRACE_JOB_ASSIGN(job)
		__entry->queued_ns = ktime_get_ns() - job->arrived_ns;
		__entry->peer = job->hdr.requester;
		__entry->reply = plan->reply;
		__entry->grant = plan->grant;
		__entry->forward = plan->forward;
		__entry->owner = ssi_region_id(job->region, plan->owner);
		__entry->acks = hweight32(plan->invalidate);
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " peer=%u reply=%s grant=%s forward=%s owner=%u acks=%u queued_ns=%llu",
		  SSI_TRACE_TXN_ARGS, __entry->peer,
		  __print_symbolic(__entry->reply, ssi_trace_msgs),
		  __print_symbolic(__entry->grant, ssi_trace_grants),
		  __print_symbolic(__entry->forward, ssi_trace_msgs),
		  __entry->owner, __entry->acks, __entry->queued_ns)
);

TRACE_EVENT(ssi_home_done,
	TP_PROTO(const struct ssi_job *job, unsigned int holder,
		 enum ssi_perm perm),
	TP_ARGS(job, holder, perm),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u8, peer)
		__field(u8, perm)
	),
	TP_fast_assign(
		SSI_TRACE_JOB_ASSIGN(job)
		__entry->peer = holder;
		__entry->perm = perm;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " peer=%u perm=%s", SSI_TRACE_TXN_ARGS,
		  __entry->peer,
		  __print_symbolic(__entry->perm, ssi_trace_perms))
);

/* ---- the owner and the sharer ---- */

DECLARE_EVENT_CLASS(ssi_forward_class,
	TP_PROTO(const struct ssi_job *job, const struct ssi_page *page,
		 u8 type),
	TP_ARGS(job, page, type),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u8, peer)
		__field(u8, msg)
		__field(u8, state)
	),
	TP_fast_assign(
		SSI_TRACE_JOB_ASSIGN(job)
		__entry->peer = job->hdr.requester;
		__entry->msg = type;
		__entry->state = ssi_page_state(page);
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " peer=%u msg=%s state=%s",
		  SSI_TRACE_TXN_ARGS, __entry->peer,
		  __print_symbolic(__entry->msg, ssi_trace_msgs),
		  __print_symbolic(__entry->state, ssi_trace_states))
);

/* A forward is looked at; again after a hold. */
DEFINE_EVENT(ssi_forward_class, ssi_owner_forward,
	TP_PROTO(const struct ssi_job *job, const struct ssi_page *page,
		 u8 type),
	TP_ARGS(job, page, type));

/* The same for an invalidation. */
DEFINE_EVENT(ssi_forward_class, ssi_invalidate,
	TP_PROTO(const struct ssi_job *job, const struct ssi_page *page,
		 u8 type),
	TP_ARGS(job, page, type));

/* perm is that of DATA; state is what is left here. */
TRACE_EVENT(ssi_owner_answer,
	TP_PROTO(const struct ssi_job *job, const struct ssi_page *page,
		 const struct ssi_wire_hdr *hdr, unsigned int to),
	TP_ARGS(job, page, hdr, to),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u8, peer)
		__field(u8, msg)
		__field(u8, perm)
		__field(u8, state)
	),
	TP_fast_assign(
		SSI_TRACE_JOB_ASSIGN(job)
		__entry->peer = to;
		__entry->msg = hdr->type;
		__entry->perm = le32_to_cpu(hdr->arg);
		__entry->state = ssi_page_state(page);
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " peer=%u msg=%s perm=%s state=%s",
		  SSI_TRACE_TXN_ARGS, __entry->peer,
		  __print_symbolic(__entry->msg, ssi_trace_msgs),
		  __print_symbolic(__entry->perm, ssi_trace_perms),
		  __print_symbolic(__entry->state, ssi_trace_states))
);

/* What is given of the pages that somebody asked for ahead. */
TRACE_EVENT(ssi_owner_ahead,
	TP_PROTO(const struct ssi_job *job, const struct ssi_wire_ahead *given),
	TP_ARGS(job, given),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u64, wanted)
		__field(u64, given)
		__field(u64, sole)
		__field(u64, blank)
		__field(u8, peer)
	),
	TP_fast_assign(
		SSI_TRACE_JOB_ASSIGN(job)
		__entry->wanted = le64_to_cpu(job->body.ahead.pages);
		__entry->given = le64_to_cpu(given->pages);
		__entry->sole = le64_to_cpu(given->sole);
		__entry->blank = le64_to_cpu(given->blank);
		__entry->peer = job->hdr.requester;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " peer=%u wanted=%llx given=%llx sole=%llx blank=%llx",
		  SSI_TRACE_TXN_ARGS, __entry->peer, __entry->wanted,
		  __entry->given, __entry->sole, __entry->blank)
);

DECLARE_EVENT_CLASS(ssi_page_class,
	TP_PROTO(const struct ssi_page *page),
	TP_ARGS(page),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
	),
	TP_fast_assign(
		SSI_TRACE_PAGE_ASSIGN(page)
	),
	TP_printk(SSI_TRACE_PAGE_FORMAT, SSI_TRACE_PAGE_ARGS)
);

DEFINE_EVENT(ssi_page_class, ssi_pinned,
	TP_PROTO(const struct ssi_page *page),
	TP_ARGS(page));

/* ---- the evictor ---- */

/* A clean copy is gone. */
DEFINE_EVENT(ssi_page_class, ssi_drop,
	TP_PROTO(const struct ssi_page *page),
	TP_ARGS(page));

TRACE_EVENT(ssi_evict_start,
	TP_PROTO(const struct ssi_request *req, unsigned int target),
	TP_ARGS(req, target),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u8, peer)
	),
	TP_fast_assign(
		SSI_TRACE_PAGE_ASSIGN(&req->page)
		__entry->txn = req->id;
		__entry->peer = target;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " peer=%u", SSI_TRACE_TXN_ARGS,
		  __entry->peer)
);

TRACE_EVENT(ssi_evict_end,
	TP_PROTO(const struct ssi_request *req, bool moved),
	TP_ARGS(req, moved),
	TP_STRUCT__entry(
		SSI_TRACE_PAGE_FIELDS
		__field(u64, txn)
		__field(u64, ns)
		__field(bool, moved)
	),
	TP_fast_assign(
		SSI_TRACE_PAGE_ASSIGN(&req->page)
		__entry->txn = req->id;
		__entry->ns = ktime_get_ns() - req->started_ns;
		__entry->moved = moved;
	),
	TP_printk(SSI_TRACE_TXN_FORMAT " ns=%llu %s", SSI_TRACE_TXN_ARGS,
		  __entry->ns, __entry->moved ? "moved" : "stays")
);

/* Room was asked for: @pages of @asked are promised to the peer. */
TRACE_EVENT(ssi_room,
	TP_PROTO(unsigned int node, unsigned int peer, u32 asked, u32 pages),
	TP_ARGS(node, peer, asked, pages),
	TP_STRUCT__entry(
		__field(u32, asked)
		__field(u32, pages)
		__field(u8, node)
		__field(u8, peer)
	),
	TP_fast_assign(
		__entry->asked = asked;
		__entry->pages = pages;
		__entry->node = node;
		__entry->peer = peer;
	),
	TP_printk("node=%u peer=%u asked=%u pages=%u", __entry->node,
		  __entry->peer, __entry->asked, __entry->pages)
);

/* ---- a change of members ---- */

/* A step was taken here, or refused with @error. */
TRACE_EVENT(ssi_change_step,
	TP_PROTO(const struct ssi_region *region,
		 const struct ssi_wire_hdr *hdr, u64 ns, int error),
	TP_ARGS(region, hdr, ns, error),
	TP_STRUCT__entry(
		__field(u64, ns)
		__field(u32, node)
		__field(u32, region)
		__field(u32, epoch)
		__field(int, error)
		__field(u8, step)
		__field(u8, leader)
	),
	TP_fast_assign(
		__entry->ns = ns;
		__entry->node = region->node->id;
		__entry->region = region->id;
		__entry->epoch = le32_to_cpu(hdr->epoch);
		__entry->error = error;
		__entry->step = le32_to_cpu(hdr->arg);
		__entry->leader = hdr->from;
	),
	TP_printk("node=%u region=%u epoch=%u leader=%u step=%s ns=%llu error=%d",
		  __entry->node, __entry->region, __entry->epoch,
		  __entry->leader,
		  __print_symbolic(__entry->step, ssi_trace_steps),
		  __entry->ns, __entry->error)
);

/* ---- links ---- */

TRACE_EVENT(ssi_link_up,
	TP_PROTO(unsigned int node, unsigned int peer, unsigned int channel),
	TP_ARGS(node, peer, channel),
	TP_STRUCT__entry(
		__field(u8, node)
		__field(u8, peer)
		__field(u8, channel)
	),
	TP_fast_assign(
		__entry->node = node;
		__entry->peer = peer;
		__entry->channel = channel;
	),
	TP_printk("node=%u peer=%u channel=%s", __entry->node, __entry->peer,
		  __print_symbolic(__entry->channel, ssi_trace_channels))
);

TRACE_EVENT(ssi_link_down,
	TP_PROTO(unsigned int node, unsigned int peer, unsigned int channel,
		 const char *why),
	TP_ARGS(node, peer, channel, why),
	TP_STRUCT__entry(
		__array(char, why, 48)
		__field(u8, node)
		__field(u8, peer)
		__field(u8, channel)
	),
	TP_fast_assign(
		strscpy(__entry->why, why, sizeof(__entry->why));
		__entry->node = node;
		__entry->peer = peer;
		__entry->channel = channel;
	),
	TP_printk("node=%u peer=%u channel=%s why=%s", __entry->node,
		  __entry->peer,
		  __print_symbolic(__entry->channel, ssi_trace_channels),
		  __entry->why)
);

/* Messages go out again on a new socket. */
TRACE_EVENT(ssi_link_replay,
	TP_PROTO(unsigned int node, unsigned int peer, unsigned int channel,
		 u32 first, u32 messages),
	TP_ARGS(node, peer, channel, first, messages),
	TP_STRUCT__entry(
		__field(u32, first)
		__field(u32, messages)
		__field(u8, node)
		__field(u8, peer)
		__field(u8, channel)
	),
	TP_fast_assign(
		__entry->first = first;
		__entry->messages = messages;
		__entry->node = node;
		__entry->peer = peer;
		__entry->channel = channel;
	),
	TP_printk("node=%u peer=%u channel=%s seq=%u messages=%u",
		  __entry->node, __entry->peer,
		  __print_symbolic(__entry->channel, ssi_trace_channels),
		  __entry->first, __entry->messages)
);

#endif /* SSI_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
