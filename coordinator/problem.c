// SPDX-License-Identifier: Apache-2.0
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *word;
	unsigned int status;
	const char *title;
} problems[SSI_PROBLEMS] = {
	[SSI_PROBLEM_NONE] = { "none", 500, "Nothing is wrong" },
	[SSI_PROBLEM_BAD_REQUEST] = { "bad-request", 400, "The request is not understood" },
	[SSI_PROBLEM_UNAUTHORIZED] = { "unauthorized", 401, "Who asks is not known" },
	[SSI_PROBLEM_FORBIDDEN] = { "forbidden", 403, "Who asks may not do this" },
	[SSI_PROBLEM_NOT_FOUND] = { "not-found", 404, "There is no such thing" },
	[SSI_PROBLEM_METHOD] = { "method", 405, "This cannot be done with it" },
	[SSI_PROBLEM_TOO_LARGE] = { "too-large", 413, "The request is too large" },
	[SSI_PROBLEM_MEDIA_TYPE] = { "media-type", 415, "The body is not JSON" },
	[SSI_PROBLEM_WRONG_HOST] = { "wrong-host", 421, "The request is for another host" },
	[SSI_PROBLEM_RATE] = { "rate", 429, "Too many requests" },
	[SSI_PROBLEM_NO_CLUSTER] = { "no-cluster", 409, "There is no cluster" },
	[SSI_PROBLEM_EXISTS] = { "exists", 409, "It is there already" },
	[SSI_PROBLEM_ALIVE] = { "alive", 409, "Another life of the node holds a lease" },
	[SSI_PROBLEM_DEAD] = { "dead", 410, "This life of the node was declared dead" },
	[SSI_PROBLEM_NO_MEMBER] = { "no-member", 409, "The node is no member" },
	[SSI_PROBLEM_IN_USE] = { "in-use", 409, "It is in use" },
	[SSI_PROBLEM_NO_ROOM] = { "no-room", 409, "The nodes have too little memory" },
	[SSI_PROBLEM_FULL] = { "full", 409, "There can be no more of them" },
	[SSI_PROBLEM_VERSION] = { "version", 409, "The releases do not go together" },
	[SSI_PROBLEM_GONE] = { "gone", 410, "These events are no longer kept" },
	[SSI_PROBLEM_STORE] = { "store", 503, "The store did not take the change" },
	[SSI_PROBLEM_BUSY] = { "busy", 503, "Too much at a time" },
	[SSI_PROBLEM_NOT_LEADER] = { "not-leader", 503, "Another coordinator leads" },
	[SSI_PROBLEM_NO_ANSWER] = { "no-answer", 504, "The node did not answer" },
	[SSI_PROBLEM_MEMORY] = { "memory", 500, "Out of memory" },
};

void ssi_make_plain(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

int ssi_refuse(struct ssi_refusal *why, enum ssi_problem problem, const char *remedy,
	       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->detail, sizeof(why->detail), format, args);
	va_end(args);
	/* What others sent may stand in it, cut off anywhere. */
	ssi_make_plain(why->detail);
	snprintf(why->remedy, sizeof(why->remedy), "%s", remedy);
	why->problem = problem;
	why->retry_s = 0;
	return -1;
}

unsigned int ssi_problem_status(enum ssi_problem problem)
{
	return problems[problem].status;
}

const char *ssi_problem_word(enum ssi_problem problem)
{
	return problems[problem].word;
}

json_t *ssi_problem_json(const struct ssi_refusal *why, const char *request_id)
{
	char type[64];

	snprintf(type, sizeof(type), "/docs#problem-%s", problems[why->problem].word);
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "type", type, "title",
			 problems[why->problem].title, "status",
			 (int)problems[why->problem].status, "detail", why->detail, "remedy",
			 why->remedy, "request_id", request_id);
}
