// SPDX-License-Identifier: Apache-2.0
#include "opts.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* Room for an option with its value, as the usage shows it. */
#define OPT_TEXT 40

const char *ssi_opts_flag(const char *text, void *field)
{
	(void)text;
	*(bool *)field = true;
	return NULL;
}

const char *ssi_opts_format(const char *text, void *field)
{
	*(bool *)field = !strcmp(text, "json");
	return *(bool *)field || !strcmp(text, "text") ? NULL : "text or json";
}

const char *ssi_opts_text(const char *text, void *field)
{
	*(const char **)field = text;
	return *text ? NULL : "a file name";
}

/* A name ends up in shell scripts, JSON and log lines: no blanks, no quotes. */
const char *ssi_opts_name(const char *text, void *field)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	if (!len || text[len] || len > SSI_MEM_NAME_MAX || *text == '-')
		return "a name of 1 to 31 letters, digits, '.', '_' or '-'";
	*(const char **)field = text;
	return NULL;
}

/* Digits only: strtoull alone would take signs, blanks and a base. */
static bool parse_number(const char *text, char **end, uint64_t *value)
{
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, end, 10);
	return errno == 0;
}

static bool parse_upto(const char *text, uint64_t max, uint32_t *value)
{
	uint64_t n;
	char *end;

	if (!parse_number(text, &end, &n) || *end || n > max)
		return false;
	*value = n;
	return true;
}

const char *ssi_opts_id(const char *text, void *field)
{
	return parse_upto(text, SSI_MEM_NODE_ID_MAX, field) ? NULL : "a node id, 0 to 63";
}

const char *ssi_opts_u32(const char *text, void *field)
{
	return parse_upto(text, UINT32_MAX - 1, field) ? NULL : "a number";
}

const char *ssi_opts_port(const char *text, void *field)
{
	uint32_t *port = field;

	return parse_upto(text, 65535, port) && *port ? NULL : "a port, 1 to 65535";
}

const char *ssi_opts_jobs(const char *text, void *field)
{
	uint32_t *jobs = field;

	return parse_upto(text, SSI_TARGETS, jobs) && *jobs ? NULL : "a number, 1 to 64";
}

const char *ssi_opts_seconds(const char *text, void *field)
{
	uint32_t seconds;

	if (!parse_upto(text, SSI_MEM_TIMEOUT_MS_MAX / 1000, &seconds) || !seconds)
		return "seconds, 1 to 600";
	*(uint32_t *)field = seconds * 1000;
	return NULL;
}

const char *ssi_opts_size(const char *text, void *field)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift = 0;
	uint64_t n;
	char *end;

	if (!parse_number(text, &end, &n))
		goto refuse;
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
		if (!strcmp(end, "iB"))
			end += 2;
	}
	if (*end || !n || n > UINT64_MAX >> shift)
		goto refuse;
	*(uint64_t *)field = n << shift;
	return NULL;
refuse:
	return "a size: bytes, or a number with K, M, G or T (powers of 1024)";
}

const char *ssi_opts_user(const char *text, void *field)
{
	const struct passwd *user;

	if (parse_upto(text, UINT32_MAX - 1, field))
		return NULL;
	user = getpwnam(text);
	if (!user)
		return "a user of this machine, or a number";
	*(uint32_t *)field = user->pw_uid;
	return NULL;
}

const char *ssi_opts_group(const char *text, void *field)
{
	const struct group *group;

	if (parse_upto(text, UINT32_MAX - 1, field))
		return NULL;
	group = getgrnam(text);
	if (!group)
		return "a group of this machine, or a number";
	*(uint32_t *)field = group->gr_gid;
	return NULL;
}

const char *ssi_opts_mode(const char *text, void *field)
{
	size_t digits = strspn(text, "01234567");
	unsigned long mode = strtoul(text, NULL, 8);

	if (!digits || digits > 4 || text[digits] || mode > 0777)
		return "permission bits, octal: 0 to 777";
	*(uint32_t *)field = mode;
	return NULL;
}

/* "192.0.2.1:7000" or "[2001:db8::1]:7000"; the port of a name is never guessed. */
static bool split_addr(const char *text, char *host, size_t size, const char **port)
{
	const char *end, *start = text;

	if (*text == '[') {
		start++;
		end = strchr(start, ']');
		if (!end || end[1] != ':')
			return false;
		*port = end + 2;
	} else {
		end = strchr(start, ':');
		if (!end || strchr(end + 1, ':'))
			return false;
		*port = end + 1;
	}
	if (end == start || (size_t)(end - start) >= size)
		return false;
	memcpy(host, start, end - start);
	host[end - start] = 0;
	/* getaddrinfo() would take short forms such as "1". */
	return (strchr(host, ':') != NULL) == (*text == '[');
}

const char *ssi_opts_addr(const char *text, void *field)
{
	static const char expected[] = "ADDR:PORT with a numeric address, IPv6 in brackets";
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	struct ssi_addr *addr = field;
	struct addrinfo *info;
	const char *port;
	uint32_t number;
	char host[64];

	if (strlen(text) >= sizeof(addr->text) || !split_addr(text, host, sizeof(host), &port))
		return expected;
	if (!parse_upto(port, 65535, &number) || !number)
		return "a port, 1 to 65535, behind the address";
	if (getaddrinfo(host, port, &hints, &info))
		return expected;
	memcpy(&addr->ss, info->ai_addr, info->ai_addrlen);
	addr->len = info->ai_addrlen;
	strcpy(addr->text, text);
	freeaddrinfo(info);
	return NULL;
}

const char *ssi_opts_peer(const char *text, void *field)
{
	const char *equals = strchr(text, '=');
	struct ssi_peers *peers = field;
	char number[4];
	uint32_t id;

	if (!equals || (size_t)(equals - text) >= sizeof(number))
		return "N=ADDR:PORT";
	memcpy(number, text, equals - text);
	number[equals - text] = 0;
	if (ssi_opts_id(number, &id))
		return "N=ADDR:PORT with a node id N, 0 to 63";
	if (peers->listed >> id & 1)
		return "another node: each peer is listed once";
	peers->listed |= 1ull << id;
	return ssi_opts_addr(equals + 1, &peers->addr[id]);
}

/* As a certificate can hold it: a numeric address without brackets, or a name of DNS. */
const char *ssi_opts_host(const char *text, void *field)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-";
	struct ssi_hosts *hosts = field;
	size_t len = strspn(text, letters);

	if (!len || text[len] || len > 253 || *text == '-')
		return "a numeric address without brackets, or a name of a machine";
	if (hosts->count == SSI_HOSTS_MAX)
		return "one of the first 16 addresses";
	hosts->at[hosts->count++] = text;
	return NULL;
}

/* Decimal, or hexadecimal behind 0x; as for the coordinator, at most 15 digits of those. */
const char *ssi_opts_address(const char *text, void *field)
{
	uint64_t *address = field;
	char *end;

	if (strncmp(text, "0x", 2))
		return parse_number(text, &end, address) && !*end ? NULL : "an address";
	text += 2;
	if (!*text || strlen(text) > 15 || text[strspn(text, "0123456789abcdefABCDEF")])
		return "an address";
	*address = strtoull(text, NULL, 16);
	return NULL;
}

const char *ssi_opts_words(const char *text, void *field)
{
	char *words = field;
	size_t len = strlen(words);

	if (!*text || len + 1 + strlen(text) >= SSI_WORDS)
		return "a command";
	sprintf(words + len, "%s%s", len ? " " : "", text);
	return NULL;
}

const char *ssi_opts_number(const char *text, void *field)
{
	struct ssi_number *number = field;

	number->given = true;
	return ssi_opts_u32(text, &number->value);
}

const char *ssi_opts_owner(const char *text, void *field)
{
	struct ssi_number *number = field;

	number->given = true;
	return ssi_opts_id(text, &number->value);
}

const char *ssi_opts_pages(const char *text, void *field)
{
	struct ssi_pages *pages = field;
	uint64_t first, last;
	char *end;

	if (!parse_number(text, &end, &first))
		goto refuse;
	last = first;
	if (*end == '-' && !parse_number(end + 1, &end, &last))
		goto refuse;
	if (*end || last < first || last > UINT32_MAX)
		goto refuse;
	*pages = (struct ssi_pages){ .given = true, .first = first, .last = last };
	return NULL;
refuse:
	return "a page, or the first and the last of several: A-B";
}

bool ssi_opts_is_argument(const struct ssi_opt *opt)
{
	return isupper((unsigned char)*opt->name);
}

static const struct ssi_opt *find_opt(const struct ssi_opt *opts, const char *word)
{
	size_t len = strcspn(word, "=");

	for (; opts->name; opts++) {
		if (ssi_opts_is_argument(opts))
			continue;
		/* "--" has no value. */
		if (word[1] == '-' && strlen(opts->name) == len - 2 &&
		    (*opts->name || !word[2]) &&
		    !strncmp(opts->name, word + 2, len - 2))
			return opts;
		if (opts->letter && word[1] == opts->letter && !word[2])
			return opts;
	}
	return NULL;
}

/* What stands behind "--" is another command. Returns the number of words used. */
static int take_rest(struct ssi_optargs *line, int i, const struct ssi_opt *opt,
		     void *args, uint64_t *seen)
{
	if (line->argv[i + 1])
		*seen |= 1ull << (opt - line->opts);
	*(char ***)((char *)args + opt->offset) = &line->argv[i + 1];
	return line->argc - i;
}

/* Handles the option at @i. Returns the number of words used, or -1. */
static int take_opt(struct ssi_optargs *line, int i, void *args, uint64_t *seen)
{
	const char *word = line->argv[i], *value = strchr(word, '=');
	const struct ssi_opt *opt = find_opt(line->opts, word);
	const char *expected;
	uint64_t bit;
	int used = 1;

	if (!opt) {
		snprintf(line->why, sizeof(line->why), "unknown option '%s'", word);
		return -1;
	}
	if (!*opt->name)
		return take_rest(line, i, opt, args, seen);
	if (value)
		value++;
	if (opt->arg && !value && i + 1 < line->argc) {
		value = line->argv[i + 1];
		used = 2;
	}
	if (!opt->arg != !value) {
		snprintf(line->why, sizeof(line->why), "--%s takes %s value", opt->name,
			 opt->arg ? "a" : "no");
		return -1;
	}
	bit = 1ull << (opt - line->opts);
	if ((*seen & bit) && !opt->repeated) {
		snprintf(line->why, sizeof(line->why), "--%s stands twice", opt->name);
		return -1;
	}
	*seen |= bit;
	expected = opt->parse(value, (char *)args + opt->offset);
	if (expected)
		snprintf(line->why, sizeof(line->why), "--%s: '%.40s' is not %s", opt->name,
			 value, expected);
	return expected ? -1 : used;
}

/* The entry that an argument is for, once those of @seen had theirs. */
static const struct ssi_opt *find_argument(const struct ssi_optargs *line, uint64_t seen)
{
	const struct ssi_opt *opt;

	for (opt = line->opts; opt->name; opt++) {
		if (ssi_opts_is_argument(opt) &&
		    (opt->repeated || !(seen >> (opt - line->opts) & 1)))
			return opt;
	}
	return NULL;
}

static int take_argument(struct ssi_optargs *line, const char *word, void *args, uint64_t *seen)
{
	const struct ssi_opt *opt = find_argument(line, *seen);
	const char *expected;

	if (!opt) {
		snprintf(line->why, sizeof(line->why), "unexpected argument '%s'", word);
		return -1;
	}
	*seen |= 1ull << (opt - line->opts);
	expected = opt->parse(word, (char *)args + opt->offset);
	if (expected)
		snprintf(line->why, sizeof(line->why), "'%.40s' is not %s", word, expected);
	return expected ? -1 : 1;
}

/* An option or argument as one writes it. */
static const char *opt_text(const struct ssi_opt *opt, char *text)
{
	const char *arg = opt->arg ? opt->arg : "";

	snprintf(text, OPT_TEXT, "%s%s%s%s", ssi_opts_is_argument(opt) ? "" : "--", opt->name,
		 *arg ? " " : "", arg);
	return text;
}

static int check_required(struct ssi_optargs *line, uint64_t seen)
{
	const struct ssi_opt *opt;

	for (opt = line->opts; opt->name; opt++) {
		char text[OPT_TEXT];

		if (opt->required && !(seen >> (opt - line->opts) & 1)) {
			snprintf(line->why, sizeof(line->why), "%s is missing",
				 opt_text(opt, text));
			return -1;
		}
	}
	return 0;
}

int ssi_opts_parse(struct ssi_optargs *line, void *args)
{
	uint64_t seen = 0;
	int i, used;

	for (i = 0; i < line->argc; i += used) {
		const char *word = line->argv[i];

		if (*word == '-' && word[1])
			used = take_opt(line, i, args, &seen);
		else
			used = take_argument(line, word, args, &seen);
		if (used < 0)
			return -1;
	}
	return check_required(line, seen);
}

void ssi_opts_usage(FILE *f, const struct ssi_opt *opts, bool list)
{
	for (; opts->name; opts++) {
		char text[OPT_TEXT];

		opt_text(opts, text);
		if (!list) {
			fprintf(f, opts->required ? " %s" : " [%s]", text);
			fputs(opts->repeated ? "..." : "", f);
		} else if (opts->letter) {
			fprintf(f, "  -%c, %-22s %s\n", opts->letter, text, opts->help);
		} else {
			fprintf(f, "  %-26s %s\n", text, opts->help);
		}
	}
}
