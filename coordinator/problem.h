/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals: what is wrong, and what helps, as problem+json (RFC 9457). */
#ifndef SSI_COORD_PROBLEM_H
#define SSI_COORD_PROBLEM_H

#include <jansson.h>

/**
 * enum ssi_problem - kinds of refusals; each has a word and a status of HTTP
 */
enum ssi_problem {
	SSI_PROBLEM_NONE,
	SSI_PROBLEM_BAD_REQUEST,
	SSI_PROBLEM_UNAUTHORIZED,
	SSI_PROBLEM_FORBIDDEN,
	SSI_PROBLEM_NOT_FOUND,
	SSI_PROBLEM_METHOD,
	SSI_PROBLEM_TOO_LARGE,
	SSI_PROBLEM_MEDIA_TYPE,
	SSI_PROBLEM_WRONG_HOST,
	SSI_PROBLEM_RATE,
	SSI_PROBLEM_NO_CLUSTER,
	SSI_PROBLEM_EXISTS,
	SSI_PROBLEM_ALIVE,
	SSI_PROBLEM_DEAD,
	SSI_PROBLEM_NO_MEMBER,
	SSI_PROBLEM_IN_USE,
	SSI_PROBLEM_NO_ROOM,
	SSI_PROBLEM_FULL,
	SSI_PROBLEM_VERSION,
	SSI_PROBLEM_GONE,
	SSI_PROBLEM_STORE,
	SSI_PROBLEM_BUSY,
	SSI_PROBLEM_NOT_LEADER,
	SSI_PROBLEM_NO_ANSWER,
	SSI_PROBLEM_MEMORY,
	SSI_PROBLEMS,
};

/**
 * struct ssi_refusal - a refusal
 * @problem: its kind
 * @retry_s: the same request may be taken after so many seconds; 0 when not
 * @detail: what is wrong, with names and numbers
 * @remedy: what helps
 */
struct ssi_refusal {
	enum ssi_problem problem;
	unsigned int retry_s;
	char detail[320];
	char remedy[320];
};

/**
 * ssi_refuse - fill a refusal
 * @why: the refusal
 * @problem: its kind
 * @remedy: what helps
 * @format: what is wrong
 *
 * Return: always -1, so that a caller can refuse in one statement.
 */
int ssi_refuse(struct ssi_refusal *why, enum ssi_problem problem, const char *remedy,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

/**
 * ssi_make_plain - make a text fit for a line of the log and for JSON
 * @text: what is not printable ASCII becomes a question mark
 */
void ssi_make_plain(char *text);

/**
 * ssi_problem_status - the status of HTTP
 * @problem: a kind
 *
 * Return: 400 or more.
 */
unsigned int ssi_problem_status(enum ssi_problem problem);

/**
 * ssi_problem_word - the word for a kind
 * @problem: a kind
 *
 * Return: such as "no-room".
 */
const char *ssi_problem_word(enum ssi_problem problem);

/**
 * ssi_problem_json - a refusal as problem+json
 * @why: the refusal
 * @request_id: of the request
 *
 * Return: an object, or NULL without memory.
 */
json_t *ssi_problem_json(const struct ssi_refusal *why, const char *request_id);

#endif /* SSI_COORD_PROBLEM_H */
