// SPDX-License-Identifier: Apache-2.0
#include "sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hist.h"
#include "nodes.h"

static int add_hist(const struct ssi_nl_hist *hist, void *arg)
{
	struct ssi_sample_node *node = arg;
	unsigned int b;

	for (b = 0; ssi_hist_is_remote(hist) && b < SSI_MEM_HIST_BUCKETS; b++)
		node->remote[b] += hist->bucket[b];
	return 0;
}

static int add_peer(const struct ssi_nl_peer *peer, void *arg)
{
	struct ssi_sample_node *node = arg;
	struct ssi_nl_peer *more = reallocarray(node->peers, node->peer_count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	node->peers = more;
	node->peers[node->peer_count++] = *peer;
	return 0;
}

static int add_region(const struct ssi_nl_region *region, void *arg)
{
	struct ssi_sample *s = arg;
	struct ssi_nl_region *more = reallocarray(s->regions, s->region_count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->regions = more;
	s->regions[s->region_count++] = *region;
	return 0;
}

static int take_node(struct ssi_nl *nl, const struct ssi_nl_node *node, struct ssi_sample *s)
{
	struct ssi_sample_node *to = &s->nodes[s->node_count++];
	int rc;

	to->node = *node;
	rc = ssi_nl_hist_each(nl, node->name, add_hist, to);
	if (rc == 0)
		rc = ssi_nl_peer_each(nl, node->name, add_peer, to);
	if (rc == 0)
		rc = ssi_nl_region_each(nl, node->name, add_region, s);
	return rc;
}

int ssi_sample_take(struct ssi_nl *nl, const char *name, struct ssi_sample *sample)
{
	struct ssi_nodes nodes;
	struct timespec now;
	unsigned int i;
	int rc = ssi_nodes_read(nl, name, &nodes);

	*sample = (struct ssi_sample){ 0 };
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	sample->nodes = calloc(nodes.count + 1, sizeof(*sample->nodes));
	if (!sample->nodes)
		rc = -ENOMEM;
	for (i = 0; i < nodes.count && rc == 0; i++) {
		rc = take_node(nl, &nodes.node[i], sample);
		/* It left in between. */
		if (rc == -ENODEV)
			rc = 0;
	}
	free(nodes.node);
	return rc;
}

void ssi_sample_free(struct ssi_sample *sample)
{
	unsigned int i;

	for (i = 0; i < sample->node_count; i++)
		free(sample->nodes[i].peers);
	free(sample->nodes);
	free(sample->regions);
	*sample = (struct ssi_sample){ 0 };
}

const struct ssi_sample_node *ssi_sample_find_node(const struct ssi_sample *sample,
						   const struct ssi_nl_node *node)
{
	unsigned int i;

	for (i = 0; i < sample->node_count; i++) {
		if (!memcmp(sample->nodes[i].node.incarnation, node->incarnation,
			    sizeof(node->incarnation)))
			return &sample->nodes[i];
	}
	return NULL;
}

const struct ssi_nl_peer *ssi_sample_find_peer(const struct ssi_sample_node *node,
					       const struct ssi_nl_peer *peer)
{
	unsigned int i;

	for (i = 0; i < node->peer_count; i++) {
		if (!memcmp(node->peers[i].incarnation, peer->incarnation,
			    sizeof(peer->incarnation)))
			return &node->peers[i];
	}
	return NULL;
}

const struct ssi_nl_region *ssi_sample_find_region(const struct ssi_sample *sample,
						   const struct ssi_nl_region *region)
{
	unsigned int i;

	for (i = 0; i < sample->region_count; i++) {
		const struct ssi_nl_region *at = &sample->regions[i];

		if (at->id == region->id && !strcmp(at->node, region->node) &&
		    !strcmp(at->name, region->name))
			return at;
	}
	return NULL;
}
