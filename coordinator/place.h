/* SPDX-License-Identifier: Apache-2.0 */
/* Placement: how much of a region stands on which node. */
#ifndef SSI_COORD_PLACE_H
#define SSI_COORD_PLACE_H

#include "cluster.h"

#define SSI_PLACE_PAGE 4096

/**
 * ssi_place_free - what is left of a node's share
 * @c: the cluster
 * @node: the node
 *
 * Return: bytes.
 */
uint64_t ssi_place_free(const struct ssi_cluster *c, const struct ssi_node *node);

/**
 * ssi_place_spread - spread bytes over nodes, as evenly as their room lets it be
 * @c: the cluster
 * @places: whose @count and nodes are given; bytes are added, whole pages each
 * @bytes: how many
 *
 * Return: bytes for which no room is left.
 */
uint64_t ssi_place_spread(const struct ssi_cluster *c, struct ssi_places *places, uint64_t bytes);

/**
 * ssi_place_choose - choose nodes for a region
 * @c: the cluster
 * @count: how many; 0 for all that have room
 * @places: filled with the nodes, without bytes: those with the most room
 */
void ssi_place_choose(const struct ssi_cluster *c, uint32_t count, struct ssi_places *places);

/**
 * ssi_place_sort - bring places into the order of ids
 * @places: the places
 */
void ssi_place_sort(struct ssi_places *places);

#endif /* SSI_COORD_PLACE_H */
