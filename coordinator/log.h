/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on stderr: text with the priority that the journal reads, or JSON. */
#ifndef SSI_COORD_LOG_H
#define SSI_COORD_LOG_H

#include <syslog.h>

/**
 * enum ssi_log_format - what lines look like
 * @SSI_LOG_TEXT: a priority in angle brackets, the program's name, the message
 * @SSI_LOG_JSON: an object with time (UTC, milliseconds), level, message, and
 *	request_id where a request stands behind it
 */
enum ssi_log_format {
	SSI_LOG_TEXT,
	SSI_LOG_JSON,
};

/**
 * ssi_log_format - choose what lines look like
 * @format: for all lines from now on
 *
 * Context: before there are other threads.
 */
void ssi_log_format(enum ssi_log_format format);

/**
 * ssi_log - write a line
 * @level: LOG_ERR, LOG_WARNING, LOG_NOTICE or LOG_INFO
 * @format: of the message, without a newline; what is not printable in it is
 *	written as a question mark
 */
void ssi_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * ssi_log_request - write a line about what came of a request
 * @level: as for ssi_log()
 * @id: of the request; empty without one
 * @format: as for ssi_log()
 */
void ssi_log_request(int level, const char *id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* SSI_COORD_LOG_H */
