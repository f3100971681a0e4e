// SPDX-License-Identifier: Apache-2.0
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define MAKE_ONE "make one with: umask 077; openssl rand -hex 32 > FILE"

/* Another purpose or version of the key gets another label. */
#define KEY_LABEL "ssi-hv link key 1"

static int refuse(char *why, size_t size, const char *reason)
{
	snprintf(why, size, "%s", reason);
	return -1;
}

/* The mode is read from the open file, so that nobody swaps it in between. */
static int open_private(const char *path, char *why, size_t size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return refuse(why, size, "No such file or directory; copy that of another node, or "
					 MAKE_ONE);
	if (fd < 0)
		return refuse(why, size, strerror(errno));
	if (fstat(fd, &st) < 0) {
		refuse(why, size, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		refuse(why, size, "not a regular file");
	} else if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		refuse(why, size, "open to group or others; chmod 600 it");
	} else if (st.st_size > SSI_SECRET_MAX) {
		refuse(why, size, "longer than 4096 bytes");
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

static ssize_t read_all(int fd, uint8_t *buf, size_t size)
{
	size_t have = 0;
	ssize_t got;

	while (have < size) {
		got = read(fd, buf + have, size - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += got;
	}
	return have;
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
	ssize_t len;
	int fd, rc = -1;

	fd = open_private(path, why, size);
	if (fd < 0)
		return -1;
	len = read_all(fd, buf, sizeof(buf));
	close(fd);
	if (len > 0 && buf[len - 1] == '\n')
		len--;
	if (len < 0)
		refuse(why, size, strerror(errno));
	else if (len < SSI_SECRET_MIN)
		refuse(why, size, "shorter than 32 bytes; " MAKE_ONE);
	else if (derive(buf, len, key) < 0)
		refuse(why, size, "the key could not be derived");
	else
		rc = 0;
	explicit_bzero(buf, sizeof(buf));
	return rc;
}
