// SPDX-License-Identifier: Apache-2.0
/* fence.c with processes of the test, of which the kernel says that they use regions. */
#include "../../ssictl/fence.c"

#include <sys/stat.h>
#include <sys/wait.h>

#include "unit_ssictl_run.h"

static struct ssi_guest users[3];
static unsigned int user_count;
static int device = -ENOENT, read_rc;
static char said[1000], dir[] = "/tmp/ssi-fence-XXXXXX";
static const uint8_t life[SSI_MEM_INCARNATION_LEN] = { 0xab };

/* Any descriptor will do. */
int ssi_attach_device(void)
{
	return device < 0 ? device : dup(device);
}

int ssi_guests_read(struct ssi_guests *guests, struct ssi_nl *nl, const char *node, int fd,
		    const char *program)
{
	(void)nl;
	ck_assert_str_eq(node, "me");
	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_null(program);
	*guests = (struct ssi_guests){ users, user_count, 0 };
	return read_rc;
}

void ssi_guests_free(struct ssi_guests *guests)
{
	guests->at = NULL;
}

void ssi_report_name(const uint8_t *incarnation, const char *ending, char path[SSI_REPORT_PATH])
{
	ck_assert_ptr_eq(incarnation, life);
	snprintf(path, SSI_REPORT_PATH, "%s/life%s", dir, ending);
}

static void say(void *arg, int level, const char *request, const char *text)
{
	(void)level;
	(void)request;
	ck_assert_ptr_eq(arg, said);
	strcat(strcat(said, text), "\n");
}

static struct ssi_fence *fence;

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	fence = ssi_fence_new("me", life, say, said);
	ck_assert(!ssi_fence_holds(fence));
	device = 0;
}

static void teardown(void)
{
	unlink(fence->list);
	ck_assert_int_eq(rmdir(dir), 0);
	ssi_fence_free(fence);
}

/* An agent that is started after this one. */
static void restart(void)
{
	ssi_fence_free(fence);
	fence = ssi_fence_new("me", life, say, said);
}

static pid_t add_program(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	strcpy(users[user_count].user.program, "guest");
	strcpy(users[user_count].region.name, "r0");
	users[user_count++].user.pid = pid;
	return pid;
}

static void check_stopped(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
}

static void check_goes_on(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, WCONTINUED), pid);
	ck_assert(WIFCONTINUED(status));
}

static void end_program(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

START_TEST(stop__all_who_use_regions)
{
	pid_t one = add_program(), two;

	ssi_fence_stop(fence, NULL);
	check_stopped(one);
	ck_assert_ptr_nonnull(strstr(said, "fence: guest (pid "));
	ck_assert_ptr_nonnull(strstr(said, "which uses region r0, is stopped\n"));
	/* Who came later is stopped, and the other one not told of again. */
	two = add_program();
	*said = 0;
	ssi_fence_stop(fence, NULL);
	check_stopped(two);
	ck_assert_ptr_eq(strrchr(said, '\n'), strchr(said, '\n'));
	ssi_fence_release(fence);
	check_goes_on(one);
	check_goes_on(two);
	/* And it can be done again. */
	ssi_fence_stop(fence, NULL);
	check_stopped(one);
	end_program(one);
	end_program(two);
}
END_TEST

/* One program that has two regions is one, and one whose process is gone is none. */
START_TEST(stop__once)
{
	pid_t pid = add_program();

	users[1] = users[0];
	user_count = 2;
	ssi_fence_stop(fence, NULL);
	check_stopped(pid);
	ck_assert_uint_eq(fence->count, 1);
	end_program(pid);
	*said = 0;
	ssi_fence_stop(fence, NULL);
	ck_assert_str_eq(said, "");
	ssi_fence_release(fence);
}
END_TEST

/* The number of a program that was stopped, and has ended, may be another's. */
START_TEST(stop__who_got_the_number)
{
	pid_t one = add_program(), two;

	ssi_fence_stop(fence, NULL);
	check_stopped(one);
	end_program(one);
	user_count = 0;
	two = add_program();
	fence->at[0].pid = two;
	ssi_fence_stop(fence, NULL);
	ck_assert_uint_eq(fence->count, 2);
	check_stopped(two);
	end_program(two);
}
END_TEST

/* What an administrator stopped while nothing was fenced is not ours to continue. */
START_TEST(release__only_what_was_stopped)
{
	pid_t pid = add_program();
	int status;

	kill(pid, SIGSTOP);
	check_stopped(pid);
	ssi_fence_release(fence);
	ck_assert_int_eq(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
	end_program(pid);
}
END_TEST

START_TEST(new__takes_over)
{
	pid_t one = add_program(), two = add_program(), gone = add_program();

	ssi_fence_stop(fence, NULL);
	check_stopped(one);
	check_stopped(two);
	check_stopped(gone);
	end_program(gone);
	user_count = 2;
	restart();
	ck_assert(ssi_fence_holds(fence));
	ck_assert_uint_eq(fence->count, 2);
	/* They are not stopped, nor written down, once more. */
	*said = 0;
	ssi_fence_stop(fence, NULL);
	ck_assert_str_eq(said, "");
	ssi_fence_release(fence);
	check_goes_on(one);
	check_goes_on(two);
	/* And that was all. */
	restart();
	ck_assert(!ssi_fence_holds(fence));
	end_program(one);
	end_program(two);
}
END_TEST

/* A list that says what is not true, or nothing at all: line by line as good as it is. */
static const struct list_case {
	const char *text;
	unsigned int count;
} list_cases[] = {
	{ "", 0 },
	{ "1", 0 },
	{ "x y\n", 0 },
	{ "%1$d %2$llu\n", 1 },
	{ "%1$d %2$llu0\n", 0 },
	{ "%1$d 0\n", 0 },
	{ "-1 %2$llu\n", 0 },
	{ "0 %2$llu\n", 0 },
	{ "4194305 %2$llu\n%1$d %2$llu\n", 1 },
	{ "%1$d %2$llu\nrubbish", 1 },
};

START_TEST(new__list)
{
	const struct list_case *c = &list_cases[_i];
	FILE *file = fopen(fence->list, "w");
	pid_t pid = add_program();

	ck_assert_ptr_nonnull(file);
	fprintf(file, c->text, pid, begin_of(pid));
	fclose(file);
	restart();
	ck_assert_uint_eq(fence->count, c->count);
	end_program(pid);
}
END_TEST

/* It is stopped all the same, and somebody is told who lets it go on. */
START_TEST(stop__list_can_not_be_written)
{
	pid_t pid = add_program();

	ck_assert_int_eq(mkdir(fence->list, 0700), 0);
	ssi_fence_stop(fence, NULL);
	check_stopped(pid);
	ck_assert_ptr_nonnull(strstr(said, "is stopped\n"));
	ck_assert_ptr_nonnull(strstr(said, "life.stopped: Is a directory; "));
	ck_assert_int_eq(rmdir(fence->list), 0);
	end_program(pid);
}
END_TEST

START_TEST(stop__regions_can_not_be_read)
{
	pid_t pid = add_program();
	int status;

	if (_i == 0)
		device = -ENOENT;
	else
		read_rc = -ENODEV;
	ssi_fence_stop(fence, NULL);
	ck_assert_ptr_eq(strstr(said, "fence: programs with regions can not be found: "), said);
	/* What was found until then is stopped. */
	if (_i)
		check_stopped(pid);
	else
		ck_assert_int_eq(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	end_program(pid);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("fence");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, stop__all_who_use_regions);
	tcase_add_test(tc, stop__once);
	tcase_add_test(tc, stop__who_got_the_number);
	tcase_add_test(tc, release__only_what_was_stopped);
	tcase_add_test(tc, stop__list_can_not_be_written);
	tcase_add_test(tc, new__takes_over);
	tcase_add_loop_test(tc, new__list, 0, sizeof(list_cases) / sizeof(*list_cases));
	tcase_add_loop_test(tc, stop__regions_can_not_be_read, 0, 2);
	return run_case("ssictl_fence", tc);
}
