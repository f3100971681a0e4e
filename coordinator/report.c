// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 48
#define VCPUS_MAX 4096

/**
 * struct vm - a guest, as a node tells of it
 * @name: of the guest
 * @region: its memory
 * @vcpus: on that node
 * @state: a word
 */
struct vm {
	char name[SSI_NAME_SIZE];
	char region[SSI_NAME_SIZE];
	uint32_t vcpus;
	char state[SSI_NAME_SIZE];
};

static const struct ssi_field vm_fields[] = {
	{ "name", SSI_FIELD_NAME, offsetof(struct vm, name), true, 0, 0 },
	{ "region", SSI_FIELD_NAME, offsetof(struct vm, region), true, 0, 0 },
	{ "vcpus", SSI_FIELD_U32, offsetof(struct vm, vcpus), true, 0, VCPUS_MAX },
	{ "state", SSI_FIELD_NAME, offsetof(struct vm, state), true, 0, 0 },
	{ NULL, 0, 0, false, 0, 0 },
};

/* What becomes the name of a metric. */
static bool is_word(const char *key)
{
	size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len && !key[len] && len <= WORD_MAX && *key >= 'a';
}

static int check_stats(const json_t *stats, char *why, size_t size)
{
	const char *key;
	json_t *value;

	if (json_object_size(stats) > SSI_REPORT_STATS_MAX) {
		snprintf(why, size, "stats has more than %d numbers", SSI_REPORT_STATS_MAX);
		return -1;
	}
	json_object_foreach((json_t *)stats, key, value) {
		if (is_word(key) && json_is_integer(value) && json_integer_value(value) >= 0)
			continue;
		snprintf(why, size, "stats: '%.40s' is not a word with a number", key);
		return -1;
	}
	return 0;
}

static int check_vms(const json_t *vms, char *why, size_t size)
{
	struct vm vm;
	json_t *item;
	size_t i;

	if (json_array_size(vms) > SSI_REPORT_VMS_MAX) {
		snprintf(why, size, "vms has more than %d guests", SSI_REPORT_VMS_MAX);
		return -1;
	}
	json_array_foreach(vms, i, item) {
		if (ssi_fields_read(item, vm_fields, &vm, why, size) < 0)
			return -1;
	}
	return 0;
}

int ssi_reports_check(const json_t *stats, const json_t *vms, char *why, size_t size)
{
	return check_stats(stats, why, size) < 0 ? -1 : check_vms(vms, why, size);
}

static void replace(json_t **slot, json_t *value)
{
	json_decref(*slot);
	*slot = json_incref(value);
}

void ssi_reports_take(struct ssi_reports *reports, uint32_t id, json_t *stats, json_t *vms)
{
	if (stats)
		replace(&reports->stats[id], stats);
	if (vms)
		replace(&reports->vms[id], vms);
}

void ssi_reports_forget(struct ssi_reports *reports, uint32_t id)
{
	replace(&reports->stats[id], NULL);
	replace(&reports->vms[id], NULL);
}

void ssi_reports_free(struct ssi_reports *reports)
{
	unsigned int id;

	for (id = 0; id < SSI_CLUSTER_NODES; id++)
		ssi_reports_forget(reports, id);
}

json_t *ssi_reports_vms(const struct ssi_reports *reports)
{
	json_t *list = json_array(), *item;
	unsigned int id;
	size_t i;

	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		json_array_foreach(reports->vms[id], i, item) {
			json_t *vm = json_copy(item);

			json_object_set_new(vm, "node", json_integer(id));
			json_array_append_new(list, vm);
		}
	}
	return list;
}
