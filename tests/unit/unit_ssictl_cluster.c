// SPDX-License-Identifier: Apache-2.0
/* cmd_cluster.c: what init makes goes together, and what revoke says shows. */
#include "../../ssictl/cmd_cluster.c"

#include <sys/stat.h>

#include "unit_ssictl_certs.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static struct ssi_args args;
static char *text;

static void setup(void)
{
	certs_begin();
	args = (struct ssi_args){ .name = "lab", .id = SSI_ID_ANY, .days = 365,
				  .dir = certs_path("pki") };
}

static void teardown(void)
{
	free(text);
	certs_end();
}

static int run(int (*command)(const struct ssi_args *))
{
	free(text);
	text = NULL;
	return run_to_text(command, &args, &text);
}

#define SHOWS(words) ck_assert_msg(strstr(text, words) != NULL, "shown: %s", text)

static struct ssi_identity *load_pair(const char *name, const char *crl)
{
	char why[200] = "";
	const char *path = certs_path(name);
	const struct ssi_files files = { path, path, certs_path("pki/ca.crt"), crl };
	struct ssi_identity *identity = ssi_identity_load(&files, why, sizeof(why));

	ck_assert_msg(identity != NULL, "%s", why);
	return identity;
}

START_TEST(init__makes_what_nodes_and_coordinators_take)
{
	struct ssi_identity *identity;
	struct ssi_issuer issuer;
	char why[200];

	ck_assert_int_eq(run(ssi_cmd_cluster_init), SSI_EXIT_OK);
	SHOWS("file: ca.crt\n  name: lab\n  state: good\n");
	SHOWS("file: admin.pem\n  name: admin\n  role: admin\n  state: good\n");
	SHOWS("file: node.pem\n  name: node0\n  role: operate\n  id: 0\n  state: good\n");
	identity = load_pair("pki/node.pem", certs_path("pki/crl.pem"));
	ck_assert_uint_eq(identity->node, 0);
	ssi_identity_put(identity);
	identity = load_pair("pki/coordinator.pem", certs_path("pki/crl.pem"));
	ck_assert_uint_eq(identity->node, SSI_NO_NODE);
	ssi_identity_put(identity);
	ck_assert_msg(ssi_issuer_load(&issuer, certs_path("pki/ca.crt"), certs_path("pki/ca.key"),
				      why, sizeof(why)) == 0, "%s", why);
	ssi_issuer_free(&issuer);
}
END_TEST

START_TEST(init__addresses)
{
	gnutls_x509_crt_t cert;
	char why[200];

	args.hosts = (struct ssi_hosts){ 2, { "192.0.2.1", "host.example" } };
	args.id = 7;
	args.node = "first";
	ck_assert_int_eq(run(ssi_cmd_cluster_init), SSI_EXIT_OK);
	SHOWS("name: first\n  role: operate\n  id: 7\n");
	ck_assert_int_eq(load(certs_path("pki/coordinator.pem"), &cert, why, sizeof(why)), 0);
	ck_assert(gnutls_x509_crt_check_hostname(cert, "192.0.2.1"));
	ck_assert(gnutls_x509_crt_check_hostname(cert, "host.example"));
	ck_assert(!gnutls_x509_crt_check_hostname(cert, "127.0.0.1"));
	gnutls_x509_crt_deinit(cert);
}
END_TEST

START_TEST(init__refuses)
{
	args.days = 0;
	ck_assert_int_eq(run(ssi_cmd_cluster_init), SSI_EXIT_USAGE);
	args.days = 3651;
	ck_assert_int_eq(run(ssi_cmd_cluster_init), SSI_EXIT_USAGE);
	args.days = 1;
	ck_assert_int_eq(run(ssi_cmd_cluster_init), SSI_EXIT_OK);
	ck_assert_int_eq(run(ssi_cmd_cluster_init), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(revoke__shows)
{
	ck_assert_int_eq(run(ssi_cmd_cluster_init), SSI_EXIT_OK);
	args.files.cert = certs_path("pki/node.pem");
	ck_assert_int_eq(run(ssi_cmd_cluster_revoke), SSI_EXIT_OK);
	SHOWS("is revoked;");
	ck_assert_int_eq(run(ssi_cmd_cluster_revoke), SSI_EXIT_OK);
	SHOWS("is revoked already;");
	args.files.cert = certs_path("pki/admin.pem");
	ck_assert_int_eq(run(ssi_cmd_cluster_revoke), SSI_EXIT_OK);
	ck_assert_int_eq(run(ssi_cmd_cluster_show), SSI_EXIT_OK);
	SHOWS("file: node.pem\n  name: node0\n  role: operate\n  id: 0\n  state: revoked\n");
	SHOWS("file: admin.pem\n  name: admin\n  role: admin\n  state: revoked\n");
	SHOWS("file: coordinator.pem\n  name: coordinator\n  state: good\n");
}
END_TEST

START_TEST(revoke__refuses)
{
	struct ssi_issuer stranger = certs_authority("theirs");
	struct ssi_issue what = certs_of_node("five", 5);

	ck_assert_int_eq(run(ssi_cmd_cluster_init), SSI_EXIT_OK);
	gnutls_x509_crt_deinit(certs_issue(&stranger, &what, "other"));
	args.files.cert = certs_path("other.crt");
	ck_assert_int_eq(run(ssi_cmd_cluster_revoke), SSI_EXIT_FAIL);
	args.files.cert = certs_path("none");
	ck_assert_int_eq(run(ssi_cmd_cluster_revoke), SSI_EXIT_FAIL);
	args.files.cert = certs_path("pki/node.pem");
	certs_write("pki/crl.pem", "garbage", 7);
	ck_assert_int_eq(run(ssi_cmd_cluster_revoke), SSI_EXIT_FAIL);
	ck_assert_int_eq(unlink(certs_path("pki/ca.key")), 0);
	ck_assert_int_eq(run(ssi_cmd_cluster_revoke), SSI_EXIT_FAIL);
	ssi_issuer_free(&stranger);
}
END_TEST

START_TEST(show__json)
{
	json_t *root;

	ck_assert_int_eq(run(ssi_cmd_cluster_init), SSI_EXIT_OK);
	args.json = true;
	ck_assert_int_eq(run(ssi_cmd_cluster_show), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "cluster show");
	ck_assert_uint_eq(json_array_size(json_object_get(root, "certificates")), 4);
	json_decref(root);
}
END_TEST

START_TEST(show__nothing_there)
{
	ck_assert_int_eq(run(ssi_cmd_cluster_show), SSI_EXIT_FAIL);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("cluster");

	if (!getenv("CK_VERBOSITY"))
		stderr = fopen("/dev/null", "w");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, init__makes_what_nodes_and_coordinators_take);
	tcase_add_test(tc, init__addresses);
	tcase_add_test(tc, init__refuses);
	tcase_add_test(tc, revoke__shows);
	tcase_add_test(tc, revoke__refuses);
	tcase_add_test(tc, show__json);
	tcase_add_test(tc, show__nothing_there);
	return run_case("ssictl_cluster", tc);
}
