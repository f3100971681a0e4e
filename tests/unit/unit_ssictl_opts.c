// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/opts.c"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "unit_ssictl_run.h"

#define BAD 0

static const struct size_case {
	const char *text;
	uint64_t bytes;
} sizes[] = {
	{ "1", 1 },
	{ "4096", 4096 },
	{ "4K", 4096 },
	{ "4k", 4096 },
	{ "64M", 64ull << 20 },
	{ "64MiB", 64ull << 20 },
	{ "2G", 2ull << 30 },
	{ "1T", 1ull << 40 },
	{ "16777215T", 16777215ull << 40 },
	{ "18446744073709551615", UINT64_MAX },
	{ "16777216T", BAD },
	{ "18446744073709551616", BAD },
	{ "0", BAD },
	{ "0M", BAD },
	{ "", BAD },
	{ "M", BAD },
	{ "-1", BAD },
	{ "+1", BAD },
	{ " 1", BAD },
	{ "1 ", BAD },
	{ "1MB", BAD },
	{ "1iB", BAD },
	{ "1.5G", BAD },
	{ "0x10", BAD },
	{ "1MM", BAD },
	{ "1MiBx", BAD },
};

START_TEST(size__table)
{
	const struct size_case *c = &sizes[_i];
	uint64_t bytes = 0;
	const char *expected = ssi_opts_size(c->text, &bytes);

	ck_assert_msg(!expected == (c->bytes != BAD), "'%s'", c->text);
	ck_assert_uint_eq(bytes, c->bytes);
}
END_TEST

static const struct addr_case {
	const char *text;
	int family;
	const char *host;
	unsigned int port;
} addrs[] = {
	{ "127.0.0.1:7000", AF_INET, "127.0.0.1", 7000 },
	{ "0.0.0.0:1", AF_INET, "0.0.0.0", 1 },
	{ "[::1]:65535", AF_INET6, "::1", 65535 },
	{ "[2001:db8::1]:7000", AF_INET6, "2001:db8::1", 7000 },
	{ "[::ffff:192.0.2.1]:80", AF_INET6, "::ffff:192.0.2.1", 80 },
	{ "127.0.0.1", 0, NULL, 0 },
	{ "127.0.0.1:", 0, NULL, 0 },
	{ "127.0.0.1:0", 0, NULL, 0 },
	{ "127.0.0.1:65536", 0, NULL, 0 },
	{ "127.0.0.1:-1", 0, NULL, 0 },
	{ "127.0.0.1:http", 0, NULL, 0 },
	{ "127.0.0.1:70 ", 0, NULL, 0 },
	{ ":7000", 0, NULL, 0 },
	{ "::1:7000", 0, NULL, 0 },
	{ "[::1]", 0, NULL, 0 },
	{ "[::1]7000", 0, NULL, 0 },
	{ "[::1:7000", 0, NULL, 0 },
	{ "[]:7000", 0, NULL, 0 },
	{ "[127.0.0.1]:7000", 0, NULL, 0 },
	{ "localhost:7000", 0, NULL, 0 },
	{ "256.0.0.1:7000", 0, NULL, 0 },
	{ "", 0, NULL, 0 },
	{ "[0000000000000000000000000000000000000000000000000000000000000000000::1]:1", 0, NULL,
	  0 },
};

START_TEST(addr__table)
{
	const struct addr_case *c = &addrs[_i];
	struct ssi_addr addr = { .len = 0 };
	const char *expected = ssi_opts_addr(c->text, &addr);
	char host[INET6_ADDRSTRLEN];

	ck_assert_msg(!expected == (c->family != 0), "'%s'", c->text);
	if (expected)
		return;
	ck_assert_int_eq(addr.ss.ss_family, c->family);
	if (c->family == AF_INET) {
		struct sockaddr_in *sin = (struct sockaddr_in *)&addr.ss;

		inet_ntop(AF_INET, &sin->sin_addr, host, sizeof(host));
		ck_assert_uint_eq(ntohs(sin->sin_port), c->port);
		ck_assert_uint_eq(addr.len, sizeof(*sin));
	} else {
		struct sockaddr_in6 *sin = (struct sockaddr_in6 *)&addr.ss;

		inet_ntop(AF_INET6, &sin->sin6_addr, host, sizeof(host));
		ck_assert_uint_eq(ntohs(sin->sin6_port), c->port);
		ck_assert_uint_eq(addr.len, sizeof(*sin));
	}
	ck_assert_str_eq(host, c->host);
	ck_assert_str_eq(addr.text, c->text);
}
END_TEST

START_TEST(peer__list)
{
	static struct ssi_peers peers;

	ck_assert_ptr_null(ssi_opts_peer("0=127.0.0.1:7000", &peers));
	ck_assert_ptr_null(ssi_opts_peer("63=[::1]:7001", &peers));
	ck_assert_uint_eq(peers.listed, 1 | 1ull << 63);
	ck_assert_str_eq(peers.addr[63].text, "[::1]:7001");
	ck_assert_ptr_nonnull(ssi_opts_peer("0=127.0.0.1:7002", &peers));
	ck_assert_ptr_nonnull(ssi_opts_peer("64=127.0.0.1:7002", &peers));
	ck_assert_ptr_nonnull(ssi_opts_peer("1000=127.0.0.1:7002", &peers));
	ck_assert_ptr_nonnull(ssi_opts_peer("=127.0.0.1:7002", &peers));
	ck_assert_ptr_nonnull(ssi_opts_peer("-1=127.0.0.1:7002", &peers));
	ck_assert_ptr_nonnull(ssi_opts_peer("127.0.0.1:7002", &peers));
	ck_assert_ptr_nonnull(ssi_opts_peer("5=", &peers));
	ck_assert_ptr_nonnull(ssi_opts_peer("", &peers));
}
END_TEST

START_TEST(name__rules)
{
	static const char *const bad[] = { "", "a b", "a/b", "\"", "-x", "a\n",
					   "12345678901234567890123456789012" };
	const char *name = NULL;
	int i;

	ck_assert_ptr_null(ssi_opts_name("1234567890123456789012345678901", &name));
	ck_assert_ptr_null(ssi_opts_name("node0.rack-1_a", &name));
	ck_assert_str_eq(name, "node0.rack-1_a");
	for (i = 0; i < COUNT(bad); i++)
		ck_assert_ptr_nonnull(ssi_opts_name(bad[i], &name));
}
END_TEST

START_TEST(numbers__rules)
{
	uint32_t n = 0;

	ck_assert_ptr_null(ssi_opts_id("63", &n));
	ck_assert_uint_eq(n, 63);
	ck_assert_ptr_nonnull(ssi_opts_id("64", &n));
	ck_assert_ptr_nonnull(ssi_opts_id("", &n));
	ck_assert_ptr_null(ssi_opts_seconds("600", &n));
	ck_assert_uint_eq(n, 600000);
	ck_assert_ptr_nonnull(ssi_opts_seconds("0", &n));
	ck_assert_ptr_nonnull(ssi_opts_seconds("601", &n));
	ck_assert_ptr_null(ssi_opts_u32("4294967294", &n));
	ck_assert_ptr_nonnull(ssi_opts_u32("4294967295", &n));
	ck_assert_ptr_nonnull(ssi_opts_u32("99999999999999999999", &n));
}
END_TEST

START_TEST(owner__rules)
{
	uint32_t n = 1;

	ck_assert_ptr_null(ssi_opts_user("root", &n));
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(ssi_opts_user("4294967294", &n));
	ck_assert_uint_eq(n, 4294967294);
	ck_assert_ptr_nonnull(ssi_opts_user("4294967295", &n));
	ck_assert_ptr_nonnull(ssi_opts_user("no such user", &n));
	ck_assert_ptr_nonnull(ssi_opts_user("", &n));
	ck_assert_ptr_null(ssi_opts_group("root", &n));
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(ssi_opts_group("7", &n));
	ck_assert_uint_eq(n, 7);
	ck_assert_ptr_nonnull(ssi_opts_group("no such group", &n));
}
END_TEST

START_TEST(mode__rules)
{
	static const char *const bad[] = { "", "8", "1000", "00777", "-1", "6 6", "rw" };
	uint32_t n = 0;
	int i;

	ck_assert_ptr_null(ssi_opts_mode("0640", &n));
	ck_assert_uint_eq(n, 0640);
	ck_assert_ptr_null(ssi_opts_mode("777", &n));
	ck_assert_uint_eq(n, 0777);
	ck_assert_ptr_null(ssi_opts_mode("0", &n));
	ck_assert_uint_eq(n, 0);
	for (i = 0; i < COUNT(bad); i++)
		ck_assert_ptr_nonnull(ssi_opts_mode(bad[i], &n));
}
END_TEST

static const struct ssi_opt table[] = {
	{ "id", 0, "N", "id", ssi_opts_id, offsetof(struct ssi_args, id), true, false },
	{ "peer", 0, "P", "peer", ssi_opts_peer, offsetof(struct ssi_args, peers), false, true },
	{ "json", 'j', NULL, "json", ssi_opts_flag, offsetof(struct ssi_args, json), false, false },
	{ NULL, 0, NULL, NULL, NULL, 0, false, false },
};

static struct ssi_args args;
static struct ssi_optargs line;

/* The same with arguments. */
static const struct ssi_opt with_name[] = {
	{ "NAME", 0, NULL, "name", ssi_opts_name, offsetof(struct ssi_args, name), true, false },
	{ "PEER", 0, NULL, "peer", ssi_opts_peer, offsetof(struct ssi_args, peers), false, true },
	{ "json", 'j', NULL, "json", ssi_opts_flag, offsetof(struct ssi_args, json), false, false },
	{ NULL, 0, NULL, NULL, NULL, 0, false, false },
};

static int parse(const char *const *words, const struct ssi_opt *opts)
{
	line = (struct ssi_optargs){ .opts = opts, .argv = (char **)words };
	while (words[line.argc])
		line.argc++;
	memset(&args, 0, sizeof(args));
	return ssi_opts_parse(&line, &args);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

START_TEST(parse__accepts)
{
	ck_assert_int_eq(parse(WORDS("--id", "7"), table), 0);
	ck_assert_uint_eq(args.id, 7);
	ck_assert_int_eq(parse(WORDS("--id=8", "-j"), table), 0);
	ck_assert_uint_eq(args.id, 8);
	ck_assert(args.json);
	ck_assert_int_eq(parse(WORDS("--json", "x"), with_name), 0);
	ck_assert_str_eq(args.name, "x");
	ck_assert_int_eq(parse(WORDS("x", "1=[::]:1", "--json", "2=[::]:2"), with_name), 0);
	ck_assert_uint_eq(args.peers.listed, 6);
	ck_assert_int_eq(parse(WORDS("--peer", "1=[::]:1", "--peer=2=[::]:2", "--id=0"), table), 0);
	ck_assert_uint_eq(args.peers.listed, 6);
}
END_TEST

START_TEST(parse__refuses)
{
	static const struct {
		const char *words[6];
		const struct ssi_opt *opts;
		const char *why;
	} cases[] = {
		{ { "--bogus" }, table, "unknown option '--bogus'" },
		{ { "--i", "7" }, table, "unknown option '--i'" },
		{ { "--" }, table, "unknown option '--'" },
		{ { "-x" }, table, "unknown option '-x'" },
		{ { "-jx" }, table, "unknown option '-jx'" },
		{ { "--id" }, table, "--id takes a value" },
		{ { "--json=1", "--id", "1" }, table, "--json takes no value" },
		{ { "--id", "1", "--id", "2" }, table, "--id stands twice" },
		{ { "--id", "x" }, table, "--id: 'x' is not a node id, 0 to 63" },
		{ { "-j" }, table, "--id N is missing" },
		{ { "--id", "1", "x" }, table, "unexpected argument 'x'" },
		{ { "-j" }, with_name, "NAME is missing" },
		{ { "-" }, with_name, "'-' is not a name" },
		{ { "x", "y" }, with_name, "'y' is not N=ADDR:PORT" },
		{ { "--NAME", "x" }, with_name, "unknown option '--NAME'" },
		{ { "x", "--NAME=x" }, with_name, "unknown option '--NAME=x'" },
	};
	int i;

	for (i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(parse(cases[i].words, cases[i].opts), -1);
		ck_assert_msg(!strncmp(line.why, cases[i].why, strlen(cases[i].why)),
			      "'%s' instead of '%s'", line.why, cases[i].why);
	}
}
END_TEST

static const struct ssi_opt with_command[] = {
	{ "NAME", 0, NULL, "name", ssi_opts_name, offsetof(struct ssi_args, name), true, false },
	{ "id", 0, "N", "id", ssi_opts_id, offsetof(struct ssi_args, id), false, false },
	{ "", 0, "COMMAND", "command", NULL, offsetof(struct ssi_args, command), true, false },
	{ NULL, 0, NULL, NULL, NULL, 0, false, false },
};

START_TEST(parse__command)
{
	static const char *const full[] = { "x", "--id", "1", "--", "run", "--", "-x", NULL };
	static const char *const bare[] = { "x", "--", NULL };
	static const char *const none[] = { "x", NULL };

	line = (struct ssi_optargs){ .opts = with_command, .argc = 7,
				     .argv = (char **)full };
	memset(&args, 0, sizeof(args));
	ck_assert_int_eq(ssi_opts_parse(&line, &args), 0);
	ck_assert_str_eq(args.name, "x");
	ck_assert_uint_eq(args.id, 1);
	ck_assert_str_eq(args.command[0], "run");
	ck_assert_str_eq(args.command[1], "--");
	ck_assert_str_eq(args.command[2], "-x");
	ck_assert_ptr_null(args.command[3]);
	line.argc = 2;
	line.argv = (char **)bare;
	memset(&args, 0, sizeof(args));
	ck_assert_int_eq(ssi_opts_parse(&line, &args), -1);
	ck_assert_str_eq(line.why, "-- COMMAND is missing");
	line.argc = 1;
	line.argv = (char **)none;
	memset(&args, 0, sizeof(args));
	ck_assert_int_eq(ssi_opts_parse(&line, &args), -1);
	ck_assert_str_eq(line.why, "-- COMMAND is missing");
}
END_TEST

START_TEST(usage__from_the_table)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ssi_opts_usage(f, table, false);
	fclose(f);
	ck_assert_str_eq(text, " --id N [--peer P]... [--json]");
	free(text);
	f = open_memstream(&text, &size);
	ssi_opts_usage(f, with_name, false);
	fclose(f);
	ck_assert_str_eq(text, " NAME [PEER]... [--json]");
	free(text);
}
END_TEST

START_TEST(address__table)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t address;
	} cases[] = {
		{ "0", true, 0 },
		{ "4096", true, 4096 },
		{ "0x1000", true, 4096 },
		{ "0xFFFFFFFFFFFFFFF", true, 0xfffffffffffffff },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "0x1000000000000000", false, 0 },
		{ "0x", false, 0 },
		{ "0x1g", false, 0 },
		{ "0x-1", false, 0 },
		{ "1000x", false, 0 },
		{ "ff", false, 0 },
		{ "-1", false, 0 },
		{ " 1", false, 0 },
		{ "", false, 0 },
	};
	uint64_t address = 0;
	int i;

	for (i = 0; i < COUNT(cases); i++) {
		ck_assert_msg(!ssi_opts_address(cases[i].text, &address) == cases[i].good, "%s",
			      cases[i].text);
		if (cases[i].good)
			ck_assert_uint_eq(address, cases[i].address);
	}
}
END_TEST

START_TEST(words__joined)
{
	char words[SSI_WORDS] = "";

	ck_assert_ptr_null(ssi_opts_words("region", words));
	ck_assert_ptr_null(ssi_opts_words("list", words));
	ck_assert_str_eq(words, "region list");
	ck_assert_ptr_nonnull(ssi_opts_words("a-word-of-21-characters", words));
	ck_assert_ptr_nonnull(ssi_opts_words("", words));
	ck_assert_str_eq(words, "region list");
}
END_TEST

START_TEST(choices__given)
{
	struct ssi_number number = { 0 };

	ck_assert_ptr_null(ssi_opts_number("0", &number));
	ck_assert(number.given);
	ck_assert_uint_eq(number.value, 0);
	ck_assert_ptr_null(ssi_opts_owner("63", &number));
	ck_assert_uint_eq(number.value, 63);
	ck_assert_ptr_nonnull(ssi_opts_owner("64", &number));
	ck_assert_ptr_nonnull(ssi_opts_number("-1", &number));
}
END_TEST

static const struct pages_case {
	const char *text;
	bool good;
	uint32_t first;
	uint32_t last;
} ranges[] = {
	{ "0", true, 0, 0 },
	{ "7-7", true, 7, 7 },
	{ "0-511", true, 0, 511 },
	{ "4294967295", true, UINT32_MAX, UINT32_MAX },
	{ "4294967296", false, 0, 0 },
	{ "5-4", false, 0, 0 },
	{ "-4", false, 0, 0 },
	{ "4-", false, 0, 0 },
	{ "4-5-6", false, 0, 0 },
	{ "4-0x8", false, 0, 0 },
	{ "", false, 0, 0 },
};

START_TEST(pages__table)
{
	const struct pages_case *c = &ranges[_i];
	struct ssi_pages pages = { 0 };

	ck_assert_msg(!ssi_opts_pages(c->text, &pages) == c->good, "'%s'", c->text);
	ck_assert_int_eq(pages.given, c->good);
	ck_assert_uint_eq(pages.first, c->first);
	ck_assert_uint_eq(pages.last, c->last);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("opts");

	tcase_add_loop_test(tc, size__table, 0, COUNT(sizes));
	tcase_add_loop_test(tc, addr__table, 0, COUNT(addrs));
	tcase_add_test(tc, peer__list);
	tcase_add_test(tc, name__rules);
	tcase_add_test(tc, numbers__rules);
	tcase_add_test(tc, address__table);
	tcase_add_test(tc, words__joined);
	tcase_add_test(tc, choices__given);
	tcase_add_loop_test(tc, pages__table, 0, COUNT(ranges));
	tcase_add_test(tc, owner__rules);
	tcase_add_test(tc, mode__rules);
	tcase_add_test(tc, parse__accepts);
	tcase_add_test(tc, parse__refuses);
	tcase_add_test(tc, parse__command);
	tcase_add_test(tc, usage__from_the_table);
	return run_case("ssictl_opts", tc);
}
