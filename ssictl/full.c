// SPDX-License-Identifier: Apache-2.0
#include "full.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ssictl.h"

#define FULL "ssictl-full"

/* Beside this program where they were built, apart from it where they are installed. */
static const char *const places[] = { FULL, "../libexec/ssi-hv/" FULL };

/* The path up to its last slash, which stays. */
static void cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		slash[1] = '\0';
}

static int cannot_run(const char *path, const char *remedy)
{
	int error = errno;

	fprintf(stderr, "ssictl: %s: %s; %s\n", path, strerror(error), remedy);
	return error == ENOENT ? SSI_EXIT_NOT_FOUND : SSI_EXIT_NOT_RUN;
}

int ssi_full_run(const char *link, char **argv)
{
	char folder[PATH_MAX] = "", path[PATH_MAX + 64];
	size_t i;

	/* Never one of the folder that the caller happens to be in. */
	if (readlink(link, folder, sizeof(folder) - 1) < 0)
		return cannot_run(link, "mount /proc");
	cut_name(folder);
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, places[i]);
		execv(path, argv);
		if (errno != ENOENT)
			break;
	}
	return cannot_run(path, "make install puts it there");
}
