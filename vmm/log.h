/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_LOG_H
#define SSI_VMM_LOG_H

/**
 * log_error() - say on stderr what went wrong and what helps
 * @fmt: text without the program's name and without a newline
 *
 * Return: always -1, so that a caller can report and fail in one statement.
 */
int log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * log_note() - say on stderr something that is not an error
 * @fmt: text without the program's name and without a newline
 */
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
