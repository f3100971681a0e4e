/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that are asked for before somebody touches them: several in a message,
 * and never in the way of who waits for a page. docs/protocol.md has what home
 * and owner make of it.
 */
#ifndef SSI_FETCH_H
#define SSI_FETCH_H

#include <linux/refcount.h>
#include <linux/spinlock.h>
#include "core/policy.h"
#include "link.h"
#include "page.h"

struct ssi_node;

/* Messages that may be unanswered at a time, of a node. */
#define SSI_FETCHES 32

/**
 * struct ssi_fetch - a slot for pages that are asked for ahead
 * @lock:     protects the rest; softirq-safe, as that of struct ssi_request
 * @id:	      transaction number, 0 while the slot is free
 * @region:   referenced
 * @first:    page index of the first
 * @epoch:    of the region when it began
 * @asked:    bit n: page n is PENDING for this
 * @arrived:  bit n: page n came, or was never owed
 * @given:    bit n: page n was announced, once @answered
 * @held:     bit n: page n became a copy, or ours
 * @sole:     bit n: page n became ours
 * @answered: AHEAD came, or GRANT
 * @ends:     no DONE_AHEAD is owed
 * @stalled:  counted in the region's stall until it ends
 * @started_ns: when it began
 * @folios:   by n, for what is still to come
 * @refs:     the fetch itself and its messages; the last frees the slot
 * @ask:      body of GET_AHEAD
 * @done:     body of DONE_AHEAD
 * @ask_msg:  GET_AHEAD
 * @done_msg: DONE_AHEAD
 */
struct ssi_fetch {
	spinlock_t lock;
	u64 id;
	struct ssi_region *region;
	u32 first;
	u32 epoch;
	u64 asked;
	u64 arrived;
	u64 given;
	u64 held;
	u64 sole;
	bool answered;
	bool ends;
	bool stalled;
	u64 started_ns;
	struct folio *folios[SSI_AHEAD_MAX];
	refcount_t refs;
	struct ssi_wire_ahead ask;
	struct ssi_wire_ahead done;
	struct ssi_msg ask_msg;
	struct ssi_msg done_msg;
};

/**
 * struct ssi_fetches - the slots of a node
 * @slots: SSI_FETCHES of them
 * @map:   which are taken
 */
struct ssi_fetches {
	struct ssi_fetch *slots;
	unsigned long map;
};

int ssi_fetches_init(struct ssi_fetches *fetches, struct ssi_node *node);
void ssi_fetches_exit(struct ssi_fetches *fetches);
bool ssi_fetches_stall(const struct ssi_page *page);
void ssi_fetches_conclude(struct ssi_region *region);

void ssi_fetch_start(struct ssi_region *region, const struct ssi_ahead *wanted,
		     u8 flags);
bool ssi_fetch_owns(const struct ssi_wire_hdr *hdr);
struct folio *ssi_fetch_folio(struct ssi_node *node,
			      const struct ssi_wire_hdr *hdr);
void ssi_fetch_data(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
		    void *body);
void ssi_fetch_answer(struct ssi_node *node, const struct ssi_wire_hdr *hdr,
		      const struct ssi_wire_ahead *body);
void ssi_fetch_refused(struct ssi_node *node, const struct ssi_wire_hdr *hdr);

#endif /* SSI_FETCH_H */
