/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps a cluster from being well, by what each of its machines told. */
#ifndef SSICTL_VALIDATE_H
#define SSICTL_VALIDATE_H

#include <jansson.h>

#include "doctor.h"

/**
 * struct ssi_facts - what one machine told
 * @host: its name
 * @root: the facts: kernel, time, mtu, and the JSON of status, version and doctor;
 *	NULL when it told nothing
 * @why: why it did not
 * @began: when it was asked, milliseconds since 1970 by our clock
 * @ended: when it had answered
 */
struct ssi_facts {
	const char *host;
	json_t *root;
	const char *why;
	int64_t began;
	int64_t ended;
};

/**
 * ssi_validate - judge a cluster
 * @facts: of all its machines
 * @count: how many
 * @fn: called with each finding, and the machine
 * @arg: passed to @fn
 */
void ssi_validate(const struct ssi_facts *facts, unsigned int count,
		  void (*fn)(const char *host, const struct ssi_finding *f, void *arg), void *arg);

#endif /* SSICTL_VALIDATE_H */
