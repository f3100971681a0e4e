/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a log as a JSON object: the same for the agent and for the coordinator. */
#ifndef SSICTL_LOGLINE_H
#define SSICTL_LOGLINE_H

/**
 * typedef ssi_say_fn - writes a line of the log
 * @arg: from whoever gave the function
 * @level: LOG_ERR, LOG_WARNING, LOG_NOTICE or LOG_INFO
 * @request: id of the coordinator's request that stands behind it; or empty
 * @text: the message, without a newline
 */
typedef void (*ssi_say_fn)(void *arg, int level, const char *request, const char *text);

/**
 * ssi_logline_json - a line as an object
 * @level: LOG_ERR, LOG_WARNING, LOG_NOTICE or LOG_INFO
 * @node: name of the node that the line is of; NULL for none
 * @request: id of a request; NULL or empty for none
 * @text: the message, without a newline
 *
 * What is not printable in the message becomes a question mark.
 *
 * The object has time (UTC, milliseconds), level and message, and node and
 * request_id where there are any.
 *
 * Return: the object without a newline, the caller's to free; or NULL without memory.
 */
char *ssi_logline_json(int level, const char *node, const char *request, const char *text);

#endif /* SSICTL_LOGLINE_H */
