/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request and its answer, as they pass between http.c, which knows the
 * network, and api.c, which knows what they mean.
 */
#ifndef SSI_COORD_REQUEST_H
#define SSI_COORD_REQUEST_H

#include <sys/types.h>

#include "auth.h"
#include "decide.h"

#define SSI_BODY_MAX  65536
#define SSI_QUERY_MAX 4
#define SSI_PATH_SIZE 128
/* 256 bits in hexadecimal digits. */
#define SSI_TOKEN_SIZE 65

struct ssi_route;
struct ssi_request;

/**
 * struct ssi_pair - a parameter behind the question mark
 * @key: as it stands there
 * @value: as it stands there; NULL without an equals sign
 */
struct ssi_pair {
	const char *key;
	const char *value;
};

/**
 * enum ssi_step - what comes next for a request
 * @SSI_STEP_ANSWER: its answer is complete
 * @SSI_STEP_GO_ON: when its body is there, or a change was made
 * @SSI_STEP_CHANGE: it goes to the changing thread
 * @SSI_STEP_WAIT: it waits until somebody calls ssi_http_resume()
 * @SSI_STEP_STREAM: its answer goes on and on
 */
enum ssi_step {
	SSI_STEP_ANSWER,
	SSI_STEP_GO_ON,
	SSI_STEP_CHANGE,
	SSI_STEP_WAIT,
	SSI_STEP_STREAM,
};

/**
 * struct ssi_answer - what is sent
 * @status: of HTTP
 * @type: of the content
 * @data: the content; to be freed unless @constant
 * @len: bytes of it
 * @constant: @data lives for ever
 * @policy: it is a page: its Content-Security-Policy, or NULL
 * @location: header, or empty
 * @allow: header: methods that the path knows, or empty
 * @retry_s: header Retry-After, or 0
 */
struct ssi_answer {
	unsigned int status;
	const char *type;
	char *data;
	size_t len;
	bool constant;
	const char *policy;
	char location[SSI_PATH_SIZE + 256];
	char allow[64];
	unsigned int retry_s;
};

/**
 * struct ssi_request - a request
 * @id: random, for logs and answers
 * @method: such as "GET"
 * @path: not unescaped
 * @query: parameters, not unescaped
 * @queries: how many; more than SSI_QUERY_MAX when there were too many
 * @authorization: header, or NULL
 * @content_type: header, or NULL
 * @host: header, or NULL
 * @last_event: header Last-Event-ID, or NULL
 * @length: header Content-Length, or NULL
 * @from: address without a port
 * @cert_good: the caller showed a certificate, and it is @caller
 * @cert_why: he showed one that is refused: why; else empty
 * @caller: who asks
 * @body: what was sent
 * @body_len: bytes of it
 * @route: where it goes, once that is known
 * @number: what the path has for {id}, {region} and {address}
 * @wish: for the changing thread
 * @made: the change that came of it
 * @changed: there was one
 * @token: that is given out
 * @question: id of a question to a node; 0 without
 * @waited: it waited, and what it waited for has come, or never will
 * @seen: revision up to which events were sent
 * @beats: of the stream, how many comments were sent to keep it
 * @why: the refusal, when there is one
 * @answer: what is sent
 */
struct ssi_request {
	char id[SSI_HEX_SIZE];
	const char *method;
	const char *path;
	struct ssi_pair query[SSI_QUERY_MAX];
	unsigned int queries;
	const char *authorization;
	const char *content_type;
	const char *host;
	const char *last_event;
	const char *length;
	char from[64];
	bool cert_good;
	char cert_why[160];
	struct ssi_caller caller;
	char *body;
	size_t body_len;
	const struct ssi_route *route;
	uint64_t number[2];
	struct ssi_wish wish;
	struct ssi_change made;
	bool changed;
	char token[SSI_TOKEN_SIZE];
	uint64_t question;
	bool waited;
	uint64_t seen;
	unsigned int beats;
	struct ssi_refusal why;
	struct ssi_answer answer;
};

#endif /* SSI_COORD_REQUEST_H */
