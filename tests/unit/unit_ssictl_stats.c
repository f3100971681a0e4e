// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_stats.c"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit_ssictl_run.h"

static struct ssi_nl_node node = { .name = "node0" };

/* The module is not there; what the command calls is answered here. */
int ssi_nl_open(struct ssi_nl **out)
{
	*out = NULL;
	return 0;
}

void ssi_nl_close(struct ssi_nl *nl)
{
	(void)nl;
}

const char *ssi_nl_text(const struct ssi_nl *nl)
{
	(void)nl;
	return "";
}

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	(void)nl;
	return name && strcmp(name, node.name) ? -ENODEV : fn(&node, arg);
}

START_TEST(counter_name__every_counter_has_one)
{
	unsigned int i;

	for (i = SSI_MEM_S_PAD + 1; i <= SSI_MEM_S_MAX; i++)
		ck_assert_msg(!counter_name[i] == (i == SSI_MEM_S_HIST_REMOTE), "counter %u", i);
}
END_TEST

START_TEST(stats__json)
{
	char path[] = "/tmp/unit_ssictl_stats.XXXXXX";
	const struct ssi_args args = { .json = true };
	json_t *root, *first;

	node.stats.counter[SSI_MEM_S_UPGRADES] = 42;
	node.stats.hist_remote[7] = 10;
	close(mkstemp(path));
	ck_assert_ptr_nonnull(freopen(path, "w", stdout));
	ck_assert_int_eq(ssi_cmd_stats(&args), SSI_EXIT_OK);
	root = json_load_file(path, 0, NULL);
	unlink(path);
	first = json_array_get(json_object_get(root, "nodes"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "upgrades")), 42);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "remote_faults_timed")), 10);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "remote_fault_p99")), 7);
	json_decref(root);
}
END_TEST

START_TEST(stats__no_such_node)
{
	const struct ssi_args args = { .node = "other" };

	ck_assert_int_eq(ssi_cmd_stats(&args), SSI_EXIT_FAIL);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("stats");

	tcase_add_test(tc, counter_name__every_counter_has_one);
	tcase_add_test(tc, stats__json);
	tcase_add_test(tc, stats__no_such_node);
	return run_case("ssictl_stats", tc);
}
