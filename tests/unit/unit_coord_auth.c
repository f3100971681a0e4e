// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/auth.c"

#include <sys/stat.h>
#include <unistd.h>

#include "unit_ssictl_run.h"

/* SHA-256 of "one" and of "two". */
#define ONE "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
#define TWO "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"

static char path[] = "/tmp/unit_coord_auth.XXXXXX";
static char why[200];
static struct ssi_tokens tokens;

static void setup(void)
{
	int fd;

	strcpy(strrchr(path, '.'), ".XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	memset(&tokens, 0, sizeof(tokens));
}

static void teardown(void)
{
	unlink(path);
}

static int load(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	*why = 0;
	return ssi_tokens_load(path, &tokens, why, sizeof(why));
}

START_TEST(load__finds)
{
	struct ssi_caller caller;

	ck_assert_msg(load("# who may\n\nadmin  alice\t" ONE "\r\nread bob " TWO) == 0, "%s", why);
	ck_assert_uint_eq(tokens.count, 2);
	ck_assert(ssi_tokens_find(&tokens, "Bearer one", &caller));
	ck_assert_str_eq(caller.name, "alice");
	ck_assert_uint_eq(caller.role, SSI_ROLE_ADMIN);
	ck_assert(ssi_tokens_find(&tokens, "bearer two", &caller));
	ck_assert_str_eq(caller.name, "bob");
	ck_assert_uint_eq(caller.role, SSI_ROLE_READ);
}
END_TEST

static const char *const strangers[] = {
	NULL, "", "Bearer", "Bearer ", "Bearer three", "Bearer One", "Bearer one ", "Bearer  one",
	"Basic one", "one", "Bearer " ONE,
};

START_TEST(find__nobodys)
{
	struct ssi_caller caller;
	char long_one[1000] = "Bearer ";

	ck_assert_int_eq(load("admin alice " ONE), 0);
	ck_assert(!ssi_tokens_find(&tokens, strangers[_i], &caller));
	memset(long_one + 7, 'a', 900);
	ck_assert(!ssi_tokens_find(&tokens, long_one, &caller));
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} refused[] = {
	{ "admin alice", "line 1: not ROLE" },
	{ "\nadmin alice " ONE " more", "line 2: not ROLE" },
	{ "root alice " ONE, "the role is none" },
	{ "none alice " ONE, "the role is none" },
	{ "admin a/b " ONE, "no name" },
	{ "admin alice 12", "no SHA-256" },
	{ "admin alice x692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed", "no SHA" },
};

/* What is wrong leaves what was there. */
START_TEST(load__refuses)
{
	ck_assert_int_eq(load("admin alice " ONE), 0);
	ck_assert_int_eq(load(refused[_i].text), -1);
	ck_assert_msg(strstr(why, refused[_i].why) != NULL, "%s", why);
	ck_assert_uint_eq(tokens.count, 1);
}
END_TEST

START_TEST(load__open_file)
{
	ck_assert_int_eq(load("admin alice " ONE), 0);
	chmod(path, 0640);
	ck_assert_int_eq(ssi_tokens_load(path, &tokens, why, sizeof(why)), -1);
	ck_assert_msg(strstr(why, "chmod 600") != NULL, "%s", why);
	unlink(path);
	ck_assert_int_eq(ssi_tokens_load(path, &tokens, why, sizeof(why)), -1);
	ck_assert_msg(strstr(why, "ssi-coordinator(8)") != NULL, "%s", why);
}
END_TEST

START_TEST(load__too_many)
{
	char *text = calloc(SSI_TOKENS_MAX + 1, 100);
	int i;

	for (i = 0; i < SSI_TOKENS_MAX; i++)
		strcat(text, "read r " ONE "\n");
	ck_assert_int_eq(load(text), 0);
	strcat(text, "read r " ONE "\n");
	ck_assert_int_eq(load(text), -1);
	ck_assert_msg(strstr(why, "line 257: one token too many") != NULL, "%s", why);
	free(text);
}
END_TEST

START_TEST(role__names)
{
	ck_assert_uint_eq(ssi_role_named("operate"), SSI_ROLE_OPERATE);
	ck_assert_uint_eq(ssi_role_named("Admin"), SSI_ROLE_NONE);
	ck_assert_uint_eq(ssi_role_named(""), SSI_ROLE_NONE);
	ck_assert_uint_eq(ssi_role_named(NULL), SSI_ROLE_NONE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("auth");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, load__finds);
	tcase_add_loop_test(tc, find__nobodys, 0, COUNT(strangers));
	tcase_add_loop_test(tc, load__refuses, 0, COUNT(refused));
	tcase_add_test(tc, load__open_file);
	tcase_add_test(tc, load__too_many);
	tcase_add_test(tc, role__names);
	return run_case("coord_auth", tc);
}
