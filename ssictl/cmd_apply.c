// SPDX-License-Identifier: Apache-2.0
/*
 * First all that a file wants is compared with what there is, and refused where
 * it can not be; only then anything is changed.
 */
#include "ssictl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "nodes.h"
#include "out.h"

/* No file that anybody wrote is longer. */
#define FILE_MAX (1 << 20)

enum change_kind {
	CHANGE_DRAIN,
	CHANGE_STAY,
	CHANGE_CREATE,
	CHANGE_EXTEND,
	CHANGE_PREFETCH,
};

/**
 * struct change - one step from what there is to what the file wants
 * @kind: what to do
 * @node: the node, of the file
 * @region: the region, of the file; NULL where the node itself changes
 * @member: id of the node that becomes a member
 */
struct change {
	enum change_kind kind;
	const struct ssi_conf_node *node;
	const struct ssi_conf_region *region;
	uint32_t member;
};

/**
 * struct plan - a file on its way
 * @args: the command line
 * @nl: connection
 * @conf: what the file wants
 * @nodes: what there is
 * @changes: what to do, in order
 * @count: of @changes
 */
struct plan {
	const struct ssi_args *args;
	struct ssi_nl *nl;
	struct ssi_conf conf;
	struct ssi_nodes nodes;
	struct change *changes;
	unsigned int count;
};

static int add(struct plan *p, const struct change *change)
{
	struct change *more = reallocarray(p->changes, p->count + 1, sizeof(*more));

	if (!more)
		return ssi_cmd_fail("apply", NULL, -ENOMEM, NULL);
	p->changes = more;
	p->changes[p->count++] = *change;
	return SSI_EXIT_OK;
}

__attribute__((format(printf, 1, 2))) static int refuse(const char *format, ...)
{
	va_list args;

	fputs("ssictl: apply: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return SSI_EXIT_FAIL;
}

/* ---- the file ---- */

static int read_text(const char *path, char *text, size_t *len)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int error;

	if (!f)
		return refuse("%s: %s", path, strerror(errno));
	*len = fread(text, 1, FILE_MAX, f);
	error = ferror(f) ? errno : 0;
	if (f != stdin)
		fclose(f);
	if (error)
		return refuse("%s: %s", path, strerror(error));
	return *len < FILE_MAX ? SSI_EXIT_OK : refuse("%s: longer than 1 MiB", path);
}

static int read_file(struct plan *p)
{
	const char *path = p->args->file;
	char *text = malloc(FILE_MAX);
	char why[SSI_CONF_WHY];
	size_t len = 0;
	int rc;

	if (!text)
		return ssi_cmd_fail("apply", NULL, -ENOMEM, NULL);
	rc = read_text(path, text, &len);
	if (rc == SSI_EXIT_OK && ssi_conf_read(text, len, &p->conf, why))
		rc = refuse("%s: %s; ssictl schema showconf tells what may stand there", path, why);
	free(text);
	return rc;
}

/* ---- regions ---- */

static uint64_t mask_of(const struct ssi_ids *ids)
{
	uint64_t mask = 0;
	uint32_t i;

	for (i = 0; i < ids->count; i++)
		mask |= 1ull << ids->id[i];
	return mask;
}

/* What the file says of who may open a region; the defaults are those of region create. */
static void fill_access(const struct ssi_conf_region *want, struct ssi_nl_region *region)
{
	if (*want->owner)
		ssi_opts_user(want->owner, &region->uid);
	if (*want->group)
		ssi_opts_group(want->group, &region->gid);
	if (*want->mode)
		ssi_opts_mode(want->mode, &region->mode);
}

static int add_members(struct plan *p, const struct change *base, uint64_t missing)
{
	struct change change = *base;
	int rc = SSI_EXIT_OK;

	change.kind = CHANGE_EXTEND;
	for (change.member = 0; change.member < SSI_NODES && rc == SSI_EXIT_OK; change.member++) {
		if (missing >> change.member & 1)
			rc = add(p, &change);
	}
	return rc;
}

static int add_prefetch(struct plan *p, const struct change *base, uint32_t is)
{
	struct change change = *base;

	change.kind = CHANGE_PREFETCH;
	if (base->region->prefetch == SSI_CONF_UNSET || base->region->prefetch == is)
		return SSI_EXIT_OK;
	return add(p, &change);
}

static int compare_region(struct plan *p, const struct change *base,
			  const struct ssi_nl_region *is)
{
	const struct ssi_conf_region *want = base->region;
	struct ssi_nl_region access = *is;
	uint64_t members = mask_of(&want->members);
	int rc;

	fill_access(want, &access);
	if (want->size != is->size)
		return refuse("region %s: its size is %" PRIu64 " and can not change", want->name,
			      is->size);
	if (access.uid != is->uid || access.gid != is->gid || access.mode != is->mode)
		return refuse("region %s: owner, group and mode can not change", want->name);
	if (members && (is->members & ~members))
		return refuse("region %s: a member that the file leaves out can only leave: "
			      "ssictl leave there",
			      want->name);
	rc = add_members(p, base, members & ~is->members);
	return rc ? rc : add_prefetch(p, base, is->prefetch);
}

static int add_peer(const struct ssi_nl_peer *peer, void *arg)
{
	*(uint64_t *)arg |= 1ull << peer->id;
	return 0;
}

/* A new region spans the node and its peers, as with region create. */
static int create_region(struct plan *p, const struct change *base, const struct ssi_nl_node *node)
{
	const uint64_t members = mask_of(&base->region->members);
	uint64_t all = 1ull << node->id;
	struct change change = *base;
	int rc = ssi_nl_peer_each(p->nl, node->name, add_peer, &all);

	if (rc)
		return ssi_cmd_fail("apply", p->nl, rc, NULL);
	if (members && members != all)
		return refuse("region %s: a new region spans node %" PRIu32 " and its peers, and "
			      "the file has other members",
			      base->region->name, node->id);
	change.kind = CHANGE_CREATE;
	rc = add(p, &change);
	return rc ? rc : add_prefetch(p, base, SSI_CONF_UNSET);
}

static int plan_region(struct plan *p, const struct change *base, const struct ssi_nl_node *node)
{
	struct ssi_nl_region is;
	int rc = ssi_nl_region_get(p->nl, node->name, base->region->name, &is);

	if (rc == -ENOENT)
		return create_region(p, base, node);
	if (rc)
		return ssi_cmd_fail("apply", p->nl, rc, NULL);
	return compare_region(p, base, &is);
}

/* ---- nodes ---- */

static const struct ssi_nl_node *find_node(const struct plan *p, const char *name)
{
	unsigned int i;

	for (i = 0; i < p->nodes.count; i++) {
		if (!strcmp(p->nodes.node[i].name, name))
			return &p->nodes.node[i];
	}
	return NULL;
}

static int check_node(const struct ssi_conf_node *want, const struct ssi_nl_node *is)
{
	const char *what = NULL;

	if (!is)
		return refuse("node %s: not here; ssictl join makes it", want->name);
	if (want->id != SSI_CONF_UNSET && want->id != is->id)
		what = "id";
	if (want->share && want->share != is->share)
		what = "share";
	if (want->reserve && want->reserve != is->reserve)
		what = "reserve";
	if (want->hold_us != SSI_CONF_UNSET && want->hold_us != is->hold_us)
		what = "hold_us";
	if (what)
		return refuse("node %s: its %s is another and can not change: ssictl leave, and "
			      "join anew",
			      want->name, what);
	return SSI_EXIT_OK;
}

static int plan_node(struct plan *p, const struct ssi_conf_node *want)
{
	const struct ssi_nl_node *is = find_node(p, want->name);
	struct change change = { .node = want };
	unsigned int i;
	int rc = check_node(want, is);

	for (i = 0; i < want->region_count && rc == SSI_EXIT_OK; i++) {
		change.region = &want->regions[i];
		rc = plan_region(p, &change, is);
	}
	if (rc || !*want->state || is->draining == !strcmp(want->state, "draining"))
		return rc;
	change.region = NULL;
	change.kind = is->draining ? CHANGE_STAY : CHANGE_DRAIN;
	return add(p, &change);
}

/* ---- doing it ---- */

static int create(struct plan *p, const struct change *c)
{
	struct ssi_nl_region region = {
		.size = c->region->size,
		.gid = ssi_cmd_default_group(),
		.mode = SSI_MODE_DEFAULT,
	};

	strcpy(region.name, c->region->name);
	fill_access(c->region, &region);
	return ssi_nl_region_new(p->nl, c->node->name, &region, p->args->timeout_ms);
}

static int carry_out(struct plan *p, const struct change *c)
{
	switch (c->kind) {
	case CHANGE_DRAIN:
	case CHANGE_STAY:
		return ssi_nl_node_drain(p->nl, c->node->name, c->kind == CHANGE_STAY);
	case CHANGE_CREATE:
		return create(p, c);
	case CHANGE_EXTEND:
		return ssi_nl_region_extend(p->nl, c->node->name, c->region->name, c->member,
					    p->args->timeout_ms);
	default:
		return ssi_nl_region_set(p->nl, c->node->name, c->region->name,
					 c->region->prefetch);
	}
}

static void tell(FILE *f, const struct change *c)
{
	char size[SSI_OUT_SIZE_TEXT];

	fprintf(f, "node %s", c->node->name);
	if (c->region)
		fprintf(f, ", region %s", c->region->name);
	switch (c->kind) {
	case CHANGE_DRAIN:
		fputs(": drain\n", f);
		break;
	case CHANGE_STAY:
		fputs(": stop to drain\n", f);
		break;
	case CHANGE_CREATE:
		fprintf(f, ": create, %s\n", ssi_out_size_text(size, c->region->size));
		break;
	case CHANGE_EXTEND:
		fprintf(f, ": extend to node %" PRIu32 "\n", c->member);
		break;
	case CHANGE_PREFETCH:
		fprintf(f, ": prefetch %" PRIu32 "\n", c->region->prefetch);
		break;
	}
}

static int apply(struct plan *p)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < p->count && rc == 0; i++) {
		if (!p->args->dry_run)
			rc = carry_out(p, &p->changes[i]);
		tell(rc ? stderr : stdout, &p->changes[i]);
	}
	if (rc)
		return ssi_cmd_fail("apply", p->nl, rc, NULL);
	if (!p->count)
		puts("nothing to change");
	return SSI_EXIT_OK;
}

static int run(struct plan *p)
{
	unsigned int i;
	int rc = ssi_nodes_read(p->nl, NULL, &p->nodes);

	if (rc)
		return ssi_cmd_fail("apply", p->nl, rc, NULL);
	for (i = 0; i < p->conf.count && rc == SSI_EXIT_OK; i++)
		rc = plan_node(p, &p->conf.nodes[i]);
	return rc ? rc : apply(p);
}

int ssi_cmd_apply(const struct ssi_args *args)
{
	struct plan p = { .args = args };
	int rc = read_file(&p);

	if (rc == SSI_EXIT_OK)
		rc = ssi_cmd_open("apply", &p.nl);
	if (rc == SSI_EXIT_OK)
		rc = run(&p);
	free(p.changes);
	free(p.nodes.node);
	ssi_conf_free(&p.conf);
	ssi_nl_close(p.nl);
	return rc;
}
