/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of this machine by what its files say, /proc and /sys foremost: can
 * it be a node, can it run a guest? All paths stand below a root that is "" but
 * in tests. What has to be tried out instead is in cmd_doctor.c.
 */
#ifndef SSICTL_DOCTOR_H
#define SSICTL_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum ssi_health - result of a check
 * @SSI_HEALTH_OK: as it should be
 * @SSI_HEALTH_WARN: works, but not as one would want it
 * @SSI_HEALTH_FAIL: the node cannot join, or a guest cannot start
 */
enum ssi_health {
	SSI_HEALTH_OK,
	SSI_HEALTH_WARN,
	SSI_HEALTH_FAIL,
};

/**
 * struct ssi_finding - what a check found
 * @health: the result
 * @check: what was looked at, one word
 * @text: what is the case
 * @remedy: what to do about it; empty where there is nothing to do
 */
struct ssi_finding {
	enum ssi_health health;
	const char *check;
	char text[240];
	char remedy[320];
};

/**
 * struct ssi_host - the machine to look at
 * @root: stands before every path
 * @release: of the running kernel
 * @plain: links will not be encrypted
 * @interface: that carries the address for callers; empty when not known
 * @mtu: of the interface; 0 when not known
 * @share: bytes that the node shall give; 0 when not known
 * @reserve: bytes beyond the share
 */
struct ssi_host {
	const char *root;
	char release[65];
	bool plain;
	char interface[16];
	unsigned int mtu;
	uint64_t share;
	uint64_t reserve;
};

/**
 * ssi_doctor_ok - nothing is wrong
 * @f: the finding
 * @format: its text, as for printf()
 */
void ssi_doctor_ok(struct ssi_finding *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * ssi_doctor_warn - something is not as one would want it
 * @f: the finding
 * @remedy: what to do
 * @format: its text, as for printf()
 */
void ssi_doctor_warn(struct ssi_finding *f, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * ssi_doctor_fail - something stands in the way
 * @f: the finding
 * @remedy: what to do
 * @format: its text, as for printf()
 */
void ssi_doctor_fail(struct ssi_finding *f, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * ssi_doctor_loaded - is the module in the kernel?
 * @host: the machine
 *
 * Return: true when it is.
 */
bool ssi_doctor_loaded(const struct ssi_host *host);

/**
 * ssi_doctor_each - run all checks of this file that apply
 * @host: the machine
 * @fn: called with each finding
 * @arg: passed to @fn
 */
void ssi_doctor_each(const struct ssi_host *host,
		     void (*fn)(const struct ssi_finding *f, void *arg), void *arg);

#endif /* SSICTL_DOCTOR_H */
