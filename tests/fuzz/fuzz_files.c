// SPDX-License-Identifier: Apache-2.0
/*
 * Files that ssictl reads: the secret (ssictl/secret.c), and what a node's agent
 * could not do (ssictl/report.c).
 */
#include "../../ssictl/report.c"
#include "../../ssictl/secret.h"

#include <sys/mman.h>

#include "fuzz.h"

/* A file with these bytes in front, in memory. */
static int file_of(const struct input *in, size_t bytes, char *path, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, in->at, in->left) == (ssize_t)in->left);
	must(ftruncate(fd, bytes) == 0);
	must(fchmod(fd, 0600) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	snprintf(path, size, "/proc/self/fd/%d", fd);
	return fd;
}

static size_t secret_size(const struct input *in, size_t bytes)
{
	bool newline = in->left && in->left == bytes && in->at[bytes - 1] == '\n';

	return bytes - newline;
}

static void check_secret(const struct input *in, size_t more)
{
	static const uint8_t none[SSI_SECRET_KEYLEN];
	uint8_t key[SSI_SECRET_KEYLEN] = { 0 };
	char path[64], why[80] = "";
	size_t bytes = in->left + more;
	int fd = file_of(in, bytes, path, sizeof(path));
	int rc = ssi_secret_load(path, key, why, sizeof(why));

	close(fd);
	must((rc == 0) == (secret_size(in, bytes) >= 32 && bytes <= 4096));
	must((rc == 0) == !!memcmp(key, none, sizeof(none)));
	must((rc == 0) == !*why);
}

static void check_report(const struct input *in)
{
	struct ssi_report report = { 0 };
	char path[64];
	int fd = file_of(in, in->left, path, sizeof(path));
	/* Who writes it holds it: by a file description of his own. */
	int other = open(path, O_RDWR | O_CLOEXEC);
	unsigned int id;

	must(other >= 0 && flock(other, LOCK_EX) == 0);
	if (take(fd, &report) == 0) {
		must(memchr(report.caller, 0, sizeof(report.caller)));
		must(memchr(report.refusal, 0, sizeof(report.refusal)));
		for (id = 0; id < SSI_NODES; id++)
			must(memchr(report.why[id], 0, sizeof(report.why[id])));
	}
	close(other);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t which = in_u8(&in);

	if (which & 1)
		check_secret(&in, (which >> 1) * 33);
	else
		check_report(&in);
	return 0;
}
