/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what. A bearer token is known by its SHA-256 alone, so that the
 * file of tokens gives nobody a token.
 */
#ifndef SSI_COORD_AUTH_H
#define SSI_COORD_AUTH_H

#include "fields.h"

#define SSI_TOKENS_MAX 256

/**
 * enum ssi_role - what somebody may do; each may do what those before it may
 * @SSI_ROLE_NONE: what is open to everybody
 * @SSI_ROLE_READ: look
 * @SSI_ROLE_OPERATE: what a node's agent does, and regions
 * @SSI_ROLE_ADMIN: all, what loses something included
 */
enum ssi_role {
	SSI_ROLE_NONE,
	SSI_ROLE_READ,
	SSI_ROLE_OPERATE,
	SSI_ROLE_ADMIN,
};

/**
 * struct ssi_caller - who asks
 * @role: what he may do
 * @name: of him, for records and the log
 * @of_node: his certificate is that of a node
 * @node: of which
 */
struct ssi_caller {
	enum ssi_role role;
	char name[SSI_NAME_SIZE];
	bool of_node;
	uint32_t node;
};

/**
 * struct ssi_token - a token
 * @caller: whose it is
 * @digest: SHA-256 of it
 */
struct ssi_token {
	struct ssi_caller caller;
	unsigned char digest[32];
};

/**
 * struct ssi_tokens - a file of tokens
 * @count: how many
 * @at: the tokens
 */
struct ssi_tokens {
	unsigned int count;
	struct ssi_token at[SSI_TOKENS_MAX];
};

/**
 * ssi_role_name - the word for a role
 * @role: the role
 *
 * Return: "none", "read", "operate" or "admin".
 */
const char *ssi_role_name(enum ssi_role role);

/**
 * ssi_role_named - the role of a word
 * @name: the word; NULL for none
 *
 * Return: the role, SSI_ROLE_NONE when there is no such word.
 */
enum ssi_role ssi_role_named(const char *name);

/**
 * ssi_tokens_load - read a file of tokens
 * @path: lines of ROLE NAME SHA256, empty ones, and comments that begin with #;
 *	only its owner may read it
 * @tokens: filled in; left as they are on failure
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_tokens_load(const char *path, struct ssi_tokens *tokens, char *why, size_t size);

/**
 * ssi_tokens_find - whose is it?
 * @tokens: the tokens
 * @header: value of the header Authorization, or NULL
 * @caller: filled in
 *
 * Takes as long for a wrong token as for a right one.
 *
 * Return: whether it is anybody's.
 */
bool ssi_tokens_find(const struct ssi_tokens *tokens, const char *header,
		     struct ssi_caller *caller);

#endif /* SSI_COORD_AUTH_H */
