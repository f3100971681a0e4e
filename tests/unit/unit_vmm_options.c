// SPDX-License-Identifier: Apache-2.0
#include "unit_vmm_common.h"

#include "../../vmm/options.c"

#define WORDS_MAX 20

/* Splits a command line at blanks and parses it. */
static enum options_verdict parse(const char *line, struct vmm_cfg *cfg)
{
	static char copy[512];
	char *argv[WORDS_MAX + 1] = { "ssi-vmm" };
	int argc = 1;

	said[0] = '\0';
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	return options_parse(argc, argv, cfg);
}

START_TEST(options_parse_size__accepts)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "1K", 1024 },
		{ "256M", 256 * MIB },
		{ "1G", GIB },
		{ "2T", 2048 * GIB },
		{ "18446744073709551615", UINT64_MAX },
		{ "16777215T", 16777215 * (1024 * GIB) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t bytes;

		ck_assert_int_eq(options_parse_size(rows[i].text, &bytes), 0);
		ck_assert_uint_eq(bytes, rows[i].bytes);
	}
}
END_TEST

START_TEST(options_parse_size__refuses)
{
	static const char *const rows[] = {
		"", "M", "-1", "+1", " 1", "1 ", "1m", "1MB", "1MiB", "0x10",
		"1.5G", "1P", "18446744073709551616", "16777216T",
		"99999999999999999999999",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t bytes = 77;

		ck_assert_msg(options_parse_size(rows[i], &bytes) == -1,
			      "accepted \"%s\"", rows[i]);
		ck_assert_uint_eq(bytes, 77);
	}
}
END_TEST

START_TEST(options_parse__region)
{
	struct vmm_cfg cfg;

	ck_assert_int_eq(parse("--kernel k --initrd i --append a --memory 64M "
			       "--cpus 2 --region r --node n --control /c", &cfg),
			 OPTIONS_RUN);
	ck_assert_str_eq(cfg.kernel, "k");
	ck_assert_str_eq(cfg.initrd, "i");
	ck_assert_str_eq(cfg.append, "a");
	ck_assert_str_eq(cfg.region, "r");
	ck_assert_str_eq(cfg.node, "n");
	ck_assert_str_eq(cfg.control, "/c");
	ck_assert_uint_eq(cfg.memory, 64 * MIB);
	ck_assert_uint_eq(cfg.cpus, 2);
	ck_assert(!cfg.anon);
}
END_TEST

START_TEST(options_parse__defaults)
{
	struct vmm_cfg cfg;

	ck_assert_int_eq(parse("--kernel=k --region=r", &cfg), OPTIONS_RUN);
	ck_assert_ptr_null(cfg.initrd);
	ck_assert_ptr_null(cfg.node);
	ck_assert_str_eq(cfg.append, "console=ttyS0");
	ck_assert_uint_eq(cfg.memory, 0);
	ck_assert_uint_eq(cfg.cpus, 1);
}
END_TEST

START_TEST(options_parse__value_with_equals)
{
	struct vmm_cfg cfg;

	ck_assert_int_eq(parse("--kernel k --region r --append=root=/dev/vda", &cfg),
			 OPTIONS_RUN);
	ck_assert_str_eq(cfg.append, "root=/dev/vda");
}
END_TEST

START_TEST(options_parse__help_and_version)
{
	struct vmm_cfg cfg;

	ck_assert_int_eq(parse("--help", &cfg), OPTIONS_HELP);
	ck_assert_int_eq(parse("--kernel k --help", &cfg), OPTIONS_HELP);
	ck_assert_int_eq(parse("--version", &cfg), OPTIONS_VERSION);
}
END_TEST

START_TEST(options_parse__refuses)
{
#define OK  "--kernel k --region r "
#define TEN "/123456789"
	static const struct {
		const char *line;
		const char *words;
	} rows[] = {
		{ "", "--kernel FILE" },
		{ "--kernel k", "--memory-backend anon to run without" },
		{ "--region r", "no kernel given" },
		{ "--kernel", "--kernel needs a value" },
		{ OK "--frob", "--frob: unknown option" },
		{ OK "frob", "frob: unknown option" },
		{ OK "--kern k", "--kern: unknown option" },
		{ OK "-m 1G", "-m: unknown option" },
		{ OK "--", "--: unknown option" },
		{ OK "--help=x", "--help takes no value" },
		{ OK "--memory", "--memory needs a value" },
		{ OK "--memory 1.5G", "--memory 1.5G: not a size" },
		{ OK "--memory=", "not a size" },
		{ OK "--memory 65M", "multiple of 2 MiB" },
		{ OK "--memory 67108865", "multiple of 2 MiB" },
		{ OK "--memory 0", "too small" },
		{ OK "--memory 2M", "too small" },
		{ OK "--memory 64M --memory 64M", "--memory is given twice" },
		{ OK "--cpus 0", "--cpus 0: not a number" },
		{ OK "--cpus -1", "--cpus -1: not a number" },
		{ OK "--cpus 2x", "--cpus 2x: not a number" },
		{ OK "--cpus=", "not a number" },
		{ OK "--cpus 255", "more than 254" },
		{ OK "--cpus 99999999999999999999", "more than 254" },
		{ OK "--memory-backend file", "--memory-backend file: unknown" },
		{ OK "--memory-backend anon", "exclude each other" },
		{ "--kernel k --memory-backend anon", "needs --memory SIZE" },
		{ "--kernel k --memory-backend anon --memory 64M --node n",
		  "--node has no meaning" },
		{ "--kernel k --region=", "--region: the name is empty" },
		{ "--kernel k --region 12345678901234567890123456789012",
		  "more than 31 characters" },
		{ OK "--node 12345678901234567890123456789012",
		  "more than 31 characters" },
		{ OK "--control=", "1 to 107 characters" },
		{ OK "--control " TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "12345678",
		  "1 to 107 characters" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vmm_cfg cfg;

		ck_assert_msg(parse(rows[i].line, &cfg) == OPTIONS_REFUSED,
			      "accepted \"%s\"", rows[i].line);
		ck_assert_said(rows[i].words);
	}
}
END_TEST

START_TEST(options_help__names_every_option)
{
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text) - 1, "w");

	options_help(out);
	fclose(out);
	for (size_t i = 0; i < ROWS; i++)
		ck_assert_ptr_nonnull(strstr(text, rows[i].name));
	ck_assert_ptr_nonnull(strstr(text, "Exit codes"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		options_parse_size__accepts,  options_parse_size__refuses,
		options_parse__region,	      options_parse__defaults,
		options_parse__value_with_equals,
		options_parse__help_and_version,
		options_parse__refuses,	      options_help__names_every_option,
		NULL,
	};

	return run_tests("vmm_options", tests);
}
