/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The messages between nodes: one 64-byte header for all, and behind it, for
 * some types, a body. docs/protocol.md tells what each is for.
 */
#ifndef SSI_CORE_WIRE_H
#define SSI_CORE_WIRE_H

#include "kern.h"

#define SSI_WIRE_MAGIC	  0x5353
#define SSI_WIRE_PROTOCOL 7

#define SSI_PAGE_SIZE	  4096u
#define SSI_CHUNK_PAGES	  512u
#define SSI_NODES_MAX	  64u
#define SSI_WIRE_BODY_MAX 128u

/* More pages than a node can have: 64 TiB. Sums over all nodes fit in a u64. */
#define SSI_SHARE_PAGES_MAX 0x400000000ull
/* Whole chunks, so that rounding up does not wrap. */
#define SSI_REGION_PAGES_MAX 0xfffffe00u

/**
 * enum ssi_msg_type - message types
 * @SSI_MSG_HELLO:	  first on every socket: who speaks, and its position
 * @SSI_MSG_ACK:	  acknowledgment alone
 * @SSI_MSG_GET_READ:	  requester to home: a read copy, please
 * @SSI_MSG_GET_WRITE:	  requester to home: ownership, please
 * @SSI_MSG_EVICT:	  owner to home: let node @arg own this page
 * @SSI_MSG_FWD_READ:	  home to owner: give the requester a read copy
 * @SSI_MSG_FWD_WRITE:	  home to owner: give the requester the page
 * @SSI_MSG_FWD_EVICT:	  home to owner: your eviction may go ahead
 * @SSI_MSG_INVALIDATE:	  home to sharer: drop the copy, tell the requester
 * @SSI_MSG_DATA:	  owner to requester: the page, or a word for zeroes
 * @SSI_MSG_GRANT:	  home to requester: an answer without data
 * @SSI_MSG_RANGE:	  home to requester: these untouched pages are yours
 * @SSI_MSG_INVALIDATED:  sharer to requester: my copy is gone
 * @SSI_MSG_DONE:	  requester to home: the transaction has ended
 * @SSI_MSG_RESERVE:	  evictor to target: room for @arg pages, please
 * @SSI_MSG_ROOM:	  target to evictor: room for @arg pages is yours
 * @SSI_MSG_REGION_NEW:	  authority to member: a region begins
 * @SSI_MSG_REGION_DEL:	  authority to member: a region ends, phase @arg
 * @SSI_MSG_REGION_REPLY: member to authority: result @arg
 * @SSI_MSG_LEAVE:	  this node leaves the cluster
 * @SSI_MSG_RECORD:	  home to the next node: these pages were granted
 * @SSI_MSG_CHANGE:	  leader to member: step @arg of a change of members
 * @SSI_MSG_REPORT:	  member to home: pages that I hold, kind @arg
 * @SSI_MSG_ADOPT:	  home to sharer: your copy is the owned one now
 * @SSI_MSG_FORGET:	  leader to peer: node @arg is dead
 * @SSI_MSG_GET_AHEAD:	  requester to home: copies of these, if that is easy
 * @SSI_MSG_FWD_AHEAD:	  home to owner: give the requester what you can spare
 * @SSI_MSG_AHEAD:	  owner to requester: these come, no others
 * @SSI_MSG_DONE_AHEAD:	  requester to home: these I hold now
 * @SSI_MSG_MAX:	  one more than the last
 *
 * The first two belong to the session and carry no sequence number.
 */
enum ssi_msg_type {
	SSI_MSG_HELLO = 1,
	SSI_MSG_ACK,
	SSI_MSG_GET_READ,
	SSI_MSG_GET_WRITE,
	SSI_MSG_EVICT,
	SSI_MSG_FWD_READ,
	SSI_MSG_FWD_WRITE,
	SSI_MSG_FWD_EVICT,
	SSI_MSG_INVALIDATE,
	SSI_MSG_DATA,
	SSI_MSG_GRANT,
	SSI_MSG_RANGE,
	SSI_MSG_INVALIDATED,
	SSI_MSG_DONE,
	SSI_MSG_RESERVE,
	SSI_MSG_ROOM,
	SSI_MSG_REGION_NEW,
	SSI_MSG_REGION_DEL,
	SSI_MSG_REGION_REPLY,
	SSI_MSG_LEAVE,
	SSI_MSG_RECORD,
	SSI_MSG_CHANGE,
	SSI_MSG_REPORT,
	SSI_MSG_ADOPT,
	SSI_MSG_FORGET,
	SSI_MSG_GET_AHEAD,
	SSI_MSG_FWD_AHEAD,
	SSI_MSG_AHEAD,
	SSI_MSG_DONE_AHEAD,
	SSI_MSG_MAX,
};

/**
 * enum ssi_msg_class - what a message may wait for
 * @SSI_CLASS_SESSION: below the protocol
 * @SSI_CLASS_REQUEST: needs a credit of the receiver
 * @SSI_CLASS_FORWARD: caused by a request, always accepted
 * @SSI_CLASS_REPLY:   ends something, always accepted
 * @SSI_CLASS_MANAGE:  one at a time per node, always accepted
 *
 * A class never waits for a lower one, so nothing deadlocks.
 */
enum ssi_msg_class {
	SSI_CLASS_SESSION,
	SSI_CLASS_REQUEST,
	SSI_CLASS_FORWARD,
	SSI_CLASS_REPLY,
	SSI_CLASS_MANAGE,
};

/* Flags of a header; each is legal with the types named behind it. */
#define SSI_MF_HAVE_COPY 0x01 /* GET_WRITE: the requester holds a copy */
#define SSI_MF_ZERO	 0x02 /* DATA: nobody has written the page, no body */
#define SSI_MF_EVICT	 0x04 /* DATA: unasked, the sender evicts the page */
#define SSI_MF_RETURN	 0x08 /* RESERVE: @arg pages of room are given back */
#define SSI_MF_JOINING	 0x10 /* REGION_NEW: it exists, you will be a member */
#define SSI_MF_ENDS	 0x10 /* DATA, GRANT of the home: it owes no DONE */
#define SSI_MF_LOSSY	 0x20 /* CHANGE: who leaves may own pages: they are lost */
#define SSI_MF_OWN	 0x01 /* GET_AHEAD, FWD_AHEAD: to write, or not at all */
#define SSI_MF_BLANK	 0x40 /* DATA: the body would be zeroes, and is left out */
#define SSI_MF_AHEAD	 0x80 /* DATA: one of several that were asked for ahead */

/**
 * enum ssi_grant - @arg of a GRANT
 * @SSI_GRANT_KEEP:    the home has you as the owner already
 * @SSI_GRANT_UPGRADE: your copy becomes the owned one after @acks
 * @SSI_GRANT_GONE:    eviction refused: you are not the owner any more
 * @SSI_GRANT_RETRY:   the request could not be served now, ask again
 * @SSI_GRANT_LOST:    nobody has the content any more
 * @SSI_GRANT_MAX:     how many there are
 */
enum ssi_grant {
	SSI_GRANT_KEEP,
	SSI_GRANT_UPGRADE,
	SSI_GRANT_GONE,
	SSI_GRANT_RETRY,
	SSI_GRANT_LOST,
	SSI_GRANT_MAX,
};

/**
 * enum ssi_perm - permission that a page arrives with; @arg of DATA and DONE
 * @SSI_PERM_NONE:   DATA: the owner could not give it (pinned); DONE: no change
 * @SSI_PERM_SHARED: read copy
 * @SSI_PERM_OWNED:  owner, other nodes may hold read copies
 * @SSI_PERM_SOLE:   owner, nobody else holds a copy
 * @SSI_PERM_MAX:    how many there are
 */
enum ssi_perm {
	SSI_PERM_NONE,
	SSI_PERM_SHARED,
	SSI_PERM_OWNED,
	SSI_PERM_SOLE,
	SSI_PERM_MAX,
};

/**
 * enum ssi_region_phase - @arg of REGION_DEL
 * @SSI_REGION_CLOSE:  refuse new users, let transactions end, then reply
 * @SSI_REGION_REOPEN: the deletion was given up
 * @SSI_REGION_FREE:   free everything
 * @SSI_REGION_PHASE_MAX: how many there are
 */
enum ssi_region_phase {
	SSI_REGION_CLOSE,
	SSI_REGION_REOPEN,
	SSI_REGION_FREE,
	SSI_REGION_PHASE_MAX,
};

/**
 * enum ssi_change_step - @arg of CHANGE; docs/protocol.md tells why so many
 * @SSI_CHANGE_FREEZE: begin no more requests
 * @SSI_CHANGE_SETTLE: as a home, refuse what has not begun; send what is due
 * @SSI_CHANGE_DRAIN:  send what the others' homes have asked for
 * @SSI_CHANGE_REPORT: nothing more arrives: end requests, tell what you hold
 * @SSI_CHANGE_BUILD:  all have told: make the directories
 * @SSI_CHANGE_ADOPT:  carry out what the new homes have asked for
 * @SSI_CHANGE_COMMIT: the new members count, go on
 * @SSI_CHANGE_ABORT:  the former members count, go on
 * @SSI_CHANGE_MAX:    how many there are
 */
enum ssi_change_step {
	SSI_CHANGE_FREEZE,
	SSI_CHANGE_SETTLE,
	SSI_CHANGE_DRAIN,
	SSI_CHANGE_REPORT,
	SSI_CHANGE_BUILD,
	SSI_CHANGE_ADOPT,
	SSI_CHANGE_COMMIT,
	SSI_CHANGE_ABORT,
	SSI_CHANGE_MAX,
};

/**
 * enum ssi_report - @arg of REPORT: what is true of the pages in its map
 * @SSI_REPORT_OWNED:	 the sender owns them
 * @SSI_REPORT_SHARED:	 the sender holds read copies
 * @SSI_REPORT_KNOWN:	 the sender knows that they were granted once
 * @SSI_REPORT_LOST:	 the sender knows that their content is lost
 * @SSI_REPORT_RELEASED: the sender leaves, and never touched them: the home
 *			 owns them from now on
 * @SSI_REPORT_MAX:	 how many there are
 */
enum ssi_report {
	SSI_REPORT_OWNED,
	SSI_REPORT_SHARED,
	SSI_REPORT_KNOWN,
	SSI_REPORT_LOST,
	SSI_REPORT_RELEASED,
	SSI_REPORT_MAX,
};

/**
 * struct ssi_wire_hdr - header of every message, little endian
 * @magic:	 SSI_WIRE_MAGIC
 * @type:	 enum ssi_msg_type
 * @flags:	 SSI_MF_*
 * @from:	 id of the sending node
 * @requester:	 id of the node that the transaction serves
 * @acks:	 DATA, GRANT, FWD: INVALIDATED messages the requester gets
 * @seq:	 position of this message in its channel, from 1
 * @ack:	 next position expected from the receiver
 * @epoch:	 of the region: counts the changes of its members
 * @region:	 region id, 0 where none
 * @generation:	 generation of the region
 * @page:	 page index within the region
 * @txn:	 transaction: chosen by the requester, echoed by all
 * @version:	 of the page's ownership, 0 in this protocol version
 * @map_version: of the chunk's home, 0 in this protocol version
 * @credit:	 requests of the receiver ended here so far, cumulative
 * @room:	 pages of free room at the sender, a hint
 * @length:	 bytes of body behind the header
 * @arg:	 see the type
 * @reserved:	 zero
 */
struct ssi_wire_hdr {
	__le16 magic;
	u8 type;
	u8 flags;
	u8 from;
	u8 requester;
	__le16 acks;
	__le32 seq;
	__le32 ack;
	__le32 epoch;
	__le32 region;
	__le32 generation;
	__le32 page;
	__le64 txn;
	__le16 version;
	__le16 map_version;
	__le32 credit;
	__le32 room;
	__le32 length;
	__le32 arg;
	__le32 reserved;
};

/**
 * struct ssi_wire_hello - body of HELLO
 * @incarnation: of the sender's life, random
 * @protocol:	 SSI_WIRE_PROTOCOL
 * @page_size:	 bytes of a page
 * @chunk_pages: pages of a chunk
 * @channel:	 which of the two sockets this is
 * @share:	 pages that the sender gives to regions
 * @reserve:	 pages beyond for transit
 */
struct ssi_wire_hello {
	u8 incarnation[16];
	__le32 protocol;
	__le32 page_size;
	__le32 chunk_pages;
	__le32 channel;
	__le64 share;
	__le64 reserve;
};

/**
 * struct ssi_wire_region - body of REGION_NEW
 * @name:      zero terminated
 * @pages:     size in pages
 * @members:   bit n: node n is a member
 * @authority: id of the creating node
 * @uid:       who owns it, the same number on all members
 * @gid:       his group
 * @mode:      who may open it: permission bits
 */
struct ssi_wire_region {
	char name[32];
	__le64 pages;
	__le64 members;
	__le32 authority;
	__le32 uid;
	__le32 gid;
	__le32 mode;
};

/**
 * struct ssi_wire_range - body of RANGE
 * @map: bit n, little endian: page n of the chunk is granted
 */
struct ssi_wire_range {
	__le64 map[SSI_CHUNK_PAGES / 64];
};

/* Pages that are asked for ahead at a time. */
#define SSI_AHEAD_MAX 64u

/**
 * struct ssi_wire_ahead - body of GET_AHEAD, FWD_AHEAD, AHEAD and DONE_AHEAD
 * @pages:    bit n: page n of them: wanted, given, or held
 * @sole:     of these, given or held with ownership; others as read copies
 * @blank:    of these, without content: all zeroes; AHEAD alone
 * @stride:   signed: page n has the index header's page + n * @stride
 * @reserved: zero
 *
 * All are of one chunk, the one of the header's page.
 */
struct ssi_wire_ahead {
	__le64 pages;
	__le64 sole;
	__le64 blank;
	__le32 stride;
	__le32 reserved;
};

/**
 * struct ssi_wire_change - body of CHANGE; the header's epoch is the new one
 * @members:   bit n: node n is a member afterwards
 * @dead:      bit n: node n was a member and is dead
 * @leaving:   bit n: node n is a member, and none afterwards
 * @authority: id of the node that may delete the region afterwards
 * @reserved:  zero
 */
struct ssi_wire_change {
	__le64 members;
	__le64 dead;
	__le64 leaving;
	__le32 authority;
	__le32 reserved;
};

/**
 * enum ssi_wire_error - what is wrong with a header
 * @SSI_WIRE_OK:	 nothing
 * @SSI_WIRE_EMAGIC:	 not a message of this protocol
 * @SSI_WIRE_ETYPE:	 unknown type
 * @SSI_WIRE_EFLAGS:	 a flag that the type does not have
 * @SSI_WIRE_ELENGTH:	 body length not that of the type
 * @SSI_WIRE_ENODE:	 node id out of range
 * @SSI_WIRE_EARG:	 argument out of range
 * @SSI_WIRE_ERESERVED: reserved bytes in use
 * @SSI_WIRE_ERROR_MAX: how many there are
 */
enum ssi_wire_error {
	SSI_WIRE_OK,
	SSI_WIRE_EMAGIC,
	SSI_WIRE_ETYPE,
	SSI_WIRE_EFLAGS,
	SSI_WIRE_ELENGTH,
	SSI_WIRE_ENODE,
	SSI_WIRE_EARG,
	SSI_WIRE_ERESERVED,
	SSI_WIRE_ERROR_MAX,
};

/**
 * struct ssi_msg_kind - what all messages of a type have in common
 * @name:    for people; NULL where there is no such type
 * @class:   enum ssi_msg_class
 * @flags:   those that it may have
 * @length:  bytes of its body
 * @arg_max: the largest argument that is legal
 */
struct ssi_msg_kind {
	const char *name;
	u8 class;
	u8 flags;
	u32 length;
	u32 arg_max;
};

extern const struct ssi_msg_kind ssi_msg_kinds[SSI_MSG_MAX];

/**
 * ssi_msg_class() - the class of a message type
 * @type: enum ssi_msg_type, known
 *
 * Return: what the message may wait for.
 */
static inline enum ssi_msg_class ssi_msg_class(u8 type)
{
	return (enum ssi_msg_class)ssi_msg_kinds[type].class;
}

/**
 * ssi_msg_is_bulk() - which channel does a message take?
 * @hdr: type and flags are filled in
 *
 * Return: true for the data channel: pages that no thread waits for, and what goes
 * along with them.
 */
static inline bool ssi_msg_is_bulk(const struct ssi_wire_hdr *hdr)
{
	return hdr->type == SSI_MSG_AHEAD ||
	       (hdr->type == SSI_MSG_DATA &&
		hdr->flags & (SSI_MF_EVICT | SSI_MF_AHEAD));
}

const char *ssi_msg_name(u8 type);
enum ssi_wire_error ssi_wire_check(const struct ssi_wire_hdr *hdr);
const char *ssi_wire_error_name(enum ssi_wire_error error);
const char *ssi_wire_hello_check(const struct ssi_wire_hello *hello,
				 u32 channel);
bool ssi_wire_name_check(const char *name);
bool ssi_wire_region_check(const struct ssi_wire_region *body);
bool ssi_wire_change_check(const struct ssi_wire_change *body);
bool ssi_wire_ahead_check(const struct ssi_wire_hdr *hdr,
			  const struct ssi_wire_ahead *body);
int ssi_wire_ahead_find(const struct ssi_wire_ahead *body, u32 first, u32 page);

static inline u32 ssi_wire_ahead_page(const struct ssi_wire_ahead *body,
				      u32 first, unsigned int n)
{
	return first + n * le32_to_cpu(body->stride);
}

static inline bool ssi_wire_range_has(const struct ssi_wire_range *range, u32 i)
{
	return le64_to_cpu(range->map[i / 64]) >> (i % 64) & 1;
}

static inline void ssi_wire_range_add(struct ssi_wire_range *range, u32 i)
{
	range->map[i / 64] |= cpu_to_le64(1ull << (i % 64));
}

/**
 * ssi_seq_before() - compare two positions of a channel that may have wrapped
 * @a: first
 * @b: second
 *
 * Return: true when @a comes before @b.
 */
static inline bool ssi_seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

#endif /* SSI_CORE_WIRE_H */
