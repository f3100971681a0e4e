/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Who the members of a region are, and which of them is the home of a chunk.
 */
#ifndef SSI_CORE_MEMBER_H
#define SSI_CORE_MEMBER_H

#include "core/dir.h"

/**
 * struct ssi_members - the nodes of a region
 * @mask:  bit n: node n is a member
 * @count: how many
 * @ids:   node id by slot
 */
struct ssi_members {
	u64 mask;
	u32 count;
	u8 ids[SSI_SLOTS_MAX];
};

int ssi_members_init(struct ssi_members *members, u64 mask);
unsigned int ssi_members_next(const struct ssi_members *members,
			      unsigned int slot);
unsigned int ssi_members_home(const struct ssi_members *members, u32 region,
			      u32 generation, u32 chunk);

/**
 * ssi_members_slot() - the slot of a node
 * @members: of the region
 * @id:	     node id
 *
 * Return: the slot, or -ENOENT when the node is not a member.
 */
static inline int ssi_members_slot(const struct ssi_members *members,
				   unsigned int id)
{
	if (id >= SSI_NODES_MAX || !(members->mask >> id & 1))
		return -ENOENT;
	return (int)hweight64(members->mask & ((1ull << id) - 1));
}

#endif /* SSI_CORE_MEMBER_H */
