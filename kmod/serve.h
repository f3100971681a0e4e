/* SPDX-License-Identifier: GPL-2.0-only */
/* What arrives from peers: the duties of a home, an owner and a sharer. */
#ifndef SSI_SERVE_H
#define SSI_SERVE_H

#include <linux/hrtimer.h>
#include <linux/workqueue.h>
#include "core/dir.h"
#include "peer.h"

struct ssi_home;
struct ssi_region;

/* Messages of a job that does not sleep for memory: to itself, and to another. */
#define SSI_JOB_SPARES 2

/**
 * struct ssi_job - a message that is worked on in process context; at a home
 *		    also the transaction that it began
 * @active:  on home->txns
 * @waiting: jobs that wait for the end of this transaction
 * @list:    on another job's @waiting
 * @work:    runs it; ready only where it is queued, as @timer
 * @timer:   runs it later, after a hold
 * @hdr:     the message
 * @body:    small bodies; afterwards the range that was granted
 * @node:    the local node; from here on a new job is all zeroes
 * @peer:    the sender
 * @region:  referenced, where the job has one
 * @arrived_ns: when it was complete
 * @held_ns: when a hold deferred it first, 0 for never
 * @folio:   page of an eviction to us
 * @spare:   for messages that it will send, where memory is to be had only before
 * @ask:     what was asked, for a home
 * @slot:    of the requester, for a home that has admitted the request; it stays, as
 *	     no job is left when the members change
 * @counted: in region->work, as a transaction of a home or one that waits
 * @next:    the page is busy for this job already
 * @local:   what the requester gets comes from here alone: no DONE follows
 * @left:    of what it gets, how much is still to be sent, where @local
 * @out:     the last message of the transaction is on its way: DONE may come
 * @ours:    FWD_EVICT: it is about an eviction of ours
 * @own:     what is left of the transaction is this forward of the home to itself
 * @atomic:  who works on it may not sleep, and sends by softirq
 */
struct ssi_job {
	struct list_head active;
	struct list_head waiting;
	struct list_head list;
	struct work_struct work;
	struct hrtimer timer;
	struct ssi_wire_hdr hdr;
	union {
		u8 bytes[64];
		struct ssi_wire_region region;
		struct ssi_wire_range range;
		struct ssi_wire_change change;
		struct ssi_wire_ahead ahead;
	} body;
	struct ssi_node *node;
	struct ssi_peer *peer;
	struct ssi_region *region;
	u64 arrived_ns;
	u64 held_ns;
	struct folio *folio;
	struct ssi_msg *spare[SSI_JOB_SPARES];
	atomic_t left;
	enum ssi_ask ask;
	u8 slot;
	u8 own;
	bool counted;
	bool next;
	bool local;
	bool out;
	bool ours;
	bool atomic;
};

int ssi_serve_setup(void);
void ssi_serve_cleanup(void);

int ssi_serve_begin(struct ssi_peer *peer, const struct ssi_wire_hdr *hdr,
		    void **body, void **cookie);
void ssi_serve_end(struct ssi_peer *peer, const struct ssi_wire_hdr *hdr,
		   void *body, void *cookie);
void ssi_serve_abort(void *cookie);
void ssi_serve_starved(struct ssi_arrival *arrival);
int ssi_serve_add_peer(void);
void ssi_serve_remove_peer(void);

void ssi_job_queue(struct ssi_job *job);
void ssi_job_defer(struct ssi_job *job, u64 until);
void ssi_job_free(struct ssi_job *job);
bool ssi_job_prepare_msgs(struct ssi_job *job, unsigned int count);
struct ssi_msg *ssi_job_msg(struct ssi_job *job, u8 type);
void ssi_job_send(struct ssi_job *job, unsigned int to, struct ssi_msg *msg,
		  bool last);

void ssi_home_request(struct ssi_job *job);
bool ssi_home_request_atomic(struct ssi_job *job);
bool ssi_home_is_busy(const struct ssi_home *home, u32 index);
void ssi_home_done(struct ssi_node *node, const struct ssi_wire_hdr *hdr);
void ssi_home_told(struct ssi_job *job, enum ssi_perm perm);
void ssi_home_ahead(struct ssi_job *job);
void ssi_home_done_ahead(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
			 const struct ssi_wire_ahead *body);
void ssi_owner_forward(struct ssi_job *job);
bool ssi_owner_forward_atomic(struct ssi_job *job);
bool ssi_owner_forward_own(struct ssi_job *job, u8 type, u64 now);
void ssi_owner_ahead(struct ssi_job *job);
void ssi_home_refuse_waiting(struct ssi_region *region);
void ssi_home_drop_txns(struct ssi_region *region);
void ssi_owner_accept(struct ssi_job *job);
void ssi_owner_record(struct ssi_job *job);
void ssi_owner_adopt(struct ssi_job *job);

#endif /* SSI_SERVE_H */
