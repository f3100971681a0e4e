// SPDX-License-Identifier: Apache-2.0
/* ssictl cluster init, show and revoke: the authority of a cluster, and its folder. */
#include "ssictl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "identity.h"
#include "out.h"
#include "pki.h"

#define DAY	86400
#define CA_DAYS 3650
/* Clocks of nodes may differ by this when a certificate is new. */
#define EARLIER 3600

static int say(const char *cmd, const char *why)
{
	fprintf(stderr, "ssictl: cluster %s: %s\n", cmd, why);
	return SSI_EXIT_FAIL;
}

/* ---- init ---- */

/**
 * struct init - a cluster's credentials that are being made
 * @pki: their folder
 * @issuer: its authority
 * @now: seconds since 1970
 * @until: the end of all but the authority
 */
struct init {
	struct ssi_pki pki;
	struct ssi_issuer issuer;
	int64_t now;
	int64_t until;
};

static int gnutls_failed(struct init *init, const char *what, int rc)
{
	snprintf(init->pki.why, sizeof(init->pki.why), "%s: %s", what, gnutls_strerror(rc));
	return -1;
}

static int put_authority(struct init *init, const char *name)
{
	const struct ssi_issue what = { .name = name, .from = init->now - EARLIER,
					.until = init->now + (int64_t)CA_DAYS * DAY };
	gnutls_datum_t cert, key, crl;
	int rc = ssi_issuer_create(&init->issuer, &what);

	if (rc == 0)
		rc = gnutls_x509_crt_export2(init->issuer.cert, GNUTLS_X509_FMT_PEM, &cert);
	if (rc < 0)
		return gnutls_failed(init, SSI_PKI_CA, rc);
	if (ssi_pki_put(&init->pki, SSI_PKI_CA, cert) < 0)
		return -1;
	rc = gnutls_x509_privkey_export2(init->issuer.key, GNUTLS_X509_FMT_PEM, &key);
	if (rc < 0)
		return gnutls_failed(init, SSI_PKI_CA_KEY, rc);
	if (ssi_pki_put(&init->pki, SSI_PKI_CA_KEY, key) < 0)
		return -1;
	rc = ssi_issue_crl(&init->issuer, NULL, NULL, &crl);
	return rc < 0 ? gnutls_failed(init, SSI_PKI_CRL, rc) :
			ssi_pki_put(&init->pki, SSI_PKI_CRL, crl);
}

static int make_pair(struct init *init, const struct ssi_issue *what, gnutls_datum_t *text)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crq_t request = NULL;
	gnutls_x509_crt_t cert = NULL;
	gnutls_datum_t pem = { 0 };
	int rc = ssi_issue_key(&key);

	if (rc == 0)
		rc = ssi_issue_request(key, what->name, &request);
	if (rc == 0)
		rc = ssi_issue(&init->issuer, what, request, &cert);
	if (rc == 0)
		rc = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem);
	if (rc == 0)
		rc = ssi_pki_pair(&pem, key, text);
	gnutls_free(pem.data);
	if (cert)
		gnutls_x509_crt_deinit(cert);
	if (request)
		gnutls_x509_crq_deinit(request);
	if (key)
		gnutls_x509_privkey_deinit(key);
	return rc;
}

static int put_pair(struct init *init, const char *file, struct ssi_issue *what)
{
	gnutls_datum_t text;
	int rc;

	what->from = init->now - EARLIER;
	what->until = init->until;
	rc = make_pair(init, what, &text);
	return rc < 0 ? gnutls_failed(init, file, rc) : ssi_pki_put(&init->pki, file, text);
}

static int put_all(struct init *init, const struct ssi_args *args, uint32_t id, const char *node)
{
	static const char *const here[] = { "127.0.0.1", "::1", NULL };
	struct ssi_issue coordinator = { .name = "coordinator", .node = SSI_NO_NODE,
					 .addresses = args->hosts.count ? args->hosts.at : here,
					 .server = true };
	struct ssi_issue admin = { .name = "admin", .role = "admin", .node = SSI_NO_NODE,
				   .client = true };
	struct ssi_issue first = { .name = node, .role = "operate", .node = id,
				   .server = true, .client = true };

	if (put_authority(init, args->name) < 0 ||
	    put_pair(init, SSI_PKI_COORDINATOR, &coordinator) < 0 ||
	    put_pair(init, SSI_PKI_ADMIN, &admin) < 0)
		return -1;
	return put_pair(init, SSI_PKI_NODE, &first);
}

static int show_dir(const char *cmd, const char *dir, bool json);

static int run_init(struct init *init, const struct ssi_args *args)
{
	const uint32_t id = args->id == SSI_ID_ANY ? 0 : args->id;
	char node[SSI_NL_NAME];

	if (args->node)
		snprintf(node, sizeof(node), "%s", args->node);
	else
		snprintf(node, sizeof(node), "node%" PRIu32, id);
	init->now = time(NULL);
	init->until = init->now + (int64_t)args->days * DAY;
	if (ssi_pki_begin(&init->pki, args->dir) < 0 || put_all(init, args, id, node) < 0)
		return -1;
	return ssi_pki_commit(&init->pki);
}

int ssi_cmd_cluster_init(const struct ssi_args *args)
{
	struct init init = { 0 };
	int rc;

	if (!args->days || args->days > CA_DAYS) {
		say("init", "--days is 1 to 3650, for as long as the authority holds");
		return SSI_EXIT_USAGE;
	}
	rc = run_init(&init, args);
	ssi_pki_abort(&init.pki);
	ssi_issuer_free(&init.issuer);
	if (rc < 0)
		return say("init", init.pki.why);
	return show_dir("init", args->dir, false);
}

/* ---- show ---- */

/**
 * struct show - a folder that is shown
 * @out: the printer
 * @trust: its authority and what that revoked
 * @why: what went wrong
 */
struct show {
	struct ssi_out out;
	gnutls_x509_trust_list_t trust;
	char why[PATH_MAX + 128];
};

/* Return: 0; 1 when there is no such file; -1 with @why set. */
static int load(const char *path, gnutls_x509_crt_t *cert, char *why, size_t size)
{
	gnutls_datum_t text;
	int rc;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 1;
	rc = gnutls_load_file(path, &text);
	if (rc == 0) {
		rc = gnutls_x509_crt_init(cert);
		if (rc == 0)
			rc = gnutls_x509_crt_import(*cert, &text, GNUTLS_X509_FMT_PEM);
		explicit_bzero(text.data, text.size);
		gnutls_free(text.data);
	}
	if (rc < 0)
		snprintf(why, size, "%s: %s", path, gnutls_strerror(rc));
	return rc < 0 ? -1 : 0;
}

static void print_state(struct show *show, gnutls_x509_crt_t cert)
{
	unsigned int status = GNUTLS_CERT_INVALID;
	const char *word = "not of this authority";

	gnutls_x509_trust_list_verify_crt2(show->trust, &cert, 1, NULL, 0, 0, &status, NULL);
	if (!status)
		word = "good";
	else if (status & GNUTLS_CERT_REVOKED)
		word = "revoked";
	else if (status & GNUTLS_CERT_EXPIRED)
		word = "over";
	else if (status & GNUTLS_CERT_NOT_ACTIVATED)
		word = "not valid yet";
	ssi_out_str(&show->out, "state", word, status ? SSI_COLOR_BAD : SSI_COLOR_GOOD);
}

static void print_time(struct ssi_out *out, const char *key, time_t when)
{
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&when, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	ssi_out_str(out, key, text, SSI_COLOR_NONE);
}

static void print_cert(struct show *show, const char *file, gnutls_x509_crt_t cert)
{
	struct ssi_out *out = &show->out;
	struct ssi_holder holder;
	uint8_t bytes[32];
	size_t len = sizeof(bytes);
	char why[64];

	ssi_out_item(out, "file", file);
	if (ssi_holder_read(cert, &holder, why, sizeof(why)) == 0) {
		ssi_out_str(out, "name", holder.name, SSI_COLOR_NONE);
		if (*holder.role)
			ssi_out_str(out, "role", holder.role, SSI_COLOR_NONE);
		if (holder.node != SSI_NO_NODE)
			ssi_out_u64(out, "id", holder.node);
	}
	print_state(show, cert);
	print_time(out, "expires", gnutls_x509_crt_get_expiration_time(cert));
	if (gnutls_x509_crt_get_serial(cert, bytes, &len) == 0)
		ssi_out_hex(out, "serial", bytes, len);
	len = sizeof(bytes);
	if (gnutls_x509_crt_get_fingerprint(cert, GNUTLS_DIG_SHA256, bytes, &len) == 0)
		ssi_out_hex(out, "sha256", bytes, len);
	ssi_out_close(out);
}

static int show_file(struct show *show, const char *dir, const char *file)
{
	gnutls_x509_crt_t cert = NULL;
	char path[PATH_MAX];
	int rc;

	if (!strcmp(file, SSI_PKI_CA_KEY) || !strcmp(file, SSI_PKI_CRL))
		return 0;
	rc = load(ssi_pki_path(path, dir, file), &cert, show->why, sizeof(show->why));
	if (rc == 0)
		print_cert(show, file, cert);
	if (cert)
		gnutls_x509_crt_deinit(cert);
	return rc < 0 ? -1 : 0;
}

static int trust_dir(struct show *show, const char *dir)
{
	char ca[PATH_MAX], crl[PATH_MAX];
	int rc;

	ssi_pki_path(ca, dir, SSI_PKI_CA);
	ssi_pki_path(crl, dir, SSI_PKI_CRL);
	rc = gnutls_x509_trust_list_init(&show->trust, 0);
	if (rc == 0)
		rc = gnutls_x509_trust_list_add_trust_file(show->trust, ca,
							   access(crl, F_OK) ? NULL : crl,
							   GNUTLS_X509_FMT_PEM, 0, 0);
	if (rc <= 0)
		snprintf(show->why, sizeof(show->why), "%s: %s", ca,
			 rc ? gnutls_strerror(rc) : "no certificate");
	return rc <= 0 ? -1 : 0;
}

static int show_dir(const char *cmd, const char *dir, bool json)
{
	struct show show = { 0 };
	const char *const *file;
	int rc = trust_dir(&show, dir);

	ssi_out_begin(&show.out, stdout, json);
	ssi_out_list(&show.out, "certificates");
	for (file = ssi_pki_files; rc == 0 && *file; file++)
		rc = show_file(&show, dir, *file);
	ssi_out_close(&show.out);
	if (rc == 0 && ssi_out_end(&show.out, 0) < 0) {
		snprintf(show.why, sizeof(show.why), "standard output: %s", strerror(EIO));
		rc = -1;
	} else if (rc < 0) {
		ssi_out_end(&show.out, -EIO);
	}
	if (show.trust)
		gnutls_x509_trust_list_deinit(show.trust, 1);
	return rc < 0 ? say(cmd, show.why) : SSI_EXIT_OK;
}

int ssi_cmd_cluster_show(const struct ssi_args *args)
{
	return show_dir("show", args->dir, args->json);
}

/* ---- revoke ---- */

/**
 * struct revoking - a certificate that shall count no more
 * @issuer: who says so
 * @cert: the certificate
 * @before: what counts no more already, or NULL
 * @why: what went wrong
 */
struct revoking {
	struct ssi_issuer issuer;
	gnutls_x509_crt_t cert;
	gnutls_x509_crl_t before;
	char why[PATH_MAX + 128];
};

static int load_before(struct revoking *r, const char *dir)
{
	char path[PATH_MAX];
	gnutls_datum_t text;
	int rc;

	if (access(ssi_pki_path(path, dir, SSI_PKI_CRL), F_OK) < 0 && errno == ENOENT)
		return 0;
	rc = gnutls_load_file(path, &text);
	if (rc == 0) {
		rc = gnutls_x509_crl_init(&r->before);
		if (rc == 0)
			rc = gnutls_x509_crl_import(r->before, &text, GNUTLS_X509_FMT_PEM);
		gnutls_free(text.data);
	}
	if (rc < 0)
		snprintf(r->why, sizeof(r->why), "%s: %s", path, gnutls_strerror(rc));
	return rc < 0 ? -1 : 0;
}

static int load_all(struct revoking *r, const char *dir, const char *file)
{
	char cert[PATH_MAX], key[PATH_MAX];
	int rc = load(file, &r->cert, r->why, sizeof(r->why));

	if (rc > 0)
		snprintf(r->why, sizeof(r->why), "%s: %s", file, strerror(ENOENT));
	if (rc)
		return -1;
	if (ssi_issuer_load(&r->issuer, ssi_pki_path(cert, dir, SSI_PKI_CA),
			    ssi_pki_path(key, dir, SSI_PKI_CA_KEY), r->why, sizeof(r->why)) < 0)
		return -1;
	if (gnutls_x509_crt_check_issuer(r->cert, r->issuer.cert) != 1) {
		snprintf(r->why, sizeof(r->why), "%s: %s did not sign it", file, cert);
		return -1;
	}
	return load_before(r, dir);
}

/* Return: 1 when it did count, 0 when it did not, -1 with @why set. */
static int put_revoked(struct revoking *r, const char *dir)
{
	gnutls_datum_t text;
	int rc;

	if (r->before && gnutls_x509_crt_check_revocation(r->cert, &r->before, 1) == 1)
		return 0;
	rc = ssi_issue_crl(&r->issuer, r->before, r->cert, &text);
	if (rc < 0) {
		snprintf(r->why, sizeof(r->why), "%s: %s", SSI_PKI_CRL, gnutls_strerror(rc));
		return -1;
	}
	return ssi_pki_replace(dir, SSI_PKI_CRL, text, r->why, sizeof(r->why)) < 0 ? -1 : 1;
}

int ssi_cmd_cluster_revoke(const struct ssi_args *args)
{
	struct revoking r = { 0 };
	int rc = load_all(&r, args->dir, args->files.cert);

	if (rc == 0)
		rc = put_revoked(&r, args->dir);
	ssi_issuer_free(&r.issuer);
	if (r.cert)
		gnutls_x509_crt_deinit(r.cert);
	if (r.before)
		gnutls_x509_crl_deinit(r.before);
	if (rc < 0)
		return say("revoke", r.why);
	printf("%s is revoked%s; give %s/%s to all nodes and coordinators\n", args->files.cert,
	       rc ? "" : " already", args->dir, SSI_PKI_CRL);
	return SSI_EXIT_OK;
}
