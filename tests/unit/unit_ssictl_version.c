// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_version.c"

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

int ssi_nl_version_get(struct ssi_nl *nl, struct ssi_nl_version *version)
{
	(void)nl;
	*version = (struct ssi_nl_version){ .module = "0.9", .protocol = 7 };
	return 0;
}

static struct ssi_args args;
static char *text;

static void teardown(void)
{
	free(text);
}

START_TEST(version__text)
{
	ck_assert_int_eq(run_to_text(ssi_cmd_version, &args, &text), SSI_EXIT_OK);
	ck_assert_str_eq(text, "ssictl: " SSI_VERSION "\n  module: 0.9\n  protocol: 7\n");
}
END_TEST

START_TEST(version__json)
{
	json_t *root, *versions;

	args.json = true;
	ck_assert_int_eq(run_to_text(ssi_cmd_version, &args, &text), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "version");
	versions = json_array_get(json_object_get(root, "versions"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(versions, "module")), "0.9");
	json_decref(root);
}
END_TEST

START_TEST(version__no_module)
{
	json_t *root, *versions;

	nl_open_rc = -ENOENT;
	args.json = _i;
	ck_assert_int_eq(run_to_text(ssi_cmd_version, &args, &text), SSI_EXIT_OK);
	if (!args.json) {
		ck_assert_str_eq(text, "ssictl: " SSI_VERSION "\n  module: not loaded\n");
		return;
	}
	root = json_loads(text, 0, NULL);
	check_json(root, "version");
	versions = json_array_get(json_object_get(root, "versions"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(versions, "ssictl")), SSI_VERSION);
	ck_assert_ptr_null(json_object_get(versions, "module"));
	json_decref(root);
}
END_TEST

/* A module of another release refuses to talk; its own version ssictl knows. */
START_TEST(version__other_family)
{
	nl_open_rc = -EPROTONOSUPPORT;
	nl_said = "the module speaks version 2";
	args.json = _i;
	ck_assert_int_eq(run_to_text(ssi_cmd_version, &args, &text), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, args.json ? "" : "ssictl: " SSI_VERSION "\n");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("version");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, version__text);
	tcase_add_test(tc, version__json);
	tcase_add_loop_test(tc, version__no_module, 0, 2);
	tcase_add_loop_test(tc, version__other_family, 0, 2);
	return run_case("ssictl_version", tc);
}
