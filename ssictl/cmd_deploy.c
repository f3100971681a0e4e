// SPDX-License-Identifier: Apache-2.0
/* ssictl deploy: what deploy.sh does, on many machines at a time. */
#include "ssictl.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "out.h"
#include "ssh.h"
#include "table.h"
#include "validate.h"

#define NAME "ssi"
#define WORDS 8

/* deploy.sh, as the linker took it in. */
extern const char _binary_deploy_sh_start[], _binary_deploy_sh_end[];

static const struct {
	const char *start;
	const char *end;
} deploy_sh = { _binary_deploy_sh_start, _binary_deploy_sh_end };

/**
 * struct deploy - machines under work
 * @args: the command line
 * @verb: for messages
 * @count: machines
 * @jobs: a command on each
 * @commands: what the jobs point to
 */
struct deploy {
	const struct ssi_args *args;
	const char *verb;
	unsigned int count;
	struct ssi_ssh_job jobs[SSI_TARGETS];
	char *commands[SSI_TARGETS];
};

/* ---- one round ---- */

static const char *node_name(const struct ssi_args *args)
{
	return args->node ? args->node : NAME;
}

static void reset(struct deploy *d)
{
	unsigned int i;

	for (i = 0; i < d->count; i++) {
		free(d->jobs[i].out);
		free(d->commands[i]);
	}
	memset(d->jobs, 0, sizeof(d->jobs));
	memset(d->commands, 0, sizeof(d->commands));
}

static void begin(struct deploy *d, const struct ssi_args *args, const char *verb)
{
	memset(d, 0, sizeof(*d));
	d->args = args;
	d->verb = verb;
	d->count = args->targets.count;
}

/* @words: behind the script, ended by NULL */
static int set_command(struct deploy *d, unsigned int i, const char *const *words)
{
	const char *all[WORDS + 4] = { "sh", "-c", NULL, "deploy" };
	char *script = strndup(deploy_sh.start, deploy_sh.end - deploy_sh.start);
	unsigned int n;

	all[2] = script;
	for (n = 0; n < WORDS && words[n]; n++)
		all[4 + n] = words[n];
	d->commands[i] = script ? ssi_ssh_quote(all) : NULL;
	free(script);
	d->jobs[i].command = d->commands[i];
	d->jobs[i].target = &d->args->targets.at[i];
	return d->commands[i] ? 0 : -ENOMEM;
}

/* People who wait see which machine they wait for. */
static void progress(const struct ssi_ssh_job *job, void *arg)
{
	const struct deploy *d = arg;

	fprintf(stderr, "ssictl: deploy %s: %s: %s\n", d->verb, job->target->text,
		job->ok ? "done" : job->why);
}

static unsigned int run(struct deploy *d)
{
	const struct ssi_ssh_cfg cfg = {
		.config = d->args->ssh_config,
		.parallel = d->args->jobs ? d->args->jobs : 8,
		.timeout_ms = d->args->timeout_ms,
		.done = progress,
		.arg = d,
	};

	return ssi_ssh_run(d->jobs, d->count, &cfg);
}

/* The same words on all machines. Returns how many failed, or a negative errno. */
static int round_of(struct deploy *d, const char *const *words, const char *input)
{
	unsigned int i;
	int rc = 0;

	reset(d);
	for (i = 0; i < d->count && rc == 0; i++) {
		rc = set_command(d, i, words);
		d->jobs[i].input = input;
	}
	return rc < 0 ? rc : (int)run(d);
}

/* ---- the summary ---- */

/* Its first line: what was done. */
static const char *result_of(struct ssi_ssh_job *job)
{
	if (!job->ok)
		return job->why;
	if (!job->out)
		return "";
	job->out[strcspn(job->out, "\n")] = 0;
	return job->out;
}

static int summarize(struct deploy *d, int rc)
{
	static const struct ssi_column columns[] = {
		{ "host", -24 }, { "result", -8 }, { "text", 0 }, { NULL, 0 },
	};
	struct ssi_table table;
	struct ssi_out out;
	unsigned int i;

	ssi_out_begin(&out, stdout, d->args->json);
	ssi_table_begin(&table, &out, "hosts", columns);
	for (i = 0; i < d->count && rc >= 0; i++) {
		ssi_table_row(&table, d->args->targets.at[i].text);
		ssi_table_str(&table, d->jobs[i].ok ? "ok" : "failed");
		ssi_table_str(&table, result_of(&d->jobs[i]));
		ssi_table_row_end(&table);
	}
	ssi_table_end(&table);
	reset(d);
	rc = ssi_out_end(&out, rc < 0 ? rc : 0) < 0 ? rc : rc > 0;
	return rc < 0 ? ssi_cmd_fail("deploy", NULL, rc, NULL) : rc ? SSI_EXIT_FAIL : SSI_EXIT_OK;
}

/* A verb that needs one round. */
static int simple(const struct ssi_args *args, const char *verb)
{
	const char *words[] = { verb, node_name(args), NULL };
	struct deploy *d = malloc(sizeof(*d));
	int rc;

	if (!d)
		return ssi_cmd_fail("deploy", NULL, -ENOMEM, NULL);
	begin(d, args, verb);
	rc = summarize(d, round_of(d, words, NULL));
	free(d);
	return rc;
}

int ssi_cmd_deploy_load(const struct ssi_args *args)
{
	return simple(args, "load");
}

int ssi_cmd_deploy_start(const struct ssi_args *args)
{
	return simple(args, "start");
}

int ssi_cmd_deploy_stop(const struct ssi_args *args)
{
	return simple(args, "stop");
}

/* ---- install ---- */

/* A folder becomes a tarball in a file without a name. Returns 0 or -1. */
static int pack(const char *folder, const char *tarball)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execlp("tar", "tar", "-C", folder, "--owner=0", "--group=0", "-czf", tarball, "--",
		       ".", (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

/* Where what shall be installed can be read. Returns 0 or the exit code. */
static int find_stage(const char *from, char *tarball, bool *temporary)
{
	struct stat st;
	int fd;

	*temporary = false;
	if (stat(from, &st) < 0) {
		fprintf(stderr, "ssictl: deploy: %s: %s; make install DESTDIR=%s, and modules_install "
			"for the kernels of all machines\n", from, strerror(errno), from);
		return SSI_EXIT_FAIL;
	}
	if (!S_ISDIR(st.st_mode)) {
		snprintf(tarball, PATH_MAX, "%s", from);
		return SSI_EXIT_OK;
	}
	snprintf(tarball, PATH_MAX, "/tmp/ssi-deploy.XXXXXX");
	fd = mkstemp(tarball);
	if (fd < 0)
		return ssi_cmd_fail("deploy", NULL, -errno, NULL);
	close(fd);
	*temporary = true;
	if (pack(from, tarball) == 0)
		return SSI_EXIT_OK;
	fprintf(stderr, "ssictl: deploy: %s: tar could not pack it\n", from);
	return SSI_EXIT_FAIL;
}

/* The secret goes where the programs went, so that a failure of one is seen. */
static int install(struct deploy *d, const char *tarball)
{
	static const char *const programs[] = { "install", NULL };
	static const char *const secret[] = { "secret", NULL };
	int rc = 0;

	if (d->args->secret) {
		d->verb = "secret";
		rc = round_of(d, secret, d->args->secret);
	}
	if (rc)
		return rc;
	d->verb = "install";
	return round_of(d, programs, tarball);
}

int ssi_cmd_deploy_install(const struct ssi_args *args)
{
	struct deploy *d = malloc(sizeof(*d));
	char tarball[PATH_MAX];
	bool temporary;
	int rc = find_stage(args->from, tarball, &temporary);

	if (rc == 0 && d) {
		begin(d, args, "install");
		rc = summarize(d, install(d, tarball));
	}
	if (temporary)
		unlink(tarball);
	free(d);
	return rc;
}

/* ---- join ---- */

/* Options of the node's configuration: those before it in the list are its peers. */
static void make_options(const struct deploy *d, char (*addresses)[96], unsigned int i,
			 char *options, size_t size)
{
	size_t len = snprintf(options, size, "%s", d->args->plain ? "--plain" : "");
	unsigned int peer;

	for (peer = 0; peer < i && len < size; peer++)
		len += snprintf(options + len, size - len, "%s--peer %u=%s:%u", len ? " " : "",
				d->args->id + peer, addresses[peer], d->args->port);
}

static int join_one(struct deploy *d, char (*addresses)[96], unsigned int i)
{
	char id[16], listen[128], share[32], options[8192];
	const char *words[] = { "join", node_name(d->args), id, listen, share, options, NULL };

	snprintf(id, sizeof(id), "%u", d->args->id + i);
	snprintf(listen, sizeof(listen), "%s:%u", addresses[i], d->args->port);
	snprintf(share, sizeof(share), "%llu", (unsigned long long)d->args->share);
	make_options(d, addresses, i, options, sizeof(options));
	return set_command(d, i, words);
}

static int join(struct deploy *d)
{
	static const char *const ask[] = { "address", NULL };
	char addresses[SSI_TARGETS][96] = { "" };
	unsigned int i;
	int rc = round_of(d, ask, NULL);

	if (rc)
		return rc;
	for (i = 0; i < d->count; i++)
		snprintf(addresses[i], sizeof(addresses[i]), "%.*s",
			 (int)strcspn(d->jobs[i].out, "\n"), d->jobs[i].out);
	reset(d);
	d->verb = "join";
	for (i = 0; i < d->count && rc == 0; i++)
		rc = join_one(d, addresses, i);
	return rc < 0 ? rc : (int)run(d);
}

int ssi_cmd_deploy_join(const struct ssi_args *args)
{
	struct deploy *d = malloc(sizeof(*d));
	int rc;

	if (!d)
		return ssi_cmd_fail("deploy", NULL, -ENOMEM, NULL);
	if (args->id + args->targets.count > SSI_NODES) {
		fprintf(stderr, "ssictl: deploy: ids end at %d; a lower --id, or fewer machines\n",
			SSI_MEM_NODE_ID_MAX);
		free(d);
		return SSI_EXIT_USAGE;
	}
	begin(d, args, "address");
	rc = summarize(d, join(d));
	free(d);
	return rc;
}

/* ---- status, validate ---- */

static void gather(struct deploy *d, struct ssi_facts *facts)
{
	static const char *const words[] = { "facts", NULL };
	unsigned int i;

	if (round_of(d, words, NULL) < 0)
		snprintf(d->jobs[0].why, sizeof(d->jobs[0].why), "out of memory");
	for (i = 0; i < d->count; i++) {
		const struct ssi_ssh_job *job = &d->jobs[i];

		facts[i] = (struct ssi_facts){
			.host = d->args->targets.at[i].text,
			.root = job->ok ? json_loads(job->out ? job->out : "", 0, NULL) : NULL,
			.why = job->ok ? "what it says is no JSON" : job->why,
			.began = job->began,
			.ended = job->ended,
		};
	}
}

static void forget(struct ssi_facts *facts, unsigned int count)
{
	while (count)
		json_decref(facts[--count].root);
}

static const json_t *node_of(const struct ssi_facts *facts)
{
	return json_array_get(json_object_get(json_object_get(facts->root, "status"), "nodes"), 0);
}

static void print_node(struct ssi_table *table, const struct ssi_facts *facts)
{
	const json_t *node = node_of(facts), *peer;
	char links[32], room[64];
	unsigned int up = 0;
	size_t i;

	json_array_foreach(json_object_get(node, "peers"), i, peer)
		up += !strcmp(json_string_value(json_object_get(peer, "control_link")), "up") &&
		      !strcmp(json_string_value(json_object_get(peer, "data_link")), "up");
	snprintf(links, sizeof(links), "%u of %zu", up,
		 json_array_size(json_object_get(node, "peers")));
	snprintf(room, sizeof(room), "%lld of %lld MiB",
		 json_integer_value(json_object_get(node, "used")) >> 20,
		 json_integer_value(json_object_get(node, "share")) >> 20);
	ssi_table_u64(table, json_integer_value(json_object_get(node, "id")));
	ssi_table_str(table, json_string_value(json_object_get(node, "state")));
	ssi_table_str(table, links);
	ssi_table_str(table, room);
}

static int print_status(const struct deploy *d, const struct ssi_facts *facts)
{
	static const struct ssi_column columns[] = {
		{ "host", -24 }, { "id", 4 }, { "state", 10 }, { "links_up", 10 }, { "used", 0 },
		{ NULL, 0 },
	};
	struct ssi_table table;
	struct ssi_out out;
	unsigned int i, missing = 0;

	ssi_out_begin(&out, stdout, d->args->json);
	ssi_table_begin(&table, &out, "hosts", columns);
	for (i = 0; i < d->count; i++) {
		ssi_table_row(&table, facts[i].host);
		if (node_of(&facts[i])) {
			print_node(&table, &facts[i]);
		} else {
			missing++;
			ssi_table_none(&table);
			ssi_table_str(&table, facts[i].root ? "no node" : "no answer");
		}
		ssi_table_row_end(&table);
	}
	ssi_table_end(&table);
	return ssi_out_end(&out, 0) || missing ? SSI_EXIT_FAIL : SSI_EXIT_OK;
}

/**
 * struct report - findings on their way out
 * @out: the document
 * @json: it is JSON
 * @failed: one of them is a failure
 */
struct report {
	struct ssi_out out;
	bool json;
	bool failed;
};

static void print_finding(const char *host, const struct ssi_finding *f, void *arg)
{
	static const char *const words[] = { "ok", "warn", "fail" };
	struct report *r = arg;

	r->failed |= f->health == SSI_HEALTH_FAIL;
	if (!r->json) {
		printf("%-4s %s: %s: %s%s%s\n", words[f->health], host, f->check, f->text,
		       *f->remedy ? "; " : "", f->remedy);
		return;
	}
	ssi_out_item(&r->out, "host", host);
	ssi_out_str(&r->out, "check", f->check, SSI_COLOR_NONE);
	ssi_out_str(&r->out, "health", words[f->health], SSI_COLOR_NONE);
	ssi_out_str(&r->out, "text", f->text, SSI_COLOR_NONE);
	ssi_out_str(&r->out, "remedy", f->remedy, SSI_COLOR_NONE);
	ssi_out_close(&r->out);
}

static int print_report(const struct deploy *d, const struct ssi_facts *facts)
{
	struct report r = { .json = d->args->json };

	ssi_out_begin(&r.out, stdout, r.json);
	ssi_out_list(&r.out, "checks");
	ssi_validate(facts, d->count, print_finding, &r);
	ssi_out_close(&r.out);
	return ssi_out_end(&r.out, 0) || r.failed ? SSI_EXIT_FAIL : SSI_EXIT_OK;
}

static int look(const struct ssi_args *args, const char *verb,
		int (*print)(const struct deploy *d, const struct ssi_facts *facts))
{
	struct ssi_facts facts[SSI_TARGETS];
	struct deploy *d = malloc(sizeof(*d));
	int rc;

	if (!d)
		return ssi_cmd_fail("deploy", NULL, -ENOMEM, NULL);
	begin(d, args, verb);
	gather(d, facts);
	rc = print(d, facts);
	forget(facts, d->count);
	reset(d);
	free(d);
	return rc;
}

int ssi_cmd_deploy_status(const struct ssi_args *args)
{
	return look(args, "status", print_status);
}

int ssi_cmd_deploy_validate(const struct ssi_args *args)
{
	return look(args, "validate", print_report);
}
