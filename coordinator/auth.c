// SPDX-License-Identifier: Apache-2.0
#include "auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "../ssictl/opts.h"
#include "../ssictl/private.h"

#define FILE_MAX  65536
#define TOKEN_MAX 256
#define MAKE_ONE  "see ssi-coordinator(8), TOKENS, for how to make one"

static const char *const role_names[] = {
	[SSI_ROLE_NONE] = "none",
	[SSI_ROLE_READ] = "read",
	[SSI_ROLE_OPERATE] = "operate",
	[SSI_ROLE_ADMIN] = "admin",
};

const char *ssi_role_name(enum ssi_role role)
{
	return role_names[role];
}

enum ssi_role ssi_role_named(const char *name)
{
	enum ssi_role role;

	for (role = SSI_ROLE_ADMIN; role > SSI_ROLE_NONE; role--) {
		if (name && !strcmp(role_names[role], name))
			break;
	}
	return role;
}

/* ---- the file ---- */

static bool read_digest(const char *text, unsigned char *digest)
{
	gnutls_datum_t hex = { .data = (void *)text, .size = strlen(text) };
	size_t len = 32;

	return hex.size == 64 && gnutls_hex_decode(&hex, digest, &len) == 0 && len == 32;
}

/* Returns NULL, or what is wrong with the line. */
static const char *read_line(char *text, struct ssi_tokens *tokens)
{
	struct ssi_token *token = &tokens->at[tokens->count];
	char *rest, *role = strtok_r(text, " \t\r", &rest);
	char *name = strtok_r(NULL, " \t\r", &rest), *digest = strtok_r(NULL, " \t\r", &rest);
	const char *checked;

	if (!role || *role == '#')
		return NULL;
	if (tokens->count == SSI_TOKENS_MAX)
		return "one token too many";
	if (!digest || strtok_r(NULL, " \t\r", &rest))
		return "not ROLE NAME SHA256";
	token->caller.role = ssi_role_named(role);
	if (token->caller.role == SSI_ROLE_NONE)
		return "the role is none of read, operate and admin";
	if (ssi_opts_name(name, &checked))
		return "no name of 1 to 31 letters, digits, '.', '_' or '-'";
	strcpy(token->caller.name, checked);
	if (!read_digest(digest, token->digest))
		return "no SHA-256 of 64 hexadecimal digits";
	tokens->count++;
	return NULL;
}

static int read_lines(char *text, struct ssi_tokens *tokens, char *why, size_t size)
{
	unsigned int number;
	char *line;

	for (number = 1; (line = strsep(&text, "\n")); number++) {
		const char *wrong = read_line(line, tokens);

		if (!wrong)
			continue;
		snprintf(why, size, "line %u: %s", number, wrong);
		return -1;
	}
	return 0;
}

int ssi_tokens_load(const char *path, struct ssi_tokens *tokens, char *why, size_t size)
{
	struct ssi_tokens *fresh = calloc(1, sizeof(*fresh));
	char *text = malloc(FILE_MAX + 1);
	ssize_t len = -1;
	int rc = -1;

	snprintf(why, size, "out of memory");
	if (fresh && text)
		len = ssi_private_read(path, text, FILE_MAX, MAKE_ONE, why, size);
	if (len >= 0) {
		text[len] = 0;
		rc = read_lines(text, fresh, why, size);
	}
	if (rc == 0)
		*tokens = *fresh;
	free(text);
	free(fresh);
	return rc;
}

/* ---- looking ---- */

bool ssi_tokens_find(const struct ssi_tokens *tokens, const char *header, struct ssi_caller *caller)
{
	static const char scheme[] = "Bearer ";
	unsigned char digest[32];
	unsigned int i;
	bool found = false;
	size_t len;

	if (!header || strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
		return false;
	header += sizeof(scheme) - 1;
	len = strlen(header);
	if (!len || len > TOKEN_MAX ||
	    gnutls_hash_fast(GNUTLS_DIG_SHA256, header, len, digest) < 0)
		return false;
	for (i = 0; i < tokens->count; i++) {
		if (gnutls_memcmp(digest, tokens->at[i].digest, sizeof(digest)) != 0)
			continue;
		*caller = tokens->at[i].caller;
		found = true;
	}
	return found;
}
