/* SPDX-License-Identifier: Apache-2.0 */
/* What an agent tells a coordinator of its node, as the kernel has it. */
#ifndef SSICTL_PUBLISH_H
#define SSICTL_PUBLISH_H

#include <jansson.h>

#include "lease.h"

/**
 * ssi_publish_stats - numbers of a node
 * @node: as the kernel has it
 *
 * Return: an object: counters by the names that ssictl stats -j has, and memory
 * in bytes under names that end in _bytes; NULL without memory.
 */
json_t *ssi_publish_stats(const struct ssi_nl_node *node);

/**
 * ssi_publish_page - answer a question about a page
 * @nl: connection for requests
 * @node: name of the local node
 * @question: what is asked
 *
 * The owner is told by the page's home, or by the owner itself.
 *
 * Return: an object with the question's id, and home, owner, sharers and state, or
 * an error; NULL without memory.
 */
json_t *ssi_publish_page(struct ssi_nl *nl, const char *node, const struct ssi_question *question);

#endif /* SSICTL_PUBLISH_H */
