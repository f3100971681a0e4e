// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>
#include <string.h>

#include "out.h"

/* Its own version ssictl knows also where the module could not be asked: @rc. */
static int print_versions(const struct ssi_nl_version *version, int rc, bool json)
{
	struct ssi_out out;

	ssi_out_begin(&out, stdout, json);
	ssi_out_list(&out, "versions");
	ssi_out_item(&out, "ssictl", SSI_VERSION);
	if (rc == 0) {
		ssi_out_str(&out, "module", version->module,
			    strcmp(version->module, SSI_VERSION) ? SSI_COLOR_WARN : SSI_COLOR_NONE);
		ssi_out_u64(&out, "protocol", version->protocol);
	} else if (rc == -ENOENT && !json) {
		ssi_out_str(&out, "module", "not loaded", SSI_COLOR_WARN);
	}
	ssi_out_close(&out);
	ssi_out_close(&out);
	return ssi_out_end(&out, rc == -ENOENT ? 0 : rc);
}

int ssi_cmd_version(const struct ssi_args *args)
{
	struct ssi_nl_version version;
	struct ssi_nl *nl;
	int rc = ssi_nl_open(&nl);

	if (rc == 0)
		rc = ssi_nl_version_get(nl, &version);
	rc = print_versions(&version, rc, args->json);
	if (rc)
		rc = ssi_cmd_fail("version", nl, rc, NULL);
	ssi_nl_close(nl);
	return rc;
}
