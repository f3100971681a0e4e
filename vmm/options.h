/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_OPTIONS_H
#define SSI_VMM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct vmm_cfg - what the command line asked for
 * @kernel: path of a bzImage
 * @initrd: path of an initial RAM disk, or NULL
 * @append: kernel command line
 * @region: name of the memory region, or NULL with --memory-backend anon
 * @node:   name of the local node the region is attached through, or NULL
 * @control: path of the control socket, or NULL
 * @memory: bytes of guest RAM; 0 means the size of the region
 * @cpus:   number of vCPUs
 * @anon:   RAM is anonymous memory of this host, no region
 *
 * Strings belong to argv.
 */
struct vmm_cfg {
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *region;
	const char *node;
	const char *control;
	uint64_t memory;
	unsigned int cpus;
	bool anon;
};

/** enum options_verdict - what main shall do after options_parse() */
enum options_verdict {
	OPTIONS_RUN,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_REFUSED,
};

/**
 * options_parse() - read the command line
 * @argc: as main got it
 * @argv: as main got it
 * @cfg:  filled in; complete only when OPTIONS_RUN is returned
 *
 * Each refusal has been reported with the option's name and the remedy.
 *
 * Return: what to do next.
 */
enum options_verdict options_parse(int argc, char **argv, struct vmm_cfg *cfg);

/**
 * options_parse_size() - read a size such as 512M
 * @text:  digits, then nothing or one of K M G T (powers of 1024)
 * @bytes: the size
 *
 * Return: 0, or -1 when the text is anything else or does not fit 64 bits.
 */
int options_parse_size(const char *text, uint64_t *bytes);

/**
 * options_help() - print usage, options and exit codes
 * @out: where to
 */
void options_help(FILE *out);

#endif
