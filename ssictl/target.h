/* SPDX-License-Identifier: Apache-2.0 */
/* Machines that are reached with ssh, as the command line names them. */
#ifndef SSICTL_TARGET_H
#define SSICTL_TARGET_H

#define SSI_TARGETS	64
#define SSI_TARGET_TEXT 160

/**
 * struct ssi_target - a machine
 * @text: as the administrator wrote it
 * @login: USER@HOST or HOST, for ssh; never begins with a dash
 * @port: digits; empty for ssh's own choice
 */
struct ssi_target {
	const char *text;
	char login[SSI_TARGET_TEXT];
	char port[6];
};

/**
 * struct ssi_targets - machines
 * @count: how many
 * @at: in the order of the command line
 */
struct ssi_targets {
	unsigned int count;
	struct ssi_target at[SSI_TARGETS];
};

/**
 * ssi_opts_target - one more machine, for struct ssi_opt.parse
 * @text: [USER@]HOST[:PORT], an IPv6 address in brackets
 * @field: a struct ssi_targets
 *
 * Return: NULL, or what a good value looks like.
 */
const char *ssi_opts_target(const char *text, void *field);

#endif /* SSICTL_TARGET_H */
