// SPDX-License-Identifier: Apache-2.0
/* cmd_doctor.c: sockets are real, the module and the files of /sys are played here. */
#include "../../ssictl/cmd_doctor.c"

#include <time.h>

#undef DAY
#include "unit_ssictl_certs.h"
#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static bool loaded = true;
static int secret_rc, version_rc;
static const char *module_version = SSI_VERSION;
static const struct ssi_host *seen;
static enum ssi_health health_of_file = SSI_HEALTH_WARN;

int ssi_nl_version_get(struct ssi_nl *nl, struct ssi_nl_version *version)
{
	(void)nl;
	version->protocol = 77;
	strcpy(version->module, module_version);
	return version_rc;
}

bool ssi_doctor_loaded(const struct ssi_host *host)
{
	(void)host;
	return loaded;
}

static void say(struct ssi_finding *f, enum ssi_health health, const char *remedy,
		const char *format, va_list args)
{
	f->health = health;
	strcpy(f->remedy, remedy);
	vsnprintf(f->text, sizeof(f->text), format, args);
}

#define SAY(health, remedy)                                                                        \
	do {                                                                                       \
		va_list args;                                                                      \
		va_start(args, format);                                                            \
		say(f, health, remedy, format, args);                                              \
		va_end(args);                                                                      \
	} while (0)

void ssi_doctor_ok(struct ssi_finding *f, const char *format, ...)
{
	SAY(SSI_HEALTH_OK, "");
}

void ssi_doctor_warn(struct ssi_finding *f, const char *remedy, const char *format, ...)
{
	SAY(SSI_HEALTH_WARN, remedy);
}

void ssi_doctor_fail(struct ssi_finding *f, const char *remedy, const char *format, ...)
{
	SAY(SSI_HEALTH_FAIL, remedy);
}

void ssi_doctor_each(const struct ssi_host *host,
		     void (*fn)(const struct ssi_finding *f, void *arg), void *arg)
{
	const struct ssi_finding f = { health_of_file, "file", "it is so", "change it" };

	seen = host;
	fn(&f, arg);
}

int ssi_secret_load(const char *path, uint8_t *key, char *why, size_t size)
{
	(void)path;
	memset(key, 0, SSI_SECRET_KEYLEN);
	snprintf(why, size, "too short");
	return secret_rc;
}

int64_t ssi_handshake_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int ssi_link_listen(const struct ssi_addr *addr)
{
	int rc, fd = socket(addr->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	rc = bind(fd, (const struct sockaddr *)&addr->ss, addr->len) < 0 ? -errno : 0;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

static struct ssi_args args;
static char *text;

static void teardown(void)
{
	free(text);
}

static int visit(void)
{
	return run_to_text(ssi_cmd_doctor, &args, &text);
}

#define SAID(words) ck_assert_msg(strstr(text, words) != NULL, "said: %s", text)

/* A listener of the loopback address, and its address as an option has it. */
static int listener(char *addr, size_t size)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, len), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	snprintf(addr, size, "127.0.0.1:%u", ntohs(sin.sin_port));
	return fd;
}

START_TEST(doctor__alone)
{
	ck_assert_int_eq(visit(), SSI_EXIT_OK);
	SAID("\nwarn file: it is so; change it\n");
	SAID("\nok   netlink: the module answers: netlink family 1, protocol 77 between nodes\n");
	ck_assert_ptr_null(strstr(text, "listen"));
	ck_assert_ptr_null(strstr(text, "peer"));
	ck_assert_ptr_null(strstr(text, "secret"));
}
END_TEST

START_TEST(doctor__a_check_fails)
{
	health_of_file = SSI_HEALTH_FAIL;
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("\nFAIL file: it is so; change it\n");
}
END_TEST

START_TEST(doctor__hands_on_the_options)
{
	args.share = 320ull << 20;
	args.plain = true;
	ck_assert_ptr_null(ssi_opts_addr("127.0.0.1:7000", &args.listen));
	visit();
	ck_assert_uint_eq(seen->share, 320ull << 20);
	ck_assert_uint_eq(seen->reserve, 20ull << 20);
	ck_assert(seen->plain);
	ck_assert_str_eq(seen->root, "");
	ck_assert_str_eq(seen->interface, "lo");
	ck_assert_uint_eq(seen->mtu, 65536);
}
END_TEST

START_TEST(netlink__versions)
{
	nl_open_rc = -EPROTONOSUPPORT;
	nl_said = "the module speaks version 9";
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("\nFAIL netlink: the module speaks version 9\n");
	free(text);
	nl_open_rc = 0;
	nl_said = "";
	version_rc = -EPERM;
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("\nFAIL netlink: Operation not permitted; ");
	version_rc = 0;
	module_version = "0.0";
	free(text);
	visit();
	SAID("\nwarn netlink: the module has release 0.0, this ssictl " SSI_VERSION "; install");
	free(text);
	loaded = false;
	ck_assert_int_eq(visit(), SSI_EXIT_OK);
	ck_assert_ptr_null(strstr(text, "netlink"));
}
END_TEST

START_TEST(secret__bad)
{
	args.secret = "/s";
	ck_assert_int_eq(visit(), SSI_EXIT_OK);
	SAID("\nok   secret: /s can be used\n");
	free(text);
	secret_rc = -1;
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("\nFAIL secret: /s: too short; ");
}
END_TEST

/* Certificates are real. */
static void issue(uint32_t node, int64_t from, int64_t until)
{
	struct ssi_issuer authority = certs_authority("authority");
	struct ssi_issue what = certs_of_node("one", node);

	certs_write_cert("ca.crt", authority.cert);
	what.from = time(NULL) + from;
	what.until = time(NULL) + until;
	gnutls_x509_crt_deinit(certs_issue(&authority, &what, "one"));
	ssi_issuer_free(&authority);
	args.files = (struct ssi_files){ certs_path("one.crt"), certs_path("one.key"),
					 certs_path("ca.crt"), NULL };
}

START_TEST(certificate__how_long_it_holds)
{
	static const struct {
		int64_t until;
		int rc;
		const char *said;
	} cases[] = {
		{ 15 * DAY + 60, SSI_EXIT_OK, "/one.crt can be used, for 15 days more\n" },
		{ 13 * DAY + 60, SSI_EXIT_OK, "/one.crt: it runs out in 13 days; ssictl cluster renew" },
		{ -2 * DAY, SSI_EXIT_FAIL, "/one.crt: it ran out 2 days ago; ssictl cluster renew" },
	};
	static const char *const health[] = { "\nok   ", "\nwarn ", "\nFAIL " };

	certs_begin();
	issue(1, -5 * DAY, cases[_i].until);
	ck_assert_int_eq(visit(), cases[_i].rc);
	SAID(health[_i]);
	SAID("certificate: ");
	SAID(cases[_i].said);
	certs_end();
}
END_TEST

START_TEST(certificate__of_no_node)
{
	certs_begin();
	issue(SSI_NO_NODE, -DAY, 30 * DAY);
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("/one.crt: it names no node; ");
	free(text);
	/* It may be meant for the coordinator. */
	args.secret = "/s";
	ck_assert_int_eq(visit(), SSI_EXIT_OK);
	certs_end();
}
END_TEST

START_TEST(certificate__files)
{
	certs_begin();
	issue(1, -DAY, 30 * DAY);
	ck_assert_int_eq(chmod(args.files.key, 0640), 0);
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("\nFAIL certificate: ");
	SAID("one.key: ");
	free(text);
	args.files.key = NULL;
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("one.crt: ");
	free(text);
	args.files.cert = NULL;
	ck_assert_int_eq(visit(), SSI_EXIT_USAGE);
	ck_assert_str_eq(text, "");
	certs_end();
}
END_TEST

START_TEST(token__readable_by_others)
{
	certs_begin();
	certs_write("token", "abc\n", 4);
	args.token_file = certs_path("token");
	ck_assert_int_eq(visit(), SSI_EXIT_OK);
	SAID("/token can be read, by its owner alone\n");
	free(text);
	ck_assert_int_eq(chmod(args.token_file, 0604), 0);
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("\nFAIL token: ");
	free(text);
	args.token_file = certs_path("none");
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("the coordinator's host has it");
	certs_end();
}
END_TEST

START_TEST(listen__taken)
{
	char addr[32];
	int fd = listener(addr, sizeof(addr));

	ck_assert_ptr_null(ssi_opts_addr(addr, &args.listen));
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("Address already in use; ");
	SAID("ss -ltnp");
	free(text);
	close(fd);
	ck_assert_int_eq(visit(), SSI_EXIT_OK);
	SAID("is free, on lo\n");
}
END_TEST

START_TEST(listen__not_ours)
{
	ck_assert_ptr_null(ssi_opts_addr("192.0.2.77:7000", &args.listen));
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("FAIL listen: 192.0.2.77:7000: ");
	SAID("no interface here has this address");
	ck_assert_str_eq(seen->interface, "");
}
END_TEST

START_TEST(interface__ipv6)
{
	struct ssi_host host = { 0 };
	struct ssi_addr addr;

	ck_assert_ptr_null(ssi_opts_addr("[2001:db8::77]:1", &addr));
	find_interface(&addr, &host);
	ck_assert_str_eq(host.interface, "");
	ck_assert_uint_eq(host.mtu, 0);
}
END_TEST

START_TEST(peers__reached_and_refused)
{
	char addr[32], option[64];
	int fd = listener(addr, sizeof(addr));

	snprintf(option, sizeof(option), "3=%s", addr);
	ck_assert_ptr_null(ssi_opts_peer(option, &args.peers));
	ck_assert_int_eq(visit(), SSI_EXIT_OK);
	SAID("\nok   peer: node 3: 127.0.0.1:");
	SAID(" accepts connections, round trip ");
	free(text);
	close(fd);
	ck_assert_int_eq(visit(), SSI_EXIT_OK);
	SAID("\nwarn peer: node 3: 127.0.0.1:");
	SAID("the machine answers, but no agent listens; ");
}
END_TEST

/* A listener whose backlog is full lets callers wait: all of them, but not for ever. */
START_TEST(peers__silent)
{
	char addr[32], option[64];
	struct ssi_addr full;
	int i, fd = listener(addr, sizeof(addr));
	int64_t start;

	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_ptr_null(ssi_opts_addr(addr, &full));
	for (i = 0; i < 3; i++)
		ck_assert_int_ge(start_call(&full), 0);
	for (i = 5; i < 8; i++) {
		snprintf(option, sizeof(option), "%d=%s", i, addr);
		ck_assert_ptr_null(ssi_opts_peer(option, &args.peers));
	}
	start = ssi_handshake_now();
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	ck_assert_int_lt(ssi_handshake_now() - start, 2 * PEER_WAIT_MS);
	SAID("\nFAIL peer: node 5: 127.0.0.1:");
	SAID("\nFAIL peer: node 7: 127.0.0.1:");
	SAID("Connection timed out; check address, route and firewalls on the way\n");
}
END_TEST

START_TEST(peers__no_route)
{
	/* Nobody dials a group. */
	ck_assert_ptr_null(ssi_opts_peer("3=224.0.0.1:7000", &args.peers));
	ck_assert_int_eq(visit(), SSI_EXIT_FAIL);
	SAID("\nFAIL peer: node 3: 224.0.0.1:7000: ");
}
END_TEST

START_TEST(doctor__json)
{
	json_t *root;

	args.json = true;
	args.secret = "/s";
	ck_assert_int_eq(visit(), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "doctor");
	ck_assert_str_eq(json_string_value(json_object_get(
		json_array_get(json_object_get(root, "checks"), 1), "health")), "warn");
	json_decref(root);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("cmd_doctor");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, doctor__alone);
	tcase_add_test(tc, doctor__a_check_fails);
	tcase_add_test(tc, doctor__hands_on_the_options);
	tcase_add_test(tc, netlink__versions);
	tcase_add_test(tc, secret__bad);
	tcase_add_loop_test(tc, certificate__how_long_it_holds, 0, 3);
	tcase_add_test(tc, certificate__of_no_node);
	tcase_add_test(tc, certificate__files);
	tcase_add_test(tc, token__readable_by_others);
	tcase_add_test(tc, listen__taken);
	tcase_add_test(tc, listen__not_ours);
	tcase_add_test(tc, interface__ipv6);
	tcase_add_test(tc, peers__reached_and_refused);
	tcase_add_test(tc, peers__silent);
	tcase_add_test(tc, peers__no_route);
	tcase_add_test(tc, doctor__json);
	return run_case("ssictl_cmd_doctor", tc);
}
