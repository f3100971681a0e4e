/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the VMM's unit tests share: messages are kept instead of printed, so
 * that a test can look at them, and a runner for one list of tests. Each test
 * program includes the .c file it tests, and this header once.
 */
#ifndef UNIT_VMM_COMMON_H
#define UNIT_VMM_COMMON_H

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/log.h"

static char said[1024];

int log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(said, sizeof(said), fmt, args);
	va_end(args);
	return -1;
}

void log_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(said, sizeof(said), fmt, args);
	va_end(args);
}

/* The last message has these words in it. */
#define ck_assert_said(words) \
	ck_assert_msg(strstr(said, words), "\"%s\" lacks \"%s\"", said, words)

static int run_tests(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	for (; *tests; tests++)
		tcase_add_test(tcase, *tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
