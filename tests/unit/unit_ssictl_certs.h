/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of tests: an authority, and files that it signed. */
#ifndef UNIT_SSICTL_CERTS_H
#define UNIT_SSICTL_CERTS_H

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../ssictl/identity.h"
#include "../../ssictl/issue.h"

#define DAY 86400

/* Where the files of a test are; each test is a process of its own. */
static char certs_dir[] = "/tmp/certs.XXXXXX";

__attribute__((unused)) static void certs_begin(void)
{
	strcpy(certs_dir, "/tmp/certs.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(certs_dir));
}

__attribute__((unused)) static void certs_end(void)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -r %s", certs_dir);
	ck_assert_int_eq(system(command), 0);
}

/* A path in the folder; lives until a hundred more were made. */
__attribute__((unused)) static const char *certs_path(const char *name)
{
	static char path[100][64];
	static unsigned int next;
	char *to = path[next++ % 100];

	snprintf(to, sizeof(path[0]), "%s/%s", certs_dir, name);
	return to;
}

/* As one replaces a file: at once. */
__attribute__((unused)) static void certs_write(const char *name, const void *data, size_t len)
{
	char aside[80];
	int fd;

	snprintf(aside, sizeof(aside), "%s.new", certs_path(name));
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_eq(write(fd, data, len), len);
	close(fd);
	ck_assert_int_eq(rename(aside, certs_path(name)), 0);
}

static void certs_write_datum(const char *name, gnutls_datum_t text)
{
	certs_write(name, text.data, text.size);
	gnutls_free(text.data);
}

__attribute__((unused)) static void certs_write_cert(const char *name, gnutls_x509_crt_t cert)
{
	gnutls_datum_t text;

	ck_assert_int_eq(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &text), 0);
	certs_write_datum(name, text);
}

__attribute__((unused)) static void certs_write_key(const char *name, gnutls_x509_privkey_t key)
{
	gnutls_datum_t text;

	ck_assert_int_eq(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &text), 0);
	certs_write_datum(name, text);
}

/* An authority that holds for ten days around now. */
__attribute__((unused)) static struct ssi_issuer certs_authority(const char *name)
{
	const struct ssi_issue what = { .name = name, .from = time(NULL) - 5 * DAY,
					.until = time(NULL) + 5 * DAY };
	struct ssi_issuer issuer;

	ck_assert_int_eq(ssi_issuer_create(&issuer, &what), 0);
	return issuer;
}

/* What a node's certificate says. */
__attribute__((unused)) static struct ssi_issue certs_of_node(const char *name, uint32_t node)
{
	return (struct ssi_issue){ .name = name, .role = "operate", .node = node, .server = true,
				   .client = true, .from = time(NULL) - DAY,
				   .until = time(NULL) + DAY };
}

/* Writes NAME.crt and NAME.key; returns the certificate. */
__attribute__((unused)) static gnutls_x509_crt_t
certs_issue(const struct ssi_issuer *issuer, const struct ssi_issue *what, const char *name)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crq_t request;
	gnutls_x509_crt_t cert;
	char file[64];

	ck_assert_int_eq(ssi_issue_key(&key), 0);
	ck_assert_int_eq(ssi_issue_request(key, "whoever", &request), 0);
	ck_assert_int_eq(ssi_issue(issuer, what, request, &cert), 0);
	snprintf(file, sizeof(file), "%s.crt", name);
	certs_write_cert(file, cert);
	snprintf(file, sizeof(file), "%s.key", name);
	certs_write_key(file, key);
	gnutls_x509_crq_deinit(request);
	gnutls_x509_privkey_deinit(key);
	return cert;
}

/* Writes a list of one revoked certificate, or of none. */
__attribute__((unused)) static void certs_revoke(const struct ssi_issuer *issuer,
						 gnutls_x509_crt_t cert, const char *name)
{
	gnutls_datum_t text;

	ck_assert_int_eq(ssi_issue_crl(issuer, NULL, cert, &text), 0);
	certs_write_datum(name, text);
}

/* Reads NAME.crt and NAME.key beside ca.crt, and crl.pem where @crl. */
__attribute__((unused)) static struct ssi_identity *certs_identity(const char *name, bool crl)
{
	char cert[64], key[64], why[256] = "";
	struct ssi_identity *identity;
	struct ssi_files cfg = { .cert = cert, .key = key, .ca = certs_path("ca.crt"),
					.crl = crl ? certs_path("crl.pem") : NULL };

	snprintf(cert, sizeof(cert), "%s/%s.crt", certs_dir, name);
	snprintf(key, sizeof(key), "%s/%s.key", certs_dir, name);
	identity = ssi_identity_load(&cfg, why, sizeof(why));
	ck_assert_msg(identity != NULL, "%s", why);
	return identity;
}

#endif /* UNIT_SSICTL_CERTS_H */
