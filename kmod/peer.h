/* SPDX-License-Identifier: GPL-2.0-only */
/* A peer: another node as this node knows it. A node is a peer of itself. */
#ifndef SSI_PEER_H
#define SSI_PEER_H

#include <linux/kref.h>
#include <linux/rcupdate.h>
#include "link.h"
#include "stats.h"

struct ssi_job;

/* Requests that may be open at one home at a time. */
#define SSI_PEER_CREDITS 256

/*
 * Other messages of a peer that may be worked on at a time. Those are bounded
 * by requests that are open, or by calls; a peer that sends more is broken.
 */
#define SSI_PEER_JOBS 65536

/**
 * struct ssi_arrival - a message that has begun to arrive
 * @peer:  from which it comes
 * @job:   that it becomes, if it becomes one
 * @folio: held for its body, if that is a page
 * @starved: class of the last message that found no memory; SSI_CLASS_SESSION,
 *	     which needs none, when there was none
 */
struct ssi_arrival {
	struct ssi_peer *peer;
	struct ssi_job *job;
	struct folio *folio;
	enum ssi_msg_class starved;
};

/**
 * struct ssi_peer - another node
 * @ref:	 references: the node's table, users
 * @rcu:	 frees after readers of the table
 * @node:	 the local node
 * @id:		 the peer's id
 * @incarnation: of the peer's life
 * @known:	 its HELLO came: @share and @reserve are known
 * @left:	 it said LEAVE
 * @share:	 pages it gives
 * @reserve:	 pages it has for transit
 * @link:	 the way to it
 * @arrivals:	 what arrives on each channel; belongs to its upcalls
 * @received:	 requests that it sent so far; belongs to the upcalls
 * @jobs:	 messages of it that are worked on, but for requests
 * @lock:	 protects what follows; softirq-safe, leaf
 * @sent:	 requests sent to it so far
 * @ended:	 of those, ended there, as it told
 * @waiting:	 requests that wait for credit
 * @rooms:	 pages of room that it has promised to our evictor
 * @promised:	 pages of room that we have promised to its evictor
 * @hint:	 pages of room that it has, as it told
 * @asked:	 a RESERVE is under way
 * @remove_work: removes it after LEAVE
 * @answers:	 histogram by enum ssi_mem_hist_kind: a request sent to this
 *		 peer as home, until its answer came
 */
struct ssi_peer {
	struct kref ref;
	struct rcu_head rcu;
	struct ssi_node *node;
	u8 id;
	u8 incarnation[SSI_MEM_INCARNATION_LEN];
	bool known;
	bool left;
	u64 share;
	u64 reserve;
	struct ssi_link link;
	struct ssi_arrival arrivals[SSI_CHANNELS];
	u32 received;
	atomic_t jobs;
	spinlock_t lock;
	u32 sent;
	u32 ended;
	struct list_head waiting;
	u32 rooms;
	u32 promised;
	u32 hint;
	bool asked;
	struct work_struct remove_work;
	atomic64_t answers[SSI_HIST_KINDS][SSI_MEM_HIST_BUCKETS];
};

bool ssi_peer_has_left(const struct ssi_node *node, unsigned int id,
		       const u8 *incarnation);
struct ssi_peer *ssi_peer_create(struct ssi_node *node, u8 id,
				 const u8 *incarnation);
struct ssi_peer *ssi_peer_get(struct ssi_node *node, unsigned int id);
void ssi_peer_put(struct ssi_peer *peer);
void ssi_peer_remove(struct ssi_peer *peer);
void ssi_peer_sweep(struct ssi_node *node);
bool ssi_peer_is_up(const struct ssi_peer *peer);
bool ssi_peer_is_alive(const struct ssi_peer *peer);

void ssi_peer_send(struct ssi_node *node, unsigned int to, struct ssi_msg *msg);
void ssi_peer_queue(struct ssi_node *node, unsigned int to,
		    struct ssi_msg *msg);
void ssi_peer_post(struct ssi_node *node, unsigned int to, struct ssi_msg *msg);
void ssi_peer_post_later(struct ssi_node *node, unsigned int to,
			 struct ssi_msg *msg);
void ssi_peer_request(struct ssi_node *node, unsigned int to,
		      struct ssi_msg *msg, u64 now);
bool ssi_peer_has_credits(struct ssi_node *node, unsigned int id,
			  unsigned int credits);
void ssi_peer_time(struct ssi_node *node, unsigned int home,
		   enum ssi_mem_hist_kind kind, u64 ns);
void ssi_peer_hist(const struct ssi_peer *peer, enum ssi_mem_hist_kind kind,
		   u64 *hist);
void ssi_peer_reset(struct ssi_peer *peer);

#endif /* SSI_PEER_H */
