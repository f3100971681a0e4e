// SPDX-License-Identifier: Apache-2.0
#include "invite.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/x509.h>
#include <jansson.h>

#define SCHEMA 1

/* ---- the values; each returns NULL, or what a good one looks like ---- */

static const char *take_text(const json_t *value, char *to, size_t size)
{
	const char *text = json_string_value(value);

	if (!text || !*text || json_string_length(value) >= size)
		return "a text of fitting length";
	strcpy(to, text);
	return NULL;
}

/* Printable, and nothing that a log or a terminal takes for something else. */
static const char *take_coordinator(const json_t *value, struct ssi_invite *invite)
{
	const char *expected = take_text(value, invite->coordinator, sizeof(invite->coordinator));
	const char *at;

	for (at = invite->coordinator; !expected && *at; at++) {
		if (*at <= ' ' || *at > '~')
			expected = "URLs with commas between";
	}
	if (!expected && strncmp(invite->coordinator, "https://", 8) != 0)
		expected = "a URL that begins with https://";
	return expected;
}

static const char *take_name(const json_t *value, struct ssi_invite *invite)
{
	const char *expected = take_text(value, invite->name, sizeof(invite->name)), *name;

	return expected ? expected : ssi_opts_name(invite->name, &name);
}

static const char *take_token(const json_t *value, struct ssi_invite *invite)
{
	const char *expected = take_text(value, invite->token, sizeof(invite->token));

	if (!expected && strspn(invite->token, "0123456789abcdef") != SSI_INVITE_TOKEN)
		expected = "64 hexadecimal digits";
	return expected;
}

static const char *take_node(const json_t *value, struct ssi_invite *invite)
{
	json_int_t id = json_integer_value(value);

	invite->node = id;
	return json_is_integer(value) && id >= 0 && id < SSI_NODES ? NULL : "a node id, 0 to 63";
}

static const char *take_expires(const json_t *value, struct ssi_invite *invite)
{
	json_int_t when = json_integer_value(value);

	invite->expires = when;
	return json_is_integer(value) && when > 0 ? NULL : "milliseconds since 1970";
}

/* One certificate, that of an authority, and nothing else. */
static const char *take_ca(const json_t *value, struct ssi_invite *invite)
{
	const char *expected = take_text(value, invite->ca, sizeof(invite->ca));
	const gnutls_datum_t text = { .data = (void *)invite->ca, .size = strlen(invite->ca) };
	unsigned int count = 1, critical;
	gnutls_x509_crt_t cert;

	if (expected)
		return expected;
	if (gnutls_x509_crt_list_import(&cert, &count, &text, GNUTLS_X509_FMT_PEM,
					GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED) != 1)
		return "one certificate in PEM";
	if (gnutls_x509_crt_get_ca_status(cert, &critical) <= 0)
		expected = "the certificate of an authority";
	gnutls_x509_crt_deinit(cert);
	return expected;
}

static const char *take_schema(const json_t *value, struct ssi_invite *invite)
{
	(void)invite;
	return json_integer_value(value) == SCHEMA ? NULL : "1, all that this ssictl knows";
}

static const struct field {
	const char *key;
	const char *(*take)(const json_t *value, struct ssi_invite *invite);
} fields[] = {
	{ "schema", take_schema },
	{ "coordinator", take_coordinator },
	{ "node", take_node },
	{ "name", take_name },
	{ "token", take_token },
	{ "expires", take_expires },
	{ "ca", take_ca },
};

#define FIELDS (sizeof(fields) / sizeof(*fields))

/* ---- the whole ---- */

static int take_all(const json_t *root, struct ssi_invite *invite, char *why, size_t size)
{
	unsigned int i;

	for (i = 0; i < FIELDS; i++) {
		const char *expected = fields[i].take(json_object_get(root, fields[i].key), invite);

		if (!expected)
			continue;
		snprintf(why, size, "its %s is not %s", fields[i].key, expected);
		return -1;
	}
	if (json_object_size(root) == FIELDS)
		return 0;
	snprintf(why, size, "it has more than this ssictl knows");
	return -1;
}

int ssi_invite_read(const char *text, size_t len, struct ssi_invite *invite, char *why, size_t size)
{
	json_t *root = NULL;
	int rc = -1;

	memset(invite, 0, sizeof(*invite));
	if (len <= SSI_INVITE_MAX)
		root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(root))
		rc = take_all(root, invite, why, size);
	else
		snprintf(why, size, "it is no invitation");
	json_decref(root);
	if (rc < 0)
		explicit_bzero(invite, sizeof(*invite));
	return rc;
}

char *ssi_invite_write(const struct ssi_invite *invite)
{
	json_t *root = json_pack("{s:i, s:s, s:I, s:s, s:s, s:I, s:s}", "schema", SCHEMA,
				 "coordinator", invite->coordinator, "node",
				 (json_int_t)invite->node, "name", invite->name, "token",
				 invite->token, "expires", (json_int_t)invite->expires, "ca",
				 invite->ca);
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

	json_decref(root);
	return text;
}
