// SPDX-License-Identifier: Apache-2.0
#include "logline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <jansson.h>

#define TIME_SIZE 40

static const char *const level_names[] = {
	[LOG_ERR] = "err",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
};

/* As RFC 3339 has it. */
static void put_time(char to[TIME_SIZE])
{
	struct timespec now;
	struct tm utc;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	len = strftime(to, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(to + len, TIME_SIZE - len, ".%03ldZ", now.tv_nsec / 1000000);
}

/* What others wrote need not be UTF-8, which JSON has to be. */
static char *copy_plain(const char *text)
{
	char *copy = strdup(text), *c;

	for (c = copy; c && *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return copy;
}

char *ssi_logline_json(int level, const char *node, const char *request, const char *text)
{
	char when[TIME_SIZE], *line, *message = copy_plain(text);
	json_t *root;

	put_time(when);
	root = json_pack("{s:s, s:s, s:s*, s:s, s:s*}", "time", when, "level", level_names[level],
			 "node", node, "message", message, "request_id",
			 request && *request ? request : NULL);
	line = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	free(message);
	return line;
}
