/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a home does about a page: the directory entry, the decision about a
 * request, and what the end of the transaction makes of the entry.
 *
 * Nodes are named here by slot: their rank among the region's members.
 */
#ifndef SSI_CORE_DIR_H
#define SSI_CORE_DIR_H

#include "core/wire.h"

/* Members of one region; the sharers fit into the entry. */
#define SSI_SLOTS_MAX 32u

/**
 * enum ssi_dir_state - what a home knows of a page; of two reports the greater holds
 * @SSI_DIR_NEW:   no node was ever granted this page
 * @SSI_DIR_KNOWN: while the directory is built: some node was granted it
 * @SSI_DIR_LOST:  the content was lost with a node; nobody owns the page
 * @SSI_DIR_OWNED: it has an owner
 */
enum ssi_dir_state {
	SSI_DIR_NEW,
	SSI_DIR_KNOWN,
	SSI_DIR_LOST,
	SSI_DIR_OWNED,
};

/**
 * struct ssi_dir - directory entry of a page at its home, 5 bytes
 * @sharers: bit n: slot n may hold a read copy, the owner's bit is not set
 * @owner:   slot of the owner, where there is one
 * @state:   enum ssi_dir_state
 * @busy:    a transaction is under way, requests queue
 */
struct ssi_dir {
	u32 sharers;
	u8 owner : 5;
	u8 state : 2;
	u8 busy : 1;
} __packed;

static inline bool ssi_dir_is_owned(const struct ssi_dir *dir)
{
	return dir->state == SSI_DIR_OWNED;
}

static inline bool ssi_dir_is_lost(const struct ssi_dir *dir)
{
	return dir->state == SSI_DIR_LOST;
}

/**
 * enum ssi_ask - what a request asks of the home
 * @SSI_ASK_READ:    a read copy
 * @SSI_ASK_WRITE:   ownership with data
 * @SSI_ASK_UPGRADE: ownership, the requester holds a copy
 * @SSI_ASK_EVICT:   ownership to the target
 * @SSI_ASK_MAX:     how many there are
 */
enum ssi_ask {
	SSI_ASK_READ,
	SSI_ASK_WRITE,
	SSI_ASK_UPGRADE,
	SSI_ASK_EVICT,
	SSI_ASK_MAX,
};

/**
 * struct ssi_plan - what the home does about a request
 * @reply:	message to the requester: SSI_MSG_RANGE, SSI_MSG_GRANT or 0
 * @grant:	enum ssi_grant, where @reply is SSI_MSG_GRANT
 * @forward:	message to the owner: SSI_MSG_FWD_* or 0
 * @ends:	the transaction is over with the reply; no DONE follows
 * @owner:	slot that @forward goes to
 * @acks:	INVALIDATED messages that the requester will get
 * @invalidate: slots that get INVALIDATE
 */
struct ssi_plan {
	u8 reply;
	u8 grant;
	u8 forward;
	bool ends;
	u8 owner;
	u8 acks;
	u32 invalidate;
};

/**
 * struct ssi_finding - what ssi_dir_settle() made of an entry
 * @adopt: slot @owner has a read copy, which must become the owned one
 * @owner: see @adopt
 */
struct ssi_finding {
	bool adopt;
	u8 owner;
};

void ssi_dir_report(struct ssi_dir *dir, unsigned int slot,
		    enum ssi_report report);
struct ssi_finding ssi_dir_settle(struct ssi_dir *dir);
struct ssi_plan ssi_dir_decide(const struct ssi_dir *dir, enum ssi_ask ask,
			       unsigned int slot);
bool ssi_dir_is_local(const struct ssi_plan *plan, unsigned int home,
		      unsigned int slot);
bool ssi_dir_finish(struct ssi_dir *dir, enum ssi_ask ask, unsigned int slot,
		    enum ssi_perm perm);

#endif /* SSI_CORE_DIR_H */
