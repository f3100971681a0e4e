/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	uapi/ssi_mem.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_SSI_MEM_H
#define _UAPI_LINUX_SSI_MEM_H

#define SSI_MEM_FAMILY_NAME	"ssi_mem"
#define SSI_MEM_FAMILY_VERSION	1

#define SSI_MEM_NAME_MAX	31
#define SSI_MEM_NODE_ID_MAX	63
#define SSI_MEM_TIMEOUT_MS_MAX	600000
#define SSI_MEM_MODE_MAX	511
#define SSI_MEM_PREFETCH_MAX	64
#define SSI_MEM_INCARNATION_LEN	16
#define SSI_MEM_HIST_SUB_BITS	3
#define SSI_MEM_HIST_BUCKETS	256

/**
 * enum ssi_mem_hist_phase - What a time is measured from and to. The first
 *   four are measured by the node that asks, queue by the home, the others by
 *   the owner or sharer.
 * @SSI_MEM_HIST_PHASE_TOTAL: request begun until it ended with success; of an
 *   eviction, until the page was handed to the link
 * @SSI_MEM_HIST_PHASE_ANSWER: request sent until its answer came, from home or
 *   owner
 * @SSI_MEM_HIST_PHASE_ACKS: answer until the last acknowledgment of an
 *   invalidation; only of requests that need any
 * @SSI_MEM_HIST_PHASE_WAKE: request ended until a thread that waits was
 *   served; a first touch has none, since its thread itself makes the page
 * @SSI_MEM_HIST_PHASE_QUEUE: request arrived until the home decided
 * @SSI_MEM_HIST_PHASE_UNMAP: removing or write-protecting the mappings, where
 *   there is need
 * @SSI_MEM_HIST_PHASE_HOLD: forward deferred until it went on, where the page
 *   was held
 * @SSI_MEM_HIST_PHASE_SERVE: forward arrived until its answer was handed to
 *   the link
 */
enum ssi_mem_hist_phase {
	SSI_MEM_HIST_PHASE_TOTAL,
	SSI_MEM_HIST_PHASE_ANSWER,
	SSI_MEM_HIST_PHASE_ACKS,
	SSI_MEM_HIST_PHASE_WAKE,
	SSI_MEM_HIST_PHASE_QUEUE,
	SSI_MEM_HIST_PHASE_UNMAP,
	SSI_MEM_HIST_PHASE_HOLD,
	SSI_MEM_HIST_PHASE_SERVE,

	/* private: */
	__SSI_MEM_HIST_PHASE_MAX,
	SSI_MEM_HIST_PHASE_MAX = (__SSI_MEM_HIST_PHASE_MAX - 1)
};

/**
 * enum ssi_mem_hist_kind - What was asked, as far as the node sees that
 *   measures: a home takes a page that its owner has not written for one to
 *   read or write.
 * @SSI_MEM_HIST_KIND_READ: a page to read, or one that came along with
 *   ownership
 * @SSI_MEM_HIST_KIND_WRITE: a page with ownership
 * @SSI_MEM_HIST_KIND_UPGRADE: ownership without a page
 * @SSI_MEM_HIST_KIND_FIRST: a page that nobody has written yet
 * @SSI_MEM_HIST_KIND_EVICT: a page that its owner wants to go
 * @SSI_MEM_HIST_KIND_INVALIDATE: a copy that has to go; at a sharer only
 */
enum ssi_mem_hist_kind {
	SSI_MEM_HIST_KIND_READ,
	SSI_MEM_HIST_KIND_WRITE,
	SSI_MEM_HIST_KIND_UPGRADE,
	SSI_MEM_HIST_KIND_FIRST,
	SSI_MEM_HIST_KIND_EVICT,
	SSI_MEM_HIST_KIND_INVALIDATE,

	/* private: */
	__SSI_MEM_HIST_KIND_MAX,
	SSI_MEM_HIST_KIND_MAX = (__SSI_MEM_HIST_KIND_MAX - 1)
};

/**
 * enum ssi_mem_channel - the two sockets of a link
 * @SSI_MEM_CHANNEL_CTL: every message without a page
 * @SSI_MEM_CHANNEL_DATA: messages that carry a page
 */
enum ssi_mem_channel {
	SSI_MEM_CHANNEL_CTL,
	SSI_MEM_CHANNEL_DATA,
};

/**
 * enum ssi_mem_link_state
 * @SSI_MEM_LINK_STATE_DOWN: no socket; messages wait for the next one
 * @SSI_MEM_LINK_STATE_RESUMING: socket handed over, positions not yet
 *   exchanged
 * @SSI_MEM_LINK_STATE_UP: messages flow
 */
enum ssi_mem_link_state {
	SSI_MEM_LINK_STATE_DOWN,
	SSI_MEM_LINK_STATE_RESUMING,
	SSI_MEM_LINK_STATE_UP,
};

/**
 * enum ssi_mem_page_state - state of a page on one node
 * @SSI_MEM_PAGE_STATE_INVALID: no copy
 * @SSI_MEM_PAGE_STATE_POISONED: the content was lost with a node; an access is
 *   an error
 * @SSI_MEM_PAGE_STATE_UNTOUCHED: owned, never written by anybody, so no memory
 *   is needed
 * @SSI_MEM_PAGE_STATE_SHARED: read copy; another node owns the page
 * @SSI_MEM_PAGE_STATE_OWNED: owned, others may hold read copies
 * @SSI_MEM_PAGE_STATE_SOLE: owned, the only copy
 */
enum ssi_mem_page_state {
	SSI_MEM_PAGE_STATE_INVALID,
	SSI_MEM_PAGE_STATE_POISONED,
	SSI_MEM_PAGE_STATE_UNTOUCHED,
	SSI_MEM_PAGE_STATE_SHARED,
	SSI_MEM_PAGE_STATE_OWNED,
	SSI_MEM_PAGE_STATE_SOLE,

	/* private: */
	__SSI_MEM_PAGE_STATE_MAX,
	SSI_MEM_PAGE_STATE_MAX = (__SSI_MEM_PAGE_STATE_MAX - 1)
};

/**
 * enum ssi_mem_page_flags - what goes on with a page on one node
 * @SSI_MEM_PAGE_FLAGS_PENDING: a request of the node is in flight
 * @SSI_MEM_PAGE_FLAGS_BUSY: its mappings change
 * @SSI_MEM_PAGE_FLAGS_RECENT: touched since the evictor came by
 * @SSI_MEM_PAGE_FLAGS_LEAVING: an eviction is in flight
 * @SSI_MEM_PAGE_FLAGS_TRANSACTION: the node is the home, and a transaction is
 *   under way
 * @SSI_MEM_PAGE_FLAGS_LOST: the node is the home, and knows that nobody has
 *   the content
 */
enum ssi_mem_page_flags {
	SSI_MEM_PAGE_FLAGS_PENDING = 1,
	SSI_MEM_PAGE_FLAGS_BUSY = 2,
	SSI_MEM_PAGE_FLAGS_RECENT = 4,
	SSI_MEM_PAGE_FLAGS_LEAVING = 8,
	SSI_MEM_PAGE_FLAGS_TRANSACTION = 16,
	SSI_MEM_PAGE_FLAGS_LOST = 32,
};

/**
 * enum ssi_mem_event_type
 * @SSI_MEM_EVENT_TYPE_NODE_NEW: a node joined in this kernel
 * @SSI_MEM_EVENT_TYPE_NODE_DEL: a node of this kernel left
 * @SSI_MEM_EVENT_TYPE_LINK_UP: a channel carries messages
 * @SSI_MEM_EVENT_TYPE_LINK_DOWN: a channel lost its socket; user space should
 *   connect again
 * @SSI_MEM_EVENT_TYPE_REGION_NEW: a region exists on this node
 * @SSI_MEM_EVENT_TYPE_REGION_DEL: a region is gone from this node
 * @SSI_MEM_EVENT_TYPE_STALL: a page fault waits for longer than one second
 * @SSI_MEM_EVENT_TYPE_PINNED: a page can not be handed over, somebody else
 *   holds it
 * @SSI_MEM_EVENT_TYPE_REGION_CHANGE: the members of a region changed
 * @SSI_MEM_EVENT_TYPE_NODE_DEAD: a node was declared dead; peer says which
 */
enum ssi_mem_event_type {
	SSI_MEM_EVENT_TYPE_NODE_NEW,
	SSI_MEM_EVENT_TYPE_NODE_DEL,
	SSI_MEM_EVENT_TYPE_LINK_UP,
	SSI_MEM_EVENT_TYPE_LINK_DOWN,
	SSI_MEM_EVENT_TYPE_REGION_NEW,
	SSI_MEM_EVENT_TYPE_REGION_DEL,
	SSI_MEM_EVENT_TYPE_STALL,
	SSI_MEM_EVENT_TYPE_PINNED,
	SSI_MEM_EVENT_TYPE_REGION_CHANGE,
	SSI_MEM_EVENT_TYPE_NODE_DEAD,
};

enum {
	SSI_MEM_S_PAD = 1,
	SSI_MEM_S_FAULTS_LOCAL,
	SSI_MEM_S_FAULTS_FIRST,
	SSI_MEM_S_FAULTS_READ,
	SSI_MEM_S_FAULTS_WRITE,
	SSI_MEM_S_UPGRADES,
	SSI_MEM_S_JOINED,
	SSI_MEM_S_RETRIES,
	SSI_MEM_S_OWNER_CHANGES,
	SSI_MEM_S_INVALIDATIONS,
	SSI_MEM_S_DOWNGRADES,
	SSI_MEM_S_PAGES_SENT,
	SSI_MEM_S_ZEROES_SENT,
	SSI_MEM_S_EVICTIONS,
	SSI_MEM_S_DROPS,
	SSI_MEM_S_EVICT_ABORTS,
	SSI_MEM_S_SERVED,
	SSI_MEM_S_FORWARDS,
	SSI_MEM_S_HELD,
	SSI_MEM_S_PINNED,
	SSI_MEM_S_RANGE_GRANTS,
	SSI_MEM_S_DUPLICATES,
	SSI_MEM_S_REPLAYS,
	SSI_MEM_S_STALE,
	SSI_MEM_S_MALFORMED,
	SSI_MEM_S_BLANKS_SENT,
	SSI_MEM_S_PREFETCH_ASKED,
	SSI_MEM_S_PREFETCH_USED,
	SSI_MEM_S_PREFETCH_LATE,
	SSI_MEM_S_PREFETCH_UNUSED,
	SSI_MEM_S_PREFETCH_REFUSED,

	__SSI_MEM_S_MAX,
	SSI_MEM_S_MAX = (__SSI_MEM_S_MAX - 1)
};

enum {
	SSI_MEM_C_PAD = 1,
	SSI_MEM_C_CGROUP,
	SSI_MEM_C_BYTES,

	__SSI_MEM_C_MAX,
	SSI_MEM_C_MAX = (__SSI_MEM_C_MAX - 1)
};

enum {
	SSI_MEM_A_PAD = 1,
	SSI_MEM_A_NODE,
	SSI_MEM_A_ID,
	SSI_MEM_A_INCARNATION,
	SSI_MEM_A_SHARE,
	SSI_MEM_A_RESERVE,
	SSI_MEM_A_USED,
	SSI_MEM_A_PEAK,
	SSI_MEM_A_OWNED,
	SSI_MEM_A_COPIES,
	SSI_MEM_A_UNTOUCHED,
	SSI_MEM_A_TRANSIT,
	SSI_MEM_A_HOLD_US,
	SSI_MEM_A_STALLED,
	SSI_MEM_A_PEER,
	SSI_MEM_A_CHANNEL,
	SSI_MEM_A_FD,
	SSI_MEM_A_TLS,
	SSI_MEM_A_STATE,
	SSI_MEM_A_STATE_DATA,
	SSI_MEM_A_SOCKETS,
	SSI_MEM_A_UNACKED,
	SSI_MEM_A_REGION,
	SSI_MEM_A_REGION_ID,
	SSI_MEM_A_SIZE,
	SSI_MEM_A_MEMBERS,
	SSI_MEM_A_UID,
	SSI_MEM_A_GID,
	SSI_MEM_A_MODE,
	SSI_MEM_A_AUTHORITY,
	SSI_MEM_A_HOMED,
	SSI_MEM_A_ATTACHED,
	SSI_MEM_A_CGROUP,
	SSI_MEM_A_CHARGES,
	SSI_MEM_A_TIMEOUT_MS,
	SSI_MEM_A_EVENT,
	SSI_MEM_A_PAGE,
	SSI_MEM_A_MODULE_VERSION,
	SSI_MEM_A_PROTOCOL,
	SSI_MEM_A_STATS,
	SSI_MEM_A_EPOCH,
	SSI_MEM_A_FROZEN,
	SSI_MEM_A_DRAINING,
	SSI_MEM_A_LOST,
	SSI_MEM_A_FORCE,
	SSI_MEM_A_STOP,
	SSI_MEM_A_HIST_PHASE,
	SSI_MEM_A_HIST_KIND,
	SSI_MEM_A_BUCKETS,
	SSI_MEM_A_HOMES,
	SSI_MEM_A_PAGES,
	SSI_MEM_A_HOME,
	SSI_MEM_A_PAGE_STATE,
	SSI_MEM_A_PAGE_FLAGS,
	SSI_MEM_A_OWNER,
	SSI_MEM_A_SHARERS,
	SSI_MEM_A_PAGE_STATES,
	SSI_MEM_A_MOVING,
	SSI_MEM_A_GRANTED,
	SSI_MEM_A_TRANSACTIONS,
	SSI_MEM_A_PREFETCH,
	SSI_MEM_A_PREFETCH_NOW,
	SSI_MEM_A_PREFETCH_ASKED,
	SSI_MEM_A_PREFETCH_USED,
	SSI_MEM_A_PREFETCH_LATE,
	SSI_MEM_A_PREFETCH_UNUSED,
	SSI_MEM_A_PREFETCH_REFUSED,
	SSI_MEM_A_ROSTER_EPOCH,
	SSI_MEM_A_SENT_BYTES,
	SSI_MEM_A_RECEIVED_BYTES,
	SSI_MEM_A_FAULTS,
	SSI_MEM_A_MOVES,

	__SSI_MEM_A_MAX,
	SSI_MEM_A_MAX = (__SSI_MEM_A_MAX - 1)
};

enum {
	SSI_MEM_CMD_VERSION_GET = 1,
	SSI_MEM_CMD_NODE_NEW,
	SSI_MEM_CMD_NODE_DEL,
	SSI_MEM_CMD_NODE_DRAIN,
	SSI_MEM_CMD_PEER_FORGET,
	SSI_MEM_CMD_NODE_GET,
	SSI_MEM_CMD_LINK_SET,
	SSI_MEM_CMD_PEER_GET,
	SSI_MEM_CMD_REGION_NEW,
	SSI_MEM_CMD_REGION_DEL,
	SSI_MEM_CMD_REGION_EXTEND,
	SSI_MEM_CMD_REGION_GET,
	SSI_MEM_CMD_PAGE_GET,
	SSI_MEM_CMD_CHUNK_GET,
	SSI_MEM_CMD_HIST_GET,
	SSI_MEM_CMD_STATS_RESET,
	SSI_MEM_CMD_REGION_SET,
	SSI_MEM_CMD_MEMBERS_SET,
	SSI_MEM_CMD_EVENT,
	SSI_MEM_CMD_HOT_GET,

	__SSI_MEM_CMD_MAX,
	SSI_MEM_CMD_MAX = (__SSI_MEM_CMD_MAX - 1)
};

#define SSI_MEM_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_SSI_MEM_H */
