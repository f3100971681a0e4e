// SPDX-License-Identifier: Apache-2.0
#include "nodes.h"

#include <errno.h>
#include <stdlib.h>

static int collect(const struct ssi_nl_node *node, void *arg)
{
	struct ssi_nodes *nodes = arg;
	struct ssi_nl_node *more = reallocarray(nodes->node, nodes->count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	nodes->node = more;
	nodes->node[nodes->count++] = *node;
	return 0;
}

int ssi_nodes_read(struct ssi_nl *nl, const char *name, struct ssi_nodes *nodes)
{
	*nodes = (struct ssi_nodes){ 0 };
	return ssi_nl_node_each(nl, name, collect, nodes);
}

const char *ssi_link_state_name(uint32_t state)
{
	switch (state) {
	case SSI_MEM_LINK_STATE_UP:
		return "up";
	case SSI_MEM_LINK_STATE_RESUMING:
		return "resuming";
	default:
		return "down";
	}
}
