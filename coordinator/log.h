/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on stderr, each with the priority that the journal reads. */
#ifndef SSI_COORD_LOG_H
#define SSI_COORD_LOG_H

#include <syslog.h>

/**
 * ssi_log - write a line
 * @level: LOG_ERR, LOG_WARNING, LOG_NOTICE or LOG_INFO
 * @format: of the text, without a newline; what others sent is printable in it
 */
void ssi_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* SSI_COORD_LOG_H */
