// SPDX-License-Identifier: Apache-2.0
#include "publish.h"

#include <string.h>

#include <linux/ssi_mem_dev.h>

#include "names.h"

static void put(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)(number & INT64_MAX)));
}

json_t *ssi_publish_stats(const struct ssi_nl_node *node)
{
	json_t *stats = json_object();
	unsigned int i;

	for (i = 0; i <= SSI_MEM_S_MAX; i++) {
		if (ssi_counter_name[i])
			put(stats, ssi_counter_name[i], node->stats.counter[i]);
	}
	put(stats, "share_bytes", node->share);
	put(stats, "reserve_bytes", node->reserve);
	put(stats, "used_bytes", node->used);
	put(stats, "peak_bytes", node->peak);
	put(stats, "owned_bytes", node->owned * SSI_PAGE_BYTES);
	put(stats, "copies_bytes", node->copies * SSI_PAGE_BYTES);
	put(stats, "untouched_bytes", node->untouched * SSI_PAGE_BYTES);
	put(stats, "transit_bytes", node->transit * SSI_PAGE_BYTES);
	return stats;
}

static json_t *list_of(uint64_t nodes)
{
	json_t *list = json_array();
	unsigned int id;

	for (id = 0; id < SSI_NODES; id++) {
		if (nodes >> id & 1)
			json_array_append_new(list, json_integer(id));
	}
	return list;
}

/* A page has one run; what a newer kernel calls it is left out. */
static int take_run(const struct ssi_nl_run *run, void *arg)
{
	json_t *answer = arg;

	put(answer, "home", run->home);
	if (run->owner != SSI_NL_NONE)
		put(answer, "owner", run->owner);
	if (run->homed_here)
		json_object_set_new(answer, "sharers", list_of(run->sharers));
	if (run->state <= SSI_MEM_PAGE_STATE_MAX)
		json_object_set_new(answer, "state",
				    json_string(ssi_page_state_name[run->state]));
	return 0;
}

json_t *ssi_publish_page(struct ssi_nl *nl, const char *node, const struct ssi_question *question)
{
	const struct ssi_nl_range range = { question->address / SSI_PAGE_BYTES, 1 };
	json_t *answer = json_object();
	struct ssi_nl_region region;
	int rc;

	memset(&region, 0, sizeof(region));
	snprintf(region.node, sizeof(region.node), "%s", node);
	strcpy(region.name, question->region);
	put(answer, "id", question->id);
	rc = ssi_nl_run_each(nl, &region, &range, take_run, answer);
	if (rc)
		json_object_set_new(answer, "error",
				    json_sprintf("%.60s", *ssi_nl_text(nl) ? ssi_nl_text(nl) :
									     strerror(-rc)));
	return answer;
}
