// SPDX-License-Identifier: Apache-2.0
/*
 * ssictl/invite.c and ssictl/issue.c: an invitation that anybody may have written,
 * and a request for a certificate. What is accepted is whole, and written again it
 * is the same; what is not leaves nothing behind.
 */
#include "../../ssictl/invite.c"

#include <stdlib.h>

#include "../../ssictl/issue.h"
#include "fuzz.h"

static void try_invite(const struct input *in)
{
	static const struct ssi_invite none;
	static struct ssi_invite invite, again;
	char why[200] = "", *text;
	const char *name;

	if (ssi_invite_read((const char *)in->at, in->left, &invite, why, sizeof(why)) < 0) {
		must(*why && memchr(why, 0, sizeof(why)));
		must(!memcmp(&invite, &none, sizeof(none)));
		return;
	}
	must(invite.node < SSI_NODES && !ssi_opts_name(invite.name, &name));
	must(strlen(invite.token) == SSI_INVITE_TOKEN);
	text = ssi_invite_write(&invite);
	must(text && ssi_invite_read(text, strlen(text), &again, why, sizeof(why)) == 0);
	must(!memcmp(&invite, &again, sizeof(again)));
	free(text);
}

static void try_request(const struct input *in)
{
	gnutls_x509_crq_t request;
	char why[200] = "";

	if (ssi_issue_read_request((const char *)in->at, in->left, &request, why,
				   sizeof(why)) == 0)
		gnutls_x509_crq_deinit(request);
	else
		must(*why && memchr(why, 0, sizeof(why)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	if (in_u8(&in) & 1)
		try_request(&in);
	else
		try_invite(&in);
	return 0;
}
