/* SPDX-License-Identifier: Apache-2.0 */
/*
 *	badnl.c		requests, and what follows from a command's attributes
 *	badnl_meaning.c	requests that are well formed and make no sense, sockets
 *			that can not be a link, callers without the right
 */
#ifndef BADNL_H
#define BADNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

/**
 * struct request - a message to the kernel
 * @nlh: its header
 * @rest: what follows
 */
struct request {
	struct nlmsghdr nlh;
	char rest[2048];
};

/**
 * struct answer - what the kernel says
 * @error: an errno, 0 for success
 * @text:  in words
 */
struct answer {
	int error;
	char text[256];
};

void check(const char *what, bool ok);
void request_begin(struct request *request, unsigned int cmd);
void request_put(struct request *request, unsigned int type, const void *data,
		 size_t size);
void request_string(struct request *request, unsigned int type,
		    const char *text);
void request_u32(struct request *request, unsigned int type, uint32_t value);
void request_u64(struct request *request, unsigned int type, uint64_t value);
struct answer request_send(const struct request *request);
void must_refuse(const char *what, const struct request *request, int error,
		 const char *text);
bool has_no_rights(void);
bool hears_events(void);

void check_meaning(uint32_t peer);
void check_sockets(uint32_t peer);
void check_callers(void);

#endif /* BADNL_H */
