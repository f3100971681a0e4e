// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Members and homes. Homes are spread by rendezvous (highest random weight)
 * hashing, Thaler and Ravishankar 1998: a member that goes or comes moves
 * only the chunks that it loses or wins.
 */
#include "core/member.h"

/**
 * ssi_members_init() - list the members by slot
 * @members: to fill
 * @mask:    bit n: node n is a member
 *
 * Return: 0, or -E2BIG when there are more than SSI_SLOTS_MAX.
 */
int ssi_members_init(struct ssi_members *members, u64 mask)
{
	unsigned int id;

	if (hweight64(mask) > (int)SSI_SLOTS_MAX)
		return -E2BIG;
	members->mask = mask;
	members->count = 0;
	for (id = 0; id < SSI_NODES_MAX; id++) {
		if (mask >> id & 1)
			members->ids[members->count++] = (u8)id;
	}
	return 0;
}

/**
 * ssi_members_next() - who records what a home grants to itself
 * @members: of the region
 * @slot:    of the home
 *
 * Return: another slot, or the same where there is no other member.
 */
unsigned int ssi_members_next(const struct ssi_members *members,
			      unsigned int slot)
{
	return (slot + 1) % members->count;
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
static u64 mix(u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/**
 * ssi_members_home() - which node keeps the directory of a chunk
 * @members:	of the region, at least one
 * @region:	region id
 * @generation: of the region
 * @chunk:	chunk index
 *
 * Return: the slot of the home.
 */
unsigned int ssi_members_home(const struct ssi_members *members, u32 region,
			      u32 generation, u32 chunk)
{
	u64 key = mix((u64)region << 32 | chunk) + generation;
	u64 best = 0;
	unsigned int slot, home = 0;

	for (slot = 0; slot < members->count; slot++) {
		u64 weight = mix(key ^ mix(members->ids[slot] + 1ull));

		if (weight >= best) {
			best = weight;
			home = slot;
		}
	}
	return home;
}
