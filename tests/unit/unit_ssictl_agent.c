// SPDX-License-Identifier: Apache-2.0
/* agent.c: links of two nodes and more, proved with a secret. */
#include "unit_ssictl_agent.h"

START_TEST(run__listed_peer_connects)
{
	list_peer(&one, &two);
	start_node(&two);
	WAIT_FOR(two.joined);
	start_node(&one);
	WAIT_FOR(one.joined);
	ck_assert_str_eq(one.trouble[2], "");
	WAIT_FOR(all_up(&one, &two));
	ck_assert_uint_eq(given(&two, &one, 0), 1);
	ck_assert_uint_eq(given(&two, &one, 1), 1);
	leave(&one);
	leave(&two);
}
END_TEST

/* Whoever starts first, the lower id dials, and one socket per channel is made. */
START_TEST(run__both_list_each_other)
{
	struct sockaddr_in peer, listener;
	socklen_t len = sizeof(peer);

	list_peer(&one, &two);
	list_peer(&two, &one);
	start_node(_i ? &one : &two);
	usleep(_i == 2 ? 0 : 300000);
	start_node(_i ? &two : &one);
	WAIT_FOR(all_up(&one, &two));
	WAIT_FOR(one.joined && two.joined);
	usleep(300000);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	ck_assert_uint_eq(given(&two, &one, 1), 1);
	getpeername(one.nl.fd[2][0], (struct sockaddr *)&peer, &len);
	getsockname(two.cfg.listener, (struct sockaddr *)&listener, &len);
	ck_assert_uint_eq(peer.sin_port, listener.sin_port);
	leave(&one);
	leave(&two);
}
END_TEST

/* The lower id waits, and for ever; the call that it refuses wakes it. */
START_TEST(run__refused_call_ends_the_back_off)
{
	list_peer(&one, &two);
	list_peer(&two, &one);
	close(two.cfg.listener);
	stop_clock();
	start_node(&one);
	WAIT_FOR(one.joined);
	two.cfg.listener = ssi_link_listen(&one.cfg.peers.addr[2]);
	ck_assert_int_ge(two.cfg.listener, 0);
	start_node(&two);
	WAIT_FOR(all_up(&one, &two));
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__absent_peer_is_tried_until_it_comes)
{
	list_peer(&one, &two);
	close(two.cfg.listener);
	/* The join is over because of the refusal, and not because time is up. */
	stop_clock();
	start_node(&one);
	WAIT_FOR(one.joined);
	ck_assert_str_eq(one.trouble[2], "connect: Connection refused");
	start_clock();
	two.cfg.listener = ssi_link_listen(&one.cfg.peers.addr[2]);
	ck_assert_int_ge(two.cfg.listener, 0);
	start_node(&two);
	WAIT_FOR(all_up(&one, &two));
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__wrong_secret_is_told)
{
	list_peer(&one, &two);
	two.cfg.self.credentials.key[0] ^= 1;
	start_node(&two);
	start_node(&one);
	WAIT_FOR(one.joined);
	ck_assert_msg(strstr(one.trouble[2], "secrets differ") != NULL, "%s", one.trouble[2]);
	ck_assert_uint_eq(given(&two, &one, 0), 0);
	/* And on both sides in the status; the other end may be the last to know. */
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_uint_eq(told.trying, 1 << 2);
	ck_assert_ptr_nonnull(strstr(told.why[2], "secrets differ"));
	WAIT_FOR(has_refused(&two));
	ck_assert_uint_eq(told.trying, 0);
	ck_assert_ptr_nonnull(strstr(told.refusal, "secrets differ"));
	ck_assert_ptr_nonnull(strstr(told.caller, "127.0.0.1:"));
	leave(&one);
	leave(&two);
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), -ENOENT);
}
END_TEST

/* The other agent takes the call, and its kernel does not: the reason is there. */
START_TEST(run__refused_by_the_other_kernel)
{
	list_peer(&one, &two);
	two.nl.closed = true;
	start_node(&two);
	start_node(&one);
	WAIT_FOR(tells(&one, 2, "ended at once; ssictl status on node 2"));
	ck_assert_uint_eq(told.trying, 1 << 2);
	WAIT_FOR(has_refused(&two));
	ck_assert_str_eq(told.refusal, strerror(ESTALE));
	pthread_mutex_lock(&two.nl.lock);
	two.nl.closed = false;
	pthread_mutex_unlock(&two.nl.lock);
	WAIT_FOR(all_up(&one, &two));
	WAIT_FOR(ssi_report_read(one.cfg.node.incarnation, &told) == 0 && !told.trying);
	leave(&one);
	leave(&two);
}
END_TEST

/* A third node with the id of one that is connected, and then of one that was. */
START_TEST(run__id_is_taken)
{
	list_peer(&two, &one);
	start_node(&one);
	start_node(&two);
	WAIT_FOR(all_up(&one, &two));
	make_node(&impostor, 2);
	memset(impostor.cfg.self.hello.incarnation, 77, SSI_MEM_INCARNATION_LEN);
	memset(impostor.cfg.node.incarnation, 77, SSI_MEM_INCARNATION_LEN);
	list_peer(&impostor, &one);
	start_node(&impostor);
	WAIT_FOR(impostor.joined);
	ck_assert_msg(strstr(impostor.trouble[1], "another node with this id") != NULL, "%s",
		      impostor.trouble[1]);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	ck_assert_uint_eq(given(&one, &two, 1), 1);
	leave(&two);
	cut(&one, &two, 0);
	cut(&one, &two, 1);
	WAIT_FOR(all_up(&one, &impostor));
	leave(&one);
	leave(&impostor);
}
END_TEST

/* It is dialled at once, if it was stable: there is no back-off to wait for. */
START_TEST(run__lost_link_comes_back)
{
	stop_clock();
	list_peer(&one, &two);
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	advance_clock(STABLE_MS);
	/* The dialer notices last, or the other end would say EALREADY. */
	set_blind(&one, true);
	cut(_i ? &one : &two, _i ? &two : &one, SSI_MEM_CHANNEL_DATA);
	WAIT_FOR(!is_up(&two, &one, 1));
	set_blind(&one, false);
	WAIT_FOR(given(&two, &one, 1) == 2 && all_up(&one, &two));
	ck_assert_uint_eq(given(&one, &two, 1), 2);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__lost_events_are_made_up_for)
{
	list_peer(&one, &two);
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	usleep(200000);
	one.nl.silent = true;
	cut(&one, &two, SSI_MEM_CHANNEL_CTL);
	usleep(300000);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	pthread_mutex_lock(&one.nl.lock);
	one.nl.silent = false;
	one.nl.lost = true;
	send_event(&one.nl, SSI_MEM_EVENT_TYPE_STALL, SSI_NL_NONE, SSI_NL_NONE);
	pthread_mutex_unlock(&one.nl.lock);
	WAIT_FOR(given(&one, &two, 0) >= 2 && all_up(&one, &two));
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__node_gone_without_event)
{
	start_node(&one);
	WAIT_FOR(one.joined);
	one.nl.gone = true;
	one.nl.lost = true;
	send_event(&one.nl, SSI_MEM_EVENT_TYPE_STALL, SSI_NL_NONE, SSI_NL_NONE);
	pthread_join(one.agent, NULL);
	ck_assert_int_eq(one.rc, 0);
}
END_TEST

START_TEST(run__other_nodes_events_are_ignored)
{
	struct ssi_nl_event event = { .type = SSI_MEM_EVENT_TYPE_NODE_DEL, .node = "node2" };

	start_node(&one);
	WAIT_FOR(one.joined);
	ck_assert_int_eq(write(one.nl.events[1], &event, sizeof(event)), sizeof(event));
	usleep(200000);
	ck_assert_int_eq(pthread_tryjoin_np(one.agent, NULL), EBUSY);
	leave(&one);
}
END_TEST

/*
 * The acceptor's kernel holds on to a socket that is dead at the dialer, and
 * answers EALREADY: the dialer must neither give up nor go round and round.
 */
START_TEST(run__half_open_socket)
{
	stop_clock();
	list_peer(&one, &two);
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	set_blind(&two, true);
	cut(&one, &two, SSI_MEM_CHANNEL_CTL);
	WAIT_FOR(!is_up(&one, &two, 0));
	usleep(300000);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	start_clock();
	WAIT_FOR(given(&one, &two, 0) >= 3);
	ck_assert_uint_eq(given(&two, &one, 0), 1);
	set_blind(&two, false);
	WAIT_FOR(given(&two, &one, 0) == 2 && all_up(&one, &two));
	leave(&one);
	leave(&two);
}
END_TEST

/* Connects strangers; each @loud of them, if not 0, sends what is no TLS. */
static void crowd(struct node *node, unsigned int count, unsigned int loud)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	getsockname(node->cfg.listener, (struct sockaddr *)&sin, &len);
	while (count--) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		ck_assert_int_eq(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
		if (loud && count % loud == 0)
			ck_assert_int_eq(write(fd, "GET / HTTP/1.0\r\n\r\n", 18), 18);
	}
}

START_TEST(run__silent_and_garbage_callers_disturb_nobody)
{
	list_peer(&one, &two);
	start_node(&two);
	WAIT_FOR(two.joined);
	crowd(&two, 40, 3);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	leave(&one);
	leave(&two);
}
END_TEST

static unsigned int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

START_TEST(run__a_full_house_empties_itself)
{
	unsigned int threads;

	list_peer(&one, &two);
	start_node(&two);
	WAIT_FOR(two.joined);
	threads = count_threads();
	crowd(&two, 100, 0);
	WAIT_FOR(count_threads() >= threads + UNPROVEN_MAX);
	usleep(300000);
	ck_assert_uint_le(count_threads(), threads + UNPROVEN_MAX);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	leave(&one);
	leave(&two);
}
END_TEST

static void use_coordinator(struct node *node)
{
	node->cfg.coordinator.urls = "https://coordinator";
	node->cfg.address = "192.0.2.1:7000";
}

static void refuse_links(struct node *node, bool refuse)
{
	pthread_mutex_lock(&node->nl.lock);
	node->nl.closed = refuse;
	pthread_mutex_unlock(&node->nl.lock);
}

/* Two nodes with links; what one's coordinator says is for the test. */
static void start_members(void)
{
	use_coordinator(&one);
	start_node(&two);
	start_node(&one);
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	WAIT_FOR(all_up(&one, &two));
	WAIT_FOR(one.joined);
}

/* The lease alone is no reason to stop programs, nor is a link. */
START_TEST(run__fenced_without_lease_and_link)
{
	start_members();
	set_until(&one, agent_now() - 1);
	await_news_done(&one);
	ck_assert(!is_fenced(&one));
	set_until(&one, agent_now() + NEVER_MS);
	refuse_links(&one, true);
	cut(&one, &two, 0);
	WAIT_FOR(!is_up(&one, &two, 0));
	await_news_done(&one);
	ck_assert_uint_eq(one.fence.stops, 0);
	/* It ends while nobody says anything. */
	set_until(&one, agent_now() + 300);
	await_news_done(&one);
	WAIT_FOR(is_fenced(&one));
	WAIT_FOR(ssi_report_read(one.cfg.node.incarnation, &told) == 0 && told.fenced);
	/* Programs that come meanwhile are looked for. */
	WAIT_FOR(__atomic_load_n(&one.fence.stops, __ATOMIC_SEQ_CST) >= 2);
	if (_i == 0)
		set_until(&one, agent_now() + NEVER_MS);
	else
		refuse_links(&one, false);
	WAIT_FOR(!is_fenced(&one));
	ck_assert_uint_eq(one.fence.releases, 1);
	WAIT_FOR(ssi_report_read(one.cfg.node.incarnation, &told) == 0 && !told.fenced);
	refuse_links(&one, false);
	leave(&two);
	leave(&one);
}
END_TEST

/* Others will forget the node once its links are down. */
START_TEST(run__fenced_when_dead)
{
	start_members();
	set_until(&one, agent_now() + NEVER_MS);
	one.keeper.news.dead = true;
	await_news_done(&one);
	ck_assert(!is_fenced(&one));
	refuse_links(&one, true);
	cut(&one, &two, 1);
	WAIT_FOR(is_fenced(&one));
	refuse_links(&one, false);
	leave(&two);
	leave(&one);
}
END_TEST

/* What the agent before it has stopped goes on when there is a lease, and not before. */
START_TEST(run__fenced_by_who_was_before)
{
	one.fence.closed = true;
	use_coordinator(&one);
	start_node(&one);
	WAIT_FOR(ssi_report_read(one.cfg.node.incarnation, &told) == 0 && told.fenced);
	await_news_done(&one);
	WAIT_FOR(one.joined);
	ck_assert_uint_eq(one.fence.releases, 0);
	set_until(&one, agent_now() + NEVER_MS);
	WAIT_FOR(!is_fenced(&one));
	WAIT_FOR(ssi_report_read(one.cfg.node.incarnation, &told) == 0 && !told.fenced);
	leave(&one);
}
END_TEST

/* A member that has left is not in the kernel any more. */
START_TEST(run__not_fenced_for_who_left)
{
	use_coordinator(&one);
	start_node(&one);
	close(two.cfg.listener);
	set_until(&one, agent_now() - 1);
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	await_news_done(&one);
	WAIT_FOR(one.joined);
	ck_assert_uint_eq(one.fence.stops, 0);
	leave(&one);
}
END_TEST

/* Who is a member is dialled, as soon as that is known; the join waits for it. */
START_TEST(run__members_come_from_a_coordinator)
{
	use_coordinator(&one);
	start_node(&two);
	start_node(&one);
	usleep(300000);
	ck_assert(!one.joined);
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	WAIT_FOR(all_up(&one, &two));
	WAIT_FOR(one.joined);
	ck_assert_str_eq(one.trouble[2], "");
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_str_eq(told.coordinator, "answers");
	leave(&two);
	leave(&one);
	ck_assert(one.keeper.ended && one.keeper.left);
}
END_TEST

/* Links to who is no member any more live on, but are not made again. */
START_TEST(run__member_goes_and_comes)
{
	use_coordinator(&one);
	start_node(&two);
	start_node(&one);
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	WAIT_FOR(all_up(&one, &two));
	tell_members(&one, 1 << 1, NULL);
	await_news_done(&one);
	ck_assert(all_up(&one, &two));
	cut(&one, &two, 1);
	WAIT_FOR(!is_up(&one, &two, 1));
	usleep(500000);
	ck_assert(!is_up(&one, &two, 1));
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	WAIT_FOR(all_up(&one, &two));
	leave(&one);
	leave(&two);
}
END_TEST

/* A caller whom the kernel does not take for a member may have become one just now. */
START_TEST(run__new_member_calls_early)
{
	use_coordinator(&two);
	list_peer(&one, &two);
	two.nl.closed = true;
	two.nl.closed_rc = -EACCES;
	start_node(&two);
	start_node(&one);
	WAIT_FOR(__atomic_load_n(&two.keeper.hurries, __ATOMIC_SEQ_CST) > 0);
	two.nl.closed = false;
	tell_members(&two, 1 << 1 | 1 << 2, &one);
	WAIT_FOR(all_up(&one, &two));
	WAIT_FOR(two.joined);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__told_to_end)
{
	start_node(&one);
	WAIT_FOR(one.joined);
	kill(getpid(), SIGTERM);
	pthread_join(one.agent, NULL);
	ck_assert_int_eq(one.rc, 0);
}
END_TEST

START_TEST(run__told_to_end_while_joining)
{
	/* A peer that takes the call and says nothing. */
	list_peer(&one, &two);
	start_node(&one);
	usleep(200000);
	ck_assert(!one.joined);
	kill(getpid(), SIGTERM);
	pthread_join(one.agent, NULL);
	ck_assert_int_eq(one.rc, -EINTR);
}
END_TEST

/* Agents end, their nodes and links stay: a signal is for one of them. */
static void end_agents(struct node *a, struct node *b)
{
	struct node *last = NULL;

	kill(getpid(), SIGTERM);
	while (!last) {
		usleep(1000);
		if (!pthread_tryjoin_np(a->agent, NULL))
			last = b;
		else if (!pthread_tryjoin_np(b->agent, NULL))
			last = a;
	}
	kill(getpid(), SIGTERM);
	pthread_join(last->agent, NULL);
	a->cfg.self.ended = b->cfg.self.ended = false;
	a->joined = b->joined = false;
}

/* What the coordinator says of this node is for the status; links do not care. */
START_TEST(run__declared_dead)
{
	use_coordinator(&one);
	start_node(&two);
	start_node(&one);
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	WAIT_FOR(all_up(&one, &two));
	pthread_mutex_lock(&one.keeper.lock);
	one.keeper.news.dead = true;
	strcpy(one.keeper.news.trouble, "node one was declared dead; join again");
	pthread_mutex_unlock(&one.keeper.lock);
	tell_news(&one);
	WAIT_FOR(ssi_report_read(one.cfg.node.incarnation, &told) == 0 && told.dead);
	ck_assert_str_eq(told.coordinator, "node one was declared dead; join again");
	ck_assert(all_up(&one, &two));
	end_agents(&one, &two);
	/* The node stays: nothing of it is taken back. */
	ck_assert(one.keeper.ended && !one.keeper.left);
}
END_TEST

/* Lines with these keys and no others; with the request where one stands behind it. */
static unsigned int check_lines(FILE *log)
{
	unsigned int count = 0, requests = 0;
	char line[1000];

	while (fgets(line, sizeof(line), log)) {
		json_t *root = json_loads(line, 0, NULL);
		const char *request = json_string_value(json_object_get(root, "request_id"));

		ck_assert_msg(json_is_string(json_object_get(root, "message")), "%s", line);
		ck_assert_str_eq(json_string_value(json_object_get(root, "node")), "node1");
		ck_assert_uint_eq(json_object_size(root), request ? 5 : 4);
		if (request) {
			ck_assert_str_eq(request, "beef");
			ck_assert_str_eq(json_string_value(json_object_get(root, "level")), "warning");
			requests++;
		}
		json_decref(root);
		count++;
	}
	ck_assert_uint_eq(requests, 1);
	return count;
}

START_TEST(run__log_as_json)
{
	FILE *log = tmpfile();

	stderr = log;
	one.cfg.log_json = true;
	use_coordinator(&one);
	start_node(&one);
	tell_members(&one, 1 << 1, NULL);
	WAIT_FOR(one.joined);
	one.keeper.cfg->say(one.keeper.cfg->arg, LOG_WARNING, "beef", "coordinator: no");
	leave(&one);
	rewind(log);
	/* At work, the request, the end. */
	ck_assert_uint_eq(check_lines(log), 3);
}
END_TEST

START_TEST(run__log_as_text)
{
	char text[300] = "";
	FILE *log = tmpfile();

	stderr = log;
	use_coordinator(&one);
	start_node(&one);
	tell_members(&one, 1 << 1, NULL);
	/* It is at work, and has said so. */
	WAIT_FOR(one.joined && ftell(log) > 0);
	one.keeper.cfg->say(one.keeper.cfg->arg, LOG_WARNING, "beef", "coordinator: no");
	leave(&one);
	rewind(log);
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, log), 0);
	ck_assert_str_eq(text, "ssictl: node1: at work for node 1\n"
			       "ssictl: node1: coordinator: no (request beef)\n"
			       "ssictl: node1: the node left\n");
}
END_TEST

/* A second agent leaves links alone that live, and remakes those that have ended. */
START_TEST(run__takes_over_a_node)
{
	list_peer(&one, &two);
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	WAIT_FOR(one.joined && two.joined);
	end_agents(&one, &two);
	cut(&one, &two, 1);
	WAIT_FOR(!is_up(&one, &two, 1) && !is_up(&two, &one, 1));
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two));
	WAIT_FOR(one.joined);
	ck_assert_str_eq(one.trouble[2], "");
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	ck_assert_uint_eq(given(&one, &two, 1), 2);
	ck_assert_uint_eq(one.nl.refused + two.nl.refused, 0);
	leave(&one);
	leave(&two);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("agent");

	/* The agents' log; a sanitizer's words take another way. */
	if (!getenv("CK_VERBOSITY"))
		stderr = fopen("/dev/null", "w");
	tcase_set_timeout(tc, 4 * NEVER_MS / 1000);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, run__listed_peer_connects);
	tcase_add_loop_test(tc, run__both_list_each_other, 0, 3);
	tcase_add_test(tc, run__refused_call_ends_the_back_off);
	tcase_add_test(tc, run__refused_by_the_other_kernel);
	tcase_add_test(tc, run__absent_peer_is_tried_until_it_comes);
	tcase_add_test(tc, run__wrong_secret_is_told);
	tcase_add_test(tc, run__id_is_taken);
	tcase_add_loop_test(tc, run__lost_link_comes_back, 0, 2);
	tcase_add_test(tc, run__lost_events_are_made_up_for);
	tcase_add_test(tc, run__node_gone_without_event);
	tcase_add_test(tc, run__other_nodes_events_are_ignored);
	tcase_add_test(tc, run__half_open_socket);
	tcase_add_test(tc, run__silent_and_garbage_callers_disturb_nobody);
	tcase_add_test(tc, run__a_full_house_empties_itself);
	tcase_add_test(tc, run__members_come_from_a_coordinator);
	tcase_add_loop_test(tc, run__fenced_without_lease_and_link, 0, 2);
	tcase_add_test(tc, run__fenced_when_dead);
	tcase_add_test(tc, run__fenced_by_who_was_before);
	tcase_add_test(tc, run__not_fenced_for_who_left);
	tcase_add_test(tc, run__member_goes_and_comes);
	tcase_add_test(tc, run__new_member_calls_early);
	tcase_add_test(tc, run__declared_dead);
	tcase_add_test(tc, run__log_as_json);
	tcase_add_test(tc, run__log_as_text);
	tcase_add_test(tc, run__told_to_end);
	tcase_add_test(tc, run__told_to_end_while_joining);
	tcase_add_test(tc, run__takes_over_a_node);
	return run_case("ssictl_agent", tc);
}
