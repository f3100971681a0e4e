// SPDX-License-Identifier: Apache-2.0
/* ssictl cluster invite, join and renew: certificates of nodes, by way of a coordinator. */
#include "ssictl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "invite.h"
#include "pki.h"
#include "private.h"
#include "rest.h"

/**
 * struct asking - a command that asks a coordinator
 * @cmd: its name
 * @args: the command line
 * @rest: the coordinators
 * @why: what went wrong
 */
struct asking {
	const char *cmd;
	const struct ssi_args *args;
	struct ssi_rest *rest;
	char why[PATH_MAX + 512];
};

static int refuse(struct asking *a, const char *what, const char *why)
{
	snprintf(a->why, sizeof(a->why), "%s: %s", what, why);
	return -1;
}

static int finish(struct asking *a, int rc)
{
	ssi_rest_close(a->rest);
	if (rc == 0)
		return SSI_EXIT_OK;
	fprintf(stderr, "ssictl: cluster %s: %s\n", a->cmd, a->why);
	return SSI_EXIT_FAIL;
}

/* @file: whose certificate and key it is shown, or NULL. */
static int open_rest(struct asking *a, const char *urls, const char *dir, const char *file)
{
	char ca[PATH_MAX], pair[PATH_MAX], why[256];
	struct ssi_rest_cfg cfg = {
		.urls = urls,
		.ca = ssi_pki_path(ca, dir, SSI_PKI_CA),
		.timeout_ms = a->args->timeout_ms,
	};

	if (file)
		cfg.cert = cfg.key = ssi_pki_path(pair, dir, file);
	a->rest = ssi_rest_open(&cfg, why, sizeof(why));
	return a->rest ? 0 : refuse(a, urls, why);
}

/* Return: what was answered, to be released; NULL with @why set. */
static json_t *post(struct asking *a, const char *path, json_t *body)
{
	struct ssi_rest_answer answer;

	if (!body) {
		refuse(a, path, strerror(ENOMEM));
		return NULL;
	}
	if (ssi_rest_call(a->rest, "POST", path, body, &answer) == 0)
		return answer.body;
	snprintf(a->why, sizeof(a->why), "%s%s%s", answer.why, *answer.remedy ? "; " : "",
		 answer.remedy);
	json_decref(answer.body);
	return NULL;
}

/* ---- invite ---- */

static int read_ca(struct asking *a, struct ssi_invite *invite)
{
	char path[PATH_MAX];
	gnutls_datum_t text;
	int rc = gnutls_load_file(ssi_pki_path(path, a->args->dir, SSI_PKI_CA), &text);

	if (rc < 0)
		return refuse(a, path, gnutls_strerror(rc));
	if (text.size < sizeof(invite->ca))
		memcpy(invite->ca, text.data, text.size);
	gnutls_free(text.data);
	return *invite->ca ? 0 : refuse(a, path, "too long to be one authority's certificate");
}

static int take_invite(struct asking *a, const json_t *answer, struct ssi_invite *invite)
{
	const char *token = json_string_value(json_object_get(answer, "token"));

	snprintf(invite->coordinator, sizeof(invite->coordinator), "%s", a->args->coordinator);
	snprintf(invite->name, sizeof(invite->name), "%s", a->args->name);
	snprintf(invite->token, sizeof(invite->token), "%s", token ? token : "");
	invite->node = json_integer_value(json_object_get(answer, "node"));
	invite->expires = json_integer_value(json_object_get(answer, "expires"));
	return read_ca(a, invite);
}

static int put_text(struct asking *a, int fd, const char *path, const char *text)
{
	FILE *f = fdopen(fd, "w");
	int rc = 0;

	if (!f || fprintf(f, "%s\n", text) < 0)
		rc = refuse(a, path, strerror(errno));
	if (f && fclose(f) < 0 && rc == 0)
		rc = refuse(a, path, strerror(errno));
	return rc;
}

/* Where others may read it, it is nobody's. */
static int put_invite(struct asking *a, const char *text)
{
	const char *path = a->args->out;
	int fd;

	if (!path)
		return puts(text) < 0 || fflush(stdout) ? refuse(a, "standard output",
								 strerror(errno)) : 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? refuse(a, path, strerror(errno)) : put_text(a, fd, path, text);
}

static int invite(struct asking *a)
{
	const struct ssi_args *args = a->args;
	json_t *body = json_pack("{s:s, s:I}", "name", args->name, "minutes",
				 (json_int_t)args->minutes);
	struct ssi_invite invite = { 0 }, again;
	json_t *answer;
	char *text, why[200];
	int rc;

	if (body && args->id != SSI_ID_ANY)
		json_object_set_new(body, "id", json_integer(args->id));
	answer = post(a, "/invites", body);
	if (!answer)
		return -1;
	rc = take_invite(a, answer, &invite);
	json_decref(answer);
	text = rc == 0 ? ssi_invite_write(&invite) : NULL;
	/* Whoever gets it could not use it otherwise. */
	if (text && ssi_invite_read(text, strlen(text), &again, why, sizeof(why)) < 0)
		rc = refuse(a, "the coordinator's answer", why);
	if (rc == 0)
		rc = text ? put_invite(a, text) : refuse(a, args->name, strerror(ENOMEM));
	explicit_bzero(&invite, sizeof(invite));
	explicit_bzero(&again, sizeof(again));
	free(text);
	return rc;
}

int ssi_cmd_cluster_invite(const struct ssi_args *args)
{
	struct asking a = { .cmd = "invite", .args = args };
	int rc = open_rest(&a, args->coordinator, args->dir, SSI_PKI_ADMIN);

	if (rc == 0)
		rc = invite(&a);
	return finish(&a, rc);
}

/* ---- a certificate for a key of ours ---- */

/**
 * struct claim - a certificate that is asked for
 * @node: id that it has to be for
 * @ca: the authority, PEM
 * @key: our key
 * @request: what is sent of it
 * @pair: filled with certificate and key, PEM
 * @crl: filled with what the authority revoked, PEM; empty where that is not known
 */
struct claim {
	uint32_t node;
	gnutls_datum_t ca;
	gnutls_x509_privkey_t key;
	gnutls_x509_crq_t request;
	gnutls_datum_t pair;
	gnutls_datum_t crl;
};

static int make_claim(struct asking *a, struct claim *claim, const char *name)
{
	int rc = ssi_issue_key(&claim->key);

	if (rc == 0)
		rc = ssi_issue_request(claim->key, name, &claim->request);
	return rc < 0 ? refuse(a, "making a key", gnutls_strerror(rc)) : 0;
}

static void free_claim(struct claim *claim)
{
	if (claim->request)
		gnutls_x509_crq_deinit(claim->request);
	if (claim->key)
		gnutls_x509_privkey_deinit(claim->key);
	if (claim->pair.data)
		explicit_bzero(claim->pair.data, claim->pair.size);
	gnutls_free(claim->pair.data);
	gnutls_free(claim->crl.data);
}

static bool is_signed_by(gnutls_x509_crt_t cert, const gnutls_datum_t *ca)
{
	unsigned int count = 1, status = GNUTLS_CERT_INVALID;
	gnutls_x509_crt_t authority;

	if (gnutls_x509_crt_list_import(&authority, &count, ca, GNUTLS_X509_FMT_PEM,
					GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED) != 1)
		return false;
	gnutls_x509_crt_verify(cert, &authority, 1, 0, &status);
	gnutls_x509_crt_deinit(authority);
	return status == 0;
}

/* Returns NULL, or why the certificate is not what was asked for. */
static const char *check_cert(const struct claim *claim, gnutls_x509_crt_t cert)
{
	unsigned char of_cert[64], of_key[64];
	size_t cert_len = sizeof(of_cert), key_len = sizeof(of_key);
	struct ssi_holder holder;
	static char why[120];

	if (gnutls_x509_crt_get_key_id(cert, 0, of_cert, &cert_len) < 0 ||
	    gnutls_x509_privkey_get_key_id(claim->key, 0, of_key, &key_len) < 0 ||
	    cert_len != key_len || memcmp(of_cert, of_key, key_len) != 0)
		return "the certificate is for another key";
	if (!is_signed_by(cert, &claim->ca))
		return "the certificate is not of the authority that was named";
	if (ssi_holder_read(cert, &holder, why, sizeof(why)) < 0)
		return why;
	return holder.node == claim->node ? NULL : "the certificate is for another node";
}

static int take_cert(struct asking *a, struct claim *claim, const json_t *value)
{
	const gnutls_datum_t text = { .data = (void *)json_string_value(value),
				      .size = json_string_length(value) };
	const char *wrong = "no certificate is in it";
	gnutls_x509_crt_t cert;
	int rc = gnutls_x509_crt_init(&cert);

	if (rc < 0)
		return refuse(a, "the coordinator's answer", gnutls_strerror(rc));
	if (text.data && gnutls_x509_crt_import(cert, &text, GNUTLS_X509_FMT_PEM) == 0)
		wrong = check_cert(claim, cert);
	if (!wrong && ssi_pki_pair(&text, claim->key, &claim->pair) < 0)
		wrong = strerror(ENOMEM);
	gnutls_x509_crt_deinit(cert);
	return wrong ? refuse(a, "the coordinator's answer", wrong) : 0;
}

static int take_crl(struct asking *a, struct claim *claim, const json_t *value)
{
	size_t len = json_string_length(value);

	if (!len)
		return 0;
	claim->crl.data = gnutls_malloc(len);
	if (!claim->crl.data)
		return refuse(a, SSI_PKI_CRL, strerror(ENOMEM));
	memcpy(claim->crl.data, json_string_value(value), len);
	claim->crl.size = len;
	return 0;
}

/* @token: of an invitation, or NULL. */
static int ask(struct asking *a, struct claim *claim, const char *token)
{
	gnutls_datum_t text;
	json_t *body, *answer;
	int rc = gnutls_x509_crq_export2(claim->request, GNUTLS_X509_FMT_PEM, &text);

	if (rc < 0)
		return refuse(a, "the request", gnutls_strerror(rc));
	body = json_pack("{s:s%, s:s*}", "request", text.data, (size_t)text.size, "token", token);
	gnutls_free(text.data);
	answer = post(a, "/credentials", body);
	if (!answer)
		return -1;
	rc = take_cert(a, claim, json_object_get(answer, "certificate"));
	if (rc == 0)
		rc = take_crl(a, claim, json_object_get(answer, "crl"));
	json_decref(answer);
	return rc;
}

/* ---- join ---- */

static ssize_t read_stdin(char *text, size_t max, char *why, size_t size)
{
	size_t have = fread(text, 1, max, stdin);

	if (!ferror(stdin) && have < max)
		return have;
	snprintf(why, size, "%s", ferror(stdin) ? strerror(errno) : "longer than any invitation");
	return -1;
}

static int load_invite(struct asking *a, struct ssi_invite *invite)
{
	char text[SSI_INVITE_MAX], why[200];
	const char *path = a->args->invite;
	ssize_t len;

	if (!strcmp(path, "-"))
		len = read_stdin(text, sizeof(text), why, sizeof(why));
	else
		len = ssi_private_read(path, text, sizeof(text),
				       "ssictl cluster invite makes one", why, sizeof(why));
	if (len >= 0 && ssi_invite_read(text, len, invite, why, sizeof(why)) < 0)
		len = -1;
	explicit_bzero(text, sizeof(text));
	return len < 0 ? refuse(a, path, why) : 0;
}

static int copy(const gnutls_datum_t *from, gnutls_datum_t *to)
{
	to->size = from->size;
	to->data = gnutls_malloc(from->size);
	if (to->data)
		memcpy(to->data, from->data, from->size);
	return to->data ? 0 : -1;
}

static int put_claim(struct ssi_pki *pki, struct claim *claim)
{
	gnutls_datum_t pair = claim->pair, crl = claim->crl;

	claim->pair.data = claim->crl.data = NULL;
	if (ssi_pki_put(pki, SSI_PKI_NODE, pair) < 0) {
		gnutls_free(crl.data);
		return -1;
	}
	if (crl.data && ssi_pki_put(pki, SSI_PKI_CRL, crl) < 0)
		return -1;
	return ssi_pki_commit(pki);
}

/* The folder is begun first: what cannot be written shall cost no token. */
static int join_dir(struct asking *a, struct ssi_pki *pki, const struct ssi_invite *invite)
{
	struct claim claim = { .node = invite->node,
			       .ca = { (void *)invite->ca, strlen(invite->ca) } };
	gnutls_datum_t ca;
	int rc = ssi_pki_begin(pki, a->args->dir);

	if (rc == 0 && copy(&claim.ca, &ca) == 0)
		rc = ssi_pki_put(pki, SSI_PKI_CA, ca);
	if (rc < 0)
		return refuse(a, "the folder", pki->why);
	rc = open_rest(a, invite->coordinator, pki->aside, NULL);
	if (rc == 0)
		rc = make_claim(a, &claim, invite->name);
	if (rc == 0)
		rc = ask(a, &claim, invite->token);
	if (rc == 0 && put_claim(pki, &claim) < 0)
		rc = refuse(a, "the folder", pki->why);
	free_claim(&claim);
	return rc;
}

int ssi_cmd_cluster_join(const struct ssi_args *args)
{
	struct asking a = { .cmd = "join", .args = args };
	struct ssi_pki pki = { 0 };
	struct ssi_invite invite = { 0 };
	int rc = load_invite(&a, &invite);

	if (rc == 0)
		rc = join_dir(&a, &pki, &invite);
	ssi_pki_abort(&pki);
	explicit_bzero(&invite, sizeof(invite));
	rc = finish(&a, rc);
	return rc ? rc : ssi_cmd_cluster_show(args);
}

/* ---- renew ---- */

static int load_own(struct asking *a, const char *dir, struct claim *claim, char *name)
{
	char ca[PATH_MAX], pair[PATH_MAX], why[400];
	const struct ssi_files files = { ssi_pki_path(pair, dir, SSI_PKI_NODE), pair,
					 ssi_pki_path(ca, dir, SSI_PKI_CA), NULL };
	struct ssi_identity *identity = ssi_identity_load(&files, why, sizeof(why));
	struct ssi_holder holder;
	gnutls_x509_crt_t cert;

	if (!identity)
		return refuse(a, "renew", why);
	claim->node = identity->node;
	if (gnutls_pcert_export_x509(&identity->chain[0], &cert) == 0) {
		if (ssi_holder_read(cert, &holder, why, sizeof(why)) == 0)
			strcpy(name, holder.name);
		gnutls_x509_crt_deinit(cert);
	}
	ssi_identity_put(identity);
	if (gnutls_load_file(ca, &claim->ca) < 0)
		return refuse(a, ca, strerror(errno));
	return claim->node == SSI_NO_NODE ? refuse(a, pair, "it is no node's certificate") : 0;
}

static int renew(struct asking *a, struct claim *claim)
{
	const char *dir = a->args->dir;
	gnutls_datum_t pair, crl;
	int rc = ask(a, claim, NULL);

	if (rc < 0)
		return -1;
	pair = claim->pair;
	crl = claim->crl;
	claim->pair.data = claim->crl.data = NULL;
	rc = ssi_pki_replace(dir, SSI_PKI_NODE, pair, a->why, sizeof(a->why));
	if (rc == 0 && crl.data)
		return ssi_pki_replace(dir, SSI_PKI_CRL, crl, a->why, sizeof(a->why));
	gnutls_free(crl.data);
	return rc;
}

int ssi_cmd_cluster_renew(const struct ssi_args *args)
{
	struct asking a = { .cmd = "renew", .args = args };
	char name[SSI_MEM_NAME_MAX + 1] = "";
	struct claim claim = { 0 };
	int rc = load_own(&a, args->dir, &claim, name);

	if (rc == 0)
		rc = open_rest(&a, args->coordinator, args->dir, SSI_PKI_NODE);
	if (rc == 0)
		rc = make_claim(&a, &claim, name);
	if (rc == 0)
		rc = renew(&a, &claim);
	gnutls_free(claim.ca.data);
	free_claim(&claim);
	rc = finish(&a, rc);
	return rc ? rc : ssi_cmd_cluster_show(args);
}
