// SPDX-License-Identifier: Apache-2.0
/* vmm/options.c: any words as a command line of ssi-vmm. */
#include "../../vmm/options.c"

#include "vmm_log.h"

#define WORDS_MAX 16

static void check_cfg(const struct vmm_cfg *cfg)
{
	must(cfg->kernel && cfg->append);
	must(!cfg->region == cfg->anon);
	must(cfg->memory % SSI_CHUNK_BYTES == 0);
	must(cfg->memory >= MEMORY_MIN || (!cfg->memory && cfg->region));
	must(cfg->cpus >= 1 && cfg->cpus <= GUEST_MAX_CPUS);
	must(!cfg->region || (*cfg->region && strlen(cfg->region) < SSI_NAME_MAX));
	must(!cfg->node || (*cfg->node && strlen(cfg->node) < SSI_NAME_MAX));
	must(!cfg->control ||
	     strlen(cfg->control) < sizeof(((struct sockaddr_un *)NULL)->sun_path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *words[WORDS_MAX + 2];
	enum options_verdict verdict;
	struct vmm_cfg cfg;
	int count = 0;

	words[count++] = strdup("ssi-vmm");
	while (in.left && count <= WORDS_MAX)
		words[count++] = in_text(&in);
	words[count] = NULL;
	said[0] = 0;
	verdict = options_parse(count, words, &cfg);
	if (verdict == OPTIONS_RUN)
		check_cfg(&cfg);
	/* A refusal says why, and nothing else says anything. */
	must((verdict == OPTIONS_REFUSED) == !!*said);
	while (count)
		free(words[--count]);
	return 0;
}
