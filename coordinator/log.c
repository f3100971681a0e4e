// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "problem.h"

#define TIME_SIZE 40

static const char *const level_names[] = {
	[LOG_ERR] = "err",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
};

static enum ssi_log_format chosen;

void ssi_log_format(enum ssi_log_format format)
{
	chosen = format;
}

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

/* Each of these writes once: several threads do. */
static void write_text(int level, const char *id, const char *text)
{
	fprintf(stderr, "<%d>ssi-coordinator: %s%s%s%s\n", level, text, *id ? " (request " : "",
		id, *id ? ")" : "");
}

static void write_json(int level, const char *id, const char *text)
{
	char when[TIME_SIZE], *line;
	json_t *root;

	put_time(when);
	root = json_pack("{s:s, s:s, s:s, s:s*}", "time", when, "level", level_names[level],
			 "message", text, "request_id", *id ? id : NULL);
	line = json_dumps(root, JSON_COMPACT);
	if (line)
		fprintf(stderr, "%s\n", line);
	free(line);
	json_decref(root);
}

static void __attribute__((format(printf, 3, 0)))
write_line(int level, const char *id, const char *format, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, args);
	ssi_make_plain(text);
	if (chosen == SSI_LOG_JSON)
		write_json(level, id, text);
	else
		write_text(level, id, text);
}

void ssi_log(int level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(level, "", format, args);
	va_end(args);
}

void ssi_log_request(int level, const char *id, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(level, id, format, args);
	va_end(args);
}
