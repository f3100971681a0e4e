// SPDX-License-Identifier: Apache-2.0
#include "place.h"

#include <stdlib.h>

/**
 * struct room - a node that may get something
 * @at: its index
 * @bytes: whole pages of its share that are free
 */
struct room {
	uint32_t at;
	uint64_t bytes;
};

uint64_t ssi_place_free(const struct ssi_cluster *c, const struct ssi_node *node)
{
	uint64_t used = 0;
	unsigned int i;

	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		const struct ssi_place *place =
			c->region[i] ? ssi_region_place(c->region[i], node->id) : NULL;

		used += place ? place->bytes : 0;
	}
	return used < node->share ? node->share - used : 0;
}

static int less_room_first(const void *a, const void *b)
{
	const struct room *one = a, *other = b;

	if (one->bytes != other->bytes)
		return one->bytes < other->bytes ? -1 : 1;
	return one->at < other->at ? -1 : 1;
}

/* Of equal ones the lower id comes first. */
static int more_room_first(const void *a, const void *b)
{
	const struct room *one = a, *other = b;

	if (one->bytes != other->bytes)
		return one->bytes > other->bytes ? -1 : 1;
	return one->at < other->at ? -1 : 1;
}

uint64_t ssi_place_spread(const struct ssi_cluster *c, struct ssi_places *places, uint64_t bytes)
{
	struct room rooms[SSI_PLACES_MAX] = { { 0, 0 } };
	uint64_t pages = bytes / SSI_PLACE_PAGE;
	uint32_t i;

	for (i = 0; i < places->count; i++) {
		const struct ssi_node *node = ssi_cluster_node(c, places->at[i].node);

		rooms[i].at = i;
		/* Who is dead or leaves gets nothing more. */
		rooms[i].bytes =
			node && node->state == SSI_NODE_UP ? ssi_place_free(c, node) : 0;
	}
	qsort(rooms, places->count, sizeof(*rooms), less_room_first);
	/* Who has too little room for an even part comes first, and leaves the rest to others. */
	for (i = 0; i < places->count; i++) {
		uint32_t left = places->count - i;
		uint64_t part = (pages + left - 1) / left;

		if (part > rooms[i].bytes / SSI_PLACE_PAGE)
			part = rooms[i].bytes / SSI_PLACE_PAGE;
		places->at[rooms[i].at].bytes += part * SSI_PLACE_PAGE;
		pages -= part;
	}
	return pages * SSI_PLACE_PAGE;
}

void ssi_place_choose(const struct ssi_cluster *c, uint32_t count, struct ssi_places *places)
{
	struct room rooms[SSI_CLUSTER_NODES];
	uint32_t i, found = 0;

	for (i = 0; i < SSI_CLUSTER_NODES; i++) {
		const struct ssi_node *node = c->node[i];

		if (!node || node->state != SSI_NODE_UP)
			continue;
		rooms[found].at = i;
		rooms[found].bytes = ssi_place_free(c, node);
		found += rooms[found].bytes >= SSI_PLACE_PAGE;
	}
	qsort(rooms, found, sizeof(*rooms), more_room_first);
	if (!count || count > SSI_PLACES_MAX)
		count = SSI_PLACES_MAX;
	places->count = found < count ? found : count;
	for (i = 0; i < places->count; i++)
		places->at[i] = (struct ssi_place){ .node = rooms[i].at };
	ssi_place_sort(places);
}

static int by_node(const void *a, const void *b)
{
	const struct ssi_place *one = a, *other = b;

	return one->node < other->node ? -1 : one->node > other->node;
}

void ssi_place_sort(struct ssi_places *places)
{
	qsort(places->at, places->count, sizeof(*places->at), by_node);
}
