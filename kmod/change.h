/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A change of a region's members while it is in use: a node comes, leaves, or
 * is dead. docs/protocol.md, "A change of members", tells the steps.
 */
#ifndef SSI_CHANGE_H
#define SSI_CHANGE_H

#include <linux/mutex.h>
#include "core/wire.h"

struct ssi_job;
struct ssi_map;
struct ssi_refusal;
struct ssi_region;

/**
 * struct ssi_change - the change of members that a region knows of
 * @lock:   one step at a time
 * @epoch:  of the latest change
 * @aborted: latest epoch that another than @leader took back meanwhile
 * @leader: id of the node that leads it
 * @step:   the last that was done here
 * @taking: reports are taken
 * @body:   what it is about
 * @map:    members and homes afterwards
 */
struct ssi_change {
	struct mutex lock;
	u32 epoch;
	u32 aborted;
	u8 leader;
	enum ssi_change_step step;
	bool taking;
	struct ssi_wire_change body;
	struct ssi_map *map;
};

/**
 * struct ssi_change_plan - a change to be led by this node
 * @members:   bit n: node n is a member afterwards
 * @dead:      bit n: node n was a member and is dead
 * @leaving:   bit n: node n is a member, and none afterwards
 * @authority: id of the node that may delete the region afterwards
 * @lossy:     nodes may leave though they own pages; those are lost
 */
struct ssi_change_plan {
	u64 members;
	u64 dead;
	u64 leaving;
	u32 authority;
	bool lossy;
};

void ssi_change_init(struct ssi_change *change);
int ssi_change_lead(struct ssi_region *region,
		    const struct ssi_change_plan *plan, unsigned long end,
		    u64 *lost, struct ssi_refusal *why);
void ssi_change_abandon(struct ssi_region *region);
void ssi_change_job(struct ssi_job *job);
void ssi_change_report(struct ssi_job *job);
unsigned int ssi_change_home_id(struct ssi_region *region, u32 index);

#endif /* SSI_CHANGE_H */
