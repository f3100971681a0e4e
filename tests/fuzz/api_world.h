/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The routes of coordinator/api.c without a network, over a store in memory: a
 * cluster that is there, and one request after the other made of an input.
 */
#ifndef FUZZ_API_H
#define FUZZ_API_H

#include "../../coordinator/api.c"

#include <errno.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "fuzz.h"

#define LIFE "00000000000000000000000000000001"
#define TOKEN "t"
#define KEPT  64

/* ---- a store in memory, and no network ---- */

static char *kept[KEPT + 1];
static uint64_t head, room = KEPT;

static int keep(struct ssi_store *store, uint64_t revision, const char *record)
{
	snprintf(store->why, sizeof(store->why), "full");
	if (head >= room)
		return -ENOSPC;
	must(revision == head + 1);
	kept[++head] = strdup(record);
	return 0;
}

static int hand_over(struct ssi_store *store, uint64_t after, const struct ssi_store_sink *sink)
{
	(void)store;
	while (after < head)
		must(sink->record(kept[++after], sink->arg) == 0);
	return 0;
}

static int lead(struct ssi_store *store, char *leader, size_t size)
{
	(void)store;
	(void)leader;
	(void)size;
	return 1000000;
}

static void forget(struct ssi_store *store)
{
	(void)store;
}

static const struct ssi_store_ops in_memory = {
	.scheme = "memory",
	.close = forget,
	.load = hand_over,
	.append = keep,
	.lead = lead,
};

void ssi_http_resume(struct ssi_http *http, struct ssi_request *waiter)
{
	(void)http;
	(void)waiter;
}

void ssi_http_wake(struct ssi_http *http)
{
	(void)http;
}

unsigned int ssi_http_streams(struct ssi_http *http)
{
	(void)http;
	return 0;
}

unsigned int ssi_http_connections(struct ssi_http *http)
{
	(void)http;
	return 0;
}

enum ssi_step ssi_api_page(struct ssi_api *a, struct ssi_request *r)
{
	(void)a;
	return ssi_api_json(r, 200, json_object());
}

/* ---- requests ---- */

static struct ssi_store store;
static struct ssi_ledger ledger;
static struct ssi_api api;
static struct ssi_issuer issuer;

static void check_answer(const struct ssi_request *request)
{
	const struct ssi_answer *answer = &request->answer;
	json_t *root = json_loadb(answer->data, answer->len, 0, NULL);

	must(answer->status >= 200 && answer->status < 600);
	must(root || !strncmp(answer->type, "text/plain", 10));
	if (!strcmp(answer->type, "application/problem+json")) {
		must(answer->status >= 300);
		must(*json_string_value(json_object_get(root, "remedy")));
		must(*json_string_value(json_object_get(root, "detail")));
	}
	json_decref(root);
}

/* Who has no token comes no further than to be told so. */
static void check_stranger(const struct ssi_request *request)
{
	const char *header = request->authorization;

	if (api.open || !request->route || request->route->role == SSI_ROLE_NONE)
		return;
	must(request->answer.status == 401 || (header && !strcasecmp(header, "Bearer " TOKEN)));
}

static void read_stream(struct ssi_request *request)
{
	char bytes[16384];
	int reads = 0;

	while (ssi_api_read(request, bytes, sizeof(bytes), &api) > 0)
		must(++reads <= KEPT + 2);
}

static void serve(struct ssi_request *request)
{
	enum ssi_step step = ssi_api_begin(request, &api);

	if (step == SSI_STEP_GO_ON)
		step = ssi_api_run(request, &api);
	if (step == SSI_STEP_CHANGE) {
		ssi_api_change(request, &api);
		step = ssi_api_run(request, &api);
	}
	/* Nobody answers a question but by luck: give it up. */
	while (step == SSI_STEP_WAIT) {
		request->waited = true;
		step = ssi_api_run(request, &api);
	}
	must(step == SSI_STEP_ANSWER || step == SSI_STEP_STREAM);
	if (step == SSI_STEP_STREAM)
		read_stream(request);
	else
		check_answer(request);
	check_stranger(request);
	ssi_api_end(request, &api);
	if (!request->answer.constant)
		free(request->answer.data);
}

/* Some words that lead deeper, else whatever comes. */
static char *word(struct input *in, const char *const *words, unsigned int count)
{
	unsigned int which = in_u8(in);

	return which < count ? strdup(words[which]) : in_text(in);
}

static void serve_one(struct input *in)
{
	static const char *const methods[] = { "GET", "POST", "DELETE", "PUT" };
	static const char *const paths[] = {
		"/cluster", "/nodes", "/nodes/0", "/nodes/1/endpoint", "/nodes/0/lease",
		"/nodes/1/drain", "/regions", "/regions/1", "/pages/1/0", "/watch", "/vms",
		"/metrics", "/endpoints", "/stats", "/maps",
	};
	static const char *const types[] = { "application/json" };
	static const char *const keys[] = { "force", "revision", "since", "region" };
	static const char *const values[] = { "true", "1", "r" };
	uint8_t flags = in_u8(in);
	char *method = word(in, methods, 4), *path = word(in, paths, 15);
	char *type = word(in, types, 1), *body = in_text(in);
	char *key = flags & 1 ? word(in, keys, 4) : NULL;
	char *value = flags & 2 ? word(in, values, 3) : NULL;
	char *header = flags & 4 ? in_text(in) : NULL;
	struct ssi_request request = {
		.id = LIFE, .method = method, .path = path, .from = "192.0.2.1",
		.query = { { key, value } }, .queries = key ? 1 + (flags >> 7) : 0,
		.content_type = type, .host = flags & 8 ? header : "localhost",
		.last_event = flags & 16 ? header : NULL,
		.authorization = flags & 32 ? header : NULL,
		.length = flags & 64 ? header : NULL, .body = body, .body_len = strlen(body),
	};

	api.open = !(flags & 32);
	serve(&request);
	free(method);
	free(path);
	free(type);
	free(body);
	free(key);
	free(value);
	free(header);
}

static void give(const char *path, const char *body)
{
	struct ssi_request request = {
		.id = LIFE, .method = "POST", .path = path, .from = "192.0.2.1",
		.content_type = "application/json", .host = "localhost", .body = (char *)body,
		.body_len = strlen(body),
	};

	serve(&request);
	must(request.answer.status < 300);
}

/* One authority for all inputs: it is not what differs. */
static void make_issuer(void)
{
	const struct ssi_issue what = { .name = "lab", .from = 0, .until = 4000000000 };

	if (!issuer.key)
		must(ssi_issuer_create(&issuer, &what) == 0);
	api.issuer = issuer;
}

static void begin(void)
{
	memset(&api, 0, sizeof(api));
	make_issuer();
	store.ops = &in_memory;
	ssi_ledger_init(&ledger, &store);
	ssi_ledger_tick(&ledger);
	api.ledger = &ledger;
	api.open = true;
	api.tokens.count = 1;
	api.tokens.at[0].caller = (struct ssi_caller){ .role = SSI_ROLE_OPERATE, .name = "agent" };
	gnutls_hash_fast(GNUTLS_DIG_SHA256, TOKEN, strlen(TOKEN), api.tokens.at[0].digest);
	ssi_rate_init(&api.rate, 1000000, 1);
	give("/cluster", "{\"name\":\"lab\"}");
	give("/nodes", "{\"name\":\"a\",\"share\":1048576}");
	give("/nodes", "{\"name\":\"b\",\"share\":1048576}");
	give("/nodes/0/endpoint", "{\"incarnation\":\"" LIFE "\",\"address\":\"192.0.2.1:1\"}");
	give("/regions", "{\"name\":\"r\",\"size\":8192}");
}

/* There is no TLS here, and so no certificate. */
int64_t ssi_tls_expiry(struct ssi_tls *tls)
{
	(void)tls;
	return 0;
}

/* Strangers are logged; that is not what is looked for here. */
void ssi_log(int level, const char *format, ...)
{
	(void)level;
	(void)format;
}

void ssi_log_request(int level, const char *id, const char *format, ...)
{
	(void)level;
	(void)id;
	(void)format;
}

#endif /* FUZZ_API_H */
