// SPDX-License-Identifier: Apache-2.0
/* Routes of nodes: their lives, and what their agents ask. */
#include "api.h"

#include <string.h>

#include "http.h"

#define WITH(field) offsetof(struct ssi_wish, with.field)
#define END { NULL, 0, 0, false, 0, 0 }

/* Fills the refusal when there is none. Context: holds the ledger's lock. */
static struct ssi_node *find_node(struct ssi_api *api, struct ssi_request *request, uint64_t id)
{
	struct ssi_node *node = ssi_cluster_node(&api->ledger->cluster, id);

	if (!node)
		ssi_refuse(&request->why, SSI_PROBLEM_NOT_FOUND, "GET /nodes lists them",
			   "there is no node %llu", (unsigned long long)id);
	return node;
}

/* The path's number becomes the wish's node; larger ones than there can be do not. */
static int take_id(struct ssi_request *request)
{
	if (request->number[0] < SSI_CLUSTER_NODES) {
		request->wish.with.node = request->number[0];
		return 0;
	}
	return ssi_refuse(&request->why, SSI_PROBLEM_NOT_FOUND, "GET /nodes lists them",
			  "there is no node %llu", (unsigned long long)request->number[0]);
}

/* Nobody with a node's certificate speaks for another node. */
static int check_speaker(struct ssi_request *request)
{
	const struct ssi_caller *caller = &request->caller;

	if (!caller->of_node || caller->node == request->number[0])
		return 0;
	return ssi_refuse(&request->why, SSI_PROBLEM_FORBIDDEN, "speak for that node alone",
			  "the certificate is for node %u of the name %s", caller->node,
			  caller->name);
}

/* ---- looking ---- */

/* What is left of a lease is known to who leads alone. */
static json_t *describe(struct ssi_api *api, const struct ssi_node *node)
{
	struct ssi_ledger *ledger = api->ledger;
	json_t *object = ssi_node_json(node);
	int64_t left = ssi_leases_left(&ledger->leases, &ledger->cluster, node->id,
				       ssi_ledger_now());

	if (object && ssi_node_is_member(node) && ssi_ledger_leads(ledger))
		json_object_set_new(object, "lease_left_ms", json_integer(left > 0 ? left : 0));
	return object;
}

enum ssi_step ssi_api_list_nodes(struct ssi_api *api, struct ssi_request *request)
{
	const struct ssi_cluster *c = &api->ledger->cluster;
	json_t *list = json_array(), *root;
	unsigned int i;

	pthread_mutex_lock(&api->ledger->lock);
	for (i = 0; i < SSI_CLUSTER_NODES; i++) {
		if (c->node[i])
			json_array_append_new(list, describe(api, c->node[i]));
	}
	root = json_pack("{s:I, s:o}", "revision", (json_int_t)c->revision, "nodes", list);
	pthread_mutex_unlock(&api->ledger->lock);
	return ssi_api_json(request, 200, root);
}

static enum ssi_step show_node(struct ssi_api *api, struct ssi_request *request, uint64_t id,
			       unsigned int status)
{
	struct ssi_ledger *ledger = api->ledger;
	const struct ssi_node *node;
	json_t *root = NULL;

	pthread_mutex_lock(&ledger->lock);
	node = find_node(api, request, id);
	if (node)
		root = json_pack("{s:I, s:o, s:O*, s:O*}", "revision",
				 (json_int_t)ledger->cluster.revision, "node", describe(api, node),
				 "stats", ledger->reports.last[node->id].stats, "vms",
				 ledger->reports.last[node->id].vms);
	pthread_mutex_unlock(&ledger->lock);
	return node ? ssi_api_json(request, status, root) : SSI_STEP_GO_ON;
}

enum ssi_step ssi_api_get_node(struct ssi_api *api, struct ssi_request *request)
{
	return show_node(api, request, request->number[0], 200);
}

enum ssi_step ssi_api_list_vms(struct ssi_api *api, struct ssi_request *request)
{
	struct ssi_ledger *ledger = api->ledger;
	json_t *root;

	pthread_mutex_lock(&ledger->lock);
	root = json_pack("{s:I, s:o}", "revision", (json_int_t)ledger->cluster.revision, "vms",
			 ssi_reports_vms(&ledger->reports));
	pthread_mutex_unlock(&ledger->lock);
	return ssi_api_json(request, 200, root);
}

/* ---- register, drain, remove ---- */

/* Who has a node's certificate is that node, and has its id. */
static int take_certified(struct ssi_request *request)
{
	const struct ssi_caller *caller = &request->caller;
	struct ssi_wish *wish = &request->wish;

	if (!caller->of_node)
		return 0;
	if (strcmp(wish->with.name, caller->name) != 0 ||
	    (wish->node_given && wish->with.node != caller->node))
		return ssi_refuse(&request->why, SSI_PROBLEM_FORBIDDEN,
				  "register as the node that the certificate names",
				  "the certificate is for node %u of the name %s", caller->node,
				  caller->name);
	wish->node_given = true;
	wish->with.node = caller->node;
	return 0;
}

enum ssi_step ssi_api_register(struct ssi_api *api, struct ssi_request *request)
{
	static const struct ssi_field fields[] = {
		{ "name", SSI_FIELD_NAME, WITH(name), true, 0, 0 },
		{ "id", SSI_FIELD_U32, WITH(node), false, 0, SSI_CLUSTER_NODES - 1 },
		{ "share", SSI_FIELD_U64, WITH(share), true, 0, 0 },
		{ "reserve", SSI_FIELD_U64, WITH(reserve), false, 0, 0 },
		{ "version", SSI_FIELD_TEXT, WITH(version), false, 0, 0 },
		{ "protocol", SSI_FIELD_U32, WITH(protocol), false, 1, 0 },
		END,
	};
	json_t *body = ssi_api_body(request, fields, &request->wish);

	(void)api;
	if (!body)
		return SSI_STEP_GO_ON;
	request->wish.type = SSI_WISH_REGISTER;
	request->wish.node_given = json_object_get(body, "id") != NULL;
	json_decref(body);
	return take_certified(request) < 0 ? SSI_STEP_GO_ON : SSI_STEP_CHANGE;
}

enum ssi_step ssi_api_registered(struct ssi_api *api, struct ssi_request *request)
{
	snprintf(request->answer.location, sizeof(request->answer.location), "/nodes/%u",
		 request->made.node);
	return show_node(api, request, request->made.node, request->changed ? 201 : 200);
}

enum ssi_step ssi_api_drain(struct ssi_api *api, struct ssi_request *request)
{
	static const struct ssi_field fields[] = {
		{ "draining", SSI_FIELD_FLAG, WITH(draining), false, 0, 0 },
		END,
	};
	json_t *body;

	(void)api;
	request->wish.type = SSI_WISH_DRAIN;
	request->wish.with.draining = true;
	if (take_id(request) < 0)
		return SSI_STEP_GO_ON;
	body = ssi_api_body(request, fields, &request->wish);
	json_decref(body);
	return body ? SSI_STEP_CHANGE : SSI_STEP_GO_ON;
}

/* What loses something takes an administrator. */
enum ssi_step ssi_api_remove(struct ssi_api *api, struct ssi_request *request)
{
	const char *force = ssi_api_query(request);

	(void)api;
	request->wish.type = SSI_WISH_REMOVE;
	request->wish.force = force != NULL;
	if (force && strcmp(force, "true") != 0)
		ssi_refuse(&request->why, SSI_PROBLEM_BAD_REQUEST, "leave it out, or say true",
			   "force is not true");
	else if (force && request->caller.role < SSI_ROLE_ADMIN)
		ssi_refuse(&request->why, SSI_PROBLEM_FORBIDDEN, "ask as an administrator",
			   "%s has the role %s, force takes admin", request->caller.name,
			   ssi_role_name(request->caller.role));
	else if (take_id(request) == 0)
		return SSI_STEP_CHANGE;
	return SSI_STEP_GO_ON;
}

/* ---- endpoints ---- */

static json_t *endpoint_of(const struct ssi_node *node)
{
	json_t *all = ssi_node_json(node), *part = json_object();
	static const char *const keys[] = { "id", "name", "state", "incarnation", "address" };
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		json_t *value = json_object_get(all, keys[i]);

		if (value)
			json_object_set(part, keys[i], value);
	}
	json_decref(all);
	return part;
}

static bool is_dead(const struct ssi_node *node)
{
	return node->state == SSI_NODE_DEAD;
}

/* Endpoints of the nodes that are one of these. Context: holds the ledger's lock. */
static json_t *endpoints_of(const struct ssi_cluster *c, bool (*which)(const struct ssi_node *))
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < SSI_CLUSTER_NODES; i++) {
		if (c->node[i] && which(c->node[i]))
			json_array_append_new(list, endpoint_of(c->node[i]));
	}
	return list;
}

enum ssi_step ssi_api_list_endpoints(struct ssi_api *api, struct ssi_request *request)
{
	const struct ssi_cluster *c = &api->ledger->cluster;
	json_t *root;

	pthread_mutex_lock(&api->ledger->lock);
	root = json_pack("{s:I, s:o}", "revision", (json_int_t)c->revision, "members",
			 endpoints_of(c, ssi_node_is_member));
	pthread_mutex_unlock(&api->ledger->lock);
	return ssi_api_json(request, 200, root);
}

enum ssi_step ssi_api_get_endpoint(struct ssi_api *api, struct ssi_request *request)
{
	const struct ssi_cluster *c = &api->ledger->cluster;
	const struct ssi_node *node;
	json_t *root = NULL;

	pthread_mutex_lock(&api->ledger->lock);
	node = find_node(api, request, request->number[0]);
	if (node)
		root = json_pack("{s:I, s:o}", "revision", (json_int_t)c->revision, "endpoint",
				 endpoint_of(node));
	pthread_mutex_unlock(&api->ledger->lock);
	return node ? ssi_api_json(request, 200, root) : SSI_STEP_GO_ON;
}

enum ssi_step ssi_api_join(struct ssi_api *api, struct ssi_request *request)
{
	static const struct ssi_field fields[] = {
		{ "incarnation", SSI_FIELD_HEX, WITH(incarnation), true, 0, 0 },
		{ "address", SSI_FIELD_ADDRESS, WITH(address), true, 0, 0 },
		END,
	};
	json_t *body;

	(void)api;
	request->wish.type = SSI_WISH_JOIN;
	if (check_speaker(request) < 0 || take_id(request) < 0)
		return SSI_STEP_GO_ON;
	body = ssi_api_body(request, fields, &request->wish);
	json_decref(body);
	return body ? SSI_STEP_CHANGE : SSI_STEP_GO_ON;
}

/* ---- leases ---- */

/**
 * struct heartbeat - what an agent sends
 * @incarnation: of its node
 * @revision: the last one it knows the members of; 0 for none
 * @report: of itself
 * @answers: to questions, or NULL
 */
struct heartbeat {
	char incarnation[SSI_HEX_SIZE];
	uint64_t revision;
	struct ssi_report report;
	json_t *answers;
};

#define BEAT(field) offsetof(struct heartbeat, field)

/* Members, epoch and endpoints, all in one. Context: holds the ledger's lock. */
static json_t *lease_of(struct ssi_api *api, const struct ssi_node *node, uint64_t known)
{
	const struct ssi_cluster *c = &api->ledger->cluster;
	json_t *root = json_pack("{s:I, s:I, s:s, s:i, s:o, s:o}", "revision",
				 (json_int_t)c->revision, "epoch", (json_int_t)c->revision,
				 "cluster", c->id, "lease_ms", (int)c->lease_ms, "node",
				 endpoint_of(node), "questions",
				 ssi_asks_of(&api->asks, node->id));

	if (known == c->revision)
		return root;
	json_object_set_new(root, "members", endpoints_of(c, ssi_node_is_member));
	json_object_set_new(root, "dead", endpoints_of(c, is_dead));
	return root;
}

enum ssi_step ssi_api_joined(struct ssi_api *api, struct ssi_request *request)
{
	const struct ssi_node *node;
	json_t *root = NULL;

	pthread_mutex_lock(&api->ledger->lock);
	node = find_node(api, request, request->number[0]);
	if (node)
		root = lease_of(api, node, 0);
	pthread_mutex_unlock(&api->ledger->lock);
	return node ? ssi_api_json(request, 200, root) : SSI_STEP_GO_ON;
}

static int check_life(struct ssi_request *request, const struct ssi_node *node,
		      const char *incarnation)
{
	bool same = !strcmp(node->incarnation, incarnation);

	if (ssi_node_is_member(node) && same)
		return 0;
	if (node->state == SSI_NODE_DEAD && same)
		return ssi_refuse(&request->why, SSI_PROBLEM_DEAD,
				  "stop using regions, leave and join again",
				  "node %s was declared dead at revision %llu", node->name,
				  (unsigned long long)node->changed);
	if (ssi_node_is_member(node))
		return ssi_refuse(&request->why, SSI_PROBLEM_ALIVE,
				  "leave; if that is another host, give this one another name",
				  "node %s lives as %s", node->name, node->incarnation);
	return ssi_refuse(&request->why, SSI_PROBLEM_NO_MEMBER, "POST /nodes/{id}/endpoint first",
			  "node %s has not joined in this life", node->name);
}

/* Context: holds the ledger's lock. */
static void take_answers(struct ssi_api *api, uint32_t node, json_t *answers)
{
	json_t *answer;
	size_t i;

	json_array_foreach(answers, i, answer) {
		struct ssi_request *waiter = ssi_asks_answer(&api->asks, node, answer);

		if (!waiter)
			continue;
		waiter->waited = true;
		ssi_http_resume(api->http, waiter);
	}
}

static json_t *renew(struct ssi_api *api, struct ssi_request *request,
		     const struct heartbeat *beat)
{
	struct ssi_ledger *ledger = api->ledger;
	const struct ssi_node *node = find_node(api, request, request->number[0]);
	int64_t now = ssi_ledger_now();

	if (!node || check_life(request, node, beat->incarnation) < 0)
		return NULL;
	ssi_leases_renew(&ledger->leases, node->id, now);
	ssi_reports_take(&ledger->reports, node->id, &beat->report, now);
	take_answers(api, node->id, beat->answers);
	return lease_of(api, node, beat->revision);
}

enum ssi_step ssi_api_lease(struct ssi_api *api, struct ssi_request *request)
{
	static const struct ssi_field fields[] = {
		{ "incarnation", SSI_FIELD_HEX, BEAT(incarnation), true, 0, 0 },
		{ "revision", SSI_FIELD_U64, BEAT(revision), false, 0, 0 },
		{ "stats", SSI_FIELD_OBJECT, BEAT(report.stats), false, 0, 0 },
		{ "vms", SSI_FIELD_ARRAY, BEAT(report.vms), false, 0, 0 },
		{ "times", SSI_FIELD_ARRAY, BEAT(report.times), false, 0, 0 },
		{ "links", SSI_FIELD_ARRAY, BEAT(report.links), false, 0, 0 },
		{ "maps", SSI_FIELD_ARRAY, BEAT(report.maps), false, 0, 0 },
		{ "hot", SSI_FIELD_ARRAY, BEAT(report.hot), false, 0, 0 },
		{ "answers", SSI_FIELD_ARRAY, BEAT(answers), false, 0, 0 },
		END,
	};
	struct heartbeat beat = { .revision = 0 };
	json_t *body, *root = NULL;
	char why[200];

	if (check_speaker(request) < 0)
		return SSI_STEP_GO_ON;
	body = ssi_api_body(request, fields, &beat);
	if (!body)
		return SSI_STEP_GO_ON;
	if (ssi_report_check(&beat.report, why, sizeof(why)) < 0) {
		ssi_refuse(&request->why, SSI_PROBLEM_BAD_REQUEST,
			   "/docs shows what the body looks like", "the body: %s", why);
	} else {
		pthread_mutex_lock(&api->ledger->lock);
		root = renew(api, request, &beat);
		pthread_mutex_unlock(&api->ledger->lock);
	}
	json_decref(body);
	return root ? ssi_api_json(request, 200, root) : SSI_STEP_GO_ON;
}
