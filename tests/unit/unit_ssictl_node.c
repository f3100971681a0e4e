// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_node.c"

#include <string.h>

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static struct ssi_nl_node node = { .name = "node1", .id = 1, .share = 3ull << 29, .reserve = 1 << 20 };
static struct ssi_nl_peer peers[] = {
	{ .id = 2, .state = { SSI_MEM_LINK_STATE_UP, SSI_MEM_LINK_STATE_UP }, .tls = true },
	{ .id = 3, .state = { SSI_MEM_LINK_STATE_UP, SSI_MEM_LINK_STATE_RESUMING } },
	{ .id = 4, .state = { SSI_MEM_LINK_STATE_DOWN, SSI_MEM_LINK_STATE_UP } },
};
static bool empty, stopped;
static uint32_t forgotten;
static int rc_of_change;

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	(void)nl;
	if (name && strcmp(name, node.name) != 0)
		return -ENODEV;
	return empty ? 0 : fn(&node, arg);
}

int ssi_nl_peer_each(struct ssi_nl *nl, const char *name, ssi_nl_peer_fn fn, void *arg)
{
	int i, rc = 0;

	(void)nl;
	ck_assert_str_eq(name, "node1");
	for (i = 0; i < COUNT(peers) && rc == 0; i++)
		rc = fn(&peers[i], arg);
	return rc;
}

int ssi_nl_node_drain(struct ssi_nl *nl, const char *name, bool stop)
{
	(void)nl;
	ck_assert_ptr_null(name);
	stopped = stop;
	return rc_of_change;
}

int ssi_nl_peer_forget(struct ssi_nl *nl, const char *name, uint32_t dead, uint32_t timeout_ms,
		       uint64_t *lost)
{
	(void)nl;
	ck_assert_ptr_null(name);
	ck_assert_uint_eq(timeout_ms, 1000);
	forgotten = dead;
	*lost = 5;
	return rc_of_change;
}

static struct ssi_args args = { .timeout_ms = 1000 };
static char *text;

static void teardown(void)
{
	free(text);
}

START_TEST(drain__begins_and_stops)
{
	ck_assert_int_eq(ssi_cmd_node_drain(&args), SSI_EXIT_OK);
	ck_assert(!stopped);
	args.stop = true;
	ck_assert_int_eq(ssi_cmd_node_drain(&args), SSI_EXIT_OK);
	ck_assert(stopped);
	rc_of_change = -EBUSY;
	ck_assert_int_eq(ssi_cmd_node_drain(&args), SSI_EXIT_FAIL);
}
END_TEST

START_TEST(forget__with_force_alone)
{
	args.id = 7;
	ck_assert_int_eq(run_to_text(ssi_cmd_node_forget, &args, &text), SSI_EXIT_USAGE);
	ck_assert_uint_eq(forgotten, 0);
	free(text);
	args.force = true;
	ck_assert_int_eq(run_to_text(ssi_cmd_node_forget, &args, &text), SSI_EXIT_OK);
	ck_assert_uint_eq(forgotten, 7);
	ck_assert_str_eq(text, "node 7 is forgotten, 5 pages are lost\n");
	rc_of_change = -EISCONN;
	ck_assert_int_eq(ssi_cmd_node_forget(&args), SSI_EXIT_FAIL);
}
END_TEST

/* A link is as good as its worse channel. */
START_TEST(list__a_line_each)
{
	ck_assert_int_eq(run_to_text(ssi_cmd_node_list, &args, &text), SSI_EXIT_OK);
	ck_assert_msg(strstr(text, "node: node1\n"), "%s", text);
	ck_assert_msg(strstr(text, "\n  1     here        -               1.50 GiB      1.00 MiB\n"), "%s",
		      text);
	ck_assert_msg(strstr(text, "\n  2     up          TLS "), "%s", text);
	ck_assert_msg(strstr(text, "\n  3     resuming    PLAIN "), "%s", text);
	ck_assert_msg(strstr(text, "\n  4     down        PLAIN "), "%s", text);
}
END_TEST

START_TEST(list__json)
{
	json_t *root;

	args.json = true;
	ck_assert_int_eq(run_to_text(ssi_cmd_node_list, &args, &text), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "node list");
	json_decref(root);
}
END_TEST

START_TEST(list__nothing_here)
{
	empty = true;
	ck_assert_int_eq(run_to_text(ssi_cmd_node_list, &args, &text), SSI_EXIT_OK);
	ck_assert_str_eq(text, "no node has joined here\n");
}
END_TEST

START_TEST(list__refused)
{
	args.node = "other";
	ck_assert_int_eq(run_to_text(ssi_cmd_node_list, &args, &text), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, "");
	nl_open_rc = -ENOENT;
	ck_assert_int_eq(ssi_cmd_node_list(&args), SSI_EXIT_NO_MODULE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("node");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, drain__begins_and_stops);
	tcase_add_test(tc, forget__with_force_alone);
	tcase_add_test(tc, list__a_line_each);
	tcase_add_test(tc, list__json);
	tcase_add_test(tc, list__nothing_here);
	tcase_add_test(tc, list__refused);
	return run_case("ssictl_node", tc);
}
