// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_vm.c"

#include <errno.h>
#include <stdlib.h>

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static struct ssi_guest found[] = {
	{ .region = { .node = "node1", .name = "r0", .size = 4 << 20 },
	  .user = { .pid = 12, .program = "ssi-vmm", .mapped = 4 << 20, .cpus = 2 },
	  .state = "unknown", .stalled_s = -1, .behind_ms = -1 },
	{ .region = { .node = "node1", .name = "r0", .size = 4 << 20 },
	  .user = { .pid = 13, .program = "qemu", .mapped = 4096 },
	  .state = "unknown", .stalled_s = -1, .behind_ms = -1 },
};
static unsigned int found_count = COUNT(found);
static int read_rc, unseen;
static bool asked;

int ssi_attach_open(const char *cmd, int *device)
{
	ck_assert_str_eq(cmd, "vm");
	*device = -1;
	return SSI_EXIT_OK;
}

int ssi_guests_read(struct ssi_guests *guests, struct ssi_nl *nl, const char *node, int device,
		    const char *program)
{
	(void)nl;
	ck_assert_int_eq(device, -1);
	ck_assert_ptr_null(program);
	*guests = (struct ssi_guests){ found, found_count, unseen };
	return node && strcmp(node, "node1") ? -ENODEV : read_rc;
}

void ssi_guests_ask(struct ssi_guests *guests, int timeout_ms)
{
	ck_assert_ptr_eq(guests->at, found);
	ck_assert_int_gt(timeout_ms, 0);
	asked = true;
}

void ssi_guests_free(struct ssi_guests *guests)
{
	guests->at = NULL;
}

static struct ssi_args args;
static char *text;

static void teardown(void)
{
	free(text);
}

static int show_vms(void)
{
	return run_to_text(ssi_cmd_vm, &args, &text);
}

START_TEST(vm__users_of_regions)
{
	ck_assert_int_eq(show_vms(), SSI_EXIT_OK);
	ck_assert_str_eq(text, "vm: 12\n  program: ssi-vmm\n  region: r0\n  node: node1\n"
			       "  size: 4.00 MiB\n  mapped: 4.00 MiB\n  vcpus: 2\n\n"
			       "vm: 13\n  program: qemu\n  region: r0\n  node: node1\n"
			       "  size: 4.00 MiB\n  mapped: 0.00 MiB\n");
	ck_assert(asked);
}
END_TEST

static void set_answer(const char *state, int64_t stalled_s, int64_t behind_ms)
{
	strcpy(found[0].user.control, "/run/guest");
	found[0].state = state;
	found[0].stalled_s = stalled_s;
	found[0].behind_ms = behind_ms;
}

START_TEST(vm__what_the_monitor_says)
{
	set_answer("running", 3, 40);
	ck_assert_int_eq(show_vms(), SSI_EXIT_OK);
	ck_assert_ptr_nonnull(strstr(text, "\n  control: /run/guest\n  state: running\n"
					   "  stalled s: 3\n  behind ms: 40\n\n"));
	free(text);
	set_answer("silent", -1, -1);
	ck_assert_int_eq(show_vms(), SSI_EXIT_OK);
	ck_assert_ptr_nonnull(strstr(text, "\n  control: /run/guest\n  state: silent\n\n"));
}
END_TEST

START_TEST(vm__json)
{
	json_t *root;

	args.json = true;
	set_answer("running", 0, 0);
	ck_assert_int_eq(show_vms(), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "vm");
	json_decref(root);
}
END_TEST

START_TEST(vm__nobody)
{
	found_count = 0;
	unseen = 2;
	ck_assert_int_eq(show_vms(), SSI_EXIT_OK);
	ck_assert_str_eq(text, "no program here uses a region\n");
}
END_TEST

START_TEST(vm__refused)
{
	read_rc = -EACCES;
	ck_assert_int_eq(show_vms(), SSI_EXIT_FAIL);
	free(text);
	args.node = "other";
	ck_assert_int_eq(show_vms(), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, "");
	ck_assert(!asked);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("vm");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, vm__users_of_regions);
	tcase_add_test(tc, vm__what_the_monitor_says);
	tcase_add_test(tc, vm__json);
	tcase_add_test(tc, vm__nobody);
	tcase_add_test(tc, vm__refused);
	return run_case("ssictl_vm", tc);
}
