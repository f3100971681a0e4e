// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_region.c"

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static struct ssi_nl_region region = {
	.node = "node1", .name = "r0", .id = 5, .size = 4 << 20, .members = 6, .authority = 1,
	.homes = { [2] = 2 }, .transit = 7,
};
static int rc_of_kernel;

int ssi_nl_region_new(struct ssi_nl *nl, const char *node, struct ssi_nl_region *created,
		      uint32_t timeout_ms)
{
	(void)nl;
	(void)node;
	(void)timeout_ms;
	ck_assert_str_eq(created->name, "r0");
	ck_assert_uint_eq(created->size, 4 << 20);
	created->id = region.id;
	created->members = region.members;
	return rc_of_kernel;
}

int ssi_nl_region_del(struct ssi_nl *nl, const char *node, const char *name, uint32_t timeout_ms)
{
	(void)nl;
	(void)node;
	(void)timeout_ms;
	ck_assert_str_eq(name, "r0");
	return rc_of_kernel;
}

int ssi_nl_region_extend(struct ssi_nl *nl, const char *node, const char *name, uint32_t peer,
			 uint32_t timeout_ms)
{
	(void)nl;
	(void)node;
	(void)peer;
	(void)timeout_ms;
	ck_assert_str_eq(name, "r0");
	return rc_of_kernel;
}

int ssi_nl_region_set(struct ssi_nl *nl, const char *node, const char *name, uint32_t prefetch)
{
	(void)nl;
	(void)node;
	ck_assert_str_eq(name, "r0");
	region.prefetch = prefetch;
	return rc_of_kernel;
}

int ssi_nl_region_each(struct ssi_nl *nl, const char *node, ssi_nl_region_fn fn, void *arg)
{
	(void)nl;
	(void)node;
	return rc_of_kernel ? rc_of_kernel : fn(&region, arg);
}

int ssi_nl_region_get(struct ssi_nl *nl, const char *node, const char *name,
		      struct ssi_nl_region *out)
{
	(void)nl;
	(void)node;
	*out = region;
	return strcmp(name, region.name) ? -ENOENT : rc_of_kernel;
}

static struct ssi_args args = { .name = "r0", .size = 4 << 20 };
static char *text;

static void teardown(void)
{
	free(text);
}

START_TEST(create__text)
{
	ck_assert_int_eq(run_to_text(ssi_cmd_region_create, &args, &text), SSI_EXIT_OK);
	ck_assert_str_eq(text, "region: r0\n  id: 5\n  size: 4.00 MiB\n  members: 1 2\n");
}
END_TEST

START_TEST(list__json)
{
	json_t *root;

	args.json = true;
	ck_assert_int_eq(run_to_text(ssi_cmd_region_list, &args, &text), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "region list");
	json_decref(root);
}
END_TEST

START_TEST(show__homes_of_every_member)
{
	json_t *root, *shown, *homes;

	args.json = true;
	ck_assert_int_eq(run_to_text(ssi_cmd_region_show, &args, &text), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "region show");
	shown = json_array_get(json_object_get(root, "regions"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(shown, "pages_in_transit")), 7);
	homes = json_object_get(shown, "homes");
	ck_assert_uint_eq(json_array_size(homes), 2);
	shown = json_array_get(homes, 0);
	ck_assert_int_eq(json_integer_value(json_object_get(shown, "home")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(shown, "chunks")), 0);
	shown = json_array_get(homes, 1);
	ck_assert_int_eq(json_integer_value(json_object_get(shown, "home")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(shown, "chunks")), 2);
	json_decref(root);
}
END_TEST

START_TEST(show__no_such_region)
{
	args.name = "r1";
	ck_assert_int_eq(run_to_text(ssi_cmd_region_show, &args, &text), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, "");
}
END_TEST

/* Each command ends with 1 and prints nothing that looks like a result. */
START_TEST(any__refused)
{
	static int (*const commands[])(const struct ssi_args *args) = {
		ssi_cmd_region_create, ssi_cmd_region_delete, ssi_cmd_region_extend,
		ssi_cmd_region_set, ssi_cmd_region_list, ssi_cmd_region_show,
	};

	args.json = _i >= 4;
	rc_of_kernel = -ENOTCONN;
	nl_said = "peer 3 has no link";
	ck_assert_int_eq(run_to_text(commands[_i], &args, &text), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, "");
}
END_TEST

/* Where to look stands behind what the kernel says. */
START_TEST(delete__open_elsewhere)
{
	FILE *kept = stderr;
	char *errors;
	size_t size;

	rc_of_kernel = -EBUSY;
	nl_said = "node 2 refused: a program has the region open";
	stderr = open_memstream(&errors, &size);
	ck_assert_int_eq(run_to_text(ssi_cmd_region_delete, &args, &text), SSI_EXIT_FAIL);
	fclose(stderr);
	stderr = kept;
	ck_assert_str_eq(errors, "ssictl: region delete: node 2 refused: a program has the region open; "
				 "ssictl region list on each node shows how many programs have it open\n");
	free(errors);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("region");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, create__text);
	tcase_add_test(tc, list__json);
	tcase_add_test(tc, show__homes_of_every_member);
	tcase_add_test(tc, show__no_such_region);
	tcase_add_loop_test(tc, any__refused, 0, 6);
	tcase_add_test(tc, delete__open_elsewhere);
	return run_case("ssictl_region", tc);
}
