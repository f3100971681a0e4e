// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/hello.c"

#include <stdlib.h>

#include "unit_ssictl_run.h"

static const struct ssi_hello sample = {
	.protocol = 0x01020304,
	.page_bytes = 4096,
	.chunk_bytes = 2 << 20,
	.channel = SSI_MEM_CHANNEL_DATA,
	.plain = true,
	.features = 0x1122334455667788ull,
	.from = 7,
	.to = 63,
	.incarnation = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
};

static void expect_same(const struct ssi_hello *a, const struct ssi_hello *b)
{
	ck_assert_uint_eq(a->protocol, b->protocol);
	ck_assert_uint_eq(a->page_bytes, b->page_bytes);
	ck_assert_uint_eq(a->chunk_bytes, b->chunk_bytes);
	ck_assert_uint_eq(a->channel, b->channel);
	ck_assert(a->plain == b->plain);
	ck_assert_uint_eq(a->features, b->features);
	ck_assert_uint_eq(a->from, b->from);
	ck_assert_uint_eq(a->to, b->to);
	ck_assert_mem_eq(a->incarnation, b->incarnation, sizeof(a->incarnation));
}

START_TEST(encode__fixed_bytes)
{
	static const uint8_t expected[SSI_HELLO_BYTES] =
		"SSIH\1\0\1\1"			   /* magic, version, channel, plain */
		"\4\3\2\1\0\x10\0\0\0\0\x20\0"	   /* protocol, page, chunk */
		"\7\0\0\0\x3f\0\0\0\0\0\0\0"	   /* from, to, reserved */
		"\x88\x77\x66\x55\x44\x33\x22\x11" /* features */
		"\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20";
	uint8_t wire[SSI_HELLO_BYTES];

	ssi_hello_encode(&sample, wire);
	ck_assert_mem_eq(wire, expected, sizeof(wire));
}
END_TEST

START_TEST(decode__what_was_encoded)
{
	uint8_t wire[SSI_HELLO_BYTES];
	struct ssi_hello hello;

	ssi_hello_encode(&sample, wire);
	ck_assert_uint_eq(ssi_hello_decode(wire, &hello), SSI_VERDICT_OK);
	expect_same(&hello, &sample);
}
END_TEST

/* One byte changed at @at to @value. */
static const struct malformed {
	unsigned int at;
	uint8_t value;
	enum ssi_verdict verdict;
} malformed[] = {
	{ 0, 'X', SSI_VERDICT_MALFORMED },   { 3, 0, SSI_VERDICT_MALFORMED },
	{ 4, 2, SSI_VERDICT_VERSION },	     { 4, 0, SSI_VERDICT_VERSION },
	{ 5, 1, SSI_VERDICT_VERSION },	     { 6, 2, SSI_VERDICT_MALFORMED },
	{ 6, 255, SSI_VERDICT_MALFORMED },   { 7, 2, SSI_VERDICT_MALFORMED },
	{ 20, 64, SSI_VERDICT_MALFORMED },   { 23, 1, SSI_VERDICT_MALFORMED },
	{ 24, 64, SSI_VERDICT_MALFORMED },   { 27, 0x80, SSI_VERDICT_MALFORMED },
	{ 28, 1, SSI_VERDICT_MALFORMED },    { 31, 1, SSI_VERDICT_MALFORMED },
	{ 56, 1, SSI_VERDICT_MALFORMED },    { 63, 1, SSI_VERDICT_MALFORMED },
	/* A feature that nobody knows yet is no error. */
	{ 39, 0xff, SSI_VERDICT_OK },
};

START_TEST(decode__malformed)
{
	const struct malformed *m = &malformed[_i];
	static const struct ssi_hello none;
	uint8_t wire[SSI_HELLO_BYTES];
	struct ssi_hello hello;

	ssi_hello_encode(&sample, wire);
	wire[m->at] = m->value;
	ck_assert_uint_eq(ssi_hello_decode(wire, &hello), m->verdict);
	if (m->verdict != SSI_VERDICT_OK)
		expect_same(&hello, &none);
}
END_TEST

START_TEST(decode__no_incarnation)
{
	struct ssi_hello hello = sample;
	uint8_t wire[SSI_HELLO_BYTES];

	memset(hello.incarnation, 0, sizeof(hello.incarnation));
	ssi_hello_encode(&hello, wire);
	ck_assert_uint_eq(ssi_hello_decode(wire, &hello), SSI_VERDICT_MALFORMED);
}
END_TEST

START_TEST(decode__random_bytes)
{
	uint8_t wire[SSI_HELLO_BYTES];
	struct ssi_hello hello;
	unsigned int i, round, seed = 1;

	for (round = 0; round < 20000; round++) {
		ssi_hello_encode(&sample, wire);
		for (i = round % 8; i < SSI_HELLO_BYTES; i++)
			wire[i] = rand_r(&seed);
		if (ssi_hello_decode(wire, &hello) == SSI_VERDICT_OK)
			ck_assert_uint_le(hello.from | hello.to, SSI_MEM_NODE_ID_MAX);
	}
}
END_TEST

static struct ssi_hello answer(void)
{
	struct ssi_hello other = sample;

	other.from = sample.to;
	other.to = sample.from;
	other.features = 0;
	return other;
}

START_TEST(judge__fits)
{
	struct ssi_hello other = answer();

	ck_assert_uint_eq(ssi_hello_judge(&sample, &other), SSI_VERDICT_OK);
	ck_assert_uint_eq(ssi_hello_judge(&other, &sample), SSI_VERDICT_OK);
}
END_TEST

START_TEST(judge__reasons)
{
	struct ssi_hello other = answer();

	other.channel = SSI_MEM_CHANNEL_CTL;
	ck_assert_uint_eq(ssi_hello_judge(&sample, &other), SSI_VERDICT_CHANNEL);
	other.plain = false;
	ck_assert_uint_eq(ssi_hello_judge(&sample, &other), SSI_VERDICT_MODE);
	other.to = 1;
	ck_assert_uint_eq(ssi_hello_judge(&sample, &other), SSI_VERDICT_WRONG_ID);
	other = answer();
	other.from = 1;
	ck_assert_uint_eq(ssi_hello_judge(&sample, &other), SSI_VERDICT_WRONG_ID);
	other.from = sample.from;
	ck_assert_uint_eq(ssi_hello_judge(&sample, &other), SSI_VERDICT_SAME_ID);
	other.chunk_bytes = 1;
	ck_assert_uint_eq(ssi_hello_judge(&sample, &other), SSI_VERDICT_GEOMETRY);
	other.protocol++;
	ck_assert_uint_eq(ssi_hello_judge(&sample, &other), SSI_VERDICT_PROTOCOL);
}
END_TEST

START_TEST(dial_back__lower_id_dials)
{
	struct ssi_hello low = { .from = 0 }, high = { .from = 63 };

	ck_assert(ssi_hello_dial_back(&low, &high, 1ull << 63));
	ck_assert(!ssi_hello_dial_back(&low, &high, ~(1ull << 63)));
	ck_assert(!ssi_hello_dial_back(&high, &low, ~0ull));
	ck_assert(!ssi_hello_dial_back(&low, &low, ~0ull));
}
END_TEST

START_TEST(verdict__round_trip_and_words)
{
	uint8_t wire[SSI_VERDICT_BYTES];
	unsigned int v;

	for (v = 0; v < SSI_VERDICT_COUNT; v++) {
		ssi_verdict_encode(v, wire);
		ck_assert_uint_eq(ssi_verdict_decode(wire), v);
		ck_assert_ptr_nonnull(ssi_verdict_text(v));
	}
	ck_assert_str_eq(ssi_verdict_text(SSI_VERDICT_COUNT), ssi_verdict_text(65535));
}
END_TEST

START_TEST(verdict__foreign)
{
	uint8_t wire[SSI_VERDICT_BYTES] = "SSIV\2\0\xff\x01";

	/* A later version's reason stays a refusal. */
	ck_assert_uint_eq(ssi_verdict_decode(wire), 0x1ff);
	wire[0] = 'T';
	ck_assert_uint_eq(ssi_verdict_decode(wire), SSI_VERDICT_MALFORMED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("hello");

	tcase_add_test(tc, encode__fixed_bytes);
	tcase_add_test(tc, decode__what_was_encoded);
	tcase_add_loop_test(tc, decode__malformed, 0, COUNT(malformed));
	tcase_add_test(tc, decode__no_incarnation);
	tcase_add_test(tc, decode__random_bytes);
	tcase_add_test(tc, judge__fits);
	tcase_add_test(tc, judge__reasons);
	tcase_add_test(tc, dial_back__lower_id_dials);
	tcase_add_test(tc, verdict__round_trip_and_words);
	tcase_add_test(tc, verdict__foreign);
	return run_case("ssictl_hello", tc);
}
