// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/log.c"

#include <string.h>
#include <unistd.h>

#include "unit_ssictl_run.h"

static char line[4096];

/* What is written to stderr meanwhile ends up in @line. */
static int begin(FILE **f)
{
	int kept = dup(STDERR_FILENO);

	*f = tmpfile();
	dup2(fileno(*f), STDERR_FILENO);
	return kept;
}

static void end(FILE *f, int kept)
{
	size_t len;

	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(f);
	len = fread(line, 1, sizeof(line) - 1, f);
	line[len] = 0;
	fclose(f);
}

static json_t *logged(enum ssi_log_format format, int level, const char *id, const char *text)
{
	FILE *f;
	int kept = begin(&f);

	ssi_log_format(format);
	ssi_log_request(level, id, "%s", text);
	end(f, kept);
	return json_loads(line, 0, NULL);
}

static const char *word(const json_t *root, const char *key)
{
	return json_string_value(json_object_get(root, key));
}

START_TEST(text__priority)
{
	json_t *root = logged(SSI_LOG_TEXT, LOG_NOTICE, "", "at work");

	ck_assert_ptr_null(root);
	ck_assert_str_eq(line, "<5>ssi-coordinator: at work\n");
}
END_TEST

START_TEST(text__request)
{
	logged(SSI_LOG_TEXT, LOG_ERR, "beef", "broken");
	ck_assert_str_eq(line, "<3>ssi-coordinator: broken (request beef)\n");
}
END_TEST

START_TEST(json__keys)
{
	static const int levels[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO };
	static const char *const names[] = { "err", "warning", "notice", "info" };
	json_t *root = logged(SSI_LOG_JSON, levels[_i], "beef", "at work");
	int year, month, day, hour, minute, second, ms, len = 0;

	ck_assert_uint_eq(json_object_size(root), 4);
	ck_assert_str_eq(word(root, "level"), names[_i]);
	ck_assert_str_eq(word(root, "message"), "at work");
	ck_assert_str_eq(word(root, "request_id"), "beef");
	ck_assert_int_eq(sscanf(word(root, "time"), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month,
				&day, &hour, &minute, &second, &ms, &len),
			 7);
	ck_assert_int_eq(len, 24);
	json_decref(root);
}
END_TEST

START_TEST(json__no_request)
{
	json_t *root = logged(SSI_LOG_JSON, LOG_INFO, "", "at work");

	ck_assert_uint_eq(json_object_size(root), 3);
	ck_assert_ptr_null(json_object_get(root, "request_id"));
	json_decref(root);
}
END_TEST

/* What others sent makes neither a second line nor a broken one. */
START_TEST(json__hostile)
{
	json_t *root = logged(SSI_LOG_JSON, LOG_INFO, "beef", "a\"b\\c\n{}\xff\x1b");

	ck_assert_str_eq(word(root, "message"), "a\"b\\c?{}??");
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
	json_decref(root);
}
END_TEST

START_TEST(json__long)
{
	char text[3000];
	json_t *root;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	root = logged(SSI_LOG_JSON, LOG_INFO, "beef", text);
	ck_assert_uint_eq(strlen(word(root, "message")), 1023);
	json_decref(root);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("log");

	tcase_add_test(tc, text__priority);
	tcase_add_test(tc, text__request);
	tcase_add_loop_test(tc, json__keys, 0, 4);
	tcase_add_test(tc, json__no_request);
	tcase_add_test(tc, json__hostile);
	tcase_add_test(tc, json__long);
	return run_case("coord_log", tc);
}
