// SPDX-License-Identifier: Apache-2.0
/* The route of numbers for Prometheus, in its text format. */
#include "api.h"

#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "tls.h"

typedef unsigned long long ull;

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(FILE *f, const char *name, const char *type, const char *help, uint64_t value)
{
	head(f, name, type, help);
	fprintf(f, "%s %llu\n", name, (ull)value);
}

/* ---- this coordinator ---- */

static void put_process(FILE *f, struct ssi_api *api)
{
	const struct ssi_ledger *ledger = api->ledger;

	head(f, "ssi_coordinator_info", "gauge", "The version of this coordinator.");
	fprintf(f, "ssi_coordinator_info{version=\"%s\"} 1\n", SSI_VERSION);
	one(f, "ssi_coordinator_leads", "gauge", "Whether this coordinator leads.",
	    ssi_ledger_leads(ledger));
	one(f, "ssi_coordinator_streams", "gauge", "Open streams of changes.",
	    ssi_http_streams(api->http));
	one(f, "ssi_coordinator_connections", "gauge", "Open connections.",
	    ssi_http_connections(api->http));
	one(f, "ssi_coordinator_store_failures_total", "counter",
	    "Times that the store did not work.", ledger->failures);
	one(f, "ssi_coordinator_store_healthy", "gauge", "Whether the store works.",
	    !*ledger->trouble);
	one(f, "ssi_coordinator_changes_total", "counter",
	    "Changes that this coordinator let the store keep.", ledger->appends);
	head(f, "ssi_coordinator_change_seconds_total", "counter", "How long that took in all.");
	fprintf(f, "ssi_coordinator_change_seconds_total %.6f\n", ledger->append_us / 1e6);
}

static void put_certificate(FILE *f, struct ssi_api *api)
{
	head(f, "ssi_coordinator_certificate_expiry_timestamp_seconds", "gauge",
	     "When this coordinator's certificate runs out, since 1970.");
	if (api->tls)
		fprintf(f, "ssi_coordinator_certificate_expiry_timestamp_seconds %lld\n",
			(long long)ssi_tls_expiry(api->tls));
}

static void put_requests(FILE *f, const struct ssi_api *api)
{
	const struct ssi_route *route;
	unsigned int i;

	head(f, "ssi_coordinator_requests_total", "counter", "Answers by route and status.");
	for (route = ssi_routes; route->method; route++) {
		for (i = 0; i < SSI_STATUSES; i++) {
			uint64_t count = api->requests[route - ssi_routes][i];

			if (count)
				fprintf(f,
					"ssi_coordinator_requests_total{method=\"%s\",route=\"%s\","
					"status=\"%uxx\"} %llu\n",
					route->method, route->path, i + 1, (ull)count);
		}
	}
	head(f, "ssi_coordinator_refusals_total", "counter", "Refusals by kind.");
	for (i = SSI_PROBLEM_NONE + 1; i < SSI_PROBLEMS; i++)
		fprintf(f, "ssi_coordinator_refusals_total{problem=\"%s\"} %llu\n",
			ssi_problem_word(i), (ull)api->refusals[i]);
}

/* ---- the cluster ---- */

/**
 * struct node_gauge - a number of each node
 * @name: of the metric
 * @help: what it is
 * @value: of this one
 */
struct node_gauge {
	const char *name;
	const char *help;
	uint64_t (*value)(const struct ssi_node *node);
};

static uint64_t member_of(const struct ssi_node *node)
{
	return ssi_node_is_member(node);
}

static uint64_t draining_of(const struct ssi_node *node)
{
	return node->state == SSI_NODE_DRAINING;
}

static uint64_t dead_of(const struct ssi_node *node)
{
	return node->state == SSI_NODE_DEAD;
}

static uint64_t share_of(const struct ssi_node *node)
{
	return node->share;
}

static const struct node_gauge node_gauges[] = {
	{ "ssi_node_member", "Whether the node is a member.", member_of },
	{ "ssi_node_draining", "Whether the node is being emptied.", draining_of },
	{ "ssi_node_dead", "Whether the node was declared dead.", dead_of },
	{ "ssi_node_share_bytes", "Memory that the node gives to regions.", share_of },
};

static void put_node_gauge(FILE *f, const struct ssi_cluster *c, const struct node_gauge *gauge)
{
	unsigned int id;

	head(f, gauge->name, "gauge", gauge->help);
	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		if (c->node[id])
			fprintf(f, "%s{node=\"%u\",name=\"%s\"} %llu\n", gauge->name, id,
				c->node[id]->name, (ull)gauge->value(c->node[id]));
	}
}

static void put_leases(FILE *f, const struct ssi_ledger *ledger)
{
	const struct ssi_cluster *c = &ledger->cluster;
	int64_t now = ssi_ledger_now();
	unsigned int id;

	head(f, "ssi_node_lease_left_seconds", "gauge",
	     "What is left of a member's lease; negative when it ran out.");
	for (id = 0; id < SSI_CLUSTER_NODES && ssi_ledger_leads(ledger); id++) {
		if (c->node[id] && ssi_node_is_member(c->node[id]))
			fprintf(f, "ssi_node_lease_left_seconds{node=\"%u\",name=\"%s\"} %.3f\n", id,
				c->node[id]->name,
				ssi_leases_left(&ledger->leases, c, id, now) / 1e3);
	}
}

static void put_regions(FILE *f, const struct ssi_cluster *c)
{
	unsigned int i;

	head(f, "ssi_region_size_bytes", "gauge", "Size of a region.");
	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		if (c->region[i])
			fprintf(f, "ssi_region_size_bytes{region=\"%u\",name=\"%s\"} %llu\n",
				c->region[i]->id, c->region[i]->name, (ull)c->region[i]->size);
	}
}

static void put_cluster(FILE *f, const struct ssi_ledger *ledger)
{
	const struct ssi_cluster *c = &ledger->cluster;
	unsigned int i;

	one(f, "ssi_cluster_revision", "gauge", "Changes of the cluster until now; the epoch.",
	    c->revision);
	one(f, "ssi_cluster_created", "gauge", "Whether there is a cluster.", c->created);
	for (i = 0; i < sizeof(node_gauges) / sizeof(*node_gauges); i++)
		put_node_gauge(f, c, &node_gauges[i]);
	put_leases(f, ledger);
	put_regions(f, c);
}

/* ---- what nodes told ---- */

/* A number of bytes goes up and down; all others only up. */
static bool is_gauge(const char *key)
{
	size_t len = strlen(key);

	return len > 6 && !strcmp(key + len - 6, "_bytes");
}

static void put_stat(FILE *f, const struct ssi_ledger *ledger, const char *key)
{
	bool gauge = is_gauge(key);
	unsigned int id;

	fprintf(f, "# HELP ssi_node_%s%s What the node's kernel says of %s.\n", key,
		gauge ? "" : "_total", key);
	fprintf(f, "# TYPE ssi_node_%s%s %s\n", key, gauge ? "" : "_total",
		gauge ? "gauge" : "counter");
	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		const json_t *value = json_object_get(ledger->reports.last[id].stats, key);

		if (value && ledger->cluster.node[id])
			fprintf(f, "ssi_node_%s%s{node=\"%u\",name=\"%s\"} %llu\n", key,
				gauge ? "" : "_total", id, ledger->cluster.node[id]->name,
				(ull)json_integer_value(value));
	}
}

/* A name that is ours already is not taken from a node. */
static bool is_taken(const char *key)
{
	return !strcmp(key, "share_bytes") || !strncmp(key, "link_", 5);
}

/* All values of a metric stand together, so the keys of all nodes are gathered first. */
static void put_stats(FILE *f, const struct ssi_ledger *ledger)
{
	json_t *keys = json_object(), *value;
	unsigned int id;
	const char *key;

	for (id = 0; id < SSI_CLUSTER_NODES; id++)
		json_object_update(keys, ledger->reports.last[id].stats);
	json_object_foreach(keys, key, value) {
		if (!is_taken(key))
			put_stat(f, ledger, key);
	}
	json_decref(keys);
}

/**
 * struct link_metric - a number of each link of each node
 * @name: of the metric
 * @type: of the metric
 * @help: what it is
 * @value: of this one; -1 when the node does not tell
 */
struct link_metric {
	const char *name;
	const char *type;
	const char *help;
	int64_t (*value)(const json_t *link);
};

static int64_t number_of(const json_t *link, const char *key)
{
	const json_t *value = json_object_get(link, key);

	return value ? json_integer_value(value) : -1;
}

static int64_t up_of(const json_t *link)
{
	return !strcmp(json_string_value(json_object_get(link, "state")), "up");
}

static int64_t tls_of(const json_t *link)
{
	return json_is_true(json_object_get(link, "tls"));
}

static int64_t unacked_of(const json_t *link)
{
	return number_of(link, "unacked");
}

static int64_t sockets_of(const json_t *link)
{
	return number_of(link, "sockets");
}

static int64_t answers_of(const json_t *link)
{
	return number_of(link, "answers");
}

static int64_t sent_of(const json_t *link)
{
	return number_of(link, "sent_bytes");
}

static int64_t received_of(const json_t *link)
{
	return number_of(link, "received_bytes");
}

static const struct link_metric link_metrics[] = {
	{ "ssi_node_link_up", "gauge", "Whether messages flow to the peer.", up_of },
	{ "ssi_node_link_tls", "gauge", "Whether the link is encrypted.", tls_of },
	{ "ssi_node_link_unacknowledged_messages", "gauge",
	  "Messages that the peer has not acknowledged.", unacked_of },
	{ "ssi_node_link_sockets_total", "counter", "Connections that were made.", sockets_of },
	{ "ssi_node_link_answers_total", "counter", "Answers of the peer as a home.", answers_of },
	{ "ssi_node_link_sent_bytes_total", "counter", "Bytes that went to the peer.", sent_of },
	{ "ssi_node_link_received_bytes_total", "counter", "Bytes that came from the peer.",
	  received_of },
};

static void put_link(FILE *f, const struct link_metric *metric, const struct ssi_node *node,
		     const json_t *link)
{
	int64_t value = metric->value(link);

	if (value >= 0)
		fprintf(f, "%s{node=\"%u\",name=\"%s\",peer=\"%lld\"} %lld\n", metric->name,
			node->id, node->name, (long long)number_of(link, "peer"),
			(long long)value);
}

static void put_links(FILE *f, const struct ssi_ledger *ledger, const struct link_metric *metric)
{
	unsigned int id;
	json_t *link;
	size_t i;

	head(f, metric->name, metric->type, metric->help);
	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		if (!ledger->cluster.node[id])
			continue;
		json_array_foreach(ledger->reports.last[id].links, i, link) {
			put_link(f, metric, ledger->cluster.node[id], link);
		}
	}
}

/* @key: p50_ns or p99_ns */
static void put_times(FILE *f, const struct ssi_ledger *ledger, const char *name, const char *key,
		      const char *help)
{
	unsigned int id;
	json_t *span;
	size_t i;

	head(f, name, "gauge", help);
	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		if (!ledger->cluster.node[id])
			continue;
		json_array_foreach(ledger->reports.last[id].times, i, span) {
			fprintf(f, "%s{node=\"%u\",name=\"%s\",phase=\"%s\"} %.9f\n", name, id,
				ledger->cluster.node[id]->name,
				json_string_value(json_object_get(span, "phase")),
				number_of(span, key) / 1e9);
		}
	}
}

static void put_ages(FILE *f, const struct ssi_ledger *ledger)
{
	int64_t now = ssi_ledger_now();
	unsigned int id;

	head(f, "ssi_node_report_age_seconds", "gauge", "Time since the node told these numbers.");
	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		if (ledger->cluster.node[id] && ledger->reports.told[id])
			fprintf(f, "ssi_node_report_age_seconds{node=\"%u\",name=\"%s\"} %.3f\n",
				id, ledger->cluster.node[id]->name,
				(now - ledger->reports.told[id]) / 1e3);
	}
}

static void put_reports(FILE *f, const struct ssi_ledger *ledger)
{
	unsigned int i;

	put_ages(f, ledger);
	put_times(f, ledger, "ssi_node_phase_p50_seconds", "p50_ns",
		  "Half of the remote faults before the last heartbeat took no longer.");
	put_times(f, ledger, "ssi_node_phase_p99_seconds", "p99_ns",
		  "99 of 100 remote faults before the last heartbeat took no longer.");
	for (i = 0; i < sizeof(link_metrics) / sizeof(*link_metrics); i++)
		put_links(f, ledger, &link_metrics[i]);
}

enum ssi_step ssi_api_metrics(struct ssi_api *api, struct ssi_request *request)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f) {
		pthread_mutex_lock(&api->ledger->lock);
		put_process(f, api);
		put_certificate(f, api);
		put_requests(f, api);
		put_cluster(f, api->ledger);
		put_stats(f, api->ledger);
		put_reports(f, api->ledger);
		pthread_mutex_unlock(&api->ledger->lock);
		fclose(f);
	}
	request->answer.status = 200;
	return ssi_api_text(request, "text/plain; version=0.0.4; charset=utf-8", text, len);
}
