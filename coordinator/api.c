// SPDX-License-Identifier: Apache-2.0
#include "api.h"

#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "log.h"

#define STRANGERS_PER_SECOND 5
#define BEAT_MS		     15000

static enum ssi_step health(struct ssi_api *api, struct ssi_request *request);
static enum ssi_step ready(struct ssi_api *api, struct ssi_request *request);

const struct ssi_route ssi_routes[] = {
	{ "GET", "/cluster", SSI_ROLE_READ, false, NULL, ssi_api_get_cluster, NULL },
	{ "POST", "/cluster", SSI_ROLE_ADMIN, true, NULL, ssi_api_create_cluster, ssi_api_get_cluster },
	{ "DELETE", "/cluster", SSI_ROLE_ADMIN, true, "force", ssi_api_delete_cluster, ssi_api_done },
	{ "GET", "/nodes", SSI_ROLE_READ, false, NULL, ssi_api_list_nodes, NULL },
	{ "POST", "/nodes", SSI_ROLE_OPERATE, true, NULL, ssi_api_register, ssi_api_registered },
	{ "GET", "/nodes/{id}", SSI_ROLE_READ, false, NULL, ssi_api_get_node, NULL },
	{ "DELETE", "/nodes/{id}", SSI_ROLE_OPERATE, true, "force", ssi_api_remove, ssi_api_done },
	{ "GET", "/nodes/{id}/endpoint", SSI_ROLE_READ, false, NULL, ssi_api_get_endpoint, NULL },
	{ "POST", "/nodes/{id}/endpoint", SSI_ROLE_OPERATE, true, NULL, ssi_api_join, ssi_api_joined },
	{ "POST", "/nodes/{id}/lease", SSI_ROLE_OPERATE, true, NULL, ssi_api_lease, NULL },
	{ "POST", "/nodes/{id}/drain", SSI_ROLE_OPERATE, true, NULL, ssi_api_drain, ssi_api_get_node },
	{ "GET", "/endpoints", SSI_ROLE_READ, false, NULL, ssi_api_list_endpoints, NULL },
	{ "GET", "/regions", SSI_ROLE_READ, false, NULL, ssi_api_list_regions, NULL },
	{ "POST", "/regions", SSI_ROLE_OPERATE, true, NULL, ssi_api_create_region, ssi_api_made_region },
	{ "GET", "/regions/{id}", SSI_ROLE_READ, false, NULL, ssi_api_get_region, NULL },
	{ "DELETE", "/regions/{id}", SSI_ROLE_OPERATE, true, NULL, ssi_api_delete_region, ssi_api_done },
	{ "GET", "/pages/{region}/{address}", SSI_ROLE_READ, true, NULL, ssi_api_get_page, NULL },
	{ "GET", "/stats", SSI_ROLE_READ, true, "since", ssi_api_get_stats, NULL },
	{ "GET", "/maps", SSI_ROLE_READ, true, "region", ssi_api_get_maps, NULL },
	{ "GET", "/vms", SSI_ROLE_READ, true, NULL, ssi_api_list_vms, NULL },
	{ "POST", "/invites", SSI_ROLE_ADMIN, true, NULL, ssi_api_invite, ssi_api_invited },
	{ "POST", "/credentials", SSI_ROLE_NONE, true, NULL, ssi_api_certify, ssi_api_certified },
	{ "GET", "/watch", SSI_ROLE_READ, false, "revision", ssi_api_watch, NULL },
	{ "GET", "/metrics", SSI_ROLE_READ, false, NULL, ssi_api_metrics, NULL },
	{ "GET", "/health", SSI_ROLE_NONE, false, NULL, health, NULL },
	{ "GET", "/readyz", SSI_ROLE_NONE, false, NULL, ready, NULL },
	{ "GET", "/", SSI_ROLE_NONE, false, NULL, ssi_api_page, NULL },
	{ "GET", "/web/{file}", SSI_ROLE_NONE, false, NULL, ssi_api_page, NULL },
	{ "GET", "/docs", SSI_ROLE_NONE, false, NULL, ssi_api_page, NULL },
	{ "GET", "/docs.css", SSI_ROLE_NONE, false, NULL, ssi_api_page, NULL },
	{ "GET", "/docs.js", SSI_ROLE_NONE, false, NULL, ssi_api_page, NULL },
	{ "GET", "/openapi.json", SSI_ROLE_NONE, false, NULL, ssi_api_page, NULL },
	{ NULL, NULL, 0, false, NULL, NULL, NULL },
};

void ssi_api_list(FILE *f)
{
	const struct ssi_route *route;

	for (route = ssi_routes; route->method; route++)
		fprintf(f, "%-6s %-26s %s\n", route->method, route->path,
			ssi_role_name(route->role));
}

/* ---- answers ---- */

enum ssi_step ssi_api_text(struct ssi_request *request, const char *type, char *data, size_t len)
{
	static char failed[] = "{\"title\":\"Out of memory\",\"status\":500}\n";
	struct ssi_answer *answer = &request->answer;

	answer->type = type;
	answer->data = data ? data : failed;
	answer->len = data ? len : sizeof(failed) - 1;
	answer->constant = !data;
	answer->status = data ? answer->status : 500;
	return SSI_STEP_ANSWER;
}

enum ssi_step ssi_api_json(struct ssi_request *request, unsigned int status, json_t *root)
{
	size_t len = json_dumpb(root, NULL, 0, JSON_COMPACT);
	char *text = len ? malloc(len + 1) : NULL;

	if (text) {
		json_dumpb(root, text, len, JSON_COMPACT);
		text[len] = '\n';
	}
	json_decref(root);
	request->answer.status = status;
	return ssi_api_text(request,
			    status < 400 ? "application/json" : "application/problem+json", text,
			    len + 1);
}

static enum ssi_step refuse(struct ssi_api *api, struct ssi_request *request)
{
	pthread_mutex_lock(&api->ledger->lock);
	api->refusals[request->why.problem]++;
	pthread_mutex_unlock(&api->ledger->lock);
	request->answer.retry_s = request->why.retry_s;
	return ssi_api_json(request, ssi_problem_status(request->why.problem),
			    ssi_problem_json(&request->why, request->id));
}

static enum ssi_step count(struct ssi_api *api, const struct ssi_request *request,
			   enum ssi_step step)
{
	unsigned int digit = request->answer.status / 100;

	if (!request->route || (step != SSI_STEP_ANSWER && step != SSI_STEP_STREAM))
		return step;
	pthread_mutex_lock(&api->ledger->lock);
	api->requests[request->route - ssi_routes][digit ? digit - 1 : 1]++;
	pthread_mutex_unlock(&api->ledger->lock);
	return step;
}

json_t *ssi_api_body(struct ssi_request *request, const struct ssi_field *table, void *to)
{
	char why[200] = "";
	json_t *root;

	if (request->body_len)
		root = ssi_fields_parse(request->body, request->body_len, why, sizeof(why));
	else
		root = json_object();
	if (root && ssi_fields_read(root, table, to, why, sizeof(why)) == 0)
		return root;
	json_decref(root);
	ssi_refuse(&request->why, SSI_PROBLEM_BAD_REQUEST, "/docs shows what the body looks like",
		   "the body: %s", why);
	return NULL;
}

const char *ssi_api_query(const struct ssi_request *request)
{
	return request->queries ? request->query[0].value : NULL;
}

/* ---- finding the route ---- */

/* Digits, or hexadecimal ones behind 0x; nothing else, and nothing behind. */
static bool take_number(const char **at, uint64_t *number)
{
	bool hex = !strncmp(*at, "0x", 2);
	const char *digits = *at + (hex ? 2 : 0);
	size_t len = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (!len || len > (hex ? 15 : 18) || (digits[len] && digits[len] != '/'))
		return false;
	*number = strtoull(digits, NULL, hex ? 16 : 10);
	*at = digits + len;
	return true;
}

/* The name of a file: which ones there are, others know. */
static bool take_file(const char **at)
{
	size_t len = strcspn(*at, "/");

	*at += len;
	return len && !**at;
}

static bool fits(const char *pattern, const char *path, uint64_t *number)
{
	unsigned int numbers = 0;

	while (*pattern) {
		if (!strcmp(pattern, "{file}"))
			return take_file(&path);
		if (*pattern == '{') {
			if (!take_number(&path, &number[numbers++]))
				return false;
			pattern = strchr(pattern, '}') + 1;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return !*path;
}

static int find_route(struct ssi_request *request)
{
	struct ssi_answer *answer = &request->answer;
	const struct ssi_route *route;
	size_t len = 0;

	for (route = ssi_routes; route->method; route++) {
		if (!fits(route->path, request->path, request->number))
			continue;
		if (!strcmp(route->method, request->method)) {
			request->route = route;
			*answer->allow = 0;
			return 0;
		}
		len += snprintf(answer->allow + len, sizeof(answer->allow) - len, "%s%s",
				len ? ", " : "", route->method);
	}
	if (len)
		return ssi_refuse(&request->why, SSI_PROBLEM_METHOD, answer->allow,
				  "%.16s cannot be done with this path", request->method);
	return ssi_refuse(&request->why, SSI_PROBLEM_NOT_FOUND, "/docs lists all paths",
			  "there is nothing at this path");
}

/* ---- who asks ---- */

/* A page of another site must not reach us by a name that leads here. */
static bool is_loopback_name(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
	unsigned int i;

	for (i = 0; host && i < sizeof(names) / sizeof(*names); i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(host, names[i], len) && (!host[len] || host[len] == ':'))
			return true;
	}
	return false;
}

/* Anybody can cause these, so only so many lines are written for them. */
static void log_stranger(struct ssi_api *api, const struct ssi_request *request)
{
	int64_t second = ssi_ledger_now() / 1000;

	if (second != api->strangers_second) {
		api->strangers_second = second;
		api->strangers = 0;
	}
	if (api->strangers++ >= STRANGERS_PER_SECOND)
		return;
	ssi_log_request(LOG_NOTICE, request->id, "%s refused: %s (%s %s)", request->from,
			request->why.detail, request->route->method, request->route->path);
}

static int find_caller(struct ssi_api *api, struct ssi_request *request)
{
	struct ssi_caller *caller = &request->caller;
	bool found = request->cert_good;

	if (api->open) {
		*caller = (struct ssi_caller){ .role = SSI_ROLE_ADMIN, .name = "open" };
		if (is_loopback_name(request->host))
			return 0;
		return ssi_refuse(&request->why, SSI_PROBLEM_WRONG_HOST,
				  "ask for localhost, 127.0.0.1 or [::1]",
				  "the header Host names no loopback address");
	}
	if (!found) {
		pthread_mutex_lock(&api->ledger->lock);
		found = ssi_tokens_find(&api->tokens, request->authorization, caller);
		pthread_mutex_unlock(&api->ledger->lock);
	}
	if (found)
		return 0;
	*caller = (struct ssi_caller){ .role = SSI_ROLE_NONE };
	if (request->route->role == SSI_ROLE_NONE)
		return 0;
	return ssi_refuse(&request->why, SSI_PROBLEM_UNAUTHORIZED,
			  "send a token as Authorization: Bearer TOKEN, or a client certificate",
			  "%s%s", *request->cert_why ? "certificate: " : "",
			  *request->cert_why	   ? request->cert_why :
			  request->authorization ? "the token is nobody's" :
						   "neither a token nor a certificate came");
}

static int check_caller(struct ssi_api *api, struct ssi_request *request)
{
	const struct ssi_caller *caller = &request->caller;

	if (find_caller(api, request) < 0)
		return -1;
	if (caller->role >= request->route->role)
		return 0;
	return ssi_refuse(&request->why, SSI_PROBLEM_FORBIDDEN, "ask as somebody who may",
			  "%s has the role %s, this takes %s", caller->name,
			  ssi_role_name(caller->role), ssi_role_name(request->route->role));
}

/* ---- what is asked ---- */

static int check_query(struct ssi_request *request)
{
	const char *known = request->route->query;

	if (!request->queries)
		return 0;
	if (request->queries == 1 && known && !strcmp(request->query[0].key, known) &&
	    request->query[0].value)
		return 0;
	return ssi_refuse(&request->why, SSI_PROBLEM_BAD_REQUEST, "/docs shows what can stand there",
			  known ? "behind the question mark can stand %s=VALUE alone" :
				  "nothing can stand behind the question mark%s",
			  known ? known : "");
}

/* A form of another site cannot send this type without asking first. */
static int check_type(struct ssi_request *request)
{
	static const char json[] = "application/json";
	const char *type = request->content_type;

	if (strcmp(request->method, "POST") != 0)
		return 0;
	if (type && !strncasecmp(type, json, sizeof(json) - 1) &&
	    strchr("; ", type[sizeof(json) - 1]))
		return 0;
	return ssi_refuse(&request->why, SSI_PROBLEM_MEDIA_TYPE,
			  "send Content-Type: application/json",
			  "the header Content-Type does not say JSON");
}

static int check_length(struct ssi_request *request)
{
	if (!request->length || strtoull(request->length, NULL, 10) <= SSI_BODY_MAX)
		return 0;
	return ssi_refuse(&request->why, SSI_PROBLEM_TOO_LARGE, "send less",
			  "a body has %d bytes at most", SSI_BODY_MAX);
}

static int check_rate(struct ssi_api *api, struct ssi_request *request)
{
	if (ssi_rate_take(&api->rate, request->from, ssi_ledger_now()))
		return 0;
	ssi_refuse(&request->why, SSI_PROBLEM_RATE, "ask less often",
		   "%s sent more than %u requests in a second", request->from,
		   api->rate.per_second);
	request->why.retry_s = 1;
	return -1;
}

enum ssi_step ssi_api_begin(struct ssi_request *request, void *arg)
{
	struct ssi_api *api = arg;

	if (check_rate(api, request) < 0 || find_route(request) < 0)
		return refuse(api, request);
	if (check_caller(api, request) < 0) {
		log_stranger(api, request);
		return count(api, request, refuse(api, request));
	}
	if (check_length(request) < 0 || check_type(request) < 0 || check_query(request) < 0)
		return count(api, request, refuse(api, request));
	return SSI_STEP_GO_ON;
}

/* ---- doing it ---- */

static int check_leader(struct ssi_api *api, struct ssi_request *request)
{
	char leader[SSI_LEADER_SIZE];
	bool leads;

	pthread_mutex_lock(&api->ledger->lock);
	leads = ssi_ledger_leads(api->ledger);
	snprintf(leader, sizeof(leader), "%s", api->ledger->leader);
	pthread_mutex_unlock(&api->ledger->lock);
	if (leads || !request->route->leader)
		return 0;
	ssi_refuse(&request->why, SSI_PROBLEM_NOT_LEADER,
		   *leader ? "ask the one at Location, with the same credentials" :
			     "try again in a moment: another one takes over",
		   "this coordinator does not lead; %s does", *leader ? leader : "none");
	request->why.retry_s = 1;
	if (*leader)
		snprintf(request->answer.location, sizeof(request->answer.location), "%s%s%s%s%s%s",
			 leader, request->path, request->queries ? "?" : "",
			 request->queries ? request->query[0].key : "",
			 request->queries ? "=" : "",
			 request->queries ? request->query[0].value : "");
	return -1;
}

/* The same method and body go there. */
static enum ssi_step refuse_or_redirect(struct ssi_api *api, struct ssi_request *request)
{
	enum ssi_step step = refuse(api, request);

	if (*request->answer.location)
		request->answer.status = 307;
	return step;
}

enum ssi_step ssi_api_run(struct ssi_request *request, void *arg)
{
	struct ssi_api *api = arg;
	enum ssi_step step = SSI_STEP_GO_ON;

	if (!request->waited && check_leader(api, request) < 0)
		return count(api, request, refuse_or_redirect(api, request));
	if (!request->why.problem && request->waited && request->route->answer)
		step = request->route->answer(api, request);
	else if (!request->why.problem)
		step = request->route->run(api, request);
	/* Credentials in a body are looked at here, others before there is one. */
	if (request->why.problem == SSI_PROBLEM_UNAUTHORIZED)
		log_stranger(api, request);
	if (request->why.problem)
		step = refuse(api, request);
	return count(api, request, step);
}

void ssi_api_change(struct ssi_request *request, void *arg)
{
	struct ssi_api *api = arg;
	int rc;

	strcpy(request->wish.with.by, request->caller.name);
	strcpy(request->wish.with.request, request->id);
	rc = ssi_ledger_wish(api->ledger, &request->wish, &request->made, &request->why);
	request->changed = rc > 0;
	request->waited = true;
	if (rc > 0)
		ssi_log_request(LOG_INFO, request->id, "revision %llu: %s by %s",
				(unsigned long long)request->made.revision,
				ssi_change_name(request->made.type), request->caller.name);
}

void ssi_api_end(struct ssi_request *request, void *arg)
{
	struct ssi_api *api = arg;
	uint32_t node;

	pthread_mutex_lock(&api->ledger->lock);
	json_decref(ssi_asks_take(&api->asks, request->question, &node));
	pthread_mutex_unlock(&api->ledger->lock);
}

/* ---- by itself ---- */

void ssi_api_changed(void *arg)
{
	struct ssi_api *api = arg;

	if (api->http)
		ssi_http_wake(api->http);
}

static void wake_overdue(struct ssi_api *api)
{
	struct ssi_request *waiter;

	do {
		pthread_mutex_lock(&api->ledger->lock);
		waiter = ssi_asks_overdue(&api->asks, ssi_ledger_now());
		if (waiter)
			waiter->waited = true;
		pthread_mutex_unlock(&api->ledger->lock);
		if (waiter)
			ssi_http_resume(api->http, waiter);
	} while (waiter);
}

void ssi_api_tick(void *arg)
{
	struct ssi_api *api = arg;
	unsigned int beat = ssi_ledger_now() / BEAT_MS;
	bool due;

	ssi_ledger_tick(api->ledger);
	wake_overdue(api);
	pthread_mutex_lock(&api->ledger->lock);
	due = beat != api->beat;
	api->beat = beat;
	pthread_mutex_unlock(&api->ledger->lock);
	if (due)
		ssi_http_wake(api->http);
}

/* ---- is it well? ---- */

static enum ssi_step health(struct ssi_api *api, struct ssi_request *request)
{
	(void)api;
	return ssi_api_json(request, 200, json_pack("{s:s}", "status", "ok"));
}

static enum ssi_step ready(struct ssi_api *api, struct ssi_request *request)
{
	struct ssi_ledger *ledger = api->ledger;
	const char *reason = "";
	enum ssi_step step;
	bool leads;

	pthread_mutex_lock(&ledger->lock);
	leads = ssi_ledger_leads(ledger);
	if (*ledger->trouble)
		reason = "the store does not work; the log says why";
	else if (!leads && !*ledger->leader)
		reason = "no coordinator leads";
	pthread_mutex_unlock(&ledger->lock);
	step = ssi_api_json(request, *reason ? 503 : 200,
			    json_pack("{s:b, s:b, s:s}", "ready", !*reason, "leads", leads,
				      "reason", reason));
	request->answer.type = "application/json";
	return step;
}
