// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "nodes.h"

static void fill_ids(struct ssi_ids *ids, uint64_t mask)
{
	uint32_t id;

	for (id = 0; id < SSI_NODES; id++) {
		if (mask >> id & 1)
			ids->id[ids->count++] = id;
	}
}

static int add_region(const struct ssi_nl_region *region, void *arg)
{
	const struct passwd *user = getpwuid(region->uid);
	const struct group *group = getgrgid(region->gid);
	struct ssi_conf_node *node = arg;
	struct ssi_conf_region *more, *to;

	more = reallocarray(node->regions, node->region_count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	node->regions = more;
	to = &more[node->region_count++];
	*to = (struct ssi_conf_region){ .size = region->size, .prefetch = region->prefetch };
	strcpy(to->name, region->name);
	fill_ids(&to->members, region->members);
	/* A name that does not fit is a number. */
	if (user && strlen(user->pw_name) < sizeof(to->owner))
		strcpy(to->owner, user->pw_name);
	else
		snprintf(to->owner, sizeof(to->owner), "%u", region->uid);
	if (group && strlen(group->gr_name) < sizeof(to->group))
		strcpy(to->group, group->gr_name);
	else
		snprintf(to->group, sizeof(to->group), "%u", region->gid);
	snprintf(to->mode, sizeof(to->mode), "%04o", region->mode);
	return 0;
}

static int add_node(struct ssi_nl *nl, const struct ssi_nl_node *node, struct ssi_conf *conf)
{
	struct ssi_conf_node *to = &conf->nodes[conf->count++];

	*to = (struct ssi_conf_node){
		.id = node->id,
		.share = node->share,
		.reserve = node->reserve,
		.hold_us = node->hold_us,
	};
	strcpy(to->name, node->name);
	strcpy(to->state, node->draining ? "draining" : "member");
	return ssi_nl_region_each(nl, node->name, add_region, to);
}

static int print(const struct ssi_conf *conf)
{
	json_t *root = ssi_conf_write(conf);
	int rc = root ? 0 : -ENOMEM;

	if (rc == 0 && (json_dumpf(root, stdout, JSON_INDENT(2)) < 0 || putchar('\n') < 0 ||
			fflush(stdout)))
		rc = -EIO;
	json_decref(root);
	return rc;
}

static int show(struct ssi_nl *nl, const struct ssi_args *args)
{
	struct ssi_conf conf = { 0 };
	struct ssi_nodes nodes;
	unsigned int i;
	int rc = ssi_nodes_read(nl, args->node, &nodes);

	if (rc == 0)
		conf.nodes = calloc(nodes.count + 1, sizeof(*conf.nodes));
	if (rc == 0 && !conf.nodes)
		rc = -ENOMEM;
	for (i = 0; i < nodes.count && rc == 0; i++)
		rc = add_node(nl, &nodes.node[i], &conf);
	if (rc == 0)
		rc = print(&conf);
	ssi_conf_free(&conf);
	free(nodes.node);
	return rc;
}

int ssi_cmd_showconf(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("showconf", &nl);

	if (rc)
		return rc;
	rc = show(nl, args);
	if (rc)
		rc = ssi_cmd_fail("showconf", nl, rc, NULL);
	ssi_nl_close(nl);
	return rc;
}
