// SPDX-License-Identifier: Apache-2.0
#include "target.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What user and host can have; a dash in front would be an option of ssh. */
static bool is_word(const char *text, size_t len, const char *more)
{
	size_t i;

	if (!len || *text == '-')
		return false;
	for (i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr(more, text[i]))
			return false;
	}
	return true;
}

static bool is_port(const char *text)
{
	size_t len = strlen(text);

	return len && len < 6 && strspn(text, "0123456789") == len && atoi(text) > 0 &&
	       atoi(text) <= 65535;
}

/* Writes HOST to @login, and what stands behind it to @rest. */
static bool take_host(const char *text, char *login, const char **rest)
{
	bool brackets = *text == '[';
	const char *end = brackets ? strchr(text, ']') : text + strcspn(text, ":");

	if (!end)
		return false;
	text += brackets;
	if (!is_word(text, end - text, brackets ? ":.%" : "._-"))
		return false;
	strncat(login, text, end - text);
	*rest = end + brackets;
	return true;
}

static bool parse(const char *text, struct ssi_target *t)
{
	const char *at = strchr(text, '@'), *rest;

	if (strlen(text) >= sizeof(t->login))
		return false;
	t->text = text;
	if (at && !is_word(text, at - text, "._-"))
		return false;
	if (at)
		strncat(t->login, text, at + 1 - text);
	if (!take_host(at ? at + 1 : text, t->login, &rest))
		return false;
	if (!*rest)
		return true;
	if (*rest != ':' || !is_port(rest + 1))
		return false;
	strcpy(t->port, rest + 1);
	return true;
}

const char *ssi_opts_target(const char *text, void *field)
{
	struct ssi_targets *targets = field;
	struct ssi_target t = { 0 };
	unsigned int i;

	if (!parse(text, &t))
		return "[USER@]HOST[:PORT], with an IPv6 address in brackets";
	for (i = 0; i < targets->count; i++) {
		if (!strcmp(targets->at[i].login, t.login) && !strcmp(targets->at[i].port, t.port))
			return "another machine: it stands there already";
	}
	if (targets->count == SSI_TARGETS)
		return "needed: there are 64 already";
	targets->at[targets->count++] = t;
	return NULL;
}
