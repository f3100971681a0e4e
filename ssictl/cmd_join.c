// SPDX-License-Identifier: Apache-2.0
/*
 * ssictl join: make the node, or adopt one that has lost its agent; start the
 * agent. ssictl agent: the same for a service that asks a coordinator.
 *
 *	parent: check module, secret, address; fork
 *	agent:  get an id from the coordinator, if there is one; node-new, lock, first
 *		attempts to connect, report, close stdio, loop
 *	parent: exits with what the agent reported
 *
 * The fork comes before the first thread, because threads do not survive it,
 * and before the lock, which belongs to one process.
 */
#include "ssictl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <linux/ssi_mem_dev.h>

#include "agent.h"
#include "lock.h"
#include "module.h"
#include "out.h"

/* Of one coordinator, as long as no lease says how much time there is. */
#define COORDINATOR_MS 10000

/* An agent that is told to go before it has reported takes its node with it. */
#define UNDO_TIMEOUT_MS 5000

static const struct ssi_hint hints[] = {
	{ EEXIST, "ssictl status shows it" },
	{ ENOMEM, "free some of this machine's memory" },
	{ 0, NULL },
};

/**
 * struct join - a join under way
 * @args: the command line
 * @name: of the node
 * @agent: what the agent starts with
 * @adopted: the node was there before
 * @report_fd: where the parent waits for the exit code; -1 in the foreground
 */
struct join {
	const struct ssi_args *args;
	char name[SSI_NL_NAME];
	struct ssi_agent_cfg agent;
	bool adopted;
	int report_fd;
};

/* Static, because threads of the agent may read it until the process has ended. */
static struct join the_join = { .report_fd = -1 };

static int say_why(const char *what, const char *why)
{
	fprintf(stderr, "ssictl: join: %s: %s\n", what, why);
	return SSI_EXIT_FAIL;
}

static int open_kernel(struct join *j)
{
	int rc = ssi_nl_open(&j->agent.nl);
	char why[400];

	if (rc != -ENOENT)
		return ssi_cmd_opened("join", j->agent.nl, rc);
	if (ssi_module_load("ssi_mem", why, sizeof(why)) == 0)
		return ssi_cmd_open("join", &j->agent.nl);
	say_why("loading ssi_mem", why);
	return SSI_EXIT_NO_MODULE;
}

static int say_served(const struct join *j, pid_t agent)
{
	char why[64];

	snprintf(why, sizeof(why), "it has an agent already, pid %d", agent);
	return say_why(j->name, why);
}

/* The agent would also have the address, which sounds like something else. */
static int check_unserved(const struct join *j)
{
	pid_t agent;

	if (j->args->adopt && ssi_lock_holder(j->name, &agent) == 0 && agent)
		return say_served(j, agent);
	return SSI_EXIT_OK;
}

static int check_tls(const struct join *j)
{
	int rc;

	if (j->args->plain)
		return SSI_EXIT_OK;
	rc = ssi_link_tls_check();
	if (rc == -ENOENT)
		return say_why("kernel TLS", "this kernel has none; modprobe tls, or let all "
					     "nodes join with --plain on a network you trust");
	return rc ? say_why("kernel TLS", strerror(-rc)) : SSI_EXIT_OK;
}

static int say_not_listening(const struct ssi_addr *addr, int error)
{
	const char *remedy = ssi_cmd_listen_remedy(error);
	char why[160];

	snprintf(why, sizeof(why), "%s%s%s", strerror(error), *remedy ? "; " : "", remedy);
	return say_why(addr->text, why);
}

static int say_usage(const char *why)
{
	fprintf(stderr, "ssictl: join: %s\n", why);
	return SSI_EXIT_USAGE;
}

/* Who says what id the node has, and who the others are? */
static int check_authority(const struct ssi_args *args)
{
	if (!args->coordinator && args->id == SSI_ID_ANY)
		return say_usage("--id N is missing, or --coordinator URL");
	if (!args->coordinator && args->token_file)
		return say_usage("--token-file is for a --coordinator");
	if (args->coordinator && args->peers.listed)
		return say_usage("--peer and --coordinator exclude each other");
	if (args->coordinator && !args->node)
		return say_usage("--name NAME is missing: the coordinator knows nodes by names");
	if (args->id != SSI_ID_ANY && args->peers.listed >> args->id & 1)
		return say_why("--peer", "the node lists itself");
	return SSI_EXIT_OK;
}

/* A service gives an empty one where its configuration has none. */
static const char *unless_empty(const char *path)
{
	return path && *path ? path : NULL;
}

static bool has_secret(const struct ssi_args *args)
{
	return unless_empty(args->secret);
}

/* What do links prove themselves with? A coordinator may be shown certificates as well. */
static int check_proof(const struct ssi_args *args)
{
	const struct ssi_files *files = &args->files;
	bool any = files->cert || files->key || files->ca || files->crl;

	if (files->key && !files->cert)
		return say_usage("--key takes --cert");
	if (has_secret(args) && (files->crl || (any && !args->coordinator)))
		return say_usage("--secret and certificates of links exclude each other");
	if (has_secret(args) || (files->cert && files->ca))
		return SSI_EXIT_OK;
	return say_usage("--secret FILE is missing, or --cert and --ca");
}

/* The agent leaves the directory, and reads its files again later. */
static const char *from_root(const char *path)
{
	char *cwd, *whole;

	if (!path || *path == '/')
		return path;
	cwd = getcwd(NULL, 0);
	if (!cwd || asprintf(&whole, "%s/%s", cwd, path) < 0)
		whole = NULL;
	free(cwd);
	return whole ? whole : path;
}

static int check_coordinator(struct join *j)
{
	struct ssi_rest_cfg *cfg = &j->agent.coordinator;
	const struct ssi_args *args = j->args;
	struct ssi_rest *rest;
	char why[300];

	if (!args->coordinator)
		return SSI_EXIT_OK;
	*cfg = (struct ssi_rest_cfg){
		.urls = args->coordinator,
		.token_file = from_root(unless_empty(args->token_file)),
		.ca = from_root(args->files.ca),
		.cert = from_root(args->files.cert),
		.key = from_root(args->files.key ? args->files.key : args->files.cert),
		.timeout_ms = COORDINATOR_MS,
	};
	rest = ssi_rest_open(cfg, why, sizeof(why));
	ssi_rest_close(rest);
	return rest ? SSI_EXIT_OK : say_why("--coordinator", why);
}

/* A certificate makes the node the one that it names. @id: or SSI_ID_ANY. */
static int check_holder(const struct join *j, uint32_t id)
{
	const struct ssi_identity *identity = j->agent.self.credentials.identity;
	bool named = identity && identity->node != SSI_NO_NODE;
	char why[80];

	if (!identity || (named && (id == SSI_ID_ANY || identity->node == id)))
		return SSI_EXIT_OK;
	if (!named)
		snprintf(why, sizeof(why), "it names no node; ssictl cluster makes such ones");
	else
		snprintf(why, sizeof(why), "it is for node %u, not %u", identity->node, id);
	return say_why(j->args->files.cert, why);
}

static int open_credentials(struct join *j)
{
	const struct ssi_args *args = j->args;
	struct ssi_credentials *c = &j->agent.self.credentials;
	const char *key = args->files.key ? args->files.key : args->files.cert;
	char why[400];

	if (has_secret(args))
		c->secret = from_root(args->secret);
	else
		c->files = (struct ssi_files){ from_root(args->files.cert), from_root(key),
					       from_root(args->files.ca),
					       from_root(args->files.crl) };
	if (ssi_credentials_open(c, why, sizeof(why)) < 0) {
		fprintf(stderr, "ssictl: join: %s\n", why);
		return SSI_EXIT_FAIL;
	}
	return check_holder(j, args->id);
}

/* Everything that can be wrong with the command line shows up before a node exists. */
static int prepare(struct join *j)
{
	struct ssi_agent_cfg *agent = &j->agent;
	const struct ssi_args *args = j->args;
	int rc;

	rc = check_authority(args);
	if (rc == 0)
		rc = check_proof(args);
	if (rc)
		return rc;
	if (args->node)
		snprintf(j->name, sizeof(j->name), "%s", args->node);
	else
		snprintf(j->name, sizeof(j->name), "node%u", args->id);
	rc = open_kernel(j);
	if (rc == 0)
		rc = check_unserved(j);
	if (rc == 0)
		rc = check_coordinator(j);
	if (rc == 0)
		rc = check_tls(j);
	if (rc)
		return rc;
	rc = open_credentials(j);
	if (rc)
		return rc;
	agent->listener = ssi_link_listen(&args->listen);
	if (agent->listener < 0)
		return say_not_listening(&args->listen, -agent->listener);
	agent->peers = args->peers;
	agent->address = args->listen.text;
	agent->foreground = args->foreground;
	agent->log_json = args->log_json;
	return SSI_EXIT_OK;
}

static int keep_node(const struct ssi_nl_node *node, void *arg)
{
	*(struct ssi_nl_node *)arg = *node;
	return 0;
}

static int find_node(struct join *j)
{
	return ssi_nl_node_each(j->agent.nl, j->name, keep_node, &j->agent.node);
}

static int refuse_node(struct join *j, int error)
{
	int code = ssi_cmd_fail("join", j->agent.nl, error, hints);
	pid_t agent;

	if (error == -EEXIST && find_node(j) == 0 && ssi_lock_holder(j->name, &agent) == 0 &&
	    !agent)
		fprintf(stderr, "ssictl: join: %s has no agent; with --adopt it gets one\n",
			j->name);
	return code;
}

/* The coordinator gives the host an id, or takes the one that is wanted. */
static int get_id(struct join *j, uint32_t *id)
{
	const struct ssi_args *args = j->args;
	const struct ssi_identity *identity = j->agent.self.credentials.identity;
	struct ssi_nl_node host = {
		.id = identity ? identity->node : args->id,
		.share = args->share,
		.reserve = ssi_cmd_reserve(args),
	};
	struct ssi_nl_version version = { .protocol = 0 };
	char why[SSI_KEEPER_TEXT];
	int rc = args->coordinator ? ssi_nl_version_get(j->agent.nl, &version) : 0;

	if (rc)
		return ssi_cmd_fail("join", j->agent.nl, rc, NULL);
	strcpy(host.name, j->name);
	if (args->coordinator &&
	    ssi_keeper_register(&j->agent.coordinator, &host, version.protocol,
				host.id == SSI_ID_ANY, why, sizeof(why)) < 0)
		return say_why("coordinator", why);
	*id = host.id;
	return SSI_EXIT_OK;
}

static int make_node(struct join *j)
{
	const struct ssi_args *args = j->args;
	struct ssi_nl_node_cfg cfg = {
		.name = j->name,
		.share = args->share,
		.reserve = ssi_cmd_reserve(args),
		.hold_us = args->hold_us,
		.has_hold = args->hold_us != SSI_HOLD_DEFAULT,
	};
	int rc = get_id(j, &cfg.id);

	if (rc)
		return rc;
	rc = ssi_nl_node_new(j->agent.nl, &cfg, &j->agent.node);
	return rc ? refuse_node(j, rc) : SSI_EXIT_OK;
}

/* A node that is not there is made: so a service can always start in the same way. */
static int adopt_node(struct join *j)
{
	int rc = find_node(j);
	char why[64];

	if (rc == -ENODEV)
		return make_node(j);
	if (rc)
		return ssi_cmd_fail("join", j->agent.nl, rc, NULL);
	j->adopted = true;
	if (j->args->id == SSI_ID_ANY || j->agent.node.id == j->args->id)
		return SSI_EXIT_OK;
	snprintf(why, sizeof(why), "its id is %u, not %u", j->agent.node.id, j->args->id);
	return say_why(j->name, why);
}

static int lock_node(const struct join *j)
{
	pid_t agent;
	int rc = ssi_lock_take(j->name, &agent);

	if (rc == -EBUSY)
		return say_served(j, agent);
	return rc ? say_why("the agent's lock in /run/ssi-hv", strerror(-rc)) : SSI_EXIT_OK;
}

static int describe_self(struct join *j)
{
	struct ssi_agent_cfg *agent = &j->agent;
	struct ssi_nl_version version;
	int rc = ssi_nl_version_get(agent->nl, &version);

	if (rc)
		return ssi_cmd_fail("join", agent->nl, rc, NULL);
	agent->self.listed = j->args->peers.listed;
	agent->self.hello = (struct ssi_hello){
		.protocol = version.protocol,
		.page_bytes = SSI_PAGE_BYTES,
		.chunk_bytes = SSI_CHUNK_BYTES,
		.plain = j->args->plain,
		.from = agent->node.id,
	};
	memcpy(agent->self.hello.incarnation, agent->node.incarnation, SSI_MEM_INCARNATION_LEN);
	return check_holder(j, agent->node.id);
}

static void print_joined(const struct ssi_agent_cfg *agent, const char *const *trouble)
{
	bool plain = agent->self.hello.plain, certs = agent->self.credentials.identity;
	struct ssi_out out;
	uint32_t id;

	ssi_out_begin(&out, stdout, false);
	ssi_out_item(&out, "node", agent->node.name);
	ssi_out_u64(&out, "id", agent->node.id);
	ssi_out_size(&out, "share", agent->node.share);
	ssi_out_size(&out, "reserve", agent->node.reserve);
	ssi_out_str(&out, "transport", plain ? "PLAIN" : "TLS",
		    plain ? SSI_COLOR_BAD : SSI_COLOR_GOOD);
	ssi_out_str(&out, "authentication", certs ? "tls-cert" : "tls-psk", SSI_COLOR_NONE);
	ssi_out_close(&out);
	for (id = 0; id < SSI_NODES; id++) {
		if (!(agent->peers.listed >> id & 1))
			continue;
		ssi_out_item_id(&out, "peer", id);
		ssi_out_str(&out, "address", agent->peers.addr[id].text, SSI_COLOR_NONE);
		ssi_out_str(&out, "state", trouble[id] ? "still trying" : "connected",
			    trouble[id] ? SSI_COLOR_WARN : SSI_COLOR_GOOD);
		if (trouble[id])
			ssi_out_str(&out, "reason", trouble[id], SSI_COLOR_NONE);
		ssi_out_close(&out);
	}
	ssi_out_end(&out, 0);
}

/* The terminal and the working directory are given back; the parent may go. */
static void detach(int report_fd)
{
	const char ok = SSI_EXIT_OK;
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	if (chdir("/") < 0)
		syslog(LOG_WARNING, "chdir /: %m");
	setsid();
	if (write(report_fd, &ok, 1) != 1)
		syslog(LOG_WARNING, "nobody waits for the report");
	close(report_fd);
}

static void on_joined(const struct ssi_agent_cfg *agent, const char *const *trouble, void *arg)
{
	const struct join *j = arg;

	print_joined(agent, trouble);
	if (j->report_fd >= 0)
		detach(j->report_fd);
}

static int run_agent(struct join *j)
{
	struct ssi_agent_cfg *agent = &j->agent;
	int rc = lock_node(j);

	if (rc == 0)
		rc = describe_self(j);
	if (rc)
		return rc;
	openlog("ssictl", LOG_PID, LOG_DAEMON);
	agent->joined = on_joined;
	agent->arg = j;
	rc = ssi_agent_run(agent);
	return rc ? ssi_cmd_fail("join", NULL, rc, NULL) : SSI_EXIT_OK;
}

static int be_agent(struct join *j)
{
	struct ssi_agent_cfg *agent = &j->agent;
	int rc = ssi_nl_events_open(&agent->events);
	uint64_t lost;

	/* The key is in memory for as long as the agent lives: no core dumps. */
	prctl(PR_SET_DUMPABLE, 0);
	if (rc)
		return ssi_cmd_opened("join", agent->events, rc);
	rc = j->args->adopt ? adopt_node(j) : make_node(j);
	if (rc)
		return rc;
	rc = run_agent(j);
	if (rc && !j->adopted)
		ssi_nl_node_del(agent->nl, agent->node.name, false, UNDO_TIMEOUT_MS,
				&lost);
	return rc;
}

static int wait_for_report(int fd, pid_t child)
{
	char code;
	int status;

	if (read(fd, &code, 1) == 1)
		return code;
	/* It ended without a report, after a message of its own. */
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return WEXITSTATUS(status);
	return say_why("agent", "it was killed");
}

static int go_background(struct join *j)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return say_why("pipe", strerror(errno));
	child = fork();
	if (child < 0)
		return say_why("fork", strerror(errno));
	if (child > 0) {
		close(ends[1]);
		return wait_for_report(ends[0], child);
	}
	close(ends[0]);
	j->report_fd = ends[1];
	return be_agent(j);
}

int ssi_cmd_agent(const struct ssi_args *args)
{
	static struct ssi_args service;

	service = *args;
	service.foreground = true;
	service.adopt = true;
	return ssi_cmd_join(&service);
}

int ssi_cmd_join(const struct ssi_args *args)
{
	struct join *j = &the_join;
	int rc, fd;

	/* Nothing of ours may stand where detach() puts /dev/null. */
	while ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0 && fd <= STDERR_FILENO)
		;
	if (fd >= 0)
		close(fd);
	j->args = args;
	rc = prepare(j);
	if (rc)
		return rc;
	return args->foreground ? be_agent(j) : go_background(j);
}
