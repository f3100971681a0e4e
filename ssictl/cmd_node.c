// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "nodes.h"
#include "out.h"
#include "table.h"

static const struct ssi_hint drain_hints[] = {
	{ EBUSY, "ssictl region list shows the regions, and how many programs have each open" },
	{ 0, NULL },
};

static const struct ssi_hint forget_hints[] = {
	{ EISCONN, "a dead machine is noticed after 10 s; one that lives can leave" },
	{ ENOTCONN, "a member that is dead as well is to be forgotten too: ssictl status" },
	{ ETIMEDOUT, "ssictl status shows the links; a longer --timeout may help" },
	{ 0, NULL },
};

int ssi_cmd_node_drain(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("node drain", &nl);

	if (rc)
		return rc;
	rc = ssi_nl_node_drain(nl, args->node, args->stop);
	if (rc)
		rc = ssi_cmd_fail("node drain", nl, rc, drain_hints);
	ssi_nl_close(nl);
	return rc;
}

static int forget(struct ssi_nl *nl, const struct ssi_args *args)
{
	uint64_t lost = 0;
	int rc = ssi_nl_peer_forget(nl, args->node, args->id, args->timeout_ms, &lost);

	if (rc)
		return ssi_cmd_fail("node forget", nl, rc, forget_hints);
	printf("node %" PRIu32 " is forgotten, %" PRIu64 " pages are lost\n", args->id,
	       lost);
	return SSI_EXIT_OK;
}

int ssi_cmd_node_forget(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc;

	if (!args->force) {
		fprintf(stderr,
			"ssictl: node forget: what only node %" PRIu32 " has will be lost: "
			"say so with --force\n",
			args->id);
		return SSI_EXIT_USAGE;
	}
	rc = ssi_cmd_open("node forget", &nl);
	if (rc)
		return rc;
	rc = forget(nl, args);
	ssi_nl_close(nl);
	return rc;
}

/* ---- list ---- */

static const struct ssi_column list_columns[] = {
	{ "id", -4 }, { "link", -10 }, { "transport", -10 }, { "share", 12 }, { "reserve", 12 },
	{ NULL, 0 },
};

/**
 * struct list - a list under way
 * @out: the printer
 * @table: of a node
 * @nl: connection
 * @nodes: all nodes here, read before their peers: one dump at a time
 */
struct list {
	struct ssi_out out;
	struct ssi_table table;
	struct ssi_nl *nl;
	struct ssi_nodes nodes;
};

/* A link is as good as the worse of its two channels. */
static int print_peer(const struct ssi_nl_peer *peer, void *arg)
{
	const uint32_t *state = peer->state;
	struct list *l = arg;

	ssi_table_row_id(&l->table, peer->id);
	ssi_table_str(&l->table, ssi_link_state_name(state[0] < state[1] ? state[0] : state[1]));
	ssi_table_str(&l->table, peer->tls ? "TLS" : "PLAIN");
	ssi_table_size(&l->table, peer->share);
	ssi_table_size(&l->table, peer->reserve);
	ssi_table_row_end(&l->table);
	return 0;
}

static int print_members(struct list *l, const struct ssi_nl_node *node)
{
	int rc;

	ssi_out_item(&l->out, "node", node->name);
	ssi_table_begin(&l->table, &l->out, "members", list_columns);
	ssi_table_row_id(&l->table, node->id);
	ssi_table_str(&l->table, "here");
	ssi_table_none(&l->table);
	ssi_table_size(&l->table, node->share);
	ssi_table_size(&l->table, node->reserve);
	ssi_table_row_end(&l->table);
	rc = ssi_nl_peer_each(l->nl, node->name, print_peer, l);
	ssi_table_end(&l->table);
	ssi_out_close(&l->out);
	return rc;
}

static int list(struct list *l, const struct ssi_args *args)
{
	unsigned int i;
	int rc = ssi_nodes_read(l->nl, args->node, &l->nodes);

	if (rc)
		return rc;
	ssi_out_begin(&l->out, stdout, args->json);
	if (!l->nodes.count)
		ssi_out_note(&l->out, "no node has joined here");
	ssi_out_list(&l->out, "nodes");
	for (i = 0; i < l->nodes.count && rc == 0; i++)
		rc = print_members(l, &l->nodes.node[i]);
	ssi_out_close(&l->out);
	return ssi_out_end(&l->out, rc);
}

int ssi_cmd_node_list(const struct ssi_args *args)
{
	struct list l = { 0 };
	int rc = ssi_cmd_open("node list", &l.nl);

	if (rc)
		return rc;
	rc = list(&l, args);
	if (rc)
		rc = ssi_cmd_fail("node list", l.nl, rc, NULL);
	free(l.nodes.node);
	ssi_nl_close(l.nl);
	return rc;
}
