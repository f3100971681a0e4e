// SPDX-License-Identifier: Apache-2.0
/* maps.c: this process and others that it starts have a file mapped. */
#include "../../ssictl/maps.c"

#include <sys/mman.h>
#include <sys/wait.h>

#include "unit_ssictl_run.h"

#define PAGE 4096

static struct ssi_user seen[4];
static unsigned int count;
static struct stat file;
static int fd;

static void see(const struct ssi_user *user, void *arg)
{
	ck_assert_ptr_null(arg);
	ck_assert_uint_lt(count, COUNT(seen));
	seen[count++] = *user;
}

static void setup(void)
{
	fd = memfd_create("region", 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 8 * PAGE), 0);
	ck_assert_int_eq(fstat(fd, &file), 0);
}

START_TEST(maps__nobody)
{
	/* Open alone is not mapped. */
	ck_assert_int_ge(ssi_maps_each(&file, NULL, see, NULL), 0);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(maps__sum_of_all_mappings)
{
	void *a = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	void *b = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4 * PAGE);

	ck_assert(a != MAP_FAILED && b != MAP_FAILED);
	ck_assert_int_ge(ssi_maps_each(&file, NULL, see, NULL), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(seen[0].pid, getpid());
	ck_assert_uint_eq(seen[0].mapped, 5 * PAGE);
	ck_assert_str_eq(seen[0].program, "unit_ssictl_map");
	ck_assert_str_eq(seen[0].control, "");
	ck_assert_uint_eq(seen[0].cpus, 0);
	/* The inode of another device is another file. */
	file.st_dev++;
	count = 0;
	ssi_maps_each(&file, NULL, see, NULL);
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* Runs a process by the name of the monitor, with @words, that has the file mapped. */
static pid_t start_monitor(const char *const *words, int *ready)
{
	pid_t pid;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	*ready = ends[0];
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;
	dup2(ends[1], STDOUT_FILENO);
	execlp("python3", "python3", "-c",
	       "import mmap, sys, time, ctypes\n"
	       "m = mmap.mmap(int(sys.argv[1]), 4096)\n"
	       "ctypes.CDLL(None).prctl(15, b'ssi-vmm')\n"
	       "print('ready', flush=True)\n"
	       "sys.stdin.read(1)",
	       words[0], words[1], words[2], words[3], words[4], NULL);
	_exit(127);
}

START_TEST(maps__options_of_a_monitor)
{
	static const struct {
		const char *words[4];
		const char *control;
		bool relative;
		unsigned int cpus;
	} cases[] = {
		{ { "--control", "/run/a" }, "/run/a", false, 1 },
		{ { "--control=/run/b", "--cpus", "4" }, "/run/b", false, 4 },
		{ { "--control", "c", "--cpus=16" }, "c", true, 16 },
		{ { "--controls", "/run/d", "--cpus0", "3" }, "", false, 1 },
		{ { "--append", "--cpus-that-is-long", "7" }, "", false, 1 },
	};
	const char *words[5] = { NULL, cases[_i].words[0], cases[_i].words[1], cases[_i].words[2],
				 cases[_i].words[3] };
	char number[12], expected[SSI_MAPS_PATH], answer[8];
	int status, ready, in[2];
	pid_t pid;

	ck_assert_int_eq(pipe(in), 0);
	dup2(in[0], STDIN_FILENO);
	snprintf(number, sizeof(number), "%d", fd);
	words[0] = number;
	pid = start_monitor(words, &ready);
	ck_assert_int_gt(read(ready, answer, sizeof(answer)), 0);
	ck_assert_int_ge(ssi_maps_each(&file, "ssi-vm", see, NULL), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_ge(ssi_maps_each(&file, "ssi-vmm", see, NULL), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(seen[0].pid, pid);
	ck_assert_str_eq(seen[0].program, "ssi-vmm");
	ck_assert_uint_eq(seen[0].cpus, cases[_i].cpus);
	snprintf(expected, sizeof(expected), "/proc/%d/cwd/%s", pid, cases[_i].control);
	ck_assert_str_eq(seen[0].control, cases[_i].relative ? expected : cases[_i].control);
	ck_assert_int_eq(write(in[1], "q", 1), 1);
	waitpid(pid, &status, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("maps");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, maps__nobody);
	tcase_add_test(tc, maps__sum_of_all_mappings);
	tcase_add_loop_test(tc, maps__options_of_a_monitor, 0, 5);
	return run_case("ssictl_maps", tc);
}
