// SPDX-License-Identifier: Apache-2.0
/* What is etcd's alone; what every store does is in unit_coord_store.c. */
#include "../../coordinator/store_etcd.c"

#include <poll.h>

#include "unit_coord_etcd.h"
#include "unit_ssictl_run.h"

static char why[256];

static struct etcd_store *open_it(const char *where)
{
	const struct ssi_store_cfg cfg = { .where = where, .self = "http://me", .prefix = "/x/" };
	struct ssi_store *store = etcd_open(&cfg, why, sizeof(why));

	ck_assert_msg(store != NULL, "%s", why);
	return of(store);
}

static int lead(struct etcd_store *s)
{
	char leader[64];
	int i, ms = -1;

	/* A server that has just been started answers after a while. */
	for (i = 0; i < 300 && ms < 0; i++) {
		ms = etcd_lead(&s->store, leader, sizeof(leader));
		if (ms < 0)
			poll(NULL, 0, 100);
	}
	return ms;
}

static void end_lease(struct etcd_store *s)
{
	char lease[24];
	json_t *answer;

	snprintf(lease, sizeof(lease), "%" PRId64, s->lease);
	answer = call(s, "/v3/lease/revoke", json_pack("{s:s}", "ID", lease));
	ck_assert_ptr_nonnull(answer);
	json_decref(answer);
}

/* Who led and does not know yet that he no longer does writes nothing. */
START_TEST(append__lost_lead)
{
	struct etcd_store *s = open_it(etcd_url);

	ck_assert_int_gt(lead(s), 0);
	ck_assert_int_eq(etcd_append(&s->store, 1, "a"), 0);
	end_lease(s);
	ck_assert_int_eq(etcd_append(&s->store, 2, "b"), -EAGAIN);
	ck_assert_int_gt(lead(s), 0);
	ck_assert_int_eq(etcd_append(&s->store, 2, "b"), 0);
	etcd_close(&s->store);
}
END_TEST

/* A member that does not answer is passed over, each time it is its turn. */
START_TEST(call__next_member)
{
	char where[160];
	struct etcd_store *s;

	snprintf(where, sizeof(where), "http://127.0.0.1:%d,%s", free_port(), etcd_url);
	s = open_it(where);
	ck_assert_int_gt(lead(s), 0);
	etcd_close(&s->store);
	snprintf(where, sizeof(where), "http://127.0.0.1:%d", free_port());
	s = open_it(where);
	ck_assert_int_eq(etcd_append(&s->store, 1, "a"), -EIO);
	ck_assert_msg(strstr(s->store.why, "onnect") != NULL, "%s", s->store.why);
	etcd_close(&s->store);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("store_etcd");
	int rc;

	etcd_start();
	tcase_add_test(tc, append__lost_lead);
	tcase_add_test(tc, call__next_member);
	rc = run_case("coord_store_etcd", tc);
	etcd_stop();
	return rc;
}
