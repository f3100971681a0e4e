// SPDX-License-Identifier: Apache-2.0
#include "secret.h"

#include <stdio.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "private.h"

#define MAKE_ONE "make one with: umask 077; openssl rand -hex 32 > FILE"

/* Another purpose or version of the key gets another label. */
#define KEY_LABEL "ssi-hv link key 1"

static void refuse(char *why, size_t size, const char *reason)
{
	snprintf(why, size, "%s", reason);
}

static int derive(const uint8_t *secret, size_t len, uint8_t *key)
{
	const gnutls_datum_t ikm = { .data = (void *)secret, .size = len };
	const gnutls_datum_t salt = { .data = NULL, .size = 0 };
	const gnutls_datum_t info = { .data = (void *)KEY_LABEL, .size = strlen(KEY_LABEL) };
	uint8_t prk[32];
	const gnutls_datum_t prk_datum = { .data = prk, .size = sizeof(prk) };
	int rc;

	rc = gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &ikm, &salt, prk);
	if (rc == 0)
		rc = gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &prk_datum, &info, key,
					SSI_SECRET_KEYLEN);
	explicit_bzero(prk, sizeof(prk));
	return rc;
}

int ssi_secret_load(const char *path, uint8_t *key, char *why, size_t size)
{
	uint8_t buf[SSI_SECRET_MAX];
	ssize_t len = ssi_private_read(path, buf, sizeof(buf),
				       "copy that of another node, or " MAKE_ONE, why, size);
	int rc = -1;

	if (len > 0 && buf[len - 1] == '\n')
		len--;
	if (len >= 0 && len < SSI_SECRET_MIN)
		refuse(why, size, "shorter than 32 bytes; " MAKE_ONE);
	else if (len >= 0 && derive(buf, len, key) < 0)
		refuse(why, size, "the key could not be derived");
	else if (len >= 0)
		rc = 0;
	explicit_bzero(buf, sizeof(buf));
	return rc;
}
