// SPDX-License-Identifier: Apache-2.0
/* The command line. One table drives parsing, refusals and --help. */
#include "options.h"

#include <linux/ssi_mem_dev.h>

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "layout.h"
#include "log.h"

/* Below this no 64-bit Linux kernel starts; the kernel names its own need. */
#define MEMORY_MIN (32 * MIB)

struct option_row {
	const char *name;
	const char *value; /* what --help calls the value; NULL: a plain flag */
	const char *help;
	int (*set)(struct vmm_cfg *cfg, const char *name, const char *value);
};

static int set_kernel(struct vmm_cfg *cfg, const char *name, const char *value)
{
	(void)name;
	cfg->kernel = value;
	return 0;
}

static int set_initrd(struct vmm_cfg *cfg, const char *name, const char *value)
{
	(void)name;
	cfg->initrd = value;
	return 0;
}

static int set_append(struct vmm_cfg *cfg, const char *name, const char *value)
{
	(void)name;
	cfg->append = value;
	return 0;
}

static int check_name(const char *name, const char *value)
{
	if (!*value)
		return log_error("%s: the name is empty", name);
	if (strlen(value) >= SSI_NAME_MAX)
		return log_error("%s %s: the name has more than %d characters",
				 name, value, SSI_NAME_MAX - 1);
	return 0;
}

static int set_region(struct vmm_cfg *cfg, const char *name, const char *value)
{
	cfg->region = value;
	return check_name(name, value);
}

static int set_node(struct vmm_cfg *cfg, const char *name, const char *value)
{
	cfg->node = value;
	return check_name(name, value);
}

static int set_memory(struct vmm_cfg *cfg, const char *name, const char *value)
{
	if (options_parse_size(value, &cfg->memory))
		return log_error("%s %s: not a size; write digits and one of K, M, G, T, as in 512M",
				 name, value);
	if (cfg->memory % SSI_CHUNK_BYTES)
		return log_error("%s %s: memory must be a multiple of 2 MiB",
				 name, value);
	if (cfg->memory < MEMORY_MIN)
		return log_error("%s %s: too small; a guest needs at least %lluM",
				 name, value, MEMORY_MIN / MIB);
	return 0;
}

static int set_cpus(struct vmm_cfg *cfg, const char *name, const char *value)
{
	char *end;
	unsigned long cpus = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || cpus == 0)
		return log_error("%s %s: not a number of CPUs; write 1 or more",
				 name, value);
	if (cpus > GUEST_MAX_CPUS)
		return log_error("%s %s: more than %d CPUs are not possible",
				 name, value, GUEST_MAX_CPUS);
	cfg->cpus = cpus;
	return 0;
}

static int set_backend(struct vmm_cfg *cfg, const char *name, const char *value)
{
	if (strcmp(value, "anon"))
		return log_error("%s %s: unknown; the only other backend than --region is anon",
				 name, value);
	cfg->anon = true;
	return 0;
}

static int set_control(struct vmm_cfg *cfg, const char *name, const char *value)
{
	size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (!*value || strlen(value) > max)
		return log_error("%s %s: the path of a socket has 1 to %zu characters",
				 name, value, max);
	cfg->control = value;
	return 0;
}

static const struct option_row rows[] = {
	{ "--kernel", "FILE", "kernel to boot (bzImage, as /boot/vmlinuz-*)",
	  set_kernel },
	{ "--initrd", "FILE", "initial RAM disk", set_initrd },
	{ "--append", "TEXT", "kernel command line (default: console=ttyS0)",
	  set_append },
	{ "--memory", "SIZE", "guest RAM, e.g. 512M (default: all of the region)",
	  set_memory },
	{ "--cpus", "N", "number of vCPUs (default: 1)", set_cpus },
	{ "--region", "NAME", "region of distributed memory to use as guest RAM",
	  set_region },
	{ "--node", "NAME", "local node to attach through (default: the only one)",
	  set_node },
	{ "--memory-backend", "anon", "use memory of this host instead of a region",
	  set_backend },
	{ "--control", "PATH", "socket that takes pause, resume, status and quit",
	  set_control },
	{ "--help", NULL, "print this text", NULL },
	{ "--version", NULL, "print the version", NULL },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void options_help(FILE *out)
{
	fputs("Usage: ssi-vmm --kernel FILE (--region NAME | --memory-backend anon) [options]\n"
	      "\n"
	      "Runs one Linux guest whose memory is a region of /dev/ssi_mem.\n"
	      "\n"
	      "Options:\n", out);
	for (size_t i = 0; i < ROWS; i++) {
		char left[40];

		snprintf(left, sizeof(left), "%s %s", rows[i].name,
			 rows[i].value ? rows[i].value : "");
		fprintf(out, "  %-23s %s\n", left, rows[i].help);
	}
	fputs("\n"
	      "The guest's first serial port is the terminal. Ctrl-A x ends the guest,\n"
	      "Ctrl-A Ctrl-Z suspends it, Ctrl-A Ctrl-A sends Ctrl-A.\n"
	      "\n"
	      "Exit codes: 0 the guest powered off, 1 failure, 2 wrong usage, 3 the guest\n"
	      "reset itself, 130 Ctrl-A x, quit or SIGINT, 143 SIGTERM, 128+N for signal N.\n",
	      out);
}

int options_parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t n = 0;
	int shift = 0;

	if (*text < '0' || *text > '9')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++) {
		unsigned int digit = *text - '0';

		if (n > (UINT64_MAX - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	if (*text) {
		unit = strchr(units, *text);
		if (!unit || text[1])
			return -1;
		shift = 10 * (unit - units + 1);
	}
	if (shift && n > UINT64_MAX >> shift)
		return -1;
	*bytes = n << shift;
	return 0;
}

/* Finds the row of "--name" or "--name=value". */
static const struct option_row *find_row(const char *arg)
{
	size_t length = strcspn(arg, "=");

	for (size_t i = 0; i < ROWS; i++)
		if (strlen(rows[i].name) == length &&
		    !strncmp(rows[i].name, arg, length))
			return &rows[i];
	return NULL;
}

/* What is wrong only when all options are known. */
static int check_whole(const struct vmm_cfg *cfg)
{
	if (!cfg->kernel)
		return log_error("no kernel given; add --kernel FILE");
	if (cfg->region && cfg->anon)
		return log_error("--region and --memory-backend anon exclude each other");
	if (!cfg->region && !cfg->anon)
		return log_error("no memory given; add --region NAME, or --memory-backend anon to run without the module");
	if (cfg->node && cfg->anon)
		return log_error("--node has no meaning with --memory-backend anon");
	if (cfg->anon && !cfg->memory)
		return log_error("--memory-backend anon needs --memory SIZE");
	return 0;
}

/* Returns the value of the option at argv[*at], moving on when it is apart. */
static const char *take_value(int argc, char **argv, int *at)
{
	char *equals = strchr(argv[*at], '=');

	if (equals)
		return equals + 1;
	return *at + 1 < argc ? argv[++*at] : NULL;
}

static int apply(int argc, char **argv, int *at, struct vmm_cfg *cfg)
{
	const struct option_row *row = find_row(argv[*at]);
	const char *value;

	if (!row)
		return log_error("%s: unknown option; see ssi-vmm --help", argv[*at]);
	if (!row->value)
		return log_error("%s takes no value", row->name);
	value = take_value(argc, argv, at);
	if (!value)
		return log_error("%s needs a value: %s %s", row->name, row->name,
				 row->value);
	return row->set(cfg, row->name, value);
}

enum options_verdict options_parse(int argc, char **argv, struct vmm_cfg *cfg)
{
	bool seen[ROWS] = { false };

	*cfg = (struct vmm_cfg){ .append = "console=ttyS0", .cpus = 1 };
	for (int i = 1; i < argc; i++) {
		const struct option_row *row = find_row(argv[i]);

		if (!strcmp(argv[i], "--help"))
			return OPTIONS_HELP;
		if (!strcmp(argv[i], "--version"))
			return OPTIONS_VERSION;
		if (row && seen[row - rows]) {
			log_error("%s is given twice", row->name);
			return OPTIONS_REFUSED;
		}
		if (row)
			seen[row - rows] = true;
		if (apply(argc, argv, &i, cfg))
			return OPTIONS_REFUSED;
	}
	return check_whole(cfg) ? OPTIONS_REFUSED : OPTIONS_RUN;
}
