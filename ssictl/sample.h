/* SPDX-License-Identifier: Apache-2.0 */
/* All that top shows, at one moment; two moments give rates. */
#ifndef SSICTL_SAMPLE_H
#define SSICTL_SAMPLE_H

#include "nl.h"

/**
 * struct ssi_sample_node - a node at one moment
 * @node: with its counters
 * @remote: how long remote faults took, by bucket
 * @peers: its peers
 * @peer_count: of @peers
 */
struct ssi_sample_node {
	struct ssi_nl_node node;
	uint64_t remote[SSI_MEM_HIST_BUCKETS];
	struct ssi_nl_peer *peers;
	unsigned int peer_count;
};

/**
 * struct ssi_sample - all nodes and regions at one moment
 * @ns: the moment, CLOCK_MONOTONIC
 * @nodes: the nodes
 * @node_count: of @nodes
 * @regions: the regions of all nodes
 * @region_count: of @regions
 */
struct ssi_sample {
	uint64_t ns;
	struct ssi_sample_node *nodes;
	unsigned int node_count;
	struct ssi_nl_region *regions;
	unsigned int region_count;
};

/**
 * ssi_sample_take - read everything
 * @nl: connection
 * @name: of the node; NULL for all
 * @sample: filled in; give it to ssi_sample_free() also after a failure
 *
 * Return: 0 or a negative errno.
 */
int ssi_sample_take(struct ssi_nl *nl, const char *name, struct ssi_sample *sample);

/**
 * ssi_sample_free - free what a sample holds
 * @sample: the sample; zeroes are one without anything
 */
void ssi_sample_free(struct ssi_sample *sample);

/**
 * ssi_sample_find_node - the same life of a node in another sample
 * @sample: where to look
 * @node: the node
 *
 * Return: the node, or NULL if it was not there.
 */
const struct ssi_sample_node *ssi_sample_find_node(const struct ssi_sample *sample,
						   const struct ssi_nl_node *node);

/**
 * ssi_sample_find_peer - the same life of a peer in another sample of its node
 * @node: in that sample
 * @peer: the peer
 *
 * Return: the peer, or NULL if it was not there.
 */
const struct ssi_nl_peer *ssi_sample_find_peer(const struct ssi_sample_node *node,
					       const struct ssi_nl_peer *peer);

/**
 * ssi_sample_find_region - a region in another sample
 * @sample: where to look
 * @region: the region, on its node
 *
 * Return: the region, or NULL if it was not there.
 */
const struct ssi_nl_region *ssi_sample_find_region(const struct ssi_sample *sample,
						   const struct ssi_nl_region *region);

#endif /* SSICTL_SAMPLE_H */
