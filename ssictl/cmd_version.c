// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>

#include "out.h"

int ssi_cmd_version(const struct ssi_args *args)
{
	struct ssi_nl_version version;
	struct ssi_out out;
	struct ssi_nl *nl;
	int rc = ssi_nl_open(&nl);

	(void)args;
	if (rc == 0)
		rc = ssi_nl_version_get(nl, &version);
	ssi_out_begin(&out, stdout, false);
	ssi_out_item(&out, "ssictl", SSI_VERSION);
	if (rc == 0) {
		ssi_out_str(&out, "module", version.module, SSI_COLOR_NONE);
		ssi_out_u64(&out, "protocol", version.protocol);
	} else if (rc == -ENOENT) {
		ssi_out_str(&out, "module", "not loaded", SSI_COLOR_WARN);
	} else {
		rc = ssi_cmd_fail("version", nl, rc, NULL);
	}
	ssi_out_close(&out);
	ssi_out_end(&out, 0);
	ssi_nl_close(nl);
	return rc == -ENOENT ? SSI_EXIT_OK : rc;
}
