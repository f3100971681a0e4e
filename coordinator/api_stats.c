// SPDX-License-Identifier: Apache-2.0
/* Routes of what nodes told with their heartbeats, for who shows it. */
#include "api.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 18

/* What the answer of an earlier request said was its time. */
static int take_since(struct ssi_request *request, int64_t *since)
{
	const char *text = ssi_api_query(request);
	size_t digits;

	*since = 0;
	if (!text)
		return 0;
	digits = strspn(text, "0123456789");
	if (!digits || text[digits] || digits > DIGITS_MAX)
		return ssi_refuse(&request->why, SSI_PROBLEM_BAD_REQUEST,
				  "give now_ms of the last answer, or leave it out",
				  "since is no number");
	*since = strtoll(text, NULL, 10);
	return 0;
}

/* Locked for each by itself, so that heartbeats do not wait for all of them. */
static json_t *nodes_since(struct ssi_ledger *ledger, int64_t since)
{
	json_t *list = json_array();
	unsigned int id;

	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		json_t *node;

		pthread_mutex_lock(&ledger->lock);
		node = ssi_reports_node(&ledger->reports, id, since);
		pthread_mutex_unlock(&ledger->lock);
		if (node)
			json_array_append_new(list, node);
	}
	return list;
}

enum ssi_step ssi_api_get_stats(struct ssi_api *api, struct ssi_request *request)
{
	int64_t now = ssi_ledger_now(), since;

	if (take_since(request, &since) < 0)
		return SSI_STEP_GO_ON;
	/* A time of another coordinator, or of one before this machine started. */
	if (since > now)
		since = 0;
	return ssi_api_json(request, 200,
			    json_pack("{s:I, s:o}", "now_ms", (json_int_t)now, "nodes",
				      nodes_since(api->ledger, since)));
}

enum ssi_step ssi_api_get_maps(struct ssi_api *api, struct ssi_request *request)
{
	const char *region = ssi_api_query(request);
	json_t *maps;

	if (!region) {
		ssi_refuse(&request->why, SSI_PROBLEM_BAD_REQUEST,
			   "say /maps?region=NAME; GET /stats lists the regions of each node",
			   "region is missing");
		return SSI_STEP_GO_ON;
	}
	pthread_mutex_lock(&api->ledger->lock);
	maps = ssi_reports_maps(&api->ledger->reports, region);
	pthread_mutex_unlock(&api->ledger->lock);
	return ssi_api_json(request, 200,
			    json_pack("{s:I, s:o}", "now_ms", (json_int_t)ssi_ledger_now(), "maps",
				      maps));
}
