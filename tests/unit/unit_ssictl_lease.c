// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/lease.c"

#include "unit_ssictl_run.h"

#define LIFE "0123456789abcdef0123456789abcdef"
#define NODE(id) "{\"id\":" #id ",\"incarnation\":\"" LIFE "\",\"address\":\"192.0.2.1:7000\"}"
#define HEAD "\"revision\":9,\"epoch\":8,\"lease_ms\":5000"
#define TAIL "\"questions\":[]"

static struct ssi_lease lease;
static char why[200];

static int take(const char *text)
{
	json_t *root = json_loads(text, 0, NULL);
	int rc;

	ck_assert_msg(root != NULL, "%s", text);
	rc = ssi_lease_read(root, &lease, why, sizeof(why));
	json_decref(root);
	return rc;
}

START_TEST(read__all)
{
	static const uint8_t life[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };

	ck_assert_int_eq(take("{" HEAD ",\"members\":[" NODE(0) "," NODE(63) "," NODE(64) "],"
			      "\"dead\":[" NODE(5) "],\"cluster\":\"later\",\"questions\":[{\"id\":3,"
			      "\"region\":\"guest\",\"address\":4096}]}"), 0);
	ck_assert_uint_eq(lease.revision, 9);
	ck_assert_uint_eq(lease.epoch, 8);
	ck_assert_uint_eq(lease.lease_ms, 5000);
	ck_assert(lease.has_members);
	ck_assert_uint_eq(lease.members, 1ull << 63 | 1);
	ck_assert_uint_eq(lease.dead, 1 << 5);
	ck_assert_mem_eq(lease.node[63].incarnation, life, 8);
	ck_assert_str_eq(lease.node[5].addr.text, "192.0.2.1:7000");
	ck_assert_uint_eq(lease.questions, 1);
	ck_assert_uint_eq(lease.question[0].id, 3);
	ck_assert_str_eq(lease.question[0].region, "guest");
	ck_assert_uint_eq(lease.question[0].address, 4096);
}
END_TEST

START_TEST(read__nothing_new)
{
	ck_assert_int_eq(take("{" HEAD "," TAIL "}"), 0);
	ck_assert(!lease.has_members);
}
END_TEST

static const char *const malformed[][2] = {
	{ "{}", "revision" },
	{ "{\"revision\":-1}", "revision" },
	{ "{\"revision\":\"9\"}", "revision" },
	{ "{\"revision\":9.0}", "revision" },
	{ "{\"revision\":9}", "epoch" },
	{ "{\"revision\":9,\"epoch\":0}", "epoch" },
	{ "{\"revision\":9,\"epoch\":8}", "lease_ms" },
	{ "{\"revision\":9,\"epoch\":8,\"lease_ms\":0}", "lease_ms" },
	{ "{\"revision\":9,\"epoch\":8,\"lease_ms\":99999999}", "lease_ms" },
	{ "{" HEAD "}", "questions" },
	{ "{" HEAD ",\"questions\":{}}", "questions" },
	{ "{" HEAD ",\"questions\":[7]}", "questions" },
	{ "{" HEAD ",\"questions\":[{\"id\":1,\"address\":0}]}", "questions" },
	{ "{" HEAD ",\"questions\":[{\"id\":1,\"region\":\"r\"}]}", "questions" },
	{ "{" HEAD ",\"questions\":[{\"id\":1,\"region\":\"r\",\"address\":-4}]}", "questions" },
	{ "{" HEAD ",\"questions\":[{\"id\":1,\"address\":0,\"region\":"
	  "\"a-name-that-is-longer-than-the-kernel-has-room\"}]}", "questions" },
	{ "{" HEAD ",\"members\":{}," TAIL "}", "members" },
	{ "{" HEAD ",\"members\":7," TAIL "}", "members" },
	{ "{" HEAD ",\"members\":[7]," TAIL "}", "members" },
	{ "{" HEAD ",\"members\":[{\"id\":1}]," TAIL "}", "members" },
	{ "{" HEAD ",\"members\":[" NODE(-1) "]," TAIL "}", "members" },
	{ "{" HEAD ",\"members\":[" NODE(1) "," NODE(1) "]," TAIL "}", "members" },
	{ "{" HEAD ",\"members\":[" NODE(1) "],\"dead\":[" NODE(1) "]," TAIL "}", "dead" },
	{ "{" HEAD ",\"members\":[{\"id\":1,\"address\":\"192.0.2.1:7000\",\"incarnation\":"
	  "\"0123456789ABCDEF0123456789abcdef\"}]," TAIL "}", "members" },
	{ "{" HEAD ",\"members\":[{\"id\":1,\"address\":\"192.0.2.1:7000\",\"incarnation\":"
	  "\"0123\"}]," TAIL "}", "members" },
	{ "{" HEAD ",\"members\":[{\"id\":1,\"address\":\"elsewhere:7000\",\"incarnation\":\"" LIFE
	  "\"}]," TAIL "}", "members" },
	{ "{" HEAD ",\"members\":[{\"id\":1,\"address\":\"192.0.2.1:0\",\"incarnation\":\"" LIFE
	  "\"}]," TAIL "}", "members" },
};

START_TEST(read__malformed)
{
	char expected[80];

	memset(&lease, 0x5a, sizeof(lease));
	ck_assert_int_eq(take(malformed[_i][0]), -1);
	snprintf(expected, sizeof(expected), "the coordinator's answer has no good %s",
		 malformed[_i][1]);
	ck_assert_str_eq(why, expected);
	ck_assert_uint_eq(lease.lease_ms, 0x5a5a5a5a);
}
END_TEST

START_TEST(read__too_many_questions)
{
	json_t *root = json_pack("{s:i, s:i, s:i, s:o}", "revision", 1, "epoch", 1, "lease_ms", 5000,
				 "questions", json_array()), *list;
	int i;

	list = json_object_get(root, "questions");
	for (i = 0; i < SSI_LEASE_QUESTIONS; i++)
		json_array_append_new(list, json_pack("{s:i, s:s, s:i}", "id", i, "region", "r",
						      "address", 0));
	ck_assert_int_eq(ssi_lease_read(root, &lease, why, sizeof(why)), 0);
	ck_assert_uint_eq(lease.questions, SSI_LEASE_QUESTIONS);
	json_array_append(list, json_array_get(list, 0));
	ck_assert_int_eq(ssi_lease_read(root, &lease, why, sizeof(why)), -1);
	json_decref(root);
}
END_TEST

START_TEST(id__of_a_host)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "{\"node\":{\"id\":63}}", NULL },
		{ "{\"node\":{\"id\":64}}", "takes those below 64" },
		{ "{\"node\":{\"id\":-1}}", "no good id" },
		{ "{\"node\":7}", "no good id" },
		{ "{}", "no good id" },
	};
	json_t *root = json_loads(cases[_i].text, 0, NULL);
	uint32_t id = 7;

	ck_assert_int_eq(ssi_lease_id(root, &id, why, sizeof(why)), cases[_i].why ? -1 : 0);
	ck_assert_uint_eq(id, cases[_i].why ? 7 : 63);
	if (cases[_i].why)
		ck_assert_ptr_nonnull(strstr(why, cases[_i].why));
	json_decref(root);
}
END_TEST

START_TEST(hex__and_back)
{
	uint8_t life[SSI_MEM_INCARNATION_LEN], again[SSI_MEM_INCARNATION_LEN];
	char hex[2 * SSI_MEM_INCARNATION_LEN + 1];
	json_t *text;
	int i;

	for (i = 0; i < SSI_MEM_INCARNATION_LEN; i++)
		life[i] = 17 * i + 3;
	ssi_lease_hex(life, hex);
	text = json_string(hex);
	ck_assert_int_eq(take_hex(text, again), 0);
	ck_assert_mem_eq(life, again, sizeof(life));
	json_decref(text);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("lease");

	tcase_add_test(tc, read__all);
	tcase_add_test(tc, read__nothing_new);
	tcase_add_loop_test(tc, read__malformed, 0, COUNT(malformed));
	tcase_add_test(tc, read__too_many_questions);
	tcase_add_loop_test(tc, id__of_a_host, 0, 5);
	tcase_add_test(tc, hex__and_back);
	return run_case("ssictl_lease", tc);
}
