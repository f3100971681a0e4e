/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share. */
#ifndef SSICTL_H
#define SSICTL_H

#include "nl.h"
#include "opts.h"

/**
 * enum ssi_exit - exit codes
 * @SSI_EXIT_OK: done
 * @SSI_EXIT_FAIL: refused or failed; the reason is on stderr
 * @SSI_EXIT_USAGE: the command line makes no sense
 * @SSI_EXIT_NO_MODULE: ssi_mem is not loaded
 * @SSI_EXIT_NOT_RUN: a program that it should have run can not be run
 * @SSI_EXIT_NOT_FOUND: there is no such program
 */
enum ssi_exit {
	SSI_EXIT_OK = 0,
	SSI_EXIT_FAIL = 1,
	SSI_EXIT_USAGE = 2,
	SSI_EXIT_NO_MODULE = 3,
	SSI_EXIT_NOT_RUN = 126,
	SSI_EXIT_NOT_FOUND = 127,
};

/**
 * struct ssi_hint - what to do about an error
 * @error: errno; 0 ends a table
 * @text: stands behind what the kernel says, so it fits all that it says with @error
 */
struct ssi_hint {
	int error;
	const char *text;
};

/**
 * ssi_cmd_open - connect to the module on behalf of a command
 * @cmd: the command, for messages
 * @nl: the connection
 *
 * Return: SSI_EXIT_OK, or the exit code after a message.
 */
int ssi_cmd_open(const char *cmd, struct ssi_nl **nl);

/**
 * ssi_cmd_opened - report what came of an attempt to connect
 * @cmd: the command, for messages
 * @nl: what the attempt left, or NULL
 * @rc: its result
 *
 * Return: SSI_EXIT_OK, or the exit code after a message.
 */
int ssi_cmd_opened(const char *cmd, const struct ssi_nl *nl, int rc);

/**
 * ssi_cmd_fail - report a refusal
 * @cmd: the command
 * @nl: connection that the kernel refused on, for its own words; or NULL
 * @rc: negative errno
 * @hints: table of hints that go before those of all commands, or NULL
 *
 * Return: SSI_EXIT_FAIL.
 */
int ssi_cmd_fail(const char *cmd, const struct ssi_nl *nl, int rc, const struct ssi_hint *hints);

/**
 * ssi_cmd_listen_remedy - what to do where ssi_link_listen() failed
 * @error: errno
 *
 * Return: the remedy, empty if there is none to tell.
 */
const char *ssi_cmd_listen_remedy(int error);

/**
 * ssi_cmd_reserve - the reserve that join asks for
 * @args: the command line
 *
 * Return: bytes: --reserve, or a default that follows from the share.
 */
uint64_t ssi_cmd_reserve(const struct ssi_args *args);

/**
 * ssi_cmd_default_group - the group that a new region belongs to
 *
 * Return: that which may open /dev/ssi_mem, where the machine has it, else root's.
 */
uint32_t ssi_cmd_default_group(void);

/* The commands: each takes the parsed line and returns an exit code. */
int ssi_cmd_join(const struct ssi_args *args);
int ssi_cmd_agent(const struct ssi_args *args);
int ssi_cmd_leave(const struct ssi_args *args);
int ssi_cmd_status(const struct ssi_args *args);
int ssi_cmd_stats(const struct ssi_args *args);
int ssi_cmd_monitor(const struct ssi_args *args);
int ssi_cmd_doctor(const struct ssi_args *args);
int ssi_cmd_region_create(const struct ssi_args *args);
int ssi_cmd_region_attach(const struct ssi_args *args);
int ssi_cmd_region_delete(const struct ssi_args *args);
int ssi_cmd_node_drain(const struct ssi_args *args);
int ssi_cmd_node_forget(const struct ssi_args *args);
int ssi_cmd_region_extend(const struct ssi_args *args);
int ssi_cmd_region_set(const struct ssi_args *args);
int ssi_cmd_region_show(const struct ssi_args *args);
int ssi_cmd_pages(const struct ssi_args *args);
int ssi_cmd_region_list(const struct ssi_args *args);
int ssi_cmd_cluster_init(const struct ssi_args *args);
int ssi_cmd_cluster_show(const struct ssi_args *args);
int ssi_cmd_cluster_invite(const struct ssi_args *args);
int ssi_cmd_cluster_join(const struct ssi_args *args);
int ssi_cmd_cluster_renew(const struct ssi_args *args);
int ssi_cmd_cluster_revoke(const struct ssi_args *args);
int ssi_cmd_deploy_install(const struct ssi_args *args);
int ssi_cmd_deploy_load(const struct ssi_args *args);
int ssi_cmd_deploy_join(const struct ssi_args *args);
int ssi_cmd_deploy_start(const struct ssi_args *args);
int ssi_cmd_deploy_stop(const struct ssi_args *args);
int ssi_cmd_deploy_status(const struct ssi_args *args);
int ssi_cmd_deploy_validate(const struct ssi_args *args);
int ssi_cmd_version(const struct ssi_args *args);
int ssi_cmd_top(const struct ssi_args *args);
int ssi_cmd_showconf(const struct ssi_args *args);
int ssi_cmd_apply(const struct ssi_args *args);
int ssi_cmd_page(const struct ssi_args *args);
int ssi_cmd_vm(const struct ssi_args *args);
int ssi_cmd_node_list(const struct ssi_args *args);
int ssi_cmd_schema(const struct ssi_args *args);
int ssi_cmd_help(const struct ssi_args *args);

#endif /* SSICTL_H */
