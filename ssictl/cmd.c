// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>
#include <grp.h>
#include <string.h>

int ssi_cmd_opened(const char *cmd, const struct ssi_nl *nl, int rc)
{
	if (rc != -ENOENT)
		return rc ? ssi_cmd_fail(cmd, nl, rc, NULL) : SSI_EXIT_OK;
	fprintf(stderr,
		"ssictl: %s: the kernel module ssi_mem is not loaded; "
		"modprobe ssi_mem, or insmod ssi_mem.ko; ssictl doctor looks for reasons\n",
		cmd);
	return SSI_EXIT_NO_MODULE;
}

int ssi_cmd_open(const char *cmd, struct ssi_nl **nl)
{
	int rc = ssi_nl_open(nl);

	return ssi_cmd_opened(cmd, *nl, rc);
}

/* What an older module says to something that it does not know. */
static bool is_unknown_to_module(const char *text, int error)
{
	return error == EOPNOTSUPP || (error == EINVAL && !strncmp(text, "Unknown attribute", 17));
}

/* These errors mean the same to every command. */
static const struct ssi_hint common_hints[] = {
	{ ENODEV, "ssictl status shows the nodes here, ssictl join makes one" },
	{ ENOTUNIQ, "ssictl status shows their names" },
	{ ENOSPC, "smaller regions or reserves, larger shares or more nodes: ssictl status" },
	{ ENOTCONN, "ssictl status on each node shows the links" },
	{ 0, NULL },
};

static const char *look_up(const struct ssi_hint *hints, int error)
{
	for (; hints && hints->error; hints++) {
		if (hints->error == error)
			return hints->text;
	}
	return NULL;
}

static const char *find_hint(const struct ssi_hint *hints, const char *text, int error)
{
	const char *hint;

	if (is_unknown_to_module(text, error))
		return "the module is older than this ssictl: ssictl version";
	/* With a text the module refuses what root may not do either. */
	if (error == EPERM && !*text)
		return "run it as root: it needs CAP_NET_ADMIN";
	hint = look_up(hints, error);
	return hint ? hint : look_up(common_hints, error);
}

int ssi_cmd_fail(const char *cmd, const struct ssi_nl *nl, int rc, const struct ssi_hint *hints)
{
	const char *text = ssi_nl_text(nl);
	const char *hint = find_hint(hints, text, -rc);

	fprintf(stderr, "ssictl: %s: %s%s%s\n", cmd, *text ? text : strerror(-rc),
		hint ? "; " : "", hint ? hint : "");
	return SSI_EXIT_FAIL;
}

const char *ssi_cmd_listen_remedy(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "a node that has joined uses its own; otherwise ss -ltnp shows who has it";
	case EADDRNOTAVAIL:
		return "no interface here has this address: ip address";
	case EACCES:
		return "ports below 1024 take root";
	default:
		return "";
	}
}

uint64_t ssi_cmd_reserve(const struct ssi_args *args)
{
	const uint64_t least = 4 << 20;

	if (args->reserve)
		return args->reserve;
	return args->share / 16 > least ? args->share / 16 : least;
}

uint32_t ssi_cmd_default_group(void)
{
	const struct group *group = getgrnam("ssi");

	return group ? group->gr_gid : 0;
}
