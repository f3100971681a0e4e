/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who uses regions here, and what monitors say of their guests. The kernel does not
 * tell, so each region is opened for a moment, and its inode looked for in what
 * processes have mapped.
 */
#ifndef SSICTL_GUESTS_H
#define SSICTL_GUESTS_H

#include "maps.h"
#include "nl.h"

/* The program of our monitor. */
#define SSI_GUESTS_MONITOR "ssi-vmm"

/**
 * struct ssi_guest - a program that has a region mapped
 * @region: the region
 * @user: the program
 * @state: running, paused, or silent where its monitor does not answer; unknown
 *	while it was not asked, or can not be
 * @stalled_s: seconds for which memory of the guest has not come; -1 if not known
 * @behind_ms: milliseconds by which its time is behind; -1 if not known
 */
struct ssi_guest {
	struct ssi_nl_region region;
	struct ssi_user user;
	const char *state;
	int64_t stalled_s;
	int64_t behind_ms;
};

/**
 * struct ssi_guests - all of them; zeroes are none
 * @at: the programs
 * @count: of @at
 * @unseen: processes that could not be looked at
 */
struct ssi_guests {
	struct ssi_guest *at;
	unsigned int count;
	int unseen;
};

/**
 * ssi_guests_read - look for programs
 * @guests: filled in; give it to ssi_guests_free() also after a failure
 * @nl: connection
 * @node: name of the local node; NULL for all
 * @device: from ssi_attach_device()
 * @program: only those of this name; NULL for all
 *
 * Return: 0 or a negative errno.
 */
int ssi_guests_read(struct ssi_guests *guests, struct ssi_nl *nl, const char *node, int device,
		    const char *program);

/**
 * ssi_guests_ask - ask the monitors that have a control socket
 * @guests: of which state and times are filled in
 * @timeout_ms: after which who has not answered is silent; for all together
 */
void ssi_guests_ask(struct ssi_guests *guests, int timeout_ms);

/**
 * ssi_guests_free - forget them
 * @guests: all of them
 */
void ssi_guests_free(struct ssi_guests *guests);

#endif /* SSICTL_GUESTS_H */
