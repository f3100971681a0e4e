/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What requests mean: the table of routes, who may use them, and their answers.
 * uapi/openapi.yaml describes them; a test holds the two to each other.
 */
#ifndef SSI_COORD_API_H
#define SSI_COORD_API_H

#include <stdio.h>

#include "../ssictl/issue.h"
#include "ask.h"
#include "ledger.h"
#include "rate.h"
#include "request.h"

#define SSI_ROUTES_MAX 64
#define SSI_STATUSES   5

struct ssi_api;
struct ssi_http;
struct ssi_tls;

/**
 * struct ssi_route - what can be done with a path
 * @method: of HTTP
 * @path: words in braces stand for numbers, as far as struct ssi_request has them,
 *	{file} at its end for a name
 * @role: who may
 * @leader: only the coordinator that leads can
 * @query: name of its parameter, or NULL
 * @run: called when the body is there. Returns what comes next; SSI_STEP_GO_ON
 *	says that @why of the request is filled
 * @answer: called after SSI_STEP_CHANGE
 */
struct ssi_route {
	const char *method;
	const char *path;
	enum ssi_role role;
	bool leader;
	const char *query;
	enum ssi_step (*run)(struct ssi_api *api, struct ssi_request *request);
	enum ssi_step (*answer)(struct ssi_api *api, struct ssi_request *request);
};

/**
 * struct ssi_api - what serves requests
 * @ledger: the cluster; its lock is also that of @tokens, @asks and the numbers
 * @http: the server
 * @tls: our certificate, or NULL
 * @open: everybody may do everything; only on loopback
 * @tokens: who has tokens
 * @issuer: the authority that signs for nodes; empty where this one does not
 * @crl: file of what it revoked, for nodes; or NULL
 * @rate: of requests; of the serving thread
 * @asks: questions to nodes
 * @requests: answers, by route and first digit of the status
 * @refusals: by kind
 * @beat: grows when streams shall send a comment
 * @strangers_second: second in which @strangers were logged
 * @strangers: refusals of callers logged in that second
 */
struct ssi_api {
	struct ssi_ledger *ledger;
	struct ssi_http *http;
	struct ssi_tls *tls;
	bool open;
	struct ssi_tokens tokens;
	struct ssi_issuer issuer;
	const char *crl;
	struct ssi_rate rate;
	struct ssi_asks asks;
	uint64_t requests[SSI_ROUTES_MAX][SSI_STATUSES];
	uint64_t refusals[SSI_PROBLEMS];
	unsigned int beat;
	int64_t strangers_second;
	unsigned int strangers;
};

extern const struct ssi_route ssi_routes[];

/* For struct ssi_http_cfg; @arg is the struct ssi_api. */
enum ssi_step ssi_api_begin(struct ssi_request *request, void *arg);
enum ssi_step ssi_api_run(struct ssi_request *request, void *arg);
void ssi_api_change(struct ssi_request *request, void *arg);
ssize_t ssi_api_read(struct ssi_request *request, char *to, size_t max, void *arg);
void ssi_api_end(struct ssi_request *request, void *arg);
void ssi_api_tick(void *arg);

/**
 * ssi_api_changed - streams have something to send
 * @arg: the struct ssi_api; for struct ssi_ledger
 */
void ssi_api_changed(void *arg);

/**
 * ssi_api_list - print the routes
 * @f: where to
 */
void ssi_api_list(FILE *f);

/* ---- for the files with routes ---- */

/**
 * ssi_api_json - answer with JSON
 * @request: the request
 * @status: of HTTP
 * @root: released; NULL without memory
 *
 * Return: SSI_STEP_ANSWER.
 */
enum ssi_step ssi_api_json(struct ssi_request *request, unsigned int status, json_t *root);

/**
 * ssi_api_text - answer with bytes
 * @request: the request
 * @type: of the content
 * @data: to be freed, or NULL without memory
 * @len: bytes of it
 *
 * Return: SSI_STEP_ANSWER.
 */
enum ssi_step ssi_api_text(struct ssi_request *request, const char *type, char *data, size_t len);

/**
 * ssi_api_body - read the body
 * @request: the request; without a body it is taken for an empty object
 * @table: fields
 * @to: the structure to fill
 *
 * Return: the object, to be released, which borrowed values belong to; NULL with
 * @why of the request set.
 */
json_t *ssi_api_body(struct ssi_request *request, const struct ssi_field *table, void *to);

/**
 * ssi_api_query - the value of the route's parameter
 * @request: the request
 *
 * Return: the value, or NULL.
 */
const char *ssi_api_query(const struct ssi_request *request);

/* api_cluster.c */
enum ssi_step ssi_api_get_cluster(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_create_cluster(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_delete_cluster(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_list_regions(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_get_region(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_create_region(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_made_region(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_delete_region(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_done(struct ssi_api *api, struct ssi_request *request);

/* api_node.c */
enum ssi_step ssi_api_list_nodes(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_get_node(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_register(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_registered(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_remove(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_list_endpoints(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_get_endpoint(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_join(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_joined(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_drain(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_lease(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_list_vms(struct ssi_api *api, struct ssi_request *request);

/* api_invite.c */
enum ssi_step ssi_api_invite(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_invited(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_certify(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_certified(struct ssi_api *api, struct ssi_request *request);

/* api_page.c */
enum ssi_step ssi_api_get_page(struct ssi_api *api, struct ssi_request *request);

/* api_stats.c */
enum ssi_step ssi_api_get_stats(struct ssi_api *api, struct ssi_request *request);
enum ssi_step ssi_api_get_maps(struct ssi_api *api, struct ssi_request *request);

/* api_watch.c */
enum ssi_step ssi_api_watch(struct ssi_api *api, struct ssi_request *request);

/* metrics.c */
enum ssi_step ssi_api_metrics(struct ssi_api *api, struct ssi_request *request);

/* web.c */
enum ssi_step ssi_api_page(struct ssi_api *api, struct ssi_request *request);

#endif /* SSI_COORD_API_H */
