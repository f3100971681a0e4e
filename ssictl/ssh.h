/* SPDX-License-Identifier: Apache-2.0 */
/* Commands on other machines, several at a time, by the system's ssh. */
#ifndef SSICTL_SSH_H
#define SSICTL_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "target.h"

/* More than this from one machine is cut off, and its command has failed. */
#define SSI_SSH_OUT_MAX (1 << 20)
#define SSI_SSH_FDS	3

struct ssi_ssh_job;

/**
 * struct ssi_ssh_cfg - how machines are reached
 * @config: file of ssh's configuration, or NULL for the user's own
 * @parallel: machines at a time, at least 1
 * @timeout_ms: for the command of one machine
 * @done: called as soon as a job has ended, or NULL
 * @arg: passed to it
 */
struct ssi_ssh_cfg {
	const char *config;
	unsigned int parallel;
	uint32_t timeout_ms;
	void (*done)(const struct ssi_ssh_job *job, void *arg);
	void *arg;
};

/**
 * struct ssi_ssh_job - a command on one machine
 * @target: the machine
 * @command: for its shell; see ssi_ssh_quote()
 * @input: file that the command reads, or NULL
 * @ok: filled in: it ended with 0
 * @out: filled in: what it printed, ended by a zero, to be freed
 * @why: filled in: why it failed, the last line of what it said
 * @began: filled in: when, milliseconds since 1970
 * @ended: filled in: when
 * @pid: while it runs, else 0
 * @fds: its output, its errors and the process, -1 when closed
 * @len: bytes of @out
 * @err: what it said last
 * @err_len: bytes of @err
 * @deadline: when it is ended, on a clock that is never set
 */
struct ssi_ssh_job {
	const struct ssi_target *target;
	const char *command;
	const char *input;
	bool ok;
	char *out;
	char why[256];
	int64_t began;
	int64_t ended;
	pid_t pid;
	int fds[SSI_SSH_FDS];
	size_t len;
	char err[512];
	size_t err_len;
	int64_t deadline;
};

/**
 * ssi_ssh_run - run commands on machines
 * @jobs: the commands
 * @count: how many
 * @cfg: how
 *
 * Returns when all have ended. ssh asks nobody for anything: it takes keys alone,
 * and machines whose keys it knows.
 *
 * Return: how many failed.
 */
unsigned int ssi_ssh_run(struct ssi_ssh_job *jobs, unsigned int count,
			 const struct ssi_ssh_cfg *cfg);

/**
 * ssi_ssh_quote - one command line of words
 * @words: any bytes, ended by NULL
 *
 * Return: what a POSIX shell reads as these words and nothing else, to be freed; or
 * NULL without memory.
 */
char *ssi_ssh_quote(const char *const *words);

#endif /* SSICTL_SSH_H */
