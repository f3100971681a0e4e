// SPDX-License-Identifier: Apache-2.0
#include "unit_vmm_common.h"

#include "../../vmm/pause.c"

/* A guest that is only counted. */
static int holds, releases, turns;
static bool out;
static bool clock_fails;

void vcpu_hold_all(struct vm *vm)
{
	(void)vm;
	holds++;
}

void vcpu_release_all(struct vm *vm)
{
	(void)vm;
	releases++;
}

bool vcpu_all_out(const struct vm *vm)
{
	(void)vm;
	return out;
}

int clock_read(const struct vm *vm, struct clock_mark *mark)
{
	(void)vm;
	mark->tsc = 4711;
	return clock_fails ? -1 : 0;
}

int64_t clock_turn_back(const struct vm *vm, const struct clock_mark *mark)
{
	(void)vm;
	ck_assert_uint_eq(mark->tsc, 4711);
	turns++;
	return 1000;
}

static struct pause fresh(void)
{
	holds = releases = turns = 0;
	out = true;
	clock_fails = false;
	return (struct pause){ .vm = NULL };
}

START_TEST(pause__one_reason)
{
	struct pause pause = fresh();

	pause_settle(&pause);
	pause_end(&pause, PAUSE_USER);
	ck_assert_int_eq(holds + releases, 0);
	pause_begin(&pause, PAUSE_USER);
	ck_assert_int_eq(holds, 1);
	pause_settle(&pause);
	ck_assert_int_eq(releases, 0);
	pause_end(&pause, PAUSE_USER);
	ck_assert_int_eq(turns, 1);
	ck_assert_int_eq(releases, 1);
	ck_assert_uint_eq(pause.behind_ns, 1000);
	ck_assert_uint_eq(pause_stalled(&pause), 0);
}
END_TEST

/* A stalled guest can be paused, and goes on when both are over. */
START_TEST(pause__two_reasons)
{
	struct pause pause = fresh();

	pause_begin(&pause, PAUSE_STALL);
	ck_assert_said("stands still");
	ck_assert_uint_ge(pause_stalled(&pause), 1);
	pause_begin(&pause, PAUSE_USER);
	pause_begin(&pause, PAUSE_USER);
	ck_assert_int_eq(holds, 1);
	pause_end(&pause, PAUSE_STALL);
	ck_assert_said("memory comes again");
	ck_assert_uint_eq(pause_stalled(&pause), 0);
	ck_assert_int_eq(releases, 0);
	pause_end(&pause, PAUSE_USER);
	ck_assert_int_eq(releases, 1);
	ck_assert_int_eq(turns, 1);
}
END_TEST

/* The time is turned back when the last thread has come out of the kernel. */
START_TEST(pause__thread_in_the_kernel)
{
	struct pause pause = fresh();

	out = false;
	pause_begin(&pause, PAUSE_STALL);
	pause_end(&pause, PAUSE_STALL);
	pause_settle(&pause);
	ck_assert_int_eq(releases + turns, 0);
	/* It may stall again before. */
	pause_begin(&pause, PAUSE_STALL);
	ck_assert_int_eq(holds, 1);
	out = true;
	pause_settle(&pause);
	ck_assert_int_eq(releases, 0);
	pause_end(&pause, PAUSE_STALL);
	ck_assert_int_eq(releases, 1);
	ck_assert_int_eq(turns, 1);
}
END_TEST

START_TEST(pause__no_clock)
{
	struct pause pause = fresh();

	clock_fails = true;
	pause_begin(&pause, PAUSE_USER);
	pause_end(&pause, PAUSE_USER);
	ck_assert_int_eq(turns, 0);
	ck_assert_int_eq(releases, 1);
	ck_assert_uint_eq(pause.behind_ns, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		pause__one_reason,
		pause__two_reasons,
		pause__thread_in_the_kernel,
		pause__no_clock,
		NULL,
	};

	return run_tests("vmm_pause", tests);
}
