/* SPDX-License-Identifier: Apache-2.0 */
/* Command line options: one table per command drives parsing and the usage text. */
#ifndef SSICTL_OPTS_H
#define SSICTL_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <linux/ssi_mem.h>

#include "target.h"

#define SSI_NODES (SSI_MEM_NODE_ID_MAX + 1)
#define SSI_ADDR_TEXT 80
#define SSI_HOSTS_MAX 16

/* --id was not given: the coordinator gives one. */
#define SSI_ID_ANY UINT32_MAX

/* --hold-us was not given: the kernel has its own default. */
#define SSI_HOLD_DEFAULT UINT32_MAX

/* --group was not given: the group "ssi", where there is one. */
#define SSI_GROUP_DEFAULT UINT32_MAX

#define SSI_MODE_DEFAULT 0660
#define SSI_PORT_DEFAULT 7000

/* Room for the words of a command's name. */
#define SSI_WORDS 32

/**
 * struct ssi_addr - a numeric address with port
 * @ss: for bind() and connect()
 * @len: bytes of @ss in use
 * @text: as the administrator wrote it
 */
struct ssi_addr {
	struct sockaddr_storage ss;
	socklen_t len;
	char text[SSI_ADDR_TEXT];
};

/**
 * struct ssi_peers - the nodes named with --peer
 * @listed: bit n is set when node n is named
 * @addr: where to dial node n
 */
struct ssi_peers {
	uint64_t listed;
	struct ssi_addr addr[SSI_NODES];
};

/**
 * struct ssi_files - certificates, as paths
 * @cert: --cert: what this end shows
 * @key: --key: its key
 * @ca: --ca: authorities that are trusted
 * @crl: --crl: what they revoked; NULL when left out
 */
struct ssi_files {
	const char *cert;
	const char *key;
	const char *ca;
	const char *crl;
};

/**
 * struct ssi_hosts - addresses that others know a machine by
 * @count: how many
 * @at: numeric ones and names; ended by NULL
 */
struct ssi_hosts {
	unsigned int count;
	const char *at[SSI_HOSTS_MAX + 1];
};

/**
 * struct ssi_number - a number that may be left out
 * @given: it was not
 * @value: the number
 */
struct ssi_number {
	bool given;
	uint32_t value;
};

/**
 * struct ssi_pages - pages that may be left out
 * @given: they were not
 * @first: page index
 * @last: page index, not below @first
 */
struct ssi_pages {
	bool given;
	uint32_t first;
	uint32_t last;
};

/**
 * struct ssi_args - what the command line of any command can say
 * @name: positional argument, NULL where the command has none
 * @node: --node, NULL when left out
 * @id: --id, or SSI_ID_ANY
 * @listen: --listen
 * @secret: --secret, path
 * @files: --cert, --key, --ca and --crl, paths
 * @coordinator: --coordinator, URLs with commas between
 * @token_file: --token-file, path
 * @dir: --dir, path of a folder
 * @hosts: --address, all of them
 * @days: --days
 * @minutes: --minutes
 * @invite: --invite, path or "-"
 * @out: --out, path; NULL when left out
 * @peers: --peer, all of them
 * @share: --share, bytes
 * @reserve: --reserve, bytes; 0 when left out
 * @size: --size, bytes
 * @uid: --owner, a user's number
 * @gid: --group, a group's number; SSI_GROUP_DEFAULT when left out
 * @mode: --mode, permission bits
 * @hold_us: --hold-us, or SSI_HOLD_DEFAULT
 * @prefetch: --prefetch, pages
 * @timeout_ms: --timeout
 * @plain: --plain
 * @force: --force
 * @stop: --stop
 * @adopt: --adopt
 * @if_joined: --if-joined
 * @foreground: --foreground
 * @log_json: --log-format json
 * @read_only: --read-only
 * @json: --json
 * @reset: --reset
 * @hist: --hist
 * @chunk: --chunk
 * @owner: --owner, a node
 * @hot: --hot
 * @range: --range
 * @targets: machines to reach by ssh
 * @from: --from, a folder or a tarball
 * @ssh_config: --ssh-config
 * @jobs: --jobs, machines at a time; 0 when left out
 * @port: --port, 1 to 65535
 * @command: words behind "--", up to a NULL
 * @address: bytes from a region's beginning
 * @batch: --batch
 * @count: --count, screens
 * @delay_ms: --delay
 * @file: --file, path
 * @dry_run: --dry-run
 * @words: the words of a command's name, with a blank between two
 */
struct ssi_args {
	const char *name;
	const char *node;
	uint32_t id;
	struct ssi_addr listen;
	const char *secret;
	struct ssi_files files;
	const char *coordinator;
	const char *token_file;
	const char *dir;
	struct ssi_hosts hosts;
	uint32_t days;
	uint32_t minutes;
	const char *invite;
	const char *out;
	struct ssi_peers peers;
	uint64_t share;
	uint64_t reserve;
	uint64_t size;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t hold_us;
	uint32_t prefetch;
	uint32_t timeout_ms;
	bool plain;
	bool force;
	bool stop;
	bool adopt;
	bool if_joined;
	bool foreground;
	bool log_json;
	bool read_only;
	bool json;
	bool reset;
	bool hist;
	struct ssi_number chunk;
	struct ssi_number owner;
	bool hot;
	struct ssi_pages range;
	struct ssi_targets targets;
	const char *from;
	const char *ssh_config;
	uint32_t jobs;
	uint32_t port;
	char **command;
	uint64_t address;
	bool batch;
	struct ssi_number count;
	uint32_t delay_ms;
	const char *file;
	bool dry_run;
	char words[SSI_WORDS];
};

/**
 * struct ssi_opt - one option of a command
 * @name: long name without dashes; in capitals it is an argument, which stands alone and
 *	whose place tells it; "" takes all words behind "--"; NULL ends a table
 * @letter: short name, or 0
 * @arg: word for the value in the usage text; NULL for a flag
 * @help: one line
 * @parse: reads the value; returns NULL, or what a good value looks like
 * @offset: of the field in the structure that is filled: in ssictl, struct ssi_args
 * @required: the command refuses to run without it
 * @repeated: may stand several times
 */
struct ssi_opt {
	const char *name;
	char letter;
	const char *arg;
	const char *help;
	const char *(*parse)(const char *text, void *field);
	size_t offset;
	bool required;
	bool repeated;
};

/**
 * struct ssi_optargs - one command line to be parsed
 * @opts: table of the command
 * @argc: number of words after the command's name
 * @argv: these words, and a NULL behind them
 * @why: filled with the reason of a refusal
 */
struct ssi_optargs {
	const struct ssi_opt *opts;
	int argc;
	char **argv;
	char why[160];
};

/**
 * ssi_opts_is_argument - does an entry of a table stand for an argument?
 * @opt: the entry
 *
 * Return: true for an argument, false for an option and for the words behind "--".
 */
bool ssi_opts_is_argument(const struct ssi_opt *opt);

/**
 * ssi_opts_parse - fill @args from a command line
 * @line: the words and the table
 * @args: the structure whose fields the table names; starts with the defaults
 *
 * Return: 0, or -1 with @line->why set.
 */
int ssi_opts_parse(struct ssi_optargs *line, void *args);

/**
 * ssi_opts_usage - print the options of a table, as synopsis or as list
 * @f: where to
 * @opts: the table
 * @list: one line of help per option instead of the synopsis
 */
void ssi_opts_usage(FILE *f, const struct ssi_opt *opts, bool list);

/* Value parsers, for struct ssi_opt.parse: @text into *@field, of the type named. */
const char *ssi_opts_flag(const char *text, void *field);    /* bool */
const char *ssi_opts_format(const char *text, void *field);  /* bool: is it JSON? */
const char *ssi_opts_text(const char *text, void *field);    /* const char * */
const char *ssi_opts_name(const char *text, void *field);    /* const char * */
const char *ssi_opts_host(const char *text, void *field);    /* struct ssi_hosts, appended */
const char *ssi_opts_id(const char *text, void *field);	     /* uint32_t */
const char *ssi_opts_u32(const char *text, void *field);     /* uint32_t */
const char *ssi_opts_port(const char *text, void *field);    /* uint32_t */
const char *ssi_opts_jobs(const char *text, void *field);    /* uint32_t, not 0 */
const char *ssi_opts_seconds(const char *text, void *field); /* uint32_t, milliseconds */
const char *ssi_opts_size(const char *text, void *field);    /* uint64_t */
const char *ssi_opts_user(const char *text, void *field);    /* uint32_t */
const char *ssi_opts_group(const char *text, void *field);   /* uint32_t */
const char *ssi_opts_mode(const char *text, void *field);    /* uint32_t */
const char *ssi_opts_addr(const char *text, void *field);    /* struct ssi_addr */
const char *ssi_opts_peer(const char *text, void *field);    /* struct ssi_peers */

const char *ssi_opts_address(const char *text, void *field); /* uint64_t */
const char *ssi_opts_words(const char *text, void *field);   /* char[SSI_WORDS], added to it */
const char *ssi_opts_number(const char *text, void *field);  /* struct ssi_number */
const char *ssi_opts_owner(const char *text, void *field);   /* struct ssi_number, a node id */
const char *ssi_opts_pages(const char *text, void *field);   /* struct ssi_pages */

#endif /* SSICTL_OPTS_H */
