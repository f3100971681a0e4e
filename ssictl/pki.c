// SPDX-License-Identifier: Apache-2.0
#include "pki.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const ssi_pki_files[] = {
	SSI_PKI_CA, SSI_PKI_CA_KEY, SSI_PKI_CRL, SSI_PKI_COORDINATOR, SSI_PKI_ADMIN, SSI_PKI_NODE,
	NULL,
};

const char *ssi_pki_path(char *path, const char *dir, const char *name)
{
	/* One that is too long names no file. */
	if (snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		*path = 0;
	return path;
}

static int refuse(struct ssi_pki *pki, const char *path, const char *reason)
{
	snprintf(pki->why, sizeof(pki->why), "%s: %s", path, reason);
	return -1;
}

static int put_all(int fd, const gnutls_datum_t *text)
{
	size_t done = 0;

	while (done < text->size) {
		ssize_t put = write(fd, text->data + done, text->size - done);

		if (put < 0 && errno != EINTR)
			return -1;
		done += put > 0 ? put : 0;
	}
	return fsync(fd);
}

/* What is no secret may be read by everybody. */
static mode_t mode_of(const char *name)
{
	return !strcmp(name, SSI_PKI_CA) || !strcmp(name, SSI_PKI_CRL) ? 0644 : 0600;
}

static void drop(gnutls_datum_t text)
{
	if (text.data)
		explicit_bzero(text.data, text.size);
	gnutls_free(text.data);
}

/* Return: 0, or -1 with errno set and no file there. */
static int write_new(const char *path, mode_t mode, const gnutls_datum_t *text)
{
	int error, fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return -1;
	/* Whatever the umask is. */
	if (fchmod(fd, mode) == 0 && put_all(fd, text) == 0 && close(fd) == 0)
		return 0;
	error = errno;
	close(fd);
	unlink(path);
	errno = error;
	return -1;
}

/* After this what the folder has stays there. */
static void sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static void sync_parent(const char *path)
{
	char parent[PATH_MAX];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = 0;
	sync_dir(slash ? parent : ".");
}

/* ---- a folder that is being made ---- */

/* An empty folder is moved out of the way by rename(); asked first, to say it early. */
static int check_free(struct ssi_pki *pki)
{
	if (rmdir(pki->dir) == 0 || errno == ENOENT)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST)
		return refuse(pki, pki->dir, "is there already, and stays as it is; name another "
					     "folder with --dir");
	return refuse(pki, pki->dir, strerror(errno));
}

int ssi_pki_begin(struct ssi_pki *pki, const char *dir)
{
	size_t len = strlen(dir);

	*pki->aside = 0;
	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (len >= sizeof(pki->dir))
		return refuse(pki, "--dir", strerror(ENAMETOOLONG));
	memcpy(pki->dir, dir, len);
	pki->dir[len] = 0;
	if (check_free(pki) < 0)
		return -1;
	snprintf(pki->aside, sizeof(pki->aside), "%s.XXXXXX", pki->dir);
	if (mkdtemp(pki->aside))
		return 0;
	*pki->aside = 0;
	return refuse(pki, pki->dir, strerror(errno));
}

int ssi_pki_put(struct ssi_pki *pki, const char *name, gnutls_datum_t text)
{
	char path[PATH_MAX];
	int rc = write_new(ssi_pki_path(path, pki->aside, name), mode_of(name), &text);

	if (rc < 0)
		refuse(pki, path, strerror(errno));
	drop(text);
	return rc;
}

int ssi_pki_commit(struct ssi_pki *pki)
{
	sync_dir(pki->aside);
	if (rename(pki->aside, pki->dir) < 0)
		return refuse(pki, pki->dir, strerror(errno));
	sync_parent(pki->dir);
	*pki->aside = 0;
	return 0;
}

void ssi_pki_abort(struct ssi_pki *pki)
{
	const char *const *name;
	char path[PATH_MAX];

	if (!*pki->aside)
		return;
	for (name = ssi_pki_files; *name; name++)
		unlink(ssi_pki_path(path, pki->aside, *name));
	rmdir(pki->aside);
	*pki->aside = 0;
}

/* ---- a folder that is there ---- */

int ssi_pki_replace(const char *dir, const char *name, gnutls_datum_t text, char *why, size_t size)
{
	char path[PATH_MAX], aside[PATH_MAX];
	int rc;

	ssi_pki_path(path, dir, name);
	if (snprintf(aside, sizeof(aside), "%s/.%s", dir, name) >= PATH_MAX)
		*aside = 0;
	/* Of somebody who was killed in the middle of this. */
	unlink(aside);
	rc = write_new(aside, mode_of(name), &text);
	if (rc == 0)
		rc = rename(aside, path);
	if (rc < 0)
		snprintf(why, size, "%s: %s", path, strerror(errno));
	else
		sync_dir(dir);
	drop(text);
	return rc;
}

int ssi_pki_pair(const gnutls_datum_t *cert, gnutls_x509_privkey_t key, gnutls_datum_t *text)
{
	gnutls_datum_t secret;
	int rc = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &secret);

	if (rc < 0)
		return rc;
	text->size = cert->size + secret.size;
	text->data = gnutls_malloc(text->size);
	if (text->data) {
		memcpy(text->data, cert->data, cert->size);
		memcpy(text->data + cert->size, secret.data, secret.size);
	}
	drop(secret);
	return text->data ? 0 : GNUTLS_E_MEMORY_ERROR;
}
