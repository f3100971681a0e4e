/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to the module from inside: for nl.c and nl_events.c alone. */
#ifndef SSICTL_NL_INNER_H
#define SSICTL_NL_INNER_H

#include "nl.h"

#include <netlink/attr.h>
#include <netlink/netlink.h>

/* Takes in one message by its attributes; nonzero ends the reply early. */
typedef int (*take_fn)(struct nlattr **a, void *arg);

/**
 * struct ssi_nl - a connection to the module
 * @sock: libnl's socket
 * @cb: callbacks of requests and events
 * @family: number of the family
 * @done: the reply is complete
 * @rc: its result
 * @take: called for every message with attributes
 * @arg: passed to @take
 * @gone: the family was unregistered
 * @text: why the last call was refused, as a rule in the kernel's words
 */
struct ssi_nl {
	struct nl_sock *sock;
	struct nl_cb *cb;
	int family;
	bool done;
	int rc;
	take_fn take;
	void *arg;
	bool gone;
	char text[256];
};

/**
 * ssi_nl_errno - libnl's own failures, as far as a caller can do something about them
 * @rc: negative NLE_*
 *
 * Return: a negative errno.
 */
int ssi_nl_errno(int rc);

/* A missing attribute reads as zero or empty, as from an older module. */

static inline uint32_t get_u32(const struct nlattr *a)
{
	return a ? nla_get_u32(a) : 0;
}

static inline uint64_t get_u64(struct nlattr *a)
{
	return a ? nla_get_u64(a) : 0;
}

static inline void get_text(const struct nlattr *a, char *to, size_t size)
{
	to[0] = 0;
	if (a)
		nla_strlcpy(to, a, size);
}

#endif /* SSICTL_NL_INNER_H */
