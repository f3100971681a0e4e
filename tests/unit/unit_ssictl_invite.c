// SPDX-License-Identifier: Apache-2.0
/* invite.c: what is written is read again, and nothing else is. */
#include "../../ssictl/invite.c"

#include "unit_ssictl_certs.h"
#include "unit_ssictl_run.h"

static struct ssi_invite invite, again;
static char why[200];

static void setup(void)
{
	struct ssi_issuer authority = certs_authority("ours");
	gnutls_datum_t text;

	invite = (struct ssi_invite){ .coordinator = "https://192.0.2.1:7643,https://[::1]:7643",
				      .node = 63, .name = "two", .expires = 1ull << 40 };
	memset(invite.token, 'a', SSI_INVITE_TOKEN);
	ck_assert_int_eq(gnutls_x509_crt_export2(authority.cert, GNUTLS_X509_FMT_PEM, &text), 0);
	memcpy(invite.ca, text.data, text.size);
	gnutls_free(text.data);
	ssi_issuer_free(&authority);
}

static json_t *as_json(void)
{
	char *text = ssi_invite_write(&invite);
	json_t *root = json_loads(text, 0, NULL);

	free(text);
	return root;
}

static int read_json(json_t *root)
{
	char *text = json_dumps(root, JSON_COMPACT);
	int rc = ssi_invite_read(text, strlen(text), &again, why, sizeof(why));

	free(text);
	json_decref(root);
	return rc;
}

START_TEST(read__what_was_written)
{
	ck_assert_msg(read_json(as_json()) == 0, "%s", why);
	ck_assert_mem_eq(&again, &invite, sizeof(invite));
}
END_TEST

/* One value is another one; NULL leaves it out. */
static const struct bad {
	const char *key, *value, *words;
} bad[] = {
	{ "schema", "2", "its schema is not 1" },
	{ "coordinator", NULL, "its coordinator is not" },
	{ "coordinator", "\"http://192.0.2.1:7643\"", "begins with https://" },
	{ "coordinator", "\"https://a b\"", "its coordinator is not" },
	{ "coordinator", "\"https://a\\u001b[31m\"", "its coordinator is not" },
	{ "node", NULL, "its node is not" },
	{ "node", "64", "its node is not" },
	{ "node", "-1", "its node is not" },
	{ "node", "\"1\"", "its node is not" },
	{ "name", "\"../x\"", "its name is not" },
	{ "name", "\"a name that is far longer than names are\"", "its name is not" },
	{ "token", NULL, "its token is not" },
	{ "token", "\"abc\"", "its token is not" },
	{ "token", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
	  "its token is not" },
	{ "expires", "0", "its expires is not" },
	{ "expires", "1.5", "its expires is not" },
	{ "ca", NULL, "its ca is not" },
	{ "ca", "\"\"", "its ca is not" },
	{ "ca", "\"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n\"",
	  "one certificate in PEM" },
	{ "more", "1", "more than this ssictl knows" },
};

START_TEST(read__refuses)
{
	static const struct ssi_invite none;
	const struct bad *b = &bad[_i];
	json_t *root = as_json();

	if (b->value)
		json_object_set_new(root, b->key, json_loads(b->value, JSON_DECODE_ANY, NULL));
	else
		json_object_del(root, b->key);
	ck_assert_int_eq(read_json(root), -1);
	ck_assert_msg(strstr(why, b->words) != NULL, "%s %s: %s", b->key, b->value, why);
	ck_assert_mem_eq(&again, &none, sizeof(none));
}
END_TEST

/* Two authorities, or a node instead of one. */
START_TEST(read__no_authority)
{
	struct ssi_issuer authority = certs_authority("theirs");
	struct ssi_issue what = certs_of_node("five", 5);
	char twice[2 * SSI_INVITE_CA];
	json_t *root = as_json();
	gnutls_x509_crt_t cert;
	gnutls_datum_t text;

	snprintf(twice, sizeof(twice), "%s%s", invite.ca, invite.ca);
	json_object_set_new(root, "ca", json_string(twice));
	ck_assert_int_eq(read_json(root), -1);
	ck_assert_msg(strstr(why, "one certificate") != NULL, "%s", why);
	certs_begin();
	cert = certs_issue(&authority, &what, "node");
	ck_assert_int_eq(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &text), 0);
	root = as_json();
	json_object_set_new(root, "ca", json_stringn((char *)text.data, text.size));
	ck_assert_int_eq(read_json(root), -1);
	ck_assert_msg(strstr(why, "certificate of an authority") != NULL, "%s", why);
	gnutls_free(text.data);
	gnutls_x509_crt_deinit(cert);
	ssi_issuer_free(&authority);
	certs_end();
}
END_TEST

static const char *const garbage[] = { "", "[]", "{", "null", "{\"schema\":1,\"schema\":1}", "x" };

START_TEST(read__garbage)
{
	ck_assert_int_eq(ssi_invite_read(garbage[_i], strlen(garbage[_i]), &again, why,
					 sizeof(why)), -1);
	ck_assert_str_eq(why, "it is no invitation");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("invite");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, read__what_was_written);
	tcase_add_loop_test(tc, read__refuses, 0, COUNT(bad));
	tcase_add_test(tc, read__no_authority);
	tcase_add_loop_test(tc, read__garbage, 0, COUNT(garbage));
	return run_case("ssictl_invite", tc);
}
