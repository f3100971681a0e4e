// SPDX-License-Identifier: Apache-2.0
/* forget.c: which of the living carries a death out, and what comes of it. */
#include "../../ssictl/forget.c"

#include <unistd.h>

#include "unit_ssictl_run.h"

#define SELF 2

/* ---- the kernel ---- */

static int forget_rc;
static unsigned int forgot;	  /* times */
static uint32_t whom;
static uint64_t region_members[2]; /* of two regions; 0 for none */
static struct ssi_nl_peer peer = { .id = 5 };
static bool has_peer;

int ssi_nl_open(struct ssi_nl **out)
{
	*out = NULL;
	return 0;
}

void ssi_nl_close(struct ssi_nl *nl)
{
	(void)nl;
}

const char *ssi_nl_text(const struct ssi_nl *nl)
{
	(void)nl;
	return forget_rc ? "the link to node 5 is up" : "";
}

int ssi_nl_peer_forget(struct ssi_nl *nl, const char *node, uint32_t dead, uint32_t timeout_ms,
		       uint64_t *lost)
{
	(void)nl;
	ck_assert_str_eq(node, "me");
	ck_assert_uint_gt(timeout_ms, 0);
	whom = dead;
	*lost = 12;
	__atomic_add_fetch(&forgot, 1, __ATOMIC_SEQ_CST);
	return forget_rc;
}

int ssi_nl_peer_get(struct ssi_nl *nl, const char *node, uint32_t id, struct ssi_nl_peer *out)
{
	(void)nl;
	(void)node;
	*out = peer;
	return has_peer && id == peer.id ? 0 : -ENOENT;
}

int ssi_nl_region_each(struct ssi_nl *nl, const char *node, ssi_nl_region_fn fn, void *arg)
{
	struct ssi_nl_region region = { .id = 1 };
	int i;

	(void)nl;
	(void)node;
	for (i = 0; i < 2; i++) {
		region.members = region_members[i];
		if (region.members)
			fn(&region, arg);
	}
	return 0;
}

static int64_t now = 1000;

int64_t ssi_handshake_now(void)
{
	return now;
}

/* ---- the agent ---- */

static struct ssi_forget *f;
static char said[4000];
static struct ssi_lease lease;

static void say(void *arg, int level, const char *request, const char *text)
{
	(void)arg;
	(void)level;
	ck_assert_str_eq(request, "");
	strcat(strcat(said, text), "\n");
}

static void setup(void)
{
	const struct ssi_nl_node node = { .name = "me", .id = SELF };

	f = ssi_forget_start(&node, say, NULL);
	ck_assert_ptr_nonnull(f);
	lease.members = 1 << SELF | 1 << 3;
	lease.dead = 1 << 5;
	memset(lease.node[5].incarnation, 5, SSI_MEM_INCARNATION_LEN);
}

static void teardown(void)
{
	ssi_forget_end(f);
}

static bool is_busy(void)
{
	bool busy;

	pthread_mutex_lock(&f->lock);
	busy = f->busy;
	pthread_mutex_unlock(&f->lock);
	return busy;
}

/* A look, and the end of what it starts, some seconds later. */
static void look(void)
{
	ssi_forget_look(f, NULL, &lease);
	while (is_busy())
		usleep(1000);
	now += 2 * AGAIN_MS;
}

START_TEST(look__lowest_of_all_does_it_once)
{
	look();
	ck_assert_uint_eq(forgot, 1);
	ck_assert_uint_eq(whom, 5);
	ck_assert_str_eq(said, "node 5 is dead and forgotten, 12 pages are lost\n");
	look();
	ck_assert_uint_eq(forgot, 1);
	/* The same id has died in another life. */
	memset(lease.node[5].incarnation, 6, SSI_MEM_INCARNATION_LEN);
	look();
	ck_assert_uint_eq(forgot, 2);
}
END_TEST

START_TEST(look__others_leave_it)
{
	lease.members |= 1 << 1;
	look();
	ck_assert_uint_eq(forgot, 0);
}
END_TEST

/* A region that the lowest of all is no member of goes on, too. */
START_TEST(look__lowest_of_a_region)
{
	lease.members |= 1 << 1;
	region_members[0] = 1 << 1 | 1 << SELF | 1 << 5;
	region_members[1] = 1 << SELF | 1 << 3;
	look();
	ck_assert_uint_eq(forgot, 0);
	region_members[1] = 1 << SELF | 1 << 3 | 1 << 5;
	look();
	ck_assert_uint_eq(forgot, 1);
	/* As long as the region has it, it is not done. */
	look();
	ck_assert_uint_eq(forgot, 2);
	region_members[1] = 1 << SELF | 1 << 3;
	look();
	ck_assert_uint_eq(forgot, 2);
}
END_TEST

/* Its link lives, so nothing is lost; it is said once, and tried again. */
START_TEST(look__refused)
{
	forget_rc = -EISCONN;
	look();
	look();
	ck_assert_uint_eq(forgot, 2);
	ck_assert_str_eq(said, "node 5 was declared dead, but can not be forgotten: the link to "
			       "node 5 is up; it is tried again; if that machine lives, let it leave "
			       "and join again\n");
	now -= 2 * AGAIN_MS;
	ssi_forget_look(f, NULL, &lease);
	ck_assert(!is_busy());
	now += 2 * AGAIN_MS;
	forget_rc = 0;
	look();
	ck_assert_uint_eq(forgot, 3);
	ck_assert_ptr_nonnull(strstr(said, "node 5 is dead and forgotten"));
}
END_TEST

/* A member that came back before anybody declared it dead. */
START_TEST(look__former_life)
{
	lease.dead = 0;
	lease.members |= 1 << 5;
	look();
	has_peer = true;
	memset(peer.incarnation, 5, sizeof(peer.incarnation));
	look();
	memset(peer.incarnation, 4, sizeof(peer.incarnation));
	peer.state[SSI_MEM_CHANNEL_DATA] = SSI_MEM_LINK_STATE_UP;
	look();
	ck_assert_uint_eq(forgot, 0);
	peer.state[SSI_MEM_CHANNEL_DATA] = SSI_MEM_LINK_STATE_DOWN;
	look();
	ck_assert_uint_eq(forgot, 1);
}
END_TEST

START_TEST(look__never_itself)
{
	lease.dead = 1 << SELF;
	look();
	ck_assert_uint_eq(forgot, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("forget");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, look__lowest_of_all_does_it_once);
	tcase_add_test(tc, look__others_leave_it);
	tcase_add_test(tc, look__lowest_of_a_region);
	tcase_add_test(tc, look__refused);
	tcase_add_test(tc, look__former_life);
	tcase_add_test(tc, look__never_itself);
	return run_case("ssictl_forget", tc);
}
