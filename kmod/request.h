/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of this node about pages: one in flight for each page at most.
 * docs/protocol.md has the messages; this is the requester's half.
 */
#ifndef SSI_REQUEST_H
#define SSI_REQUEST_H

#include <linux/sbitmap.h>
#include <linux/wait.h>
#include "core/coh.h"
#include "link.h"
#include "page.h"

#define SSI_REQUESTS 512

/* A transaction's number: the node that chose it, a serial number, its slot. */
#define SSI_TXN_SLOT_BITS  16
#define SSI_TXN_NODE_SHIFT 56

/**
 * struct ssi_request - a slot for one request in flight
 * @lock:    protects the rest; softirq-safe
 * @id:	     transaction number, 0 while the slot is free
 * @page:    what it is about; its region is referenced
 * @epoch:   of the region when it began
 * @event:   SSI_EV_LOAD or SSI_EV_STORE; SSI_EV_FWD_EVICT for an eviction
 * @folio:   for the data, NULL for an eviction
 * @answered: DATA, GRANT or RANGE came, or FWD_EVICT
 * @answer:  the event that it is, once @answered
 * @failed:  the answer was that it could not be served
 * @ends:    no DONE is owed
 * @acks:    INVALIDATED that are announced and have not come
 * @wants_acks: some were announced
 * @acked:   bit n: of node n one came
 * @started_ns: when it began
 * @answered_ns: when the answer came
 * @stalled: counted in the region's stall until it ends
 * @refs:    the request itself and its messages; the last frees the slot
 * @ask_msg: the request
 * @done_msg: the DONE
 */
struct ssi_request {
	spinlock_t lock;
	u64 id;
	struct ssi_page page;
	u32 epoch;
	enum ssi_event event;
	struct folio *folio;
	bool answered;
	bool failed;
	bool ends;
	enum ssi_event answer;
	int acks;
	bool wants_acks;
	u64 acked;
	u64 started_ns;
	u64 answered_ns;
	bool stalled;
	refcount_t refs;
	struct ssi_msg ask_msg;
	struct ssi_msg done_msg;
};

/**
 * struct ssi_requests - the slots of a node
 * @slots: SSI_REQUESTS of them
 * @map:   which are taken
 * @serial: makes transaction numbers unique
 * @wait:  those who wait for a slot
 */
struct ssi_requests {
	struct ssi_request *slots;
	struct sbitmap map;
	atomic64_t serial;
	wait_queue_head_t wait;
};

int ssi_requests_init(struct ssi_requests *requests, struct ssi_node *node);
void ssi_requests_exit(struct ssi_requests *requests);
bool ssi_requests_has_slot(struct ssi_requests *requests);
bool ssi_requests_stall(const struct ssi_page *page);

u64 ssi_request_txn(struct ssi_node *node, unsigned int slot);
void ssi_requests_conclude(struct ssi_region *region);
int ssi_request_start(const struct ssi_page *page, enum ssi_event event,
		      gfp_t gfp);
int ssi_request_evict(const struct ssi_page *page, unsigned int target);
bool ssi_request_may_evict(struct ssi_node *node,
			   const struct ssi_wire_hdr *hdr);
void ssi_request_end_evict(struct ssi_node *node, u64 txn, u64 arrived_ns);

struct folio *ssi_request_folio(struct ssi_node *node,
				const struct ssi_wire_hdr *hdr);
void ssi_request_data(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
		      void *body);
void ssi_request_grant(struct ssi_node *node, const struct ssi_wire_hdr *hdr);
void ssi_request_range(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
		       const struct ssi_wire_range *range);
void ssi_request_invalidated(struct ssi_node *node,
			     const struct ssi_wire_hdr *hdr);

#endif /* SSI_REQUEST_H */
