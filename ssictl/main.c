// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <string.h>

#include "pki.h"

#define OPT(field) offsetof(struct ssi_args, field)
#define OPT_NODE                                                                                   \
	{ "node", 0, "NAME", "local node, where there are several", ssi_opts_name, OPT(node),      \
	  false, false }
#define OPT_JSON { "json", 'j', NULL, "print JSON", ssi_opts_flag, OPT(json), false, false }
#define OPT_DIR                                                                                    \
	{ "dir", 0, "DIR", "folder of credentials (" SSI_PKI_DIR ")", ssi_opts_text, OPT(dir),     \
	  false, false }
#define OPT_DAYS                                                                                   \
	{ "days", 0, "N", "for how long certificates hold (365)", ssi_opts_u32, OPT(days), false,  \
	  false }
#define OPT_TIMEOUT                                                                                \
	{ "timeout", 0, "S", "give up after so many seconds (30)", ssi_opts_seconds,               \
	  OPT(timeout_ms), false, false }
#define OPT_END { NULL, 0, NULL, NULL, NULL, 0, false, false }

#define DEFAULT_TIMEOUT_MS 30000
#define DEFAULT_DAYS	   365
#define DEFAULT_MINUTES	   60

/* Of join, and of doctor, which can do without any. */
#define OPT_LISTEN(required)                                                                       \
	{ "listen", 0, "ADDR:PORT", "address for callers; IPv6 in brackets", ssi_opts_addr,        \
	  OPT(listen), required, false }
#define OPT_SECRET                                                                       \
	{ "secret", 0, "FILE", "the cluster's secret, mode 0600, 32 bytes or more", ssi_opts_text, \
	  OPT(secret), false, false }
#define OPT_FILE(name, field, help)                                                                \
	{ name, 0, "FILE", help, ssi_opts_text, OPT(field), false, false }
#define OPT_PEER                                                                                   \
	{ "peer", 0, "N=ADDR:PORT", "node to connect to", ssi_opts_peer, OPT(peers), false, true }
#define OPT_SHARE(required)                                                                        \
	{ "share", 0, "SIZE", "memory given to regions", ssi_opts_size, OPT(share), required,      \
	  false }
#define OPT_RESERVE                                                                                \
	{ "reserve", 0, "SIZE", "memory beyond it for pages in transit", ssi_opts_size,            \
	  OPT(reserve), false, false }
#define OPT_PLAIN                                                                                  \
	{ "plain", 0, NULL, "no encryption after the handshake", ssi_opts_flag, OPT(plain), false, \
	  false }

#define OPT_COORDINATOR(required)                                                                  \
	{ "coordinator", 0, "URL[,URL]", "coordinators, https://HOST:PORT", ssi_opts_text,         \
	  OPT(coordinator), required, false }
/* As whom a coordinator is asked, and without a secret the other nodes. */
#define OPTS_CALLER                                                                                \
	OPT_FILE("token-file", token_file, "the coordinator's token, mode 0600"),                  \
	OPT_FILE("ca", files.ca, "authorities of the others' certificates, PEM"),                  \
	OPT_FILE("cert", files.cert, "own certificate, PEM"),                                      \
	OPT_FILE("key", files.key, "its key, mode 0600, PEM (that in --cert)"),                    \
	OPT_FILE("crl", files.crl, "certificates of nodes that were revoked, PEM")
#define OPT_NAME(name, help, required)                                                             \
	{ name, 0, "NAME", help, ssi_opts_name, OPT(node), required, false }
#define OPT_HOLD                                                                                   \
	{ "hold-us", 0, "N", "microseconds that a granted page stays", ssi_opts_u32, OPT(hold_us), \
	  false, false }

static const struct ssi_opt join_opts[] = {
	{ "id", 0, "N", "id of the node in the cluster, 0 to 63", ssi_opts_id, OPT(id), false,
	  false },
	OPT_LISTEN(true),
	OPT_SECRET,
	OPT_PEER,
	OPT_COORDINATOR(false),
	OPTS_CALLER,
	OPT_SHARE(true),
	OPT_RESERVE,
	OPT_NAME("name", "name of the node (node<N>)", false),
	OPT_NAME("node", "the same", false),
	OPT_HOLD,
	OPT_PLAIN,
	{ "adopt", 0, NULL, "be the agent of a node that has none; join if there is no node",
	  ssi_opts_flag, OPT(adopt), false, false },
	{ "foreground", 0, NULL, "stay, and log to stderr", ssi_opts_flag, OPT(foreground), false,
	  false },
	OPT_END,
};

static const struct ssi_opt agent_opts[] = {
	OPT_COORDINATOR(true),
	OPTS_CALLER,
	OPT_NAME("name", "name of the node", true),
	OPT_LISTEN(true),
	OPT_SECRET,
	OPT_SHARE(true),
	OPT_RESERVE,
	OPT_HOLD,
	OPT_PLAIN,
	OPT_END,
};

static const struct ssi_opt leave_opts[] = {
	{ "force", 0, NULL, "though pages are lost that only this node has", ssi_opts_flag,
	  OPT(force), false, false },
	OPT_NODE,
	OPT_TIMEOUT,
	{ "if-joined", 0, NULL, "no node is no failure", ssi_opts_flag, OPT(if_joined), false,
	  false },
	OPT_END,
};
static const struct ssi_opt drain_opts[] = {
	{ "stop", 0, NULL, "stop instead of begin", ssi_opts_flag, OPT(stop), false, false },
	OPT_NODE,
	OPT_END,
};
static const struct ssi_opt forget_opts[] = {
	{ "force", 0, NULL, "yes: what only that node had is lost", ssi_opts_flag, OPT(force),
	  false, false },
	OPT_NODE,
	OPT_TIMEOUT,
	OPT_END,
};
static const struct ssi_opt extend_opts[] = {
	{ "member", 0, "N", "id of the node that becomes a member", ssi_opts_id, OPT(id), true,
	  false },
	OPT_NODE,
	OPT_TIMEOUT,
	OPT_END,
};
static const struct ssi_opt set_opts[] = {
	{ "prefetch", 0, "N", "pages to ask for ahead of a thread, at most; 0 for none",
	  ssi_opts_u32, OPT(prefetch), true, false },
	OPT_NODE,
	OPT_END,
};
static const struct ssi_opt call_opts[] = { OPT_NODE, OPT_TIMEOUT, OPT_END };
static const struct ssi_opt doctor_opts[] = { OPT_LISTEN(false), OPT_SECRET, OPT_PEER,
					      OPT_SHARE(false),	 OPT_RESERVE,	    OPT_PLAIN,
					      OPT_JSON,		 OPT_END };
static const struct ssi_opt show_opts[] = { OPT_NODE, OPT_JSON, OPT_END };
static const struct ssi_opt stats_opts[] = {
	{ "reset", 0, NULL, "let them begin anew once they are shown", ssi_opts_flag, OPT(reset),
	  false, false },
	{ "hist", 0, NULL, "show the histograms too, bucket by bucket", ssi_opts_flag, OPT(hist),
	  false, false },
	OPT_NODE,
	OPT_JSON,
	OPT_END,
};
static const struct ssi_opt pages_opts[] = {
	{ "chunk", 0, "N", "show the pages of this chunk", ssi_opts_number, OPT(chunk), false,
	  false },
	{ "range", 0, "A-B", "show these pages", ssi_opts_pages, OPT(range), false, false },
	{ "owner", 0, "N", "show pages that this node owns", ssi_opts_owner, OPT(owner), false,
	  false },
	OPT_NODE,
	OPT_JSON,
	OPT_END,
};
static const struct ssi_opt create_opts[] = {
	{ "size", 0, "SIZE", "bytes, or a number with K, M, G or T", ssi_opts_size, OPT(size), true,
	  false },
	{ "owner", 0, "USER", "user that owns it (root)", ssi_opts_user, OPT(uid), false, false },
	{ "group", 0, "GROUP", "its group (ssi, where there is one)", ssi_opts_group, OPT(gid),
	  false, false },
	{ "mode", 0, "OCTAL", "who may open it (660)", ssi_opts_mode, OPT(mode), false, false },
	OPT_NODE,
	OPT_TIMEOUT,
	OPT_END,
};
static const struct ssi_opt attach_opts[] = {
	{ "read-only", 0, NULL, "attach for reading alone", ssi_opts_flag, OPT(read_only), false,
	  false },
	OPT_NODE,
	{ "", 0, "COMMAND [ARG]...", "what to run; {} is the path", NULL, OPT(command), true,
	  false },
	OPT_END,
};
static const struct ssi_opt init_opts[] = {
	{ "address", 0, "HOST", "where coordinators are reached (127.0.0.1 and ::1)",
	  ssi_opts_host, OPT(hosts), false, true },
	{ "id", 0, "N", "id of the first node (0)", ssi_opts_id, OPT(id), false, false },
	{ "node", 0, "NAME", "its name (node<N>)", ssi_opts_name, OPT(node), false, false },
	OPT_DAYS,
	OPT_DIR,
	OPT_END,
};
static const struct ssi_opt dir_opts[] = { OPT_DIR, OPT_JSON, OPT_END };
static const struct ssi_opt invite_opts[] = {
	OPT_COORDINATOR(true),
	{ "id", 0, "N", "a certain id, 0 to 63", ssi_opts_id, OPT(id), false, false },
	{ "minutes", 0, "N", "for how long it holds (60)", ssi_opts_u32, OPT(minutes), false,
	  false },
	{ "out", 0, "FILE", "a new file for it (standard output)", ssi_opts_text, OPT(out), false,
	  false },
	OPT_DIR,
	OPT_TIMEOUT,
	OPT_END,
};
static const struct ssi_opt invited_opts[] = {
	{ "invite", 0, "FILE", "the invitation, mode 0600; - for standard input", ssi_opts_text,
	  OPT(invite), true, false },
	OPT_DIR,
	OPT_TIMEOUT,
	OPT_END,
};
static const struct ssi_opt renew_opts[] = { OPT_COORDINATOR(true), OPT_DIR, OPT_TIMEOUT, OPT_END };
static const struct ssi_opt revoke_opts[] = {
	{ "cert", 0, "FILE", "the certificate, PEM", ssi_opts_text, OPT(files.cert), true, false },
	OPT_DIR,
	OPT_END,
};
#define OPT_HOST                                                                                   \
	{ "HOST", 0, NULL, "[USER@]HOST[:PORT] of a machine", ssi_opts_target, OPT(targets), true, \
	  true }
#define OPT_SSH                                                                                    \
	{ "ssh-config", 0, "FILE", "configuration of ssh, instead of the user's", ssi_opts_text,   \
	  OPT(ssh_config), false, false },                                                         \
	{ "jobs", 0, "N", "machines at a time (8)", ssi_opts_jobs, OPT(jobs), false, false },      \
	OPT_TIMEOUT, OPT_JSON

static const struct ssi_opt install_opts[] = {
	OPT_HOST,
	{ "from", 0, "PATH", "folder that make install filled as DESTDIR, or a tarball of it",
	  ssi_opts_text, OPT(from), true, false },
	{ "secret", 0, "FILE", "the cluster's secret, for all machines", ssi_opts_text, OPT(secret),
	  false, false },
	OPT_SSH,
	OPT_END,
};
static const struct ssi_opt deploy_join_opts[] = {
	OPT_HOST,
	OPT_SHARE(true),
	{ "id", 0, "N", "id of the first machine, and the next ones for the others (0)",
	  ssi_opts_id, OPT(id), false, false },
	{ "port", 0, "PORT", "where the nodes listen (7000)", ssi_opts_port, OPT(port), false,
	  false },
	OPT_PLAIN,
	OPT_NODE,
	OPT_SSH,
	OPT_END,
};
static const struct ssi_opt deploy_node_opts[] = { OPT_HOST, OPT_NODE, OPT_SSH, OPT_END };
static const struct ssi_opt deploy_opts[] = { OPT_HOST, OPT_SSH, OPT_END };
static const struct ssi_opt version_opts[] = { OPT_JSON, OPT_END };
static const struct ssi_opt no_opts[] = { OPT_END };

static int cmd_help(const struct ssi_args *args);

/**
 * struct command - one command
 * @name: one or two words
 * @positional: word for its positional argument, or NULL
 * @opts: its options
 * @run: what it does
 * @summary: one line
 */
struct command {
	const char *name;
	const char *positional;
	const struct ssi_opt *opts;
	int (*run)(const struct ssi_args *args);
	const char *summary;
};

static const struct command commands[] = {
	{ "join", NULL, join_opts, ssi_cmd_join, "make this machine a node and keep its links" },
	{ "agent", NULL, agent_opts, ssi_cmd_agent,
	  "join by a coordinator, or adopt what has joined, and stay in the foreground" },
	{ "leave", NULL, leave_opts, ssi_cmd_leave, "drain the node and let it leave" },
	{ "node drain", NULL, drain_opts, ssi_cmd_node_drain,
	  "move everything that the node owns to others" },
	{ "node forget", "N", forget_opts, ssi_cmd_node_forget,
	  "declare node N dead, and go on without it" },
	{ "status", NULL, show_opts, ssi_cmd_status, "show nodes and links; the default" },
	{ "stats", NULL, stats_opts, ssi_cmd_stats, "show counters, and how long things take" },
	{ "monitor", NULL, show_opts, ssi_cmd_monitor, "print events as they come" },
	{ "doctor", NULL, doctor_opts, ssi_cmd_doctor,
	  "look for what keeps this machine from joining or running a guest" },
	{ "region create", "NAME", create_opts, ssi_cmd_region_create,
	  "create a region over this node and its peers" },
	{ "region extend", "NAME", extend_opts, ssi_cmd_region_extend,
	  "make a node a member of a region" },
	{ "region delete", "NAME", call_opts, ssi_cmd_region_delete,
	  "delete a region on all its nodes" },
	{ "region attach", "NAME", attach_opts, ssi_cmd_region_attach,
	  "run a command that finds the region at the path {}" },
	{ "region set", "NAME", set_opts, ssi_cmd_region_set,
	  "change how a region is used on this node" },
	{ "region list", NULL, show_opts, ssi_cmd_region_list, "show regions" },
	{ "region show", "NAME", show_opts, ssi_cmd_region_show, "show a region" },
	{ "pages", "REGION", pages_opts, ssi_cmd_pages,
	  "show the pages of a region, as this node sees them" },
	{ "cluster init", "NAME", init_opts, ssi_cmd_cluster_init,
	  "make a cluster's authority, and certificates of its first node" },
	{ "cluster show", NULL, dir_opts, ssi_cmd_cluster_show,
	  "show certificates, whose they are and until when they hold" },
	{ "cluster invite", "NAME", invite_opts, ssi_cmd_cluster_invite,
	  "make an invitation for the next node, good once" },
	{ "cluster join", NULL, invited_opts, ssi_cmd_cluster_join,
	  "get this machine's certificate for an invitation" },
	{ "cluster renew", NULL, renew_opts, ssi_cmd_cluster_renew,
	  "get another certificate for this machine's" },
	{ "cluster revoke", NULL, revoke_opts, ssi_cmd_cluster_revoke,
	  "let a certificate count no more" },
	{ "deploy install", NULL, install_opts, ssi_cmd_deploy_install,
	  "install programs and module on machines" },
	{ "deploy load", NULL, deploy_opts, ssi_cmd_deploy_load, "load the module on machines" },
	{ "deploy join", NULL, deploy_join_opts, ssi_cmd_deploy_join,
	  "make machines nodes of one cluster" },
	{ "deploy start", NULL, deploy_node_opts, ssi_cmd_deploy_start, "start the nodes of machines" },
	{ "deploy stop", NULL, deploy_node_opts, ssi_cmd_deploy_stop, "let the nodes of machines leave" },
	{ "deploy status", NULL, deploy_opts, ssi_cmd_deploy_status, "show the nodes of machines" },
	{ "deploy validate", NULL, deploy_opts, ssi_cmd_deploy_validate,
	  "look for what keeps the cluster of machines from being well" },
	{ "version", NULL, version_opts, ssi_cmd_version, "show versions" },
	{ "help", NULL, no_opts, cmd_help, "show this" },
	{ NULL, NULL, NULL, NULL, NULL },
};

/* Does @name begin with the word @word? Exactly, if @name has one word only. */
static bool first_word_is(const char *name, const char *word)
{
	size_t len = strlen(word);

	return len && !strncmp(name, word, len) && (name[len] == 0 || name[len] == ' ');
}

static void print_synopsis(FILE *f, const struct command *c)
{
	fprintf(f, "  ssictl %s%s%s", c->name, c->positional ? " " : "",
		c->positional ? c->positional : "");
	ssi_opts_usage(f, c->opts, false);
	fputc('\n', f);
}

/* The usage of all commands whose name begins with @word, or of all. */
static void print_usage(FILE *f, const char *word)
{
	const struct command *c;

	fputs("usage:\n", f);
	for (c = commands; c->name; c++) {
		if (!word || first_word_is(c->name, word))
			print_synopsis(f, c);
	}
	if (word)
		return;
	fputs("\ncommands:\n", f);
	for (c = commands; c->name; c++)
		fprintf(f, "  %-14s %s\n", c->name, c->summary);
	fputs("\n'ssictl COMMAND --help' explains the options of a command.\n", f);
}

static int cmd_help(const struct ssi_args *args)
{
	(void)args;
	print_usage(stdout, NULL);
	return SSI_EXIT_OK;
}

static int command_help(const struct command *c)
{
	printf("ssictl %s: %s\n\nusage:\n", c->name, c->summary);
	print_synopsis(stdout, c);
	if (c->opts->name)
		puts("\noptions:");
	ssi_opts_usage(stdout, c->opts, true);
	return SSI_EXIT_OK;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* Finds the command of @argv, and how many words its name takes. */
static const struct command *find_command(int argc, char **argv, int *words)
{
	const struct command *c;

	for (c = commands; c->name; c++) {
		const char *second = strchr(c->name, ' ');

		*words = second ? 2 : 1;
		if (!first_word_is(c->name, argv[0]))
			continue;
		if (!second || (argc > 1 && !strcmp(argv[1], second + 1)))
			return c;
	}
	return NULL;
}

static bool is_group(const char *word)
{
	const struct command *c;

	for (c = commands; c->name; c++) {
		if (first_word_is(c->name, word))
			return true;
	}
	return false;
}

/* A word that is no command, or a group such as "region" without its verb. */
static int no_command(int argc, char **argv)
{
	bool group = is_group(argv[0]);

	if (group && argc > 1 && is_help(argv[1])) {
		print_usage(stdout, argv[0]);
		return SSI_EXIT_OK;
	}
	if (group)
		fprintf(stderr, "ssictl: %s: %s\n", argv[0],
			argc > 1 ? "unknown command" : "a command is missing");
	else
		fprintf(stderr, "ssictl: unknown command '%s'\n", argv[0]);
	print_usage(stderr, group ? argv[0] : NULL);
	return SSI_EXIT_USAGE;
}

static int run_command(const struct command *c, int argc, char **argv)
{
	static struct ssi_args args = {
		.id = SSI_ID_ANY,
		.hold_us = SSI_HOLD_DEFAULT,
		.port = SSI_PORT_DEFAULT,
		.timeout_ms = DEFAULT_TIMEOUT_MS,
		.gid = SSI_GROUP_DEFAULT,
		.mode = SSI_MODE_DEFAULT,
		.dir = SSI_PKI_DIR,
		.days = DEFAULT_DAYS,
		.minutes = DEFAULT_MINUTES,
	};
	struct ssi_optargs line = {
		.opts = c->opts,
		.positional = c->positional,
		.argc = argc,
		.argv = argv,
	};
	int i;

	for (i = 0; i < argc && strcmp(argv[i], "--"); i++) {
		if (is_help(argv[i]))
			return command_help(c);
	}
	if (ssi_opts_parse(&line, &args) == 0) {
		args.name = line.name;
		return c->run(&args);
	}
	fprintf(stderr, "ssictl: %s: %s\nusage:\n", c->name, line.why);
	print_synopsis(stderr, c);
	return SSI_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static char status[] = "status";
	char *alone[] = { status, NULL };
	const struct command *c;
	int words;

	argc--;
	argv++;
	if (argc && is_help(argv[0]))
		return cmd_help(NULL);
	/* Without a command it is status, also with options: "ssictl -j". */
	if (!argc || argv[0][0] == '-') {
		c = find_command(1, alone, &words);
		words = 0;
	} else {
		c = find_command(argc, argv, &words);
	}
	if (!c)
		return no_command(argc, argv);
	return run_command(c, argc - words, argv + words);
}
