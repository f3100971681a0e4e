// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

#include "pki.h"
#include "ssictl.h"

/* What build/ssictl has not, but ssictl-full: full.h */
#pragma weak ssi_cmd_agent
#pragma weak ssi_cmd_cluster_init
#pragma weak ssi_cmd_cluster_invite
#pragma weak ssi_cmd_cluster_join
#pragma weak ssi_cmd_cluster_renew
#pragma weak ssi_cmd_cluster_revoke
#pragma weak ssi_cmd_cluster_show
#pragma weak ssi_cmd_doctor
#pragma weak ssi_cmd_join
#pragma weak ssi_cmd_top

#define OPT(field) offsetof(struct ssi_args, field)
#define OPT_NODE                                                                                   \
	{ "node", 0, "NODE", "local node, where there are several", ssi_opts_name, OPT(node),      \
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
#define OPT_REGION                                                                                 \
	{ "REGION", 0, NULL, "the region's name", ssi_opts_name, OPT(name), true, false }
#define OPT_END { NULL, 0, NULL, NULL, NULL, 0, false, false }

#define DEFAULT_TIMEOUT_MS 30000

/* Of join, and of doctor, which can do without any. */
#define OPT_LISTEN(required)                                                                       \
	{ "listen", 0, "ADDR:PORT", "address for callers; IPv6 in brackets", ssi_opts_addr,        \
	  OPT(listen), required, false }
#define OPT_SECRET                                                                                 \
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

#define OPT_LOG                                                                                    \
	{ "log-format", 0, "FORMAT", "of the agent's log: text, or json, an object for each line", \
	  ssi_opts_format, OPT(log_json), false, false }

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
	OPT_LOG,
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
	OPT_LOG,
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
	{ "N", 0, NULL, "id of the dead node, 0 to 63", ssi_opts_id, OPT(id), true, false },
	{ "force", 0, NULL, "yes: what only that node had is lost", ssi_opts_flag, OPT(force),
	  false, false },
	OPT_NODE,
	OPT_TIMEOUT,
	OPT_END,
};
static const struct ssi_opt extend_opts[] = {
	OPT_REGION,
	{ "member", 0, "N", "id of the node that becomes a member", ssi_opts_id, OPT(id), true,
	  false },
	OPT_NODE,
	OPT_TIMEOUT,
	OPT_END,
};
static const struct ssi_opt set_opts[] = {
	OPT_REGION,
	{ "prefetch", 0, "N", "pages to ask for ahead of a thread, at most; 0 for none",
	  ssi_opts_u32, OPT(prefetch), true, false },
	OPT_NODE,
	OPT_END,
};
static const struct ssi_opt delete_opts[] = { OPT_REGION, OPT_NODE, OPT_TIMEOUT, OPT_END };
static const struct ssi_opt doctor_opts[] = {
	OPT_LISTEN(false), OPT_SECRET,	OPT_PEER, OPTS_CALLER, OPT_SHARE(false),
	OPT_RESERVE,	   OPT_PLAIN,	OPT_JSON, OPT_END,
};
static const struct ssi_opt show_opts[] = { OPT_NODE, OPT_JSON, OPT_END };
static const struct ssi_opt region_opts[] = { OPT_REGION, OPT_NODE, OPT_JSON, OPT_END };
static const struct ssi_opt showconf_opts[] = { OPT_NODE, OPT_END };
static const struct ssi_opt apply_opts[] = {
	{ "file", 'f', "FILE", "what there shall be, as showconf prints it; - for standard input",
	  ssi_opts_text, OPT(file), true, false },
	{ "dry-run", 0, NULL, "tell what would change, and change nothing", ssi_opts_flag,
	  OPT(dry_run), false, false },
	OPT_TIMEOUT,
	OPT_END,
};
static const struct ssi_opt top_opts[] = {
	{ "batch", 'b', NULL, "print one screen after the other, also where there is no terminal",
	  ssi_opts_flag, OPT(batch), false, false },
	{ "count", 'n', "N", "end after so many screens", ssi_opts_number, OPT(count), false,
	  false },
	{ "delay", 'd', "S", "seconds between two screens (1)", ssi_opts_seconds, OPT(delay_ms),
	  false, false },
	OPT_NODE,
	OPT_END,
};
static const struct ssi_opt node_opts[] = {
	{ "NODE", 0, NULL, "name of the node", ssi_opts_name, OPT(node), true, false },
	OPT_JSON,
	OPT_END,
};
static const struct ssi_opt page_opts[] = {
	OPT_REGION,
	{ "ADDRESS", 0, NULL, "bytes from the region's beginning, hexadecimal behind 0x",
	  ssi_opts_address, OPT(address), true, false },
	OPT_NODE,
	OPT_JSON,
	OPT_END,
};
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
	OPT_REGION,
	{ "chunk", 0, "N", "show the pages of this chunk", ssi_opts_number, OPT(chunk), false,
	  false },
	{ "range", 0, "A-B", "show these pages", ssi_opts_pages, OPT(range), false, false },
	{ "owner", 0, "N", "show pages that this node owns", ssi_opts_owner, OPT(owner), false,
	  false },
	{ "hot", 0, NULL, "show which pages the local node hands over to others most",
	  ssi_opts_flag, OPT(hot), false, false },
	OPT_NODE,
	OPT_JSON,
	OPT_END,
};
static const struct ssi_opt create_opts[] = {
	{ "NAME", 0, NULL, "what to call it", ssi_opts_name, OPT(name), true, false },
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
	OPT_REGION,
	{ "read-only", 0, NULL, "attach for reading alone", ssi_opts_flag, OPT(read_only), false,
	  false },
	OPT_NODE,
	{ "", 0, "PROGRAM [ARG]...", "what to run; {} is the path", NULL, OPT(command), true,
	  false },
	OPT_END,
};
static const struct ssi_opt init_opts[] = {
	{ "NAME", 0, NULL, "name of the cluster", ssi_opts_name, OPT(name), true, false },
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
	{ "NAME", 0, NULL, "name of the node", ssi_opts_name, OPT(name), true, false },
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
static const struct ssi_opt schema_opts[] = {
	{ "COMMAND", 0, NULL, "words of its name", ssi_opts_words, OPT(words), false, true },
	OPT_END,
};
static const struct ssi_opt json_opts[] = { OPT_JSON, OPT_END };

const struct ssi_command ssi_commands[] = {
	{ "join", join_opts, ssi_cmd_join, "make this machine a node and keep its links" },
	{ "agent", agent_opts, ssi_cmd_agent,
	  "join by a coordinator, or adopt what has joined, and stay in the foreground" },
	{ "leave", leave_opts, ssi_cmd_leave, "drain the node and let it leave" },
	{ "node list", show_opts, ssi_cmd_node_list, "show all nodes of the cluster, a line each" },
	{ "node show", node_opts, ssi_cmd_status, "show a node of this machine and its links" },
	{ "node drain", drain_opts, ssi_cmd_node_drain,
	  "move everything that the node owns to others" },
	{ "node forget", forget_opts, ssi_cmd_node_forget,
	  "declare node N dead, and go on without it" },
	{ "status", show_opts, ssi_cmd_status, "show nodes and links; the default" },
	{ "stats", stats_opts, ssi_cmd_stats, "show counters, and how long things take" },
	{ "stat", stats_opts, ssi_cmd_stats, "the same as stats" },
	{ "top", top_opts, ssi_cmd_top, "watch nodes, links and regions" },
	{ "monitor", show_opts, ssi_cmd_monitor, "print events as they come" },
	{ "doctor", doctor_opts, ssi_cmd_doctor,
	  "look for what keeps this machine from joining or running a guest" },
	{ "region create", create_opts, ssi_cmd_region_create,
	  "create a region over this node and its peers" },
	{ "region extend", extend_opts, ssi_cmd_region_extend,
	  "make a node a member of a region" },
	{ "region delete", delete_opts, ssi_cmd_region_delete,
	  "delete a region on all its nodes" },
	{ "region attach", attach_opts, ssi_cmd_region_attach,
	  "run a command that finds the region at the path {}" },
	{ "region set", set_opts, ssi_cmd_region_set,
	  "change how a region is used on this node" },
	{ "region list", show_opts, ssi_cmd_region_list, "show regions" },
	{ "region show", region_opts, ssi_cmd_region_show, "show a region" },
	{ "pages", pages_opts, ssi_cmd_pages,
	  "show the pages of a region, as this node sees them" },
	{ "page", page_opts, ssi_cmd_page, "show where the page at an address is" },
	{ "vm", show_opts, ssi_cmd_vm, "show the guests and programs that use regions here" },
	{ "cluster init", init_opts, ssi_cmd_cluster_init,
	  "make a cluster's authority, and certificates of its first node" },
	{ "cluster show", dir_opts, ssi_cmd_cluster_show,
	  "show certificates, whose they are and until when they hold" },
	{ "cluster invite", invite_opts, ssi_cmd_cluster_invite,
	  "make an invitation for the next node, good once" },
	{ "cluster join", invited_opts, ssi_cmd_cluster_join,
	  "get this machine's certificate for an invitation" },
	{ "cluster renew", renew_opts, ssi_cmd_cluster_renew,
	  "get another certificate for this machine's" },
	{ "cluster revoke", revoke_opts, ssi_cmd_cluster_revoke,
	  "let a certificate count no more" },
	{ "deploy install", install_opts, ssi_cmd_deploy_install,
	  "install programs and module on machines" },
	{ "deploy load", deploy_opts, ssi_cmd_deploy_load, "load the module on machines" },
	{ "deploy join", deploy_join_opts, ssi_cmd_deploy_join,
	  "make machines nodes of one cluster" },
	{ "deploy start", deploy_node_opts, ssi_cmd_deploy_start, "start the nodes of machines" },
	{ "deploy stop", deploy_node_opts, ssi_cmd_deploy_stop, "let the nodes of machines leave" },
	{ "deploy status", deploy_opts, ssi_cmd_deploy_status, "show the nodes of machines" },
	{ "deploy validate", deploy_opts, ssi_cmd_deploy_validate,
	  "look for what keeps the cluster of machines from being well" },
	{ "showconf", showconf_opts, ssi_cmd_showconf,
	  "print nodes and regions as a file that apply takes" },
	{ "apply", apply_opts, ssi_cmd_apply, "make nodes and regions what a file says" },
	{ "schema", schema_opts, ssi_cmd_schema,
	  "print the JSON schema of what a command prints with --json" },
	{ "version", json_opts, ssi_cmd_version, "show versions" },
	{ "help", json_opts, ssi_cmd_help, "show this" },
	{ NULL, NULL, NULL, NULL },
};

const struct ssi_exit_code ssi_exit_codes[] = {
	{ SSI_EXIT_OK, "Done." },
	{ SSI_EXIT_FAIL, "Refused or failed; the reason is on standard error, and behind it what "
			 "to do or where to look. Of doctor: a check failed." },
	{ SSI_EXIT_USAGE, "The command line makes no sense." },
	{ SSI_EXIT_NO_MODULE, "The kernel module is not loaded." },
	{ SSI_EXIT_NOT_RUN, "Of region attach: the command can not be run." },
	{ SSI_EXIT_NOT_FOUND, "Of region attach: there is no such command." },
	{ 0, NULL },
};
