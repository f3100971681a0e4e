// SPDX-License-Identifier: Apache-2.0
/*
 * keeper.c with a coordinator that is played here, behind real HTTP, and a kernel
 * that remembers what it is told.
 */
#include "../../ssictl/keeper.c"

#include <linux/ssi_mem_dev.h>

#include "unit_ssictl_run.h"
#include "unit_ssictl_web.h"

/* ---- the kernel ---- */

static struct ssi_nl_node node;
static uint64_t epoch, members; /* as it was told */
static uint64_t newest;		/* epochs below are refused */
static unsigned int looks;	/* of who carries deaths out */
static uint64_t seen_dead;

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
	return "the members of epoch 9 are known";
}

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	(void)nl;
	ck_assert_str_eq(name, "me");
	return fn(&node, arg);
}

int ssi_nl_members_set(struct ssi_nl *nl, const char *name, uint64_t e, uint64_t m)
{
	(void)nl;
	ck_assert_str_eq(name, "me");
	if (e < newest)
		return -ESTALE;
	epoch = e;
	__atomic_store_n(&members, m, __ATOMIC_SEQ_CST);
	return 0;
}

int ssi_nl_run_each(struct ssi_nl *nl, const struct ssi_nl_region *region,
		    const struct ssi_nl_range *range, ssi_nl_run_fn fn, void *arg)
{
	const struct ssi_nl_run run = {
		.home = 3, .owner = 5, .state = SSI_MEM_PAGE_STATE_SOLE, .sharers = 2, .homed_here = true,
	};

	(void)nl;
	ck_assert_str_eq(region->node, "me");
	ck_assert_str_eq(region->name, "guest");
	ck_assert_uint_eq(range->first, 2);
	ck_assert_uint_eq(range->pages, 1);
	return fn(&run, arg);
}

struct ssi_forget *ssi_forget_start(const struct ssi_nl_node *self,
				    ssi_say_fn say, void *arg)
{
	(void)say;
	(void)arg;
	ck_assert_uint_eq(self->id, 3);
	return (struct ssi_forget *)&looks;
}

void ssi_forget_end(struct ssi_forget *f)
{
	(void)f;
}

void ssi_forget_look(struct ssi_forget *f, struct ssi_nl *nl, const struct ssi_lease *lease)
{
	(void)f;
	(void)nl;
	seen_dead = lease->dead;
	__atomic_add_fetch(&looks, 1, __ATOMIC_SEQ_CST);
}

void ssi_figures_add(struct ssi_figures *figures, struct ssi_nl *nl, const char *name, json_t *body)
{
	(void)figures;
	(void)nl;
	(void)name;
	json_object_set_new(body, "times", json_array());
}

/* ---- the coordinator ---- */

#define LIFE "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define LEASE_MS 600
#define HEAD "\"revision\":7,\"epoch\":7,\"lease_ms\":600"
#define MEMBERS                                                                                    \
	"\"members\":[{\"id\":3,\"incarnation\":\"" LIFE "\",\"address\":\"192.0.2.3:7000\"},"         \
	"{\"id\":5,\"incarnation\":\"" LIFE "\",\"address\":\"192.0.2.5:7000\"}],"                     \
	"\"dead\":[{\"id\":6,\"incarnation\":\"" LIFE "\",\"address\":\"192.0.2.6:7000\"}],"
#define JOINED WEB_OK("{" HEAD "," MEMBERS "\"questions\":[]}")
#define PROBLEM(status, word) WEB_PROBLEM(status, "{\"type\":\"/docs#problem-" word "\",\"detail\":" \
					  "\"it is " word "\",\"remedy\":\"do something\"," \
					  "\"request_id\":\"beef\"}")

static struct web web;
static const char *registered, *joined, *renewed, *drained, *removed;
static unsigned int registers, joins, beats, drains, removes;
static char last_join[2000], last_beat[8000], last_drain[2000];

static bool is_for(const struct web *w, const char *what)
{
	return !strncmp(w->asked, what, strlen(what));
}

static void keep_body(const struct web *w, char *to, size_t size)
{
	snprintf(to, size, "%s", strstr(w->asked, "\r\n\r\n") + 4);
}

static void count(unsigned int *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_SEQ_CST);
}

static void choose(struct web *w)
{
	if (is_for(w, "POST /nodes HTTP")) {
		web_say(w, registered);
		count(&registers);
	} else if (is_for(w, "POST /nodes/3/endpoint HTTP")) {
		keep_body(w, last_join, sizeof(last_join));
		web_say(w, joined);
		count(&joins);
	} else if (is_for(w, "POST /nodes/3/lease HTTP")) {
		keep_body(w, last_beat, sizeof(last_beat));
		web_say(w, renewed);
		count(&beats);
	} else if (is_for(w, "POST /nodes/3/drain HTTP")) {
		keep_body(w, last_drain, sizeof(last_drain));
		web_say(w, drained);
		count(&drains);
	} else if (is_for(w, "DELETE /nodes/3 HTTP")) {
		/* What is refused for its parts of regions is not once it drains. */
		web_say(w, drains ? WEB_OK("{}") : removed);
		count(&removes);
	}
}

/* ---- the agent ---- */

int64_t ssi_handshake_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct ssi_keeper *keeper;
static struct ssi_news news;
static struct ssi_keeper_cfg cfg;
static char said[4000];
static char said_of[40]; /* the request that the last line is of */

static void say(void *arg, int level, const char *request, const char *text)
{
	(void)level;
	ck_assert_ptr_eq(arg, &said);
	strcat(strcat(said, text), "\n");
	strcpy(said_of, request);
}

static void setup(void)
{
	web_start(&web);
	web.choose = choose;
	registered = WEB_OK("{\"node\":{\"id\":3}}");
	joined = JOINED;
	renewed = WEB_OK("{" HEAD ",\"questions\":[]}");
	drained = WEB_OK("{}");
	removed = WEB_OK("{}");
	strcpy(node.name, "me");
	node.id = 3;
	node.share = 1 << 20;
	node.owned = 2;
	node.stats.counter[SSI_MEM_S_FAULTS_READ] = 4711;
	memset(node.incarnation, 0x5a, sizeof(node.incarnation));
	cfg = (struct ssi_keeper_cfg){
		.rest = { .urls = web.url, .timeout_ms = 2000 },
		.node = node,
		.address = "192.0.2.3:7000",
		.say = say,
		.arg = &said,
	};
}

static void teardown(void)
{
	ssi_keeper_end(keeper, false);
	web_stop(&web);
}

static void start(void)
{
	keeper = ssi_keeper_start(&cfg);
	ck_assert_ptr_nonnull(keeper);
}

static void end(bool left)
{
	ssi_keeper_end(keeper, left);
	keeper = NULL;
}

static bool take(void)
{
	ssi_keeper_take(keeper, &news);
	return true;
}

#define AT(what) __atomic_load_n(&(what), __ATOMIC_SEQ_CST)

#define WAIT_FOR(condition)                                                                        \
	do {                                                                                       \
		int tries = 1000;                                                                  \
		while (!(condition) && tries--)                                                    \
			usleep(5000);                                                              \
		ck_assert(condition);                                                              \
	} while (0)

START_TEST(keep__joins_and_beats)
{
	int64_t before = ssi_handshake_now();

	start();
	ck_assert(ssi_keeper_until(keeper) == 0 || AT(joins) > 0);
	WAIT_FOR(AT(beats) >= 3);
	ck_assert_uint_eq(registers, 1);
	ck_assert_uint_eq(joins, 1);
	ck_assert_str_eq(last_join, "{\"incarnation\":\"" LIFE "\",\"address\":\"192.0.2.3:7000\"}");
	ck_assert_ptr_nonnull(strstr(last_beat, "{\"incarnation\":\"" LIFE "\",\"revision\":7,"));
	ck_assert_ptr_nonnull(strstr(last_beat, "\"faults_read\":4711,"));
	ck_assert_ptr_nonnull(strstr(last_beat, "\"owned_bytes\":8192,"));
	ck_assert_uint_eq(epoch, 7);
	ck_assert_uint_eq(members, 1 << 3 | 1 << 5);
	take();
	ck_assert(news.members_known && !news.dead);
	ck_assert_uint_eq(news.lease.members, members);
	ck_assert_str_eq(news.lease.node[5].addr.text, "192.0.2.5:7000");
	ck_assert_str_eq(news.trouble, "");
	ck_assert_str_eq(said, "");
	/* Over before the coordinator thinks so: it was asked before it answered. */
	ck_assert_int_ge(ssi_keeper_until(keeper), before + LEASE_MS);
	ck_assert_int_le(ssi_keeper_until(keeper), ssi_handshake_now() + LEASE_MS);
	WAIT_FOR(AT(looks) > 0);
	ck_assert_uint_eq(seen_dead, 1 << 6);
}
END_TEST

/* Is told once, however long it takes; then all goes on as it was. */
START_TEST(keep__coordinator_is_away)
{
	start();
	WAIT_FOR(AT(beats) >= 1);
	renewed = "";
	WAIT_FOR(take() && *news.trouble);
	ck_assert(news.members_known);
	beats = 0;
	WAIT_FOR(AT(beats) >= 3);
	renewed = WEB_OK("{" HEAD ",\"questions\":[]}");
	WAIT_FOR(take() && !*news.trouble);
	ck_assert_uint_eq(joins, 1);
	ck_assert_ptr_nonnull(strstr(said, "coordinator: http://127.0.0.1:"));
	ck_assert_ptr_eq(strstr(said, "coordinator: "), said);
	ck_assert_ptr_nonnull(strstr(said, "\nthe coordinator answers\n"));
	ck_assert_ptr_null(strstr(said + 1, "coordinator: "));
}
END_TEST

/* A coordinator that knows less than it did is told again. */
static const struct {
	const char *refusal;
	unsigned int registers;
} forgotten[] = {
	{ PROBLEM("404 Not Found", "not-found"), 2 },
	{ PROBLEM("409 Conflict", "no-cluster"), 2 },
	{ PROBLEM("409 Conflict", "no-member"), 1 },
	{ PROBLEM("409 Conflict", "alive"), 1 },
};

START_TEST(keep__reconciles)
{
	start();
	WAIT_FOR(AT(beats) >= 1);
	renewed = forgotten[_i].refusal;
	WAIT_FOR(AT(joins) >= 2);
	renewed = WEB_OK("{" HEAD ",\"questions\":[]}");
	WAIT_FOR(take() && !*news.trouble);
	ck_assert_uint_ge(registers, forgotten[_i].registers);
}
END_TEST

START_TEST(keep__declared_dead)
{
	const char **answer = _i ? &joined : &renewed;
	unsigned int before;

	*answer = PROBLEM("410 Gone", "dead");
	start();
	WAIT_FOR(take() && news.dead);
	ck_assert_str_eq(news.trouble, "it is dead; do something");
	ck_assert_str_eq(said, "coordinator: it is dead; do something\n");
	ck_assert_str_eq(said_of, "beef");
	before = beats + joins;
	usleep(400000);
	ck_assert_uint_eq(beats + joins, before);
	/* It is left to others to take it from the list. */
	end(true);
	ck_assert_uint_eq(removes, 0);
}
END_TEST

/* An old list changes nothing, neither in the kernel nor for the links. */
START_TEST(keep__older_epoch)
{
	newest = 9;
	start();
	WAIT_FOR(take() && *news.trouble);
	ck_assert(!news.members_known);
	ck_assert_ptr_nonnull(strstr(news.trouble, "epoch 9 are known; was an old backup restored?"));
	ck_assert_uint_eq(AT(looks), 0);
	newest = 0;
	renewed = JOINED;
	WAIT_FOR(take() && news.members_known && !*news.trouble);
}
END_TEST

START_TEST(keep__answers_questions)
{
	start();
	WAIT_FOR(AT(beats) >= 1);
	renewed = WEB_OK("{" HEAD ",\"questions\":[{\"id\":8,\"region\":\"guest\",\"address\":8195}]}");
	WAIT_FOR(strstr(last_beat, "\"answers\":[{\"id\":8,\"home\":3,\"owner\":5,\"sharers\":[1],"
				   "\"state\":\"sole\"}]"));
}
END_TEST

START_TEST(keep__malformed_lease)
{
	start();
	WAIT_FOR(AT(beats) >= 1);
	renewed = WEB_OK("{\"revision\":8}");
	WAIT_FOR(take() && *news.trouble);
	ck_assert_str_eq(news.trouble, "the coordinator's answer has no good epoch");
	ck_assert(news.members_known);
}
END_TEST

/* One of an older release takes heartbeats without what it does not know. */
START_TEST(keep__figures_are_not_taken)
{
	renewed = PROBLEM("400 Bad Request", "bad-request");
	start();
	WAIT_FOR(AT(beats) >= 1);
	ck_assert_ptr_nonnull(strstr(last_beat, "\"times\":[]"));
	WAIT_FOR(AT(beats) >= 2);
	ck_assert_ptr_null(strstr(last_beat, "\"times\""));
}
END_TEST

START_TEST(keep__tells_of_draining)
{
	start();
	WAIT_FOR(AT(beats) >= 1);
	node.draining = true;
	WAIT_FOR(AT(drains) == 1);
	ck_assert_str_eq(last_drain, "{\"draining\":true}");
	node.draining = false;
	WAIT_FOR(AT(drains) == 2);
	ck_assert_str_eq(last_drain, "{\"draining\":false}");
}
END_TEST

START_TEST(hurry__beats_at_once)
{
	static const char slow[] = WEB_OK("{\"revision\":7,\"epoch\":7,\"lease_ms\":60000,\"questions\":[]}");
	int tries;

	renewed = slow;
	start();
	WAIT_FOR(AT(beats) >= 1);
	beats = 0;
	/* Ten times what a beat a second would be. */
	for (tries = 0; tries < 100 && AT(beats) < 10; tries++) {
		ssi_keeper_hurry(keeper);
		usleep(20000);
	}
	ck_assert_uint_ge(AT(beats), 10);
}
END_TEST

START_TEST(end__removes_the_node)
{
	removed = _i ? PROBLEM("409 Conflict", "in-use") : WEB_OK("{}");
	start();
	WAIT_FOR(AT(beats) >= 1);
	end(true);
	ck_assert_uint_eq(removes, _i ? 2 : 1);
	ck_assert_uint_eq(drains, _i);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(end__node_is_kept_there)
{
	removed = PROBLEM("403 Forbidden", "forbidden");
	start();
	WAIT_FOR(AT(beats) >= 1);
	end(true);
	ck_assert_str_eq(said, "the node left, but the coordinator keeps it as node 3: it is "
			       "forbidden; do something\n");
	ck_assert_str_eq(said_of, "beef");
}
END_TEST

/* The coordinator hangs; the agent does not. */
START_TEST(end__does_not_wait)
{
	cfg.rest.timeout_ms = 60000;
	renewed = NULL;
	start();
	WAIT_FOR(AT(beats) >= 1);
	end(false);
	ck_assert_uint_eq(removes, 0);
}
END_TEST

START_TEST(register__gets_an_id)
{
	struct ssi_nl_node host = node;
	char why[200];

	ck_assert_int_eq(ssi_keeper_register(&cfg.rest, &host, 6, true, why, sizeof(why)), 0);
	ck_assert_uint_eq(host.id, 3);
	ck_assert_ptr_null(strstr(web.asked, "\"id\":"));
	ck_assert_ptr_nonnull(strstr(web.asked, "\"protocol\":6"));
	ck_assert_ptr_nonnull(strstr(web.asked, "{\"name\":\"me\",\"share\":1048576,\"reserve\":0,"));
	ck_assert_int_eq(ssi_keeper_register(&cfg.rest, &host, 6, false, why, sizeof(why)), 0);
	ck_assert_ptr_nonnull(strstr(web.asked, "\"id\":3"));
	registered = PROBLEM("409 Conflict", "exists");
	ck_assert_int_eq(ssi_keeper_register(&cfg.rest, &host, 6, true, why, sizeof(why)), -1);
	ck_assert_str_eq(why, "it is exists; do something");
	registered = WEB_OK("{}");
	ck_assert_int_eq(ssi_keeper_register(&cfg.rest, &host, 6, true, why, sizeof(why)), -1);
	ck_assert_ptr_nonnull(strstr(why, "no good id"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("keeper");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, keep__joins_and_beats);
	tcase_add_test(tc, keep__coordinator_is_away);
	tcase_add_loop_test(tc, keep__reconciles, 0, COUNT(forgotten));
	tcase_add_loop_test(tc, keep__declared_dead, 0, 2);
	tcase_add_test(tc, keep__older_epoch);
	tcase_add_test(tc, keep__answers_questions);
	tcase_add_test(tc, keep__malformed_lease);
	tcase_add_test(tc, keep__figures_are_not_taken);
	tcase_add_test(tc, keep__tells_of_draining);
	tcase_add_test(tc, hurry__beats_at_once);
	tcase_add_loop_test(tc, end__removes_the_node, 0, 2);
	tcase_add_test(tc, end__node_is_kept_there);
	tcase_add_test(tc, end__does_not_wait);
	tcase_add_test(tc, register__gets_an_id);
	return run_case("ssictl_keeper", tc);
}
