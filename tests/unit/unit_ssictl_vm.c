// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_vm.c"

#include <pthread.h>
#include <sys/mman.h>

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static struct ssi_nl_region regions[] = {
	{ .node = "node1", .name = "r0", .size = 4 << 20, .attached = 2 },
	{ .node = "node1", .name = "r1", .size = 2 << 20 },
};
static struct ssi_user users[] = {
	{ .pid = 12, .program = "ssi-vmm", .mapped = 4 << 20 },
	{ .pid = 13, .program = "qemu", .mapped = 4096 },
};
static unsigned int user_count = COUNT(users);
static int attach_rc, unseen;

int ssi_nl_region_each(struct ssi_nl *nl, const char *node, ssi_nl_region_fn fn, void *arg)
{
	int rc;

	(void)nl;
	if (node && strcmp(node, "node1"))
		return -ENODEV;
	rc = fn(&regions[0], arg);
	return rc ? rc : fn(&regions[1], arg);
}

int ssi_attach_open(const char *cmd, int *device)
{
	ck_assert_str_eq(cmd, "vm");
	*device = -1;
	return SSI_EXIT_OK;
}

int ssi_attach_region(int device, const char *node, const char *region, bool read_only)
{
	ck_assert_int_eq(device, -1);
	ck_assert_str_eq(node, "node1");
	/* The other one is not attached. */
	ck_assert_str_eq(region, "r0");
	ck_assert(read_only);
	return attach_rc ? attach_rc : memfd_create("region", 0);
}

int ssi_maps_each(const struct stat *file, ssi_user_fn fn, void *arg)
{
	const struct ssi_user self = { .pid = getpid(), .program = "ssictl" };
	unsigned int i;

	ck_assert(S_ISREG(file->st_mode));
	fn(&self, arg);
	for (i = 0; i < user_count; i++)
		fn(&users[i], arg);
	return unseen;
}

/* A monitor that takes one request. */
static const char *reply;
static int listener;

static void *monitor(void *arg)
{
	char line[16] = "";
	int fd = accept(listener, NULL, NULL);

	ck_assert_int_eq(recv(fd, line, sizeof(line), 0), 7);
	ck_assert_str_eq(line, "status\n");
	send(fd, reply, strlen(reply), MSG_NOSIGNAL);
	close(fd);
	return arg;
}

static void listen_at(struct ssi_user *user)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(user->control, sizeof(user->control), "build/unit/vm-%d.sock", getpid());
	strcpy(address.sun_path, user->control);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (const void *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
}

static struct ssi_args args;
static char *text;

static void teardown(void)
{
	free(text);
	unlink(users[0].control);
}

static int show_vms(void)
{
	return run_to_text(ssi_cmd_vm, &args, &text);
}

static int show_with_monitor(const char *answer)
{
	pthread_t thread;
	int rc;

	reply = answer;
	listen_at(&users[0]);
	pthread_create(&thread, NULL, monitor, NULL);
	rc = show_vms();
	pthread_join(thread, NULL);
	close(listener);
	return rc;
}

START_TEST(vm__users_of_regions)
{
	ck_assert_int_eq(show_vms(), SSI_EXIT_OK);
	ck_assert_str_eq(text, "vm: 12\n  program: ssi-vmm\n  region: r0\n  node: node1\n"
			       "  size: 4.00 MiB\n  mapped: 4.00 MiB\n\n"
			       "vm: 13\n  program: qemu\n  region: r0\n  node: node1\n"
			       "  size: 4.00 MiB\n  mapped: 0.00 MiB\n");
}
END_TEST

START_TEST(vm__what_the_monitor_says)
{
	static const char *const answers[][2] = {
		{ "{\"ok\":true,\"paused\":false,\"stalled\":3,\"behind_ms\":40}\n",
		  "  state: running\n  stalled s: 3\n  behind ms: 40\n" },
		{ "{\"ok\":true,\"paused\":true,\"stalled\":0,\"behind_ms\":0}\n",
		  "  state: paused\n  stalled s: 0\n" },
		{ "{\"ok\":false}\n", "  state: silent\n\n" },
		{ "{\"paused\":1,\"stalled\":-1}\n", "  state: silent\n\n" },
		{ "{\"paused\":true,\"stalled\":-1,\"behind_ms\":\"x\"}\n", "  state: paused\n\n" },
		{ "no JSON\n", "  state: silent\n\n" },
		{ "", "  state: silent\n\n" },
	};

	ck_assert_int_eq(show_with_monitor(answers[_i][0]), SSI_EXIT_OK);
	ck_assert_msg(strstr(text, answers[_i][1]) != NULL, "%s", text);
}
END_TEST

START_TEST(vm__monitor_is_gone)
{
	strcpy(users[0].control, "build/unit/nobody.sock");
	ck_assert_int_eq(show_vms(), SSI_EXIT_OK);
	ck_assert_ptr_nonnull(strstr(text, "  control: build/unit/nobody.sock\n  state: silent\n"));
}
END_TEST

START_TEST(vm__json)
{
	json_t *root;

	args.json = true;
	ck_assert_int_eq(show_with_monitor("{\"paused\":false,\"stalled\":0,\"behind_ms\":0}\n"),
			 SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "vm");
	json_decref(root);
}
END_TEST

START_TEST(vm__nobody)
{
	user_count = 0;
	unseen = 2;
	ck_assert_int_eq(show_vms(), SSI_EXIT_OK);
	ck_assert_str_eq(text, "no program here uses a region\n");
}
END_TEST

START_TEST(vm__refused)
{
	attach_rc = -EACCES;
	ck_assert_int_eq(show_vms(), SSI_EXIT_FAIL);
	free(text);
	args.node = "other";
	ck_assert_int_eq(show_vms(), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("vm");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, vm__users_of_regions);
	tcase_add_loop_test(tc, vm__what_the_monitor_says, 0, 7);
	tcase_add_test(tc, vm__monitor_is_gone);
	tcase_add_test(tc, vm__json);
	tcase_add_test(tc, vm__nobody);
	tcase_add_test(tc, vm__refused);
	return run_case("ssictl_vm", tc);
}
