// SPDX-License-Identifier: Apache-2.0
/* agent.c: links proved with certificates, and files that are replaced meanwhile. */
#include "unit_ssictl_agent.h"
#include "unit_ssictl_certs.h"

static struct ssi_issuer authority;
static char cert_paths[4][4][64];

static const char *keep_path(struct node *node, unsigned int which, const char *format,
			     const char *name)
{
	char *path = cert_paths[node->cfg.node.id][which];

	snprintf(path, sizeof(cert_paths[0][0]), format, certs_dir, name);
	return path;
}

static void issue(const char *name, uint32_t id)
{
	struct ssi_issue what = certs_of_node(name, id);

	gnutls_x509_crt_deinit(certs_issue(&authority, &what, name));
}

/* The files are NAME.crt, NAME.key, ca.crt and crl.pem. */
static void give_cert(struct node *node, const char *name)
{
	struct ssi_credentials *c = &node->cfg.self.credentials;
	char why[256] = "";

	issue(name, node->cfg.node.id);
	c->files = (struct ssi_files){
		.cert = keep_path(node, 0, "%s/%s.crt", name),
		.key = keep_path(node, 1, "%s/%s.key", name),
		.ca = keep_path(node, 2, "%s/ca.crt", name),
		.crl = keep_path(node, 3, "%s/crl.pem", name),
	};
	ck_assert_msg(ssi_credentials_open(c, why, sizeof(why)) == 0, "%s", why);
}

static void setup_certs(void)
{
	setup();
	certs_begin();
	authority = certs_authority("ours");
	certs_write_cert("ca.crt", authority.cert);
	certs_revoke(&authority, NULL, "crl.pem");
	give_cert(&one, "one");
	give_cert(&two, "two");
	list_peer(&one, &two);
}

static void teardown_certs(void)
{
	ssi_issuer_free(&authority);
	certs_end();
}

/* The file NAME.crt, revoked from now on. */
static void revoke_cert(const char *name)
{
	gnutls_datum_t text;
	gnutls_x509_crt_t cert;

	ck_assert_int_eq(gnutls_load_file(certs_path(name), &text), 0);
	gnutls_x509_crt_init(&cert);
	ck_assert_int_eq(gnutls_x509_crt_import(cert, &text, GNUTLS_X509_FMT_PEM), 0);
	certs_revoke(&authority, cert, "crl.pem");
	gnutls_x509_crt_deinit(cert);
	gnutls_free(text.data);
}

START_TEST(certs__connect)
{
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	WAIT_FOR(one.joined);
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_str_eq(told.proof, "tls-cert");
	ck_assert_uint_eq(told.proved, 1 << 2);
	ck_assert_int_eq(told.expires, one.cfg.self.credentials.identity->expires);
	ck_assert_uint_eq(told.strangers, 0);
	leave(&one);
	leave(&two);
}
END_TEST

/* Refused, told, counted; and its kernel and ours are given no socket. */
START_TEST(certs__revoked_reaches_no_kernel)
{
	make_node(&impostor, 3);
	list_peer(&impostor, &two);
	give_cert(&impostor, "three");
	revoke_cert("three.crt");
	start_node(&two);
	start_node(&impostor);
	WAIT_FOR(impostor.joined);
	WAIT_FOR(has_refused(&two));
	ck_assert_msg(strstr(impostor.trouble[2], "revoked") != NULL, "%s", impostor.trouble[2]);
	ck_assert_int_eq(ssi_report_read(two.cfg.node.incarnation, &told), 0);
	ck_assert_uint_gt(told.strangers, 0);
	ck_assert_uint_gt(told.refused, 0);
	ck_assert_msg(strstr(told.refusal, "revoked") != NULL, "%s", told.refusal);
	/* Others may, and this one may not. */
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	ck_assert_uint_eq(given(&two, &impostor, 0) + given(&two, &impostor, 1), 0);
	ck_assert_uint_eq(given(&impostor, &two, 0) + given(&impostor, &two, 1), 0);
	leave(&one);
	leave(&two);
	leave(&impostor);
}
END_TEST

/* A link goes on with the old certificate; the next socket needs the new one. */
START_TEST(certs__rotation)
{
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	revoke_cert("one.crt");
	cut(&one, &two, 1);
	WAIT_FOR(tells(&one, 2, "revoked"));
	ck_assert(is_up(&one, &two, 0) && is_up(&two, &one, 0));
	issue("one", 1);
	WAIT_FOR(all_up(&one, &two));
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	ck_assert_uint_eq(given(&one, &two, 1), 2);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(certs__bad_new_file)
{
	static const struct {
		const char *file, *words;
	} bad[] = {
		{ "one.key", "one.key" },
		{ "one.crt", "one.crt" },
		{ "ca.crt", "ca.crt" },
		{ "crl.pem", "crl.pem" },
	};

	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	certs_write(bad[_i].file, "garbage\n", 8);
	cut(&one, &two, 1);
	WAIT_FOR(given(&one, &two, 1) == 2 && all_up(&one, &two));
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_msg(strstr(told.stale, bad[_i].words) != NULL, "%s", told.stale);
	leave(&one);
	leave(&two);
}
END_TEST

/* A certificate of another node would make this one another node. */
START_TEST(certs__of_another_node)
{
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	issue("one", 9);
	cut(&one, &two, 1);
	WAIT_FOR(given(&one, &two, 1) == 2 && all_up(&one, &two));
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_msg(strstr(told.stale, "another node") != NULL, "%s", told.stale);
	leave(&one);
	leave(&two);
}
END_TEST

static bool has_read_again(struct node *node, int64_t expires)
{
	return ssi_report_read(node->cfg.node.incarnation, &told) == 0 && told.expires == expires;
}

/* Without any handshake. */
START_TEST(certs__told_to_read_again)
{
	struct ssi_issue what = certs_of_node("one", 1);

	start_node(&one);
	WAIT_FOR(one.joined);
	what.until = time(NULL) + 3 * DAY;
	gnutls_x509_crt_deinit(certs_issue(&authority, &what, "one"));
	kill(getpid(), SIGHUP);
	WAIT_FOR(has_read_again(&one, what.until));
	leave(&one);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("certs");

	if (!getenv("CK_VERBOSITY"))
		stderr = fopen("/dev/null", "w");
	tcase_set_timeout(tc, 4 * NEVER_MS / 1000);
	tcase_add_checked_fixture(tc, setup_certs, teardown_certs);
	tcase_add_test(tc, certs__connect);
	tcase_add_test(tc, certs__revoked_reaches_no_kernel);
	tcase_add_test(tc, certs__rotation);
	tcase_add_loop_test(tc, certs__bad_new_file, 0, 4);
	tcase_add_test(tc, certs__of_another_node);
	tcase_add_test(tc, certs__told_to_read_again);
	return run_case("ssictl_agent_certs", tc);
}
