/* SPDX-License-Identifier: Apache-2.0 */
/* What several commands do with nodes and their links. */
#ifndef SSICTL_NODES_H
#define SSICTL_NODES_H

#include "nl.h"

/**
 * struct ssi_nodes - nodes of this kernel, read at once: a connection has one dump at a time
 * @node: the nodes; to be freed
 * @count: how many
 */
struct ssi_nodes {
	struct ssi_nl_node *node;
	unsigned int count;
};

/**
 * ssi_nodes_read - read a node or all of them
 * @nl: connection
 * @name: of the node; NULL for all
 * @nodes: filled in; free @nodes->node, also after a failure
 *
 * Return: 0 or a negative errno.
 */
int ssi_nodes_read(struct ssi_nl *nl, const char *name, struct ssi_nodes *nodes);

/**
 * ssi_link_state_name - the word for the state of a link's channel
 * @state: enum ssi_mem_link_state
 *
 * Return: up, resuming or down.
 */
const char *ssi_link_state_name(uint32_t state);

#endif /* SSICTL_NODES_H */
