// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../ssictl/logline.h"
#include "problem.h"

static enum ssi_log_format chosen;

void ssi_log_format(enum ssi_log_format format)
{
	chosen = format;
}

/* Each of these writes once: several threads do. */
static void write_text(int level, const char *id, const char *text)
{
	fprintf(stderr, "<%d>ssi-coordinator: %s%s%s%s\n", level, text, *id ? " (request " : "",
		id, *id ? ")" : "");
}

static void write_json(int level, const char *id, const char *text)
{
	char *line = ssi_logline_json(level, NULL, id, text);

	if (line)
		fprintf(stderr, "%s\n", line);
	free(line);
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
