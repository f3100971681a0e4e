// SPDX-License-Identifier: Apache-2.0
/* The route of a page: a member of its region is asked, and then its home. */
#include "api.h"

#include <string.h>

/* As long as several heartbeats take. */
#define WAIT_MS 5000

/**
 * struct page_answer - what a node says of a page
 * @id: of the question
 * @home: id of its home
 * @owner: id of its owner; its home knows, and the owner itself
 * @sharers: ids
 * @state: a word
 * @error: why there is no answer; or empty
 */
struct page_answer {
	uint64_t id;
	uint32_t home;
	uint32_t owner;
	struct ssi_ids sharers;
	char state[SSI_TEXT_SIZE];
	char error[SSI_TEXT_SIZE];
};

#define PAGE(field) offsetof(struct page_answer, field)

static const struct ssi_field fields[] = {
	{ "id", SSI_FIELD_U64, PAGE(id), true, 1, 0 },
	{ "home", SSI_FIELD_U32, PAGE(home), false, 0, SSI_CLUSTER_NODES - 1 },
	{ "owner", SSI_FIELD_U32, PAGE(owner), false, 0, SSI_CLUSTER_NODES - 1 },
	{ "sharers", SSI_FIELD_IDS, PAGE(sharers), false, 0, 0 },
	{ "state", SSI_FIELD_TEXT, PAGE(state), false, 0, 0 },
	{ "error", SSI_FIELD_TEXT, PAGE(error), false, 0, 0 },
	{ NULL, 0, 0, false, 0, 0 },
};

/* Context: holds the ledger's lock, as all below do. */
static enum ssi_step ask(struct ssi_api *api, struct ssi_request *request, uint32_t node)
{
	const struct ssi_region *region =
		ssi_cluster_region(&api->ledger->cluster, request->number[0]);
	struct ssi_question question = {
		.node = node,
		.address = request->number[1],
		.until = ssi_ledger_now() + WAIT_MS,
		.waiter = request,
	};

	strcpy(question.region, region->name);
	request->waited = false;
	request->question = ssi_asks_add(&api->asks, &question);
	if (request->question)
		return SSI_STEP_WAIT;
	ssi_refuse(&request->why, SSI_PROBLEM_BUSY, "try again", "%d questions are open already",
		   SSI_ASKS_MAX);
	request->why.retry_s = 1;
	return SSI_STEP_GO_ON;
}

static enum ssi_step begin(struct ssi_api *api, struct ssi_request *request)
{
	const struct ssi_cluster *c = &api->ledger->cluster;
	const struct ssi_region *region = ssi_cluster_region(c, request->number[0]);
	uint32_t i;

	if (!region) {
		ssi_refuse(&request->why, SSI_PROBLEM_NOT_FOUND, "GET /regions lists them",
			   "there is no region %llu", (unsigned long long)request->number[0]);
		return SSI_STEP_GO_ON;
	}
	if (request->number[1] >= region->size) {
		ssi_refuse(&request->why, SSI_PROBLEM_NOT_FOUND, "take an address below its size",
			   "region %s ends at %llu", region->name,
			   (unsigned long long)region->size);
		return SSI_STEP_GO_ON;
	}
	for (i = 0; i < region->places.count; i++) {
		const struct ssi_node *node = ssi_cluster_node(c, region->places.at[i].node);

		if (node && ssi_node_is_member(node))
			return ask(api, request, node->id);
	}
	ssi_refuse(&request->why, SSI_PROBLEM_NO_ANSWER, "let one join",
		   "no member of region %s is up", region->name);
	return SSI_STEP_GO_ON;
}

static enum ssi_step show(struct ssi_request *request, uint32_t node, json_t *answer)
{
	json_t *root = json_object();

	json_object_update(root, answer);
	json_object_del(root, "id");
	json_object_set_new(root, "region", json_integer(request->number[0]));
	json_object_set_new(root, "address", json_integer(request->number[1]));
	json_object_set_new(root, "answered_by", json_integer(node));
	return ssi_api_json(request, 200, root);
}

static enum ssi_step go_on(struct ssi_api *api, struct ssi_request *request, uint32_t node,
			   json_t *answer)
{
	const struct ssi_cluster *c = &api->ledger->cluster;
	struct page_answer page = { .home = node };
	char why[200] = "it did not answer in time";

	if (answer && ssi_fields_read(answer, fields, &page, why, sizeof(why)) == 0) {
		const struct ssi_node *home = ssi_cluster_node(c, page.home);

		/*
		 * Whoever else owns it does not know who has copies. Once: a home that
		 * names another one is taken at its word.
		 */
		if (page.home != node && home && ssi_node_is_member(home) &&
		    ssi_cluster_region(c, request->number[0]) && !request->seen++)
			return ask(api, request, page.home);
		if (!*page.error)
			return show(request, node, answer);
		snprintf(why, sizeof(why), "%s", page.error);
	}
	ssi_refuse(&request->why, SSI_PROBLEM_NO_ANSWER, "see whether its agent runs; try again",
		   "node %u: %s", node, why);
	return SSI_STEP_GO_ON;
}

enum ssi_step ssi_api_get_page(struct ssi_api *api, struct ssi_request *request)
{
	uint32_t node = 0;
	enum ssi_step step;
	json_t *answer;

	pthread_mutex_lock(&api->ledger->lock);
	if (request->waited) {
		answer = ssi_asks_take(&api->asks, request->question, &node);
		request->question = 0;
		step = go_on(api, request, node, answer);
		json_decref(answer);
	} else {
		step = begin(api, request);
	}
	pthread_mutex_unlock(&api->ledger->lock);
	return step;
}
