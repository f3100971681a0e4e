/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An invitation: what a machine needs to become a node. It has the authority's
 * certificate, so that already the first connection goes to nobody else.
 */
#ifndef SSICTL_INVITE_H
#define SSICTL_INVITE_H

#include <stddef.h>
#include <stdint.h>

#include "opts.h"

#define SSI_INVITE_MAX	 16384
#define SSI_INVITE_TOKEN 64
#define SSI_INVITE_URLS	 512
#define SSI_INVITE_CA	 8192

/**
 * struct ssi_invite - an invitation
 * @coordinator: URLs of coordinators, with commas between
 * @node: the id that the node will have
 * @name: its name
 * @token: good once; hexadecimal digits
 * @expires: when it is over, milliseconds since 1970
 * @ca: certificate of the authority, PEM
 */
struct ssi_invite {
	char coordinator[SSI_INVITE_URLS];
	uint32_t node;
	char name[SSI_MEM_NAME_MAX + 1];
	char token[SSI_INVITE_TOKEN + 1];
	uint64_t expires;
	char ca[SSI_INVITE_CA];
};

/**
 * ssi_invite_read - read an invitation that anybody may have written
 * @text: the bytes
 * @len: how many
 * @invite: filled in
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set and @invite all zero.
 */
int ssi_invite_read(const char *text, size_t len, struct ssi_invite *invite, char *why,
		    size_t size);

/**
 * ssi_invite_write - an invitation as text
 * @invite: the invitation
 *
 * Return: JSON in one line, to be freed; NULL without memory.
 */
char *ssi_invite_write(const struct ssi_invite *invite);

#endif /* SSICTL_INVITE_H */
