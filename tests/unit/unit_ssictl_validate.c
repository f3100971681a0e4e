// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/validate.c"

#include <stdio.h>
#include <stdlib.h>

#include "unit_ssictl_run.h"

#define HOSTS 3

static struct ssi_facts facts[HOSTS];
static char said[8192];

static json_t *peer(int id)
{
	return json_pack("{s:i, s:s, s:s, s:s}", "peer", id, "control_link", "up", "data_link", "up",
			 "transport", "TLS");
}

static json_t *facts_of(int id)
{
	json_t *peers = json_array();
	int i;

	for (i = 0; i < HOSTS; i++) {
		if (i != id)
			json_array_append_new(peers, peer(i));
	}
	return json_pack("{s:s, s:i, s:i, s:{s:[{s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:o}]},"
			 " s:{s:[{s:s, s:s, s:i}]}, s:{s:[{s:s, s:s, s:s, s:s}]}}",
			 "kernel", "6.1", "time", 5000, "mtu", 1500, "status", "nodes", "node", "ssi",
			 "id", id, "agent", 7, "share", 1 << 30, "used", 1 << 20,
			 "stalled_faults", 0, "state", "member", "peers", peers, "version",
			 "versions", "ssictl", "0.1", "module", "0.1", "protocol", 6, "doctor",
			 "checks", "check", "kvm", "health", "ok", "text", "fine", "remedy", "");
}

static void setup(void)
{
	static const char *const names[HOSTS] = { "one", "two", "three" };
	int i;

	for (i = 0; i < HOSTS; i++)
		facts[i] = (struct ssi_facts){ .host = names[i], .root = facts_of(i),
					       .why = "no route", .began = 4000, .ended = 4500 };
}

static void teardown(void)
{
	int i;

	for (i = 0; i < HOSTS; i++)
		json_decref(facts[i].root);
}

/* Keeps what is not well. */
static void take(const char *host, const struct ssi_finding *f, void *arg)
{
	static const char *const words[] = { "ok", "warn", "fail" };
	size_t len = strlen(said);

	(void)arg;
	ck_assert(f->health == SSI_HEALTH_OK || *f->remedy);
	if (f->health != SSI_HEALTH_OK)
		snprintf(said + len, sizeof(said) - len, "%s %s %s: %s\n", words[f->health], host,
			 f->check, f->text);
}

static const char *judge(void)
{
	*said = 0;
	ssi_validate(facts, HOSTS, take, NULL);
	return said;
}

static json_t *node(int i)
{
	return node_of(&facts[i]);
}

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

START_TEST(validate__well)
{
	ck_assert_str_eq(judge(), "");
}
END_TEST

START_TEST(validate__one_machine)
{
	set(node(1), "agent", json_null());
	ck_assert_str_eq(judge(),
			 "fail two node: node ssi has no agent: links that break stay down\n");
	set(node(1), "agent", json_integer(1));
	set(node(1), "state", json_string("draining"));
	ck_assert_str_eq(judge(), "warn two node: node ssi is draining\n");
	set(node(1), "state", json_string("member"));
	set(node(1), "used", json_integer((1 << 30) - 1));
	ck_assert_str_eq(judge(), "warn two room: 1023 of 1024 MiB of the share are used\n");
	set(node(1), "used", json_integer(0));
	set(node(1), "stalled_faults", json_integer(2));
	ck_assert_str_eq(judge(), "fail two memory: 2 page faults wait for more than a second\n");
}
END_TEST

START_TEST(validate__clock_and_mtu)
{
	set(facts[2].root, "time", json_integer(5501));
	ck_assert_str_eq(judge(), "warn three clock: it is 1001 ms from the clock here\n");
	set(facts[2].root, "time", json_integer(2999));
	ck_assert_str_eq(judge(), "warn three clock: it is -1001 ms from the clock here\n");
	set(facts[2].root, "time", json_integer(3000));
	set(facts[2].root, "mtu", json_integer(9000));
	ck_assert_str_eq(judge(), "warn three mtu: 9000, but 1500 on one\n");
}
END_TEST

START_TEST(validate__releases)
{
	json_t *its = item_of(&facts[1], "version", "versions");

	set(its, "protocol", json_integer(7));
	ck_assert_str_eq(judge(),
			 "fail two release: its module speaks protocol 7, that of one 6\n");
	set(its, "module", json_string("0.2"));
	ck_assert_str_eq(judge(), "fail two release: module 0.2, but ssictl 0.1\n");
	set(its, "ssictl", json_string("0.2"));
	ck_assert_str_eq(judge(), "fail two release: ssictl 0.2, but 0.1 on one\n");
}
END_TEST

/* A link has two ends, and each says what it sees. */
START_TEST(validate__links)
{
	json_t *link = json_array_get(json_object_get(node(2), "peers"), 1);

	set(link, "transport", json_string("PLAIN"));
	ck_assert_str_eq(judge(), "warn three links: 1 of 2 links are not encrypted\n");
	set(link, "data_link", json_string("resuming"));
	ck_assert_str_eq(judge(), "fail three links: no link to node 1 on two is up\n");
	json_array_clear(json_object_get(node(0), "peers"));
	judge();
	ck_assert_ptr_nonnull(strstr(said, "fail one links: no link to node 1 on two is up\n"));
	ck_assert_ptr_nonnull(strstr(said, "fail one links: no link to node 2 on three is up\n"));
}
END_TEST

START_TEST(validate__missing)
{
	set(node(1), "id", json_integer(0));
	judge();
	ck_assert_ptr_nonnull(strstr(said, "fail two node: one has the id 0 as well\n"));
	json_object_clear(facts[1].root);
	judge();
	ck_assert_ptr_nonnull(strstr(said, "fail two node: no node has joined here\n"));
	ck_assert_ptr_nonnull(strstr(said, "fail two doctor: it has no ssictl that answers\n"));
	json_decref(facts[0].root);
	facts[0].root = NULL;
	judge();
	ck_assert_ptr_nonnull(strstr(said, "fail one ssh: no route\n"));
	ck_assert_ptr_null(strstr(said, "fail three"));
}
END_TEST

START_TEST(validate__doctor)
{
	json_t *check = item_of(&facts[0], "doctor", "checks");

	set(check, "health", json_string("warn"));
	set(check, "remedy", json_string("do it"));
	ck_assert_str_eq(judge(), "warn one kvm: fine\n");
	set(check, "health", json_string("fail"));
	ck_assert_str_eq(judge(), "fail one kvm: fine\n");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("validate");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, validate__well);
	tcase_add_test(tc, validate__one_machine);
	tcase_add_test(tc, validate__clock_and_mtu);
	tcase_add_test(tc, validate__releases);
	tcase_add_test(tc, validate__links);
	tcase_add_test(tc, validate__missing);
	tcase_add_test(tc, validate__doctor);
	return run_case("ssictl_validate", tc);
}
