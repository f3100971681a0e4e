// SPDX-License-Identifier: Apache-2.0
/*
 * ssictl/opts.c: a command line over one table that has an option of every
 * kind. Numbers and addresses that are accepted must be those that were written.
 */
#include "../../ssictl/opts.c"

#include <arpa/inet.h>
#include <inttypes.h>

#include "fuzz.h"

#define WORDS_MAX 16
#define OPT(field) offsetof(struct ssi_args, field)
#define OPT_OF(name, letter, arg, parse, field, required, repeated)                                \
	{ name, letter, arg, "", parse, OPT(field), required, repeated }

static const struct ssi_opt opts[] = {
	OPT_OF("NAME", 0, NULL, ssi_opts_name, name, true, false),
	OPT_OF("id", 0, "N", ssi_opts_id, id, true, false),
	OPT_OF("listen", 0, "A", ssi_opts_addr, listen, false, false),
	OPT_OF("secret", 0, "F", ssi_opts_text, secret, false, false),
	OPT_OF("peer", 0, "P", ssi_opts_peer, peers, false, true),
	OPT_OF("share", 0, "S", ssi_opts_size, share, false, false),
	OPT_OF("hold-us", 0, "N", ssi_opts_u32, hold_us, false, false),
	OPT_OF("timeout", 0, "S", ssi_opts_seconds, timeout_ms, false, false),
	OPT_OF("node", 0, "N", ssi_opts_name, node, false, false),
	OPT_OF("mode", 0, "M", ssi_opts_mode, mode, false, false),
	OPT_OF("chunk", 0, "N", ssi_opts_number, chunk, false, false),
	OPT_OF("owner", 0, "N", ssi_opts_owner, owner, false, false),
	OPT_OF("range", 0, "R", ssi_opts_pages, range, false, false),
	OPT_OF("json", 'j', NULL, ssi_opts_flag, json, false, false),
	OPT_OF("", 0, "C", NULL, command, false, false),
	{ NULL, 0, NULL, NULL, NULL, 0, false, false },
};

static void check_addr(const struct ssi_addr *addr)
{
	const struct sockaddr_in6 *in6 = (const void *)&addr->ss;
	const struct sockaddr_in *in4 = (const void *)&addr->ss;

	if (!addr->len)
		return;
	must(memchr(addr->text, 0, sizeof(addr->text)));
	must(addr->ss.ss_family == AF_INET || addr->ss.ss_family == AF_INET6);
	must((addr->ss.ss_family == AF_INET6) == (addr->text[0] == '['));
	must(addr->ss.ss_family == AF_INET ? in4->sin_port : in6->sin6_port);
}

static void check_name(const char *name)
{
	must(!name || (*name && *name != '-' && strlen(name) < 32 && !strpbrk(name, "/ \"'\n%")));
}

static void check_args(const struct ssi_args *args)
{
	unsigned int id;

	must(args->id <= SSI_MEM_NODE_ID_MAX);
	must(args->mode <= 0777);
	must(args->timeout_ms <= 86400000 && args->timeout_ms % 1000 == 0);
	must(args->owner.value <= SSI_MEM_NODE_ID_MAX);
	must(args->range.first <= args->range.last);
	must(!args->secret || *args->secret);
	check_name(args->node);
	check_addr(&args->listen);
	for (id = 0; id < SSI_NODES; id++) {
		must(!(args->peers.listed >> id & 1) == !args->peers.addr[id].len);
		check_addr(&args->peers.addr[id]);
	}
}

static void check_line(struct input *in)
{
	struct ssi_optargs line = { .opts = opts };
	struct ssi_args args = { .hold_us = SSI_HOLD_DEFAULT };
	char *words[WORDS_MAX + 1];
	int i;

	for (i = 0; i < WORDS_MAX && in->left; i++)
		words[i] = in_text(in);
	words[i] = NULL;
	line.argc = i;
	line.argv = words;
	if (ssi_opts_parse(&line, &args) == 0) {
		check_name(args.name);
		check_args(&args);
	} else {
		must(*line.why && memchr(line.why, 0, sizeof(line.why)));
	}
	while (i)
		free(words[--i]);
}

/* A size is what was written, times its unit, and all of that fits. */
static void check_size(const char *text, uint64_t size)
{
	const char units[] = "KMGT", *unit = text + strspn(text, "0123456789");
	unsigned int shift = *unit ? 10 * (strchr(units, toupper(*unit)) - units + 1) : 0;

	must(unit != text && size && size >> shift == strtoull(text, NULL, 10));
}

/* A number that is accepted, written again, is the same number. */
static void check_values(struct input *in)
{
	char again[64], *text = in_text(in);
	uint64_t size, size_again;
	struct ssi_pages pages;
	uint32_t number;

	if (!ssi_opts_size(text, &size)) {
		snprintf(again, sizeof(again), "%" PRIu64, size);
		must(size && !ssi_opts_size(again, &size_again) && size == size_again);
		check_size(text, size);
	}
	if (!ssi_opts_u32(text, &number)) {
		must(strspn(text, "0123456789") == strlen(text));
		must(number == strtoull(text, NULL, 10));
	}
	if (!ssi_opts_pages(text, &pages))
		must(pages.given && pages.first <= pages.last);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	check_values(&in);
	check_line(&in);
	return 0;
}
