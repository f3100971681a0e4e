// SPDX-License-Identifier: Apache-2.0
/*
 * coordinator/api.c: requests with any method, path, parameters, headers and
 * body, one after the other, to a cluster that is there. Each gets an answer
 * that is JSON, refusals say what helps, and what is kept makes the same cluster.
 */
#include "../../coordinator/backup.h"

#include "api_world.h"

static void check_kept(void)
{
	struct ssi_ledger again;
	char *one = ssi_cluster_save(&ledger.cluster), *other;

	ssi_ledger_init(&again, &store);
	must(ssi_ledger_catch_up(&again) == 0);
	other = ssi_cluster_save(&again.cluster);
	must(!strcmp(one, other));
	free(one);
	free(other);
	ssi_ledger_free(&again);
}

/* What an administrator wrote down as tokens, or what a store has kept. */
static void read_files(struct input *in)
{
	struct ssi_cluster cluster;
	struct ssi_change change;
	char *text = in_text(in), why[SSI_STORE_WHY] = "";

	must(ssi_change_read(text, &change, why, sizeof(why)) == 0 || *why);
	ssi_cluster_init(&cluster);
	must(ssi_backup_read(text, &cluster, why, sizeof(why)) == 0 || *why);
	*why = 0;
	if (ssi_cluster_load(&cluster, text, why, sizeof(why)) == 0) {
		char *saved = ssi_cluster_save(&cluster);

		must(ssi_cluster_load(&cluster, saved, why, sizeof(why)) == 0);
		free(saved);
	}
	ssi_cluster_free(&cluster);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	int requests = 0;

	if (in_u8(&in) == 0) {
		read_files(&in);
		return 0;
	}
	begin();
	while (in.left && requests++ < 8)
		serve_one(&in);
	check_kept();
	ssi_ledger_free(&ledger);
	while (head)
		free(kept[head--]);
	return 0;
}
