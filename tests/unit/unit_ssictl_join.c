// SPDX-License-Identifier: Apache-2.0
/* cmd_join.c: what it checks first, and how it goes into the background. */
#include "../../ssictl/cmd_join.c"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "unit_ssictl_certs.h"
#include "unit_ssictl_run.h"

#define MIB (1024 * 1024)

/* What the module and the agent do in a test. */
static int open_rc, version_rc, new_rc, tls_rc, load_rc = -ENOENT, agent_rc;
static bool agent_dies, agent_silent;
static bool there;	 /* the node exists */
static pid_t other;	 /* its agent, other than the one under test */
static bool other_hides; /* and is found when the lock is taken, not before */
static struct ssi_nl_node_cfg asked;
static int alive[2]; /* the agent holds the write end for as long as it lives */

int ssi_nl_open(struct ssi_nl **out)
{
	*out = NULL;
	return open_rc;
}

int ssi_nl_events_open(struct ssi_nl **out)
{
	return ssi_nl_open(out);
}

void ssi_nl_close(struct ssi_nl *nl)
{
	(void)nl;
}

const char *ssi_nl_text(const struct ssi_nl *nl)
{
	(void)nl;
	if (open_rc == -EPROTONOSUPPORT)
		return "the module speaks version 2";
	return new_rc == -ERANGE ? "share and reserve exceed this machine's memory" :
	       new_rc == -EEXIST ? "a node of that name or id is here already" : "";
}

int ssi_nl_version_get(struct ssi_nl *nl, struct ssi_nl_version *version)
{
	(void)nl;
	version->protocol = 77;
	return version_rc;
}

int ssi_nl_node_new(struct ssi_nl *nl, const struct ssi_nl_node_cfg *cfg, struct ssi_nl_node *node)
{
	(void)nl;
	asked = *cfg;
	strcpy(node->name, cfg->name);
	node->id = cfg->id;
	node->share = cfg->share;
	node->reserve = cfg->reserve;
	memset(node->incarnation, 0x5a, sizeof(node->incarnation));
	return new_rc;
}

int ssi_nl_node_del(struct ssi_nl *nl, const char *node, bool force, uint32_t timeout_ms,
		    uint64_t *lost)
{
	(void)lost;
	(void)nl;
	(void)force;
	(void)timeout_ms;
	fprintf(stderr, "deleted %s\n", node);
	return 0;
}

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	static struct ssi_nl_node node = { .id = 3, .share = 64 * MIB };

	(void)nl;
	if (!there)
		return -ENODEV;
	strcpy(node.name, name);
	return fn(&node, arg);
}

int ssi_lock_take(const char *node, pid_t *holder)
{
	fprintf(stderr, "locked %s\n", node);
	*holder = other;
	return other ? -EBUSY : 0;
}

int ssi_lock_holder(const char *node, pid_t *holder)
{
	(void)node;
	*holder = other_hides ? 0 : other;
	return 0;
}

int ssi_link_tls_check(void)
{
	return tls_rc;
}

int ssi_link_listen(const struct ssi_addr *addr)
{
	return strstr(addr->text, "taken") ? -EADDRINUSE :
	       strstr(addr->text, "strange") ? -EADDRNOTAVAIL : dup(STDIN_FILENO);
}

int ssi_module_load(const char *name, char *why, size_t size)
{
	ck_assert_str_eq(name, "ssi_mem");
	snprintf(why, size, "no module for this kernel; install it");
	if (load_rc == 0)
		open_rc = 0;
	return load_rc;
}

int ssi_agent_run(struct ssi_agent_cfg *cfg)
{
	const char *trouble[SSI_NODES] = { [4] = "connect: Connection refused" };

	if (agent_dies)
		raise(SIGKILL);
	if (agent_rc)
		return agent_rc;
	printf("protocol %u, from %u, listed %lx", cfg->self.hello.protocol,
	       cfg->self.hello.from, (unsigned long)cfg->self.listed);
	if (cfg->coordinator.urls)
		printf(", coordinator %s knows %s", cfg->coordinator.urls, cfg->address);
	printf("\n");
	cfg->joined(cfg, trouble, cfg->arg);
	if (!agent_silent)
		sleep(1);
	return 0;
}

/* The coordinator: the id that it gives, or what it says instead. */
static uint32_t given = 17;
static const char *coordinator_says;

int ssi_keeper_register(const struct ssi_rest_cfg *rest, struct ssi_nl_node *node,
			uint32_t protocol, bool any_id, char *why, size_t size)
{
	ck_assert_uint_eq(protocol, 77);
	printf("registered %s at %s for %s, share %lu, token %s\n", node->name, rest->urls,
	       any_id ? "any id" : "an id", (unsigned long)node->share, rest->token_file);
	if (any_id)
		node->id = given;
	if (coordinator_says)
		snprintf(why, size, "%s", coordinator_says);
	return coordinator_says ? -1 : 0;
}

static char secret[] = "/tmp/unit_ssictl_join.XXXXXX";
static struct ssi_args args;
static int (*run_command)(const struct ssi_args *args) = ssi_cmd_join;
static char said[2000];

static void setup(void)
{
	static const char text[] = "0123456789abcdef0123456789abcdef\n";
	int fd = mkstemp(secret);

	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	memset(&args, 0, sizeof(args));
	args.id = 3;
	args.secret = secret;
	args.share = 256 * MIB;
	args.hold_us = SSI_HOLD_DEFAULT;
	strcpy(args.listen.text, "127.0.0.1:7000");
	ck_assert_ptr_null(ssi_opts_peer("4=127.0.0.1:7001", &args.peers));
	ck_assert_ptr_null(ssi_opts_peer("5=127.0.0.1:7002", &args.peers));
}

static void teardown(void)
{
	unlink(secret);
}

/* Runs the command in a process of its own; what it prints goes to @said. */
static int join(void)
{
	struct pollfd p = { .events = POLLIN };
	size_t have = 0;
	ssize_t got;
	int out[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(out), 0);
	ck_assert_int_eq(pipe(alive), 0);
	child = fork();
	if (child == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		close(out[0]);
		close(out[1]);
		close(alive[0]);
		exit(run_command(&args));
	}
	close(out[1]);
	close(alive[1]);
	/* The output ends when the command does, not when the agent ends. */
	p.fd = out[0];
	while (poll(&p, 1, 800) == 1) {
		got = read(out[0], said + have, sizeof(said) - 1 - have);
		if (got <= 0)
			break;
		have += got;
	}
	said[have] = 0;
	ck_assert_int_eq(p.revents & POLLHUP, POLLHUP);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool agent_lives(void)
{
	struct pollfd p = { .fd = alive[0], .events = POLLIN };

	return poll(&p, 1, 50) == 0;
}

#define SAID(words) ck_assert_msg(strstr(said, words) != NULL, "said: %s", said)

START_TEST(join__goes_into_the_background)
{
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("node: node3\n");
	SAID("reserve: 16.00 MiB\n");
	SAID("transport: TLS\n");
	SAID("peer: 4\n  address: 127.0.0.1:7001\n  state: still trying\n"
	     "  reason: connect: Connection refused\n");
	SAID("peer: 5\n  address: 127.0.0.1:7002\n  state: connected\n");
	SAID("protocol 77, from 3, listed 30\n");
	ck_assert(agent_lives());
	sleep(2);
	ck_assert(!agent_lives());
}
END_TEST

START_TEST(join__foreground)
{
	args.foreground = true;
	args.plain = true;
	agent_silent = true;
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("transport: PLAIN\n");
	ck_assert(!agent_lives());
}
END_TEST

START_TEST(join__asks_for_what_was_given)
{
	struct join j = { .args = &args, .report_fd = -1 };

	args.share = 32 * MIB;
	strcpy(j.name, "me");
	ck_assert_int_eq(make_node(&j), 0);
	ck_assert_uint_eq(asked.reserve, 4 * MIB);
	ck_assert(!asked.has_hold);
	args.reserve = 9 * MIB;
	args.hold_us = 0;
	ck_assert_int_eq(make_node(&j), 0);
	ck_assert_uint_eq(asked.reserve, 9 * MIB);
	ck_assert(asked.has_hold);
	ck_assert_str_eq(asked.name, "me");
}
END_TEST

static void use_coordinator(void)
{
	args.id = SSI_ID_ANY;
	args.node = "me";
	args.peers.listed = 0;
	args.coordinator = "https://192.0.2.9:7643";
	args.token_file = secret;
	strcpy(args.listen.text, "192.0.2.1:7000");
}

START_TEST(join__by_a_coordinator)
{
	use_coordinator();
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("registered me at https://192.0.2.9:7643 for any id, share 268435456, token /tmp/");
	SAID("node: me\n  id: 17\n");
	SAID("protocol 77, from 17, listed 0, coordinator https://192.0.2.9:7643 knows "
	     "192.0.2.1:7000\n");
	args.id = 5;
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("for an id,");
	SAID("node: me\n  id: 5\n");
}
END_TEST

/* With the node its id is there: the coordinator need not be. */
START_TEST(adopt__without_the_coordinator)
{
	use_coordinator();
	coordinator_says = "it is away";
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("ssictl: join: coordinator: it is away\n");
	ck_assert_ptr_null(strstr(said, "locked"));
	args.adopt = true;
	there = true;
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	ck_assert_ptr_null(strstr(said, "registered"));
	SAID("node: me\n  id: 3\n");
}
END_TEST

START_TEST(agent__adopts_in_the_foreground)
{
	use_coordinator();
	args.adopt = false;
	agent_silent = true;
	there = true;
	run_command = ssi_cmd_agent;
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("node: me\n  id: 3\n");
	ck_assert(!agent_lives());
}
END_TEST

START_TEST(join__who_says_the_id)
{
	args.id = SSI_ID_ANY;
	ck_assert_int_eq(join(), SSI_EXIT_USAGE);
	SAID("--id N is missing, or --coordinator URL");
	use_coordinator();
	args.node = NULL;
	ck_assert_int_eq(join(), SSI_EXIT_USAGE);
	SAID("--name NAME is missing");
	use_coordinator();
	args.peers.listed = 2;
	ck_assert_int_eq(join(), SSI_EXIT_USAGE);
	SAID("--peer and --coordinator exclude each other");
	use_coordinator();
	args.coordinator = NULL;
	args.id = 1;
	ck_assert_int_eq(join(), SSI_EXIT_USAGE);
	SAID("--token-file is for a --coordinator");
}
END_TEST

START_TEST(join__bad_coordinator)
{
	use_coordinator();
	args.coordinator = "http://192.0.2.9:7643";
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("ssictl: join: --coordinator: coordinator 'http://192.0.2.9:7643': http beyond "
	     "loopback can be read");
	use_coordinator();
	chmod(secret, 0644);
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("chmod 600");
}
END_TEST

START_TEST(join__no_module)
{
	open_rc = -ENOENT;
	ck_assert_int_eq(join(), SSI_EXIT_NO_MODULE);
	ck_assert_str_eq(said, "ssictl: join: loading ssi_mem: no module for this kernel; "
			       "install it\n");
	load_rc = 0;
	ck_assert_int_eq(join(), SSI_EXIT_OK);
}
END_TEST

START_TEST(join__other_version)
{
	open_rc = -EPROTONOSUPPORT;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	ck_assert_str_eq(said, "ssictl: join: the module speaks version 2\n");
}
END_TEST

START_TEST(join__named)
{
	args.node = "me";
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("node: me\n");
	SAID("locked me\n");
}
END_TEST

/* An agent of the node's last life that still ends must not share its links. */
START_TEST(join__undone_when_the_node_has_an_agent)
{
	other = 4711;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("ssictl: join: node3: it has an agent already, pid 4711\n");
	SAID("deleted node3");
}
END_TEST

START_TEST(adopt__takes_over)
{
	args.adopt = true;
	there = true;
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("locked node3\n");
	SAID("node: node3\n  id: 3\n  share: 64.00 MiB\n");
	ck_assert(agent_lives());
}
END_TEST

START_TEST(adopt__makes_what_is_not_there)
{
	args.adopt = true;
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("share: 256.00 MiB\n");
}
END_TEST

START_TEST(adopt__has_an_agent)
{
	args.adopt = true;
	there = true;
	other = 4711;
	other_hides = _i;
	/* The agent's address is in use as well, which is not the reason to tell. */
	if (!other_hides)
		strcpy(args.listen.text, "taken:1");
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("ssictl: join: node3: it has an agent already, pid 4711\n");
	ck_assert_ptr_null(strstr(said, "deleted"));
	ck_assert(!agent_lives());
}
END_TEST

START_TEST(adopt__other_id)
{
	args.adopt = true;
	args.id = 6;
	args.node = "me";
	there = true;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	ck_assert_str_eq(said, "ssictl: join: me: its id is 3, not 6\n");
}
END_TEST

START_TEST(adopt__stays_when_the_agent_can_not_start)
{
	args.adopt = true;
	there = true;
	agent_rc = -EMFILE;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("Too many open files");
	ck_assert_ptr_null(strstr(said, "deleted"));
}
END_TEST

START_TEST(join__no_ktls)
{
	tls_rc = -ENOENT;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("modprobe tls");
	args.plain = true;
	ck_assert_int_eq(join(), SSI_EXIT_OK);
}
END_TEST

START_TEST(join__bad_secret)
{
	chmod(secret, 0644);
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("chmod 600");
	args.secret = "/none/there";
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("/none/there: No such file or directory; copy that of another node, or make one with: umask 077; "
	     "openssl rand -hex 32 > FILE\n");
}
END_TEST

/* What goes together, and what does not. */
START_TEST(join__credentials)
{
	args.files.ca = "/ca";
	ck_assert_int_eq(join(), SSI_EXIT_USAGE);
	SAID("--secret and certificates of links exclude each other");
	args.secret = NULL;
	ck_assert_int_eq(join(), SSI_EXIT_USAGE);
	SAID("--secret FILE is missing, or --cert and --ca");
	args.files.key = "/key";
	ck_assert_int_eq(join(), SSI_EXIT_USAGE);
	SAID("--key takes --cert");
}
END_TEST

/* Paths hold from elsewhere, too: the agent leaves the directory. */
START_TEST(join__certificates)
{
	struct ssi_issue what = certs_of_node("three", 3);
	struct ssi_issuer authority = certs_authority("ours");

	certs_begin();
	certs_write_cert("ca.crt", authority.cert);
	gnutls_x509_crt_deinit(certs_issue(&authority, &what, "node"));
	ck_assert_int_eq(chdir(certs_dir), 0);
	/* As the service has it. */
	args.secret = "";
	args.files = (struct ssi_files){ "node.crt", "node.key", "ca.crt", NULL };
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("authentication: tls-cert\n");
	args.id = 2;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("ssictl: join: node.crt: it is for node 3, not 2\n");
	args.id = 3;
	chmod("node.key", 0640);
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("node.key: open to group or others; chmod 600 it\n");
	chmod("node.key", 0600);
	/* The coordinator gives the id that the certificate has. */
	use_coordinator();
	args.secret = args.token_file = "";
	ck_assert_int_eq(join(), SSI_EXIT_OK);
	SAID("for an id,");
	SAID("node: me\n  id: 3\n");
	what.node = SSI_NO_NODE;
	gnutls_x509_crt_deinit(certs_issue(&authority, &what, "node"));
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("it names no node");
	ck_assert_int_eq(chdir("/"), 0);
	ssi_issuer_free(&authority);
	certs_end();
}
END_TEST

START_TEST(join__address_in_use)
{
	strcpy(args.listen.text, "taken:1");
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("ssictl: join: taken:1: Address already in use; a node that has joined uses its own; "
	     "otherwise ss -ltnp shows who has it\n");
	strcpy(args.listen.text, "strange:1");
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("Cannot assign requested address; no interface here has this address: ip address\n");
}
END_TEST

START_TEST(join__lists_itself)
{
	args.id = 4;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("lists itself");
}
END_TEST

START_TEST(join__kernel_refuses)
{
	new_rc = -ERANGE;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	ck_assert_str_eq(said, "ssictl: join: share and reserve exceed this machine's memory\n");
	ck_assert(!agent_lives());
	new_rc = -EEXIST;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("a node of that name or id is here already; ssictl status shows it\n");
	ck_assert_ptr_null(strstr(said, "--adopt"));
	there = true;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("ssictl: join: node3 has no agent; with --adopt it gets one\n");
	other = 4711;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	ck_assert_ptr_null(strstr(said, "--adopt"));
}
END_TEST

START_TEST(join__undone_when_the_agent_can_not_start)
{
	agent_rc = -EMFILE;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("Too many open files");
	SAID("deleted node3");
	agent_rc = 0;
	version_rc = -EIO;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("deleted node3");
}
END_TEST

START_TEST(join__agent_is_killed)
{
	agent_dies = true;
	ck_assert_int_eq(join(), SSI_EXIT_FAIL);
	SAID("it was killed");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("join");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, join__goes_into_the_background);
	tcase_add_test(tc, join__foreground);
	tcase_add_test(tc, join__asks_for_what_was_given);
	tcase_add_test(tc, join__by_a_coordinator);
	tcase_add_test(tc, adopt__without_the_coordinator);
	tcase_add_test(tc, agent__adopts_in_the_foreground);
	tcase_add_test(tc, join__who_says_the_id);
	tcase_add_test(tc, join__bad_coordinator);
	tcase_add_test(tc, join__no_module);
	tcase_add_test(tc, join__other_version);
	tcase_add_test(tc, join__named);
	tcase_add_test(tc, join__undone_when_the_node_has_an_agent);
	tcase_add_test(tc, adopt__takes_over);
	tcase_add_test(tc, adopt__makes_what_is_not_there);
	tcase_add_loop_test(tc, adopt__has_an_agent, 0, 2);
	tcase_add_test(tc, adopt__other_id);
	tcase_add_test(tc, adopt__stays_when_the_agent_can_not_start);
	tcase_add_test(tc, join__no_ktls);
	tcase_add_test(tc, join__bad_secret);
	tcase_add_test(tc, join__credentials);
	tcase_add_test(tc, join__certificates);
	tcase_add_test(tc, join__address_in_use);
	tcase_add_test(tc, join__lists_itself);
	tcase_add_test(tc, join__kernel_refuses);
	tcase_add_test(tc, join__undone_when_the_agent_can_not_start);
	tcase_add_test(tc, join__agent_is_killed);
	return run_case("ssictl_join", tc);
}
