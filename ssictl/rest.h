/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The coordinators' REST interface over libcurl and jansson: one request at a
 * time, to the next coordinator when one does not answer. Knows routes of none.
 */
#ifndef SSICTL_REST_H
#define SSICTL_REST_H

#include <stddef.h>

#include <jansson.h>

/* Bytes of an answer that is taken; a longer one is none. */
#define SSI_REST_ANSWER_MAX (1 << 20)

#define SSI_REST_WORD	32
#define SSI_REST_DETAIL 256
#define SSI_REST_ID	40

struct ssi_rest;

/**
 * struct ssi_rest_cfg - whom to ask, and as whom
 * @urls: base URLs with commas between; https, or http to loopback
 * @token_file: with a bearer token, private to its owner; or NULL
 * @ca: authorities of the coordinators' certificates, PEM; NULL for the system's
 * @cert: own certificate, PEM; or NULL
 * @key: its key, PEM, private to its owner; or NULL
 * @timeout_ms: how long one coordinator may take
 */
struct ssi_rest_cfg {
	const char *urls;
	const char *token_file;
	const char *ca;
	const char *cert;
	const char *key;
	unsigned int timeout_ms;
};

/**
 * struct ssi_rest_answer - what came of a request
 * @status: of HTTP; 0 when no coordinator answered
 * @body: an object; the caller's to release. NULL where the request failed
 * @problem: last word of the problem's type, such as "dead"; may be empty
 * @why: what is wrong; empty where nothing is
 * @remedy: what helps; may be empty
 * @request_id: of a refusal, as the coordinator's log has it; may be empty
 */
struct ssi_rest_answer {
	unsigned int status;
	json_t *body;
	char problem[SSI_REST_WORD];
	char why[SSI_REST_DETAIL];
	char remedy[SSI_REST_DETAIL];
	char request_id[SSI_REST_ID];
};

/**
 * ssi_rest_open - make ready; nothing is sent yet
 * @cfg: copied
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: the client, or NULL with @why set.
 */
struct ssi_rest *ssi_rest_open(const struct ssi_rest_cfg *cfg, char *why, size_t size);

/**
 * ssi_rest_close - end
 * @rest: the client, or NULL
 */
void ssi_rest_close(struct ssi_rest *rest);

/**
 * ssi_rest_timeout - change how long one coordinator may take
 * @rest: the client
 * @ms: from the next request on
 */
void ssi_rest_timeout(struct ssi_rest *rest, unsigned int ms);

/**
 * ssi_rest_call - one request
 * @rest: the client; used by one thread at a time
 * @method: GET, POST or DELETE
 * @path: such as "/nodes"
 * @body: an object, or NULL; released
 * @answer: filled in
 *
 * The token is read anew for each request. A coordinator that does not answer,
 * or not with what one answers, or with 503, is passed over for the next. The
 * leader that one names is asked, with the same credentials, but only by https or
 * on loopback. A request without an answer may have been carried out.
 *
 * Return: 0 with an answer of status 200 to 299; -1 with @answer->why set.
 */
int ssi_rest_call(struct ssi_rest *rest, const char *method, const char *path, json_t *body,
		  struct ssi_rest_answer *answer);

/**
 * ssi_rest_stop - let the request under way and all later ones fail
 * @rest: the client; this may be another thread than the one that asks
 *
 * What is under way ends within a second.
 */
void ssi_rest_stop(struct ssi_rest *rest);

#endif /* SSICTL_REST_H */
