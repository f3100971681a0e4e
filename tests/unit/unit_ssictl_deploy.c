// SPDX-License-Identifier: Apache-2.0
/* cmd_deploy.c, with a program that is not ssh: what is asked of each machine. */
#include "../../ssictl/cmd_deploy.c"

#include "unit_ssictl_fake_ssh.h"
#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_run.h"

/* Runs a command and keeps what it prints, to be freed. */
static int run_to_text(int (*run)(const struct ssi_args *args), const struct ssi_args *line,
		       char **text)
{
	FILE *kept = stdout;
	size_t size;
	int rc;

	stdout = open_memstream(text, &size);
	rc = run(line);
	fclose(stdout);
	stdout = kept;
	return rc;
}

/* The object of a machine in a list of the document has these members, no others. */
static void check_members(const char *text, const char *list, const char *const *keys)
{
	json_t *root = json_loads(text, 0, NULL), *item, *items = json_object_get(root, list);
	size_t i, n;

	ck_assert_uint_gt(json_array_size(items), 0);
	json_array_foreach(items, i, item) {
		for (n = 0; keys[n]; n++)
			ck_assert_ptr_nonnull(json_object_get(item, keys[n]));
		ck_assert_uint_eq(json_object_size(item), n);
	}
	json_decref(root);
}

static struct ssi_args args;
static char *text;

/* Answers by what stands behind the script; of the machine "bad" nothing works. */
static const char script[] =
	"tail=${2##*\"'deploy' \"}\n"
	"printf '%s' \"$tail\" >\"$FAKE/asked.$1\"\n"
	"[ \"$1\" != bad ] || { echo 'no such luck' >&2; exit 1; }\n"
	"case $tail in\n"
	"\"'address'\") echo \"192.0.2.${1#h}\" ;;\n"
	"\"'secret'\") cat >\"$FAKE/secret.$1\"; echo kept ;;\n"
	"\"'install'\") tar -tzf - >\"$FAKE/stage.$1\"; echo installed ;;\n"
	"\"'facts'\") echo '{\"kernel\":\"6.1\",\"time\":0,\"mtu\":1500,\"version\":null,\"doctor\":null,"
	"\"status\":{\"nodes\":[{\"node\":\"ssi\",\"id\":3,\"state\":\"member\",\"used\":1048576,"
	"\"share\":4194304,\"peers\":[]}]}}' ;;\n"
	"*) echo done ;;\n"
	"esac";

static void setup(void)
{
	make_ssh(script);
	memset(&args, 0, sizeof(args));
	args.timeout_ms = 30000;
	args.port = SSI_PORT_DEFAULT;
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

static void teardown(void)
{
	free(text);
	text = NULL;
	remove_ssh();
}

static void name(const char *host)
{
	ck_assert_ptr_null(ssi_opts_target(host, &args.targets));
}

static int run_it(int (*command)(const struct ssi_args *args))
{
	free(text);
	return run_to_text(command, &args, &text);
}

#define ASKED(host, expected)                                 \
	do {                                                  \
		char *asked = wrote("asked." host);           \
		ck_assert_str_eq(asked, expected);            \
		free(asked);                                  \
	} while (0)

START_TEST(join__each_knows_those_before)
{
	name("h1");
	name("h2");
	name("h3");
	args.id = 5;
	args.share = 1 << 20;
	args.plain = true;
	ck_assert_int_eq(run_it(ssi_cmd_deploy_join), SSI_EXIT_OK);
	ASKED("h1", "'join' 'ssi' '5' '192.0.2.1:7000' '1048576' '--plain'");
	ASKED("h3", "'join' 'ssi' '7' '192.0.2.3:7000' '1048576' "
		    "'--plain --peer 5=192.0.2.1:7000 --peer 6=192.0.2.2:7000'");
	args.id = 62;
	ck_assert_int_eq(run_it(ssi_cmd_deploy_join), SSI_EXIT_USAGE);
}
END_TEST

/* A cluster of some of the machines is not what was asked for. */
START_TEST(join__not_without_all)
{
	name("h1");
	name("bad");
	args.share = 1 << 20;
	ck_assert_int_eq(run_it(ssi_cmd_deploy_join), SSI_EXIT_FAIL);
	ASKED("h1", "'address'");
	ck_assert_ptr_nonnull(strstr(text, "no such luck"));
}
END_TEST

START_TEST(install__stage_and_secret)
{
	char command[256], *there;

	snprintf(command, sizeof(command), "mkdir -p %s/stage/usr && echo x >%s/stage/usr/file && "
		 "echo secret >%s/key", folder, folder, folder);
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof(command), "%s/stage", folder);
	name("h1");
	args.from = command;
	ck_assert_int_eq(run_it(ssi_cmd_deploy_install), SSI_EXIT_OK);
	there = wrote("stage.h1");
	ck_assert_ptr_nonnull(strstr(there, "./usr/file\n"));
	free(there);
	args.from = "/nowhere";
	ck_assert_int_eq(run_it(ssi_cmd_deploy_install), SSI_EXIT_FAIL);
}
END_TEST

START_TEST(simple__named_node)
{
	static const char *const keys[] = { "host", "result", "text", NULL };

	name("h1");
	ck_assert_int_eq(run_it(ssi_cmd_deploy_start), SSI_EXIT_OK);
	ASKED("h1", "'start' 'ssi'");
	args.node = "blue";
	ck_assert_int_eq(run_it(ssi_cmd_deploy_stop), SSI_EXIT_OK);
	ASKED("h1", "'stop' 'blue'");
	ck_assert_int_eq(run_it(ssi_cmd_deploy_load), SSI_EXIT_OK);
	name("bad");
	ck_assert_int_eq(run_it(ssi_cmd_deploy_load), SSI_EXIT_FAIL);
	ck_assert_ptr_nonnull(strstr(text, "failed"));
	args.json = true;
	ck_assert_int_eq(run_it(ssi_cmd_deploy_load), SSI_EXIT_FAIL);
	check_members(text, "hosts", keys);
}
END_TEST

START_TEST(status__and_validate)
{
	static const char *const nodes[] = { "host", "id", "state", "links_up", "used", NULL };
	static const char *const checks[] = { "host", "check", "health", "text", "remedy", NULL };

	name("h1");
	args.json = true;
	ck_assert_int_eq(run_it(ssi_cmd_deploy_status), SSI_EXIT_OK);
	check_members(text, "hosts", nodes);
	name("bad");
	ck_assert_int_eq(run_it(ssi_cmd_deploy_status), SSI_EXIT_FAIL);
	ck_assert_ptr_nonnull(strstr(text, "\"no answer\""));
	ck_assert_int_eq(run_it(ssi_cmd_deploy_validate), SSI_EXIT_FAIL);
	check_members(text, "checks", checks);
	args.json = false;
	ck_assert_int_eq(run_it(ssi_cmd_deploy_validate), SSI_EXIT_FAIL);
	ck_assert_ptr_nonnull(strstr(text, "fail bad: ssh: no such luck; "));
	ck_assert_ptr_nonnull(strstr(text, "ok   h1: room: 1 of 4 MiB"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("deploy");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, join__each_knows_those_before);
	tcase_add_test(tc, join__not_without_all);
	tcase_add_test(tc, install__stage_and_secret);
	tcase_add_test(tc, simple__named_node);
	tcase_add_test(tc, status__and_validate);
	return run_case("ssictl_deploy", tc);
}
