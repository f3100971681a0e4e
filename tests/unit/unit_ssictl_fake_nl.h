/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to a module that is not there, for tests of commands. */
#ifndef UNIT_SSICTL_FAKE_NL_H
#define UNIT_SSICTL_FAKE_NL_H

/* What opening it returns, and what the kernel says in words. */
static int nl_open_rc;
static const char *nl_said = "";

int ssi_nl_open(struct ssi_nl **out)
{
	*out = NULL;
	return nl_open_rc;
}

void ssi_nl_close(struct ssi_nl *nl)
{
	(void)nl;
}

const char *ssi_nl_text(const struct ssi_nl *nl)
{
	(void)nl;
	return nl_said;
}

#endif /* UNIT_SSICTL_FAKE_NL_H */
