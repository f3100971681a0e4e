// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>

#include "cgroup.h"
#include "out.h"
#include "table.h"

static const struct ssi_hint change_hints[] = {
	{ EALREADY, "try again when it is running: ssictl region list" },
	{ EBUSY, "ssictl region list on each node shows how many programs have it open" },
	{ EEXIST, "ssictl region list on each node shows names and members" },
	{ ENOENT, "ssictl region list on each node shows what there is" },
	{ ETIMEDOUT, "ssictl status shows the links; a longer --timeout may help" },
	{ 0, NULL },
};

static const struct ssi_hint show_hints[] = {
	{ ENOENT, "ssictl region list shows what there is" },
	{ 0, NULL },
};

static int print_created(const struct ssi_nl_region *region)
{
	struct ssi_out out;

	ssi_out_begin(&out, stdout, false);
	ssi_out_item(&out, "region", region->name);
	ssi_out_u64(&out, "id", region->id);
	ssi_out_size(&out, "size", region->size);
	ssi_out_ids(&out, "members", region->members);
	ssi_out_close(&out);
	return ssi_out_end(&out, 0);
}

int ssi_cmd_region_create(const struct ssi_args *args)
{
	struct ssi_nl_region region = {
		.size = args->size,
		.uid = args->uid,
		.gid = args->gid == SSI_GROUP_DEFAULT ? ssi_cmd_default_group() : args->gid,
		.mode = args->mode,
	};
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("region create", &nl);

	if (rc)
		return rc;
	strcpy(region.name, args->name);
	rc = ssi_nl_region_new(nl, args->node, &region, args->timeout_ms);
	if (rc == 0)
		rc = print_created(&region);
	if (rc)
		rc = ssi_cmd_fail("region create", nl, rc, change_hints);
	ssi_nl_close(nl);
	return rc;
}

int ssi_cmd_region_delete(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("region delete", &nl);

	if (rc)
		return rc;
	rc = ssi_nl_region_del(nl, args->node, args->name, args->timeout_ms);
	if (rc)
		rc = ssi_cmd_fail("region delete", nl, rc, change_hints);
	ssi_nl_close(nl);
	return rc;
}

int ssi_cmd_region_extend(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("region extend", &nl);

	if (rc)
		return rc;
	rc = ssi_nl_region_extend(nl, args->node, args->name, args->id, args->timeout_ms);
	if (rc)
		rc = ssi_cmd_fail("region extend", nl, rc, change_hints);
	ssi_nl_close(nl);
	return rc;
}

int ssi_cmd_region_set(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("region set", &nl);

	if (rc)
		return rc;
	rc = ssi_nl_region_set(nl, args->node, args->name, args->prefetch);
	if (rc)
		rc = ssi_cmd_fail("region set", nl, rc, show_hints);
	ssi_nl_close(nl);
	return rc;
}

/* Names where this machine has them, else numbers. */
static void print_owner(struct ssi_out *out, const struct ssi_nl_region *region)
{
	const struct passwd *user = getpwuid(region->uid);
	const struct group *group = getgrgid(region->gid);
	char number[12];

	snprintf(number, sizeof(number), "%u", region->uid);
	ssi_out_str(out, "owner", user ? user->pw_name : number, SSI_COLOR_NONE);
	snprintf(number, sizeof(number), "%u", region->gid);
	ssi_out_str(out, "group", group ? group->gr_name : number, SSI_COLOR_NONE);
	snprintf(number, sizeof(number), "%04o", region->mode);
	ssi_out_str(out, "mode", number, SSI_COLOR_NONE);
}

static void print_prefetch(struct ssi_out *out, const struct ssi_nl_region *region)
{
	ssi_out_u64(out, "prefetch", region->prefetch);
	ssi_out_u64(out, "prefetch_now", region->prefetch_now);
	ssi_out_u64(out, "prefetch_asked", region->prefetch_asked);
	ssi_out_u64(out, "prefetch_used", region->prefetch_used);
	ssi_out_u64(out, "prefetch_late", region->prefetch_late);
	ssi_out_u64(out, "prefetch_unused", region->prefetch_unused);
	ssi_out_u64(out, "prefetch_refused", region->prefetch_refused);
}

static void print_values(struct ssi_out *out, const struct ssi_nl_region *region)
{
	char cgroup[PATH_MAX];

	ssi_out_item(out, "region", region->name);
	ssi_out_str(out, "node", region->node, SSI_COLOR_NONE);
	ssi_out_u64(out, "id", region->id);
	ssi_out_size(out, "size", region->size);
	ssi_out_ids(out, "members", region->members);
	print_owner(out, region);
	ssi_out_u64(out, "authority", region->authority);
	ssi_out_u64(out, "chunks_homed", region->homed);
	ssi_out_u64(out, "attached", region->attached);
	ssi_cgroup_name(region->cgroup, cgroup, sizeof(cgroup));
	ssi_out_str(out, "cgroup", cgroup, SSI_COLOR_NONE);
	ssi_out_u64(out, "pages_owned", region->owned);
	ssi_out_u64(out, "pages_copied", region->copies);
	ssi_out_u64(out, "pages_untouched", region->untouched);
	ssi_out_u64(out, "pages_in_transit", region->transit);
	ssi_out_u64(out, "pages_lost", region->lost);
	print_prefetch(out, region);
	ssi_out_u64(out, "epoch", region->epoch);
	ssi_out_str(out, "state", region->frozen ? "frozen" : "running",
		    region->frozen ? SSI_COLOR_BAD : SSI_COLOR_GOOD);
}

static int print_region(const struct ssi_nl_region *region, void *arg)
{
	print_values(arg, region);
	ssi_out_close(arg);
	return 0;
}

static void print_homes(struct ssi_out *out, const struct ssi_nl_region *region)
{
	static const struct ssi_column columns[] = {
		{ "home", -8 }, { "chunks", 10 }, { NULL, 0 },
	};
	struct ssi_table t;
	unsigned int id;

	ssi_table_begin(&t, out, "homes", columns);
	for (id = 0; id <= SSI_MEM_NODE_ID_MAX; id++) {
		if (!(region->members >> id & 1))
			continue;
		ssi_table_row_id(&t, id);
		ssi_table_u64(&t, region->homes[id]);
		ssi_table_row_end(&t);
	}
	ssi_table_end(&t);
}

int ssi_cmd_region_show(const struct ssi_args *args)
{
	struct ssi_nl_region region;
	struct ssi_out out;
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("region show", &nl);

	if (rc)
		return rc;
	rc = ssi_nl_region_get(nl, args->node, args->name, &region);
	if (rc == 0) {
		ssi_out_begin(&out, stdout, args->json);
		ssi_out_list(&out, "regions");
		print_values(&out, &region);
		print_homes(&out, &region);
		ssi_out_close(&out);
		ssi_out_close(&out);
		rc = ssi_out_end(&out, 0);
	}
	if (rc)
		rc = ssi_cmd_fail("region show", nl, rc, show_hints);
	ssi_nl_close(nl);
	return rc;
}

int ssi_cmd_region_list(const struct ssi_args *args)
{
	struct ssi_out out;
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("region list", &nl);

	if (rc)
		return rc;
	ssi_out_begin(&out, stdout, args->json);
	ssi_out_list(&out, "regions");
	rc = ssi_nl_region_each(nl, args->node, print_region, &out);
	ssi_out_close(&out);
	rc = ssi_out_end(&out, rc);
	if (rc)
		rc = ssi_cmd_fail("region list", nl, rc, NULL);
	ssi_nl_close(nl);
	return rc;
}
