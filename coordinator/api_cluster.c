// SPDX-License-Identifier: Apache-2.0
/* Routes of the cluster and its regions. */
#include "api.h"

#include <string.h>

#define LEASE_MS_DEFAULT  5000
#define LEASE_MS_MIN	  200
#define LEASE_MS_MAX	  600000
#define MAX_NODES_DEFAULT (SSI_MEM_NODE_ID_MAX + 1)

#define WITH(field) offsetof(struct ssi_wish, with.field)

static int take_force(struct ssi_request *request)
{
	const char *value = ssi_api_query(request);

	if (value && strcmp(value, "true") != 0)
		return ssi_refuse(&request->why, SSI_PROBLEM_BAD_REQUEST, "leave it out, or say true",
				  "force is not true");
	request->wish.force = value != NULL;
	return 0;
}

/* What was wished for is so; which revision that is tells when others know it. */
enum ssi_step ssi_api_done(struct ssi_api *api, struct ssi_request *request)
{
	uint64_t revision;

	pthread_mutex_lock(&api->ledger->lock);
	revision = api->ledger->cluster.revision;
	pthread_mutex_unlock(&api->ledger->lock);
	return ssi_api_json(request, 200,
			    json_pack("{s:I, s:b}", "revision", (json_int_t)revision, "changed",
				      request->changed));
}

/* ---- the cluster ---- */

enum ssi_step ssi_api_get_cluster(struct ssi_api *api, struct ssi_request *request)
{
	struct ssi_ledger *ledger = api->ledger;
	json_t *root;

	pthread_mutex_lock(&ledger->lock);
	root = ssi_cluster_json(&ledger->cluster);
	json_object_set_new(root, "leads", json_boolean(ssi_ledger_leads(ledger)));
	json_object_set_new(root, "leader", json_string(ledger->leader));
	pthread_mutex_unlock(&ledger->lock);
	return ssi_api_json(request, request->changed ? 201 : 200, root);
}

enum ssi_step ssi_api_create_cluster(struct ssi_api *api, struct ssi_request *request)
{
	static const struct ssi_field fields[] = {
		{ "name", SSI_FIELD_NAME, WITH(name), true, 0, 0 },
		{ "lease_ms", SSI_FIELD_U32, WITH(lease_ms), false, LEASE_MS_MIN, LEASE_MS_MAX },
		{ "max_nodes", SSI_FIELD_U32, WITH(max_nodes), false, 1, SSI_CLUSTER_NODES },
		{ NULL, 0, 0, false, 0, 0 },
	};
	json_t *body;

	(void)api;
	request->wish.type = SSI_WISH_CREATE_CLUSTER;
	request->wish.with.lease_ms = LEASE_MS_DEFAULT;
	request->wish.with.max_nodes = MAX_NODES_DEFAULT;
	/* As random as the request's. */
	strcpy(request->wish.with.id, request->id);
	body = ssi_api_body(request, fields, &request->wish);
	json_decref(body);
	return body ? SSI_STEP_CHANGE : SSI_STEP_GO_ON;
}

enum ssi_step ssi_api_delete_cluster(struct ssi_api *api, struct ssi_request *request)
{
	(void)api;
	request->wish.type = SSI_WISH_DELETE_CLUSTER;
	return take_force(request) < 0 ? SSI_STEP_GO_ON : SSI_STEP_CHANGE;
}

/* ---- regions ---- */

enum ssi_step ssi_api_list_regions(struct ssi_api *api, struct ssi_request *request)
{
	const struct ssi_cluster *c = &api->ledger->cluster;
	json_t *list = json_array(), *root;
	unsigned int i;

	pthread_mutex_lock(&api->ledger->lock);
	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		if (c->region[i])
			json_array_append_new(list, ssi_region_json(c->region[i]));
	}
	root = json_pack("{s:I, s:o}", "revision", (json_int_t)c->revision, "regions", list);
	pthread_mutex_unlock(&api->ledger->lock);
	return ssi_api_json(request, 200, root);
}

static enum ssi_step show_region(struct ssi_api *api, struct ssi_request *request, uint64_t id)
{
	const struct ssi_cluster *c = &api->ledger->cluster;
	const struct ssi_region *region;
	json_t *root = NULL;

	pthread_mutex_lock(&api->ledger->lock);
	region = ssi_cluster_region(c, id);
	if (region)
		root = json_pack("{s:I, s:o}", "revision", (json_int_t)c->revision, "region",
				 ssi_region_json(region));
	else
		ssi_refuse(&request->why, SSI_PROBLEM_NOT_FOUND, "GET /regions lists them",
			   "there is no region %llu", (unsigned long long)id);
	pthread_mutex_unlock(&api->ledger->lock);
	return root ? ssi_api_json(request, request->changed ? 201 : 200, root) : SSI_STEP_GO_ON;
}

enum ssi_step ssi_api_get_region(struct ssi_api *api, struct ssi_request *request)
{
	return show_region(api, request, request->number[0]);
}

enum ssi_step ssi_api_create_region(struct ssi_api *api, struct ssi_request *request)
{
	static const struct ssi_field fields[] = {
		{ "name", SSI_FIELD_NAME, WITH(name), true, 0, 0 },
		{ "size", SSI_FIELD_U64, WITH(size), true, 1, 0 },
		{ "members", SSI_FIELD_IDS, offsetof(struct ssi_wish, members), false, 0, 0 },
		{ "nodes", SSI_FIELD_U32, offsetof(struct ssi_wish, nodes), false, 1,
		  SSI_PLACES_MAX },
		{ NULL, 0, 0, false, 0, 0 },
	};
	json_t *body;

	(void)api;
	request->wish.type = SSI_WISH_CREATE_REGION;
	body = ssi_api_body(request, fields, &request->wish);
	json_decref(body);
	return body ? SSI_STEP_CHANGE : SSI_STEP_GO_ON;
}

enum ssi_step ssi_api_made_region(struct ssi_api *api, struct ssi_request *request)
{
	snprintf(request->answer.location, sizeof(request->answer.location), "/regions/%u",
		 request->made.region);
	return show_region(api, request, request->made.region);
}

enum ssi_step ssi_api_delete_region(struct ssi_api *api, struct ssi_request *request)
{
	(void)api;
	if (request->number[0] > UINT32_MAX) {
		ssi_refuse(&request->why, SSI_PROBLEM_NOT_FOUND, "GET /regions lists them",
			   "there is no region %llu", (unsigned long long)request->number[0]);
		return SSI_STEP_GO_ON;
	}
	request->wish.type = SSI_WISH_DELETE_REGION;
	request->wish.with.region = request->number[0];
	return SSI_STEP_CHANGE;
}
