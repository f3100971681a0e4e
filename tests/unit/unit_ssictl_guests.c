// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/guests.c"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "unit_ssictl_run.h"

static struct ssi_nl_region regions[] = {
	{ .node = "node1", .name = "r0", .size = 4 << 20, .attached = 2 },
	{ .node = "node1", .name = "r1", .size = 2 << 20 },
};
static struct ssi_user users[] = {
	{ .pid = 12, .program = "ssi-vmm", .mapped = 4 << 20, .cpus = 2 },
	{ .pid = 13, .program = "qemu", .mapped = 4096 },
};
static const char *wanted;
static int regions_rc, attach_rc, maps_rc;

int ssi_nl_region_each(struct ssi_nl *nl, const char *node, ssi_nl_region_fn fn, void *arg)
{
	int rc;

	(void)nl;
	ck_assert_str_eq(node, "node1");
	rc = fn(&regions[0], arg);
	rc = rc ? rc : fn(&regions[1], arg);
	return rc ? rc : regions_rc;
}

int ssi_attach_region(int device, const char *node, const char *region, bool read_only)
{
	ck_assert_int_eq(device, 77);
	ck_assert_str_eq(node, "node1");
	/* The other one is not attached. */
	ck_assert_str_eq(region, "r0");
	ck_assert(read_only);
	return attach_rc ? attach_rc : memfd_create("region", 0);
}

int ssi_maps_each(const struct stat *file, const char *program, ssi_user_fn fn, void *arg)
{
	const struct ssi_user self = { .pid = getpid(), .program = "ssictl" };
	unsigned int i;

	ck_assert(S_ISREG(file->st_mode));
	ck_assert(wanted == program);
	if (maps_rc < 0)
		return maps_rc;
	fn(&self, arg);
	for (i = 0; i < COUNT(users); i++)
		fn(&users[i], arg);
	return maps_rc;
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

static int listen_at(struct ssi_user *user)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(user->control, sizeof(user->control), "build/unit/guests-%d-%d.sock", getpid(),
		 user->pid);
	strcpy(address.sun_path, user->control);
	ck_assert_int_eq(bind(fd, (const void *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static struct ssi_guests guests;

static int look(void)
{
	return ssi_guests_read(&guests, NULL, "node1", 77, wanted);
}

static void teardown(void)
{
	unsigned int i;

	ssi_guests_free(&guests);
	for (i = 0; i < COUNT(users); i++)
		unlink(users[i].control);
}

START_TEST(read__users_of_regions)
{
	wanted = "ssi-vmm";
	maps_rc = 3;
	ck_assert_int_eq(look(), 0);
	ck_assert_uint_eq(guests.count, 2);
	ck_assert_int_eq(guests.unseen, 3);
	ck_assert_int_eq(guests.at[0].user.pid, 12);
	ck_assert_uint_eq(guests.at[0].user.cpus, 2);
	ck_assert_str_eq(guests.at[0].region.name, "r0");
	ck_assert_int_eq(guests.at[1].user.pid, 13);
	/* Nobody can be asked. */
	ssi_guests_ask(&guests, 1);
	ck_assert_str_eq(guests.at[0].state, "unknown");
	ck_assert_int_eq(guests.at[0].stalled_s, -1);
}
END_TEST

START_TEST(read__refused)
{
	attach_rc = -EACCES;
	ck_assert_int_eq(look(), -EACCES);
	attach_rc = 0;
	maps_rc = -ENOMEM;
	ck_assert_int_eq(look(), -ENOMEM);
	regions_rc = -ENODEV;
	ck_assert_int_eq(look(), -ENODEV);
	ck_assert_uint_eq(guests.count, 0);
}
END_TEST

START_TEST(read__region_is_deleted_meanwhile)
{
	attach_rc = -ENOENT;
	ck_assert_int_eq(look(), 0);
	ck_assert_uint_eq(guests.count, 0);
}
END_TEST

START_TEST(ask__what_the_monitor_says)
{
	static const struct {
		const char *answer;
		const char *state;
		int64_t stalled_s;
		int64_t behind_ms;
	} cases[] = {
		{ "{\"ok\":true,\"paused\":false,\"stalled\":3,\"behind_ms\":40}\n", "running", 3, 40 },
		{ "{\"ok\":true,\"paused\":true,\"stalled\":0,\"behind_ms\":0}\n", "paused", 0, 0 },
		{ "{\"ok\":false}\n", "silent", -1, -1 },
		{ "{\"paused\":1,\"stalled\":-1}\n", "silent", -1, -1 },
		{ "{\"paused\":true,\"stalled\":-1,\"behind_ms\":\"x\"}\n", "paused", -1, -1 },
		{ "no JSON\n", "silent", -1, -1 },
		{ "", "silent", -1, -1 },
	};
	pthread_t thread;

	reply = cases[_i].answer;
	listener = listen_at(&users[0]);
	pthread_create(&thread, NULL, monitor, NULL);
	ck_assert_int_eq(look(), 0);
	ssi_guests_ask(&guests, 60000);
	pthread_join(thread, NULL);
	ck_assert_str_eq(guests.at[0].state, cases[_i].state);
	ck_assert_int_eq(guests.at[0].stalled_s, cases[_i].stalled_s);
	ck_assert_int_eq(guests.at[0].behind_ms, cases[_i].behind_ms);
}
END_TEST

START_TEST(ask__monitor_is_gone)
{
	strcpy(users[0].control, "build/unit/nobody.sock");
	ck_assert_int_eq(look(), 0);
	ssi_guests_ask(&guests, 60000);
	ck_assert_str_eq(guests.at[0].state, "silent");
	ck_assert_str_eq(guests.at[1].state, "unknown");
}
END_TEST

/* One that hangs costs the other one nothing. */
START_TEST(ask__monitor_hangs)
{
	pthread_t thread;

	listen_at(&users[0]);
	reply = "{\"paused\":false}\n";
	listener = listen_at(&users[1]);
	pthread_create(&thread, NULL, monitor, NULL);
	ck_assert_int_eq(look(), 0);
	ssi_guests_ask(&guests, 3000);
	pthread_join(thread, NULL);
	ck_assert_str_eq(guests.at[0].state, "silent");
	ck_assert_str_eq(guests.at[1].state, "running");
}
END_TEST

/* A monitor with another root answers at a path of that root. */
static void serve_in_another_root(int ready)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/ssi-guests-root" };

	ck_assert_int_eq(chroot("build/unit"), 0);
	unlink(address.sun_path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (const void *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(write(ready, "x", 1), 1);
	monitor(NULL);
	unlink(address.sun_path);
	_exit(0);
}

START_TEST(ask__socket_in_the_monitors_root)
{
	int ends[2], status;
	char byte;

	/* Only root can have another root. */
	if (geteuid())
		return;
	reply = "{\"paused\":true}\n";
	ck_assert_int_eq(pipe(ends), 0);
	users[0].pid = fork();
	if (!users[0].pid)
		serve_in_another_root(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	strcpy(users[0].control, "/ssi-guests-root");
	ck_assert_int_eq(look(), 0);
	ssi_guests_ask(&guests, 60000);
	ck_assert_str_eq(guests.at[0].state, "paused");
	waitpid(users[0].pid, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("guests");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, read__users_of_regions);
	tcase_add_test(tc, read__refused);
	tcase_add_test(tc, read__region_is_deleted_meanwhile);
	tcase_add_loop_test(tc, ask__what_the_monitor_says, 0, 7);
	tcase_add_test(tc, ask__monitor_is_gone);
	tcase_add_test(tc, ask__monitor_hangs);
	tcase_add_test(tc, ask__socket_in_the_monitors_root);
	return run_case("ssictl_guests", tc);
}
