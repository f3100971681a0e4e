// SPDX-License-Identifier: Apache-2.0
/* nl.c without the module: made-up messages, and the kernel's own nlctrl family. */
#include "../../ssictl/nl.c"
#include "../../ssictl/nl_events.c"

#include "unit_ssictl_run.h"

static struct ssi_nl nl;
static struct nl_msg *msg;

static void setup(void)
{
	memset(&nl, 0, sizeof(nl));
	nl.family = 100;
	msg = nlmsg_alloc_size(16384);
	genlmsg_put(msg, 0, 0, 100, 0, 0, SSI_MEM_CMD_NODE_GET, 1);
}

static void teardown(void)
{
	nlmsg_free(msg);
}

static void put_stats(void)
{
	struct nlattr *nest = nla_nest_start(msg, SSI_MEM_A_STATS);

	nla_put_u64(msg, SSI_MEM_S_FAULTS_LOCAL, 11);
	nla_put_u64(msg, SSI_MEM_S_MALFORMED, 12);
	nla_put_u64(msg, SSI_MEM_S_MAX + 5, 13);
	nla_put_u32(msg, SSI_MEM_S_HELD, 14);
	nla_nest_end(msg, nest);
}

/* More than there is room for; the second one lacks its number. */
static void put_charges(void)
{
	struct nlattr *list = nla_nest_start(msg, SSI_MEM_A_CHARGES), *nest;
	unsigned int i;

	for (i = 0; i < SSI_NL_CHARGES + 2; i++) {
		nest = nla_nest_start(msg, i + 1);
		if (i != 1)
			nla_put_u64(msg, SSI_MEM_C_CGROUP, 100 + i);
		nla_put_u64(msg, SSI_MEM_C_BYTES, 4096 * i);
		nla_nest_end(msg, nest);
	}
	nla_nest_end(msg, list);
}

static void put_node(void)
{
	nla_put_string(msg, SSI_MEM_A_NODE, "node7");
	nla_put_u32(msg, SSI_MEM_A_ID, 7);
	nla_put(msg, SSI_MEM_A_INCARNATION, 16, "0123456789abcdef");
	nla_put_u64(msg, SSI_MEM_A_SHARE, 1ull << 40);
	nla_put_u64(msg, SSI_MEM_A_TRANSIT, 5);
	nla_put_u32(msg, SSI_MEM_A_STALLED, 6);
	put_charges();
	put_stats();
}

START_TEST(parse__node)
{
	struct ssi_nl_node node;

	put_node();
	nl.take = parse_node;
	nl.arg = &node;
	memset(&node, 0xff, sizeof(node));
	on_valid(msg, &nl);
	ck_assert_int_eq(nl.rc, 0);
	ck_assert_str_eq(node.name, "node7");
	ck_assert_uint_eq(node.id, 7);
	ck_assert_mem_eq(node.incarnation, "0123456789abcdef", 16);
	ck_assert_uint_eq(node.share, 1ull << 40);
	ck_assert_uint_eq(node.reserve, 0);
	ck_assert_uint_eq(node.charge_count, SSI_NL_CHARGES);
	ck_assert_uint_eq(node.charges[0].cgroup, 100);
	ck_assert_uint_eq(node.charges[1].cgroup, 0);
	ck_assert_uint_eq(node.charges[15].bytes, 4096 * 15);
	ck_assert_uint_eq(node.transit, 5);
	ck_assert_uint_eq(node.stalled, 6);
	ck_assert_uint_eq(node.stats.counter[SSI_MEM_S_FAULTS_LOCAL], 11);
	ck_assert_uint_eq(node.stats.counter[SSI_MEM_S_MALFORMED], 12);
	ck_assert_uint_eq(node.stats.counter[SSI_MEM_S_HELD], 0);
}
END_TEST

static void parse_buckets(struct ssi_nl_hist *hist, size_t count)
{
	uint64_t buckets[SSI_MEM_HIST_BUCKETS + 2] = { [3] = 4, [255] = 6, [256] = 7 };

	nlmsg_free(msg);
	setup();
	nla_put_u32(msg, SSI_MEM_A_HIST_PHASE, SSI_MEM_HIST_PHASE_QUEUE);
	nla_put_u32(msg, SSI_MEM_A_HIST_KIND, SSI_MEM_HIST_KIND_EVICT);
	nla_put(msg, SSI_MEM_A_BUCKETS, count * sizeof(*buckets), buckets);
	nl.take = parse_hist;
	nl.arg = hist;
	memset(hist, 0xff, sizeof(*hist));
	on_valid(msg, &nl);
	ck_assert_int_eq(nl.rc, 0);
	ck_assert_uint_eq(hist->phase, SSI_MEM_HIST_PHASE_QUEUE);
	ck_assert_uint_eq(hist->kind, SSI_MEM_HIST_KIND_EVICT);
	ck_assert_uint_eq(hist->peer, SSI_NL_NONE);
}

/* Buckets at the end may be left out; more than we know of are not read. */
START_TEST(parse__hist)
{
	struct ssi_nl_hist hist;

	parse_buckets(&hist, 4);
	ck_assert_uint_eq(hist.bucket[3], 4);
	ck_assert_uint_eq(hist.bucket[4], 0);
	ck_assert_uint_eq(hist.bucket[255], 0);
	parse_buckets(&hist, SSI_MEM_HIST_BUCKETS + 2);
	ck_assert_uint_eq(hist.bucket[255], 6);
	parse_buckets(&hist, 0);
	ck_assert_uint_eq(hist.bucket[3], 0);
	nla_put_u32(msg, SSI_MEM_A_PEER, 9);
	on_valid(msg, &nl);
	ck_assert_uint_eq(hist.peer, 9);
}
END_TEST

START_TEST(parse__peer)
{
	struct ssi_nl_peer peer;

	nla_put_u32(msg, SSI_MEM_A_PEER, 9);
	nla_put_u32(msg, SSI_MEM_A_STATE, SSI_MEM_LINK_STATE_UP);
	nla_put_u32(msg, SSI_MEM_A_STATE_DATA, SSI_MEM_LINK_STATE_RESUMING);
	nla_put_flag(msg, SSI_MEM_A_TLS);
	nla_put_u32(msg, SSI_MEM_A_UNACKED, 3);
	nl.take = parse_peer;
	nl.arg = &peer;
	on_valid(msg, &nl);
	ck_assert_int_eq(nl.rc, 0);
	ck_assert_uint_eq(peer.id, 9);
	ck_assert_uint_eq(peer.state[SSI_MEM_CHANNEL_CTL], SSI_MEM_LINK_STATE_UP);
	ck_assert_uint_eq(peer.state[SSI_MEM_CHANNEL_DATA], SSI_MEM_LINK_STATE_RESUMING);
	ck_assert(peer.tls);
	ck_assert_uint_eq(peer.unacked, 3);
	ck_assert(!peer.has_bytes);
	ck_assert_str_eq(peer.node, "");
	nla_put_u64(msg, SSI_MEM_A_SENT_BYTES, 1ull << 40);
	nla_put_u64(msg, SSI_MEM_A_RECEIVED_BYTES, 5);
	on_valid(msg, &nl);
	ck_assert(peer.has_bytes);
	ck_assert_uint_eq(peer.sent_bytes, 1ull << 40);
	ck_assert_uint_eq(peer.received_bytes, 5);
}
END_TEST

START_TEST(parse__region)
{
	const uint32_t homes[] = { 0, 7 };
	struct ssi_nl_region region;

	nla_put_string(msg, SSI_MEM_A_REGION, "1234567890123456789012345678901234567890");
	nla_put_u64(msg, SSI_MEM_A_MEMBERS, 1ull << 63 | 1);
	nla_put_u64(msg, SSI_MEM_A_SIZE, 4096);
	nla_put_u32(msg, SSI_MEM_A_EPOCH, 9);
	nla_put_flag(msg, SSI_MEM_A_FROZEN);
	nla_put(msg, SSI_MEM_A_HOMES, sizeof(homes), homes);
	nl.take = parse_region;
	nl.arg = &region;
	on_valid(msg, &nl);
	ck_assert_int_eq(nl.rc, 0);
	ck_assert_str_eq(region.name, "1234567890123456789012345678901");
	ck_assert_uint_eq(region.members, 1ull << 63 | 1);
	ck_assert_uint_eq(region.size, 4096);
	ck_assert_uint_eq(region.epoch, 9);
	ck_assert(region.frozen);
	ck_assert_uint_eq(region.lost, 0);
	ck_assert_uint_eq(region.homes[0], 0);
	ck_assert_uint_eq(region.homes[1], 7);
	ck_assert_uint_eq(region.homes[63], 0);
}
END_TEST

START_TEST(parse__run)
{
	struct ssi_nl_run run;

	nla_put_u64(msg, SSI_MEM_A_PAGE, 1ull << 32);
	nla_put_u64(msg, SSI_MEM_A_PAGES, 512);
	nla_put_u32(msg, SSI_MEM_A_HOME, 4);
	nla_put_u32(msg, SSI_MEM_A_PAGE_STATE, SSI_MEM_PAGE_STATE_SHARED);
	nl.take = parse_run;
	nl.arg = &run;
	on_valid(msg, &nl);
	ck_assert_int_eq(nl.rc, 0);
	ck_assert_uint_eq(run.range.first, 1ull << 32);
	ck_assert_uint_eq(run.range.pages, 512);
	ck_assert_uint_eq(run.home, 4);
	ck_assert_uint_eq(run.state, SSI_MEM_PAGE_STATE_SHARED);
	ck_assert_uint_eq(run.owner, SSI_NL_NONE);
	ck_assert(!run.homed_here);
	nla_put_u32(msg, SSI_MEM_A_OWNER, 0);
	nla_put_u64(msg, SSI_MEM_A_SHARERS, 0);
	on_valid(msg, &nl);
	ck_assert_uint_eq(run.owner, 0);
	ck_assert(run.homed_here);
}
END_TEST

START_TEST(parse__chunk)
{
	const uint32_t states[SSI_MEM_PAGE_STATE_OWNED] = { 500, 0, 4, 3 };
	struct ssi_nl_chunk chunk;

	nla_put_u32(msg, SSI_MEM_A_HOME, 4);
	nla_put(msg, SSI_MEM_A_PAGE_STATES, sizeof(states), states);
	nl.take = parse_chunk;
	nl.arg = &chunk;
	memset(&chunk, 0xff, sizeof(chunk));
	on_valid(msg, &nl);
	ck_assert_int_eq(nl.rc, 0);
	ck_assert_uint_eq(chunk.states[SSI_MEM_PAGE_STATE_SHARED], 3);
	ck_assert_uint_eq(chunk.states[SSI_MEM_PAGE_STATE_SOLE], 0);
	ck_assert(!chunk.homed_here);
	ck_assert(!chunk.has_faults);
	nla_put_u64(msg, SSI_MEM_A_FAULTS, 1ull << 33);
	nla_put_u32(msg, SSI_MEM_A_GRANTED, 0);
	nla_put_u32(msg, SSI_MEM_A_TRANSACTIONS, 2);
	on_valid(msg, &nl);
	ck_assert(chunk.homed_here);
	ck_assert_uint_eq(chunk.transactions, 2);
	ck_assert(chunk.has_faults);
	ck_assert_uint_eq(chunk.faults, 1ull << 33);
}
END_TEST

START_TEST(parse__event)
{
	struct ssi_nl_event event;

	nl.take = parse_event;
	nl.arg = &event;
	on_valid(msg, &nl);
	ck_assert_int_eq(nl.rc, -EBADMSG);
	nl.rc = 0;
	nla_put_u32(msg, SSI_MEM_A_EVENT, SSI_MEM_EVENT_TYPE_LINK_DOWN);
	nla_put_string(msg, SSI_MEM_A_NODE, "n");
	nla_put_u32(msg, SSI_MEM_A_CHANNEL, SSI_MEM_CHANNEL_CTL);
	nla_put_u32(msg, SSI_MEM_A_ID, 7);
	nla_put_string(msg, SSI_MEM_A_REGION, "r");
	nla_put_u64(msg, SSI_MEM_A_PAGE, 1ull << 33);
	on_valid(msg, &nl);
	ck_assert_int_eq(nl.rc, 0);
	ck_assert_uint_eq(event.id, 7);
	ck_assert_str_eq(event.region, "r");
	ck_assert_uint_eq(event.page, 1ull << 33);
	ck_assert_uint_eq(event.type, SSI_MEM_EVENT_TYPE_LINK_DOWN);
	ck_assert_uint_eq(event.peer, SSI_NL_NONE);
	ck_assert_uint_eq(event.channel, SSI_MEM_CHANNEL_CTL);
}
END_TEST

START_TEST(parse__wrong_types)
{
	struct ssi_nl_node node;

	nla_put_u32(msg, SSI_MEM_A_SHARE, 1);
	nl.take = parse_node;
	nl.arg = &node;
	on_valid(msg, &nl);
	ck_assert_int_eq(nl.rc, -EBADMSG);
}
END_TEST

/* The kernel is trusted; still no byte of a reply may make us read elsewhere. */
START_TEST(parse__random_bytes)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct ssi_nl_node node;
	uint8_t *good;
	unsigned int round, i, seed = 1;

	put_node();
	good = malloc(nlh->nlmsg_len);
	memcpy(good, nlh, nlh->nlmsg_len);
	nl.take = parse_node;
	nl.arg = &node;
	for (round = 0; round < 20000; round++) {
		uint8_t *body = (uint8_t *)nlh + NLMSG_HDRLEN;

		memcpy(nlh, good, ((struct nlmsghdr *)good)->nlmsg_len);
		for (i = 0; i <= round % 4; i++)
			body[rand_r(&seed) % 200] = rand_r(&seed);
		nl.rc = 0;
		on_valid(msg, &nl);
		ck_assert_uint_eq(node.name[SSI_NL_NAME - 1], 0);
	}
	free(good);
}
END_TEST

/* An error message as the kernel sends it. */
static struct {
	struct nlmsghdr nlh;
	struct nlmsgerr err;
	char rest[128];
} error;

static void make_error(bool capped, const char *text)
{
	char *at = error.rest;
	struct nlattr *a;

	memset(&error, 0, sizeof(error));
	error.nlh.nlmsg_type = NLMSG_ERROR;
	error.nlh.nlmsg_flags = NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0);
	error.err.error = -EBUSY;
	error.err.msg.nlmsg_len = NLMSG_HDRLEN + 21;
	if (!capped)
		at += NLMSG_ALIGN(21);
	a = (struct nlattr *)at;
	a->nla_type = NLMSGERR_ATTR_MSG;
	a->nla_len = NLA_HDRLEN + strlen(text) + 1;
	memcpy((char *)a + NLA_HDRLEN, text, strlen(text) + 1);
	error.nlh.nlmsg_len = at + NLA_ALIGN(a->nla_len) - (char *)&error;
}

START_TEST(error__text_of_the_kernel)
{
	make_error(_i, "a region spans this node");
	on_error(NULL, &error.err, &nl);
	ck_assert_int_eq(nl.rc, -EBUSY);
	ck_assert(nl.done);
	ck_assert_str_eq(ssi_nl_text(&nl), "a region spans this node");
}
END_TEST

START_TEST(error__without_text)
{
	make_error(true, "unused");
	error.nlh.nlmsg_flags = NLM_F_CAPPED;
	on_error(NULL, &error.err, &nl);
	ck_assert_int_eq(nl.rc, -EBUSY);
	ck_assert_str_eq(ssi_nl_text(&nl), "");
	error.nlh.nlmsg_flags |= NLM_F_ACK_TLVS;
	error.nlh.nlmsg_len = NLMSG_HDRLEN + sizeof(struct nlmsgerr);
	on_error(NULL, &error.err, &nl);
	ck_assert_str_eq(ssi_nl_text(&nl), "");
}
END_TEST

/* What it says of the length of the request is not what there is of it. */
START_TEST(error__about_a_request_of_any_length)
{
	static const uint32_t lengths[] = { 0, 1, NLMSG_HDRLEN, 200, 4096, 0x7fffffff,
					    0x80000000, 0xfffffffc, 0xffffffff };

	make_error(false, "a text");
	error.err.msg.nlmsg_len = lengths[_i];
	on_error(NULL, &error.err, &nl);
	ck_assert_int_eq(nl.rc, -EBUSY);
}
END_TEST

/* Callers negate it to have an errno. */
START_TEST(error__that_is_none)
{
	static const int errors[] = { 1, INT32_MIN, INT32_MAX, -4096, -4095 };

	make_error(true, "a text");
	error.err.error = errors[_i];
	on_error(NULL, &error.err, &nl);
	ck_assert_int_eq(nl.rc, errors[_i] == -4095 ? -4095 : -EBADMSG);
	ck_assert(nl.done);
}
END_TEST

START_TEST(finish__result_of_a_dump)
{
	struct nl_msg *done = nlmsg_alloc_simple(NLMSG_DONE, NLM_F_MULTI | NLM_F_ACK_TLVS);
	int code = -ENODEV;

	nlmsg_append(done, &code, sizeof(code), 0);
	nla_put_string(done, NLMSGERR_ATTR_MSG, "no such node");
	on_finish(done, &nl);
	ck_assert_int_eq(nl.rc, -ENODEV);
	ck_assert_str_eq(ssi_nl_text(&nl), "no such node");
	nlmsg_free(done);
}
END_TEST

/* What the controller of families says about one of them. */
static void tell(uint32_t type, uint8_t cmd, uint16_t family)
{
	struct nl_msg *control = nlmsg_alloc();

	genlmsg_put(control, 0, 0, type, 0, 0, cmd, 2);
	nla_put_u16(control, CTRL_ATTR_FAMILY_ID, family);
	on_valid(control, &nl);
	nlmsg_free(control);
}

START_TEST(control__module_unloaded)
{
	struct ssi_nl_event event;

	nl.take = parse_event;
	nl.arg = &event;
	tell(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, 100);
	tell(GENL_ID_CTRL, CTRL_CMD_DELFAMILY, 101);
	tell(NLMSG_NOOP, CTRL_CMD_DELFAMILY, 100);
	ck_assert(!nl.gone);
	tell(GENL_ID_CTRL, CTRL_CMD_DELFAMILY, 100);
	ck_assert(nl.gone);
	ck_assert_int_eq(nl.rc, 0);
}
END_TEST

/* A message that ends where its header should be, or in its attribute. */
START_TEST(control__cut_off)
{
	struct nl_msg *whole = nlmsg_alloc();
	struct nlmsghdr *part;
	uint32_t size;

	genlmsg_put(whole, 0, 0, GENL_ID_CTRL, 0, 0, CTRL_CMD_DELFAMILY, 2);
	nla_put_u16(whole, CTRL_ATTR_FAMILY_ID, 100);
	for (size = NLMSG_HDRLEN; size < NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN + 2; size++) {
		/* A copy of exact size, so that reading past it is caught. */
		part = malloc(size);
		memcpy(part, nlmsg_hdr(whole), size);
		part->nlmsg_len = size;
		on_control(&nl, part);
		free(part);
		ck_assert(!nl.gone);
	}
	nlmsg_free(whole);
}
END_TEST

START_TEST(version__same_and_others)
{
	ck_assert_int_eq(check_version(&nl, SSI_MEM_FAMILY_VERSION), 0);
	ck_assert_str_eq(ssi_nl_text(&nl), "");
	ck_assert_int_eq(check_version(&nl, SSI_MEM_FAMILY_VERSION + 1), -EPROTONOSUPPORT);
	ck_assert_str_eq(ssi_nl_text(&nl), "the module speaks version 2 of the netlink family, "
					   "this ssictl version 1; install both of one release");
	ck_assert_int_eq(check_version(&nl, SSI_MEM_FAMILY_VERSION - 1), -EPROTONOSUPPORT);
}
END_TEST

/* From here on with a socket; nlctrl answers in place of the module. */
static struct ssi_nl *open_ctrl(void)
{
	struct ssi_nl *ctrl = calloc(1, sizeof(*ctrl));
	int rc = setup_socket(ctrl);

	ck_assert_msg(rc == 0 || rc == -ENOENT, "%s", strerror(-rc));
	ctrl->family = GENL_ID_CTRL;
	return ctrl;
}

START_TEST(call__refused)
{
	struct ssi_nl *ctrl = open_ctrl();
	const int getfamily = 3; /* CTRL_CMD_GETFAMILY; A_NODE is its family name */

	ck_assert_int_eq(call(ctrl, request(ctrl, getfamily, "no_such"), NULL, NULL), -ENOENT);
	ck_assert_int_eq(call(ctrl, request(ctrl, 99, NULL), NULL, NULL), -EOPNOTSUPP);
	ck_assert_int_eq(call(ctrl, request(ctrl, getfamily, "nlctrl"), NULL, NULL), 0);
	ssi_nl_close(ctrl);
}
END_TEST

static int count_one(struct nlattr **a, void *arg)
{
	(void)a;
	return ++*(int *)arg == 3 ? -ECANCELED : 0;
}

START_TEST(each__ends_early_and_stays_usable)
{
	struct ssi_nl *ctrl = open_ctrl();
	int count = 0;

	/* nlctrl's attributes have other types. */
	memset(policy, 0, sizeof(policy));
	ck_assert_int_eq(each(ctrl, request(ctrl, 3, NULL), count_one, &count), -ECANCELED);
	ck_assert_int_eq(count, 3);
	ck_assert_int_eq(call(ctrl, request(ctrl, 3, "nlctrl"), NULL, NULL), 0);
	ssi_nl_close(ctrl);
}
END_TEST

/* More events than the socket has room for: the reader is told, and goes on. */
START_TEST(events__lost)
{
	struct ssi_nl *ctrl = open_ctrl();
	struct event_walk walk = { 0 };
	int i, other, rmem = 0;

	ck_assert_int_eq(nl_socket_add_membership(ctrl->sock, GENL_ID_CTRL), 0);
	nl_socket_set_nonblocking(ctrl->sock);
	setsockopt(nl_socket_get_fd(ctrl->sock), SOL_SOCKET, SO_RCVBUF, &rmem, sizeof(rmem));
	/* The answers to its own requests fill it as well. */
	for (i = 0; i < 64; i++) {
		struct nl_msg *ask = request(ctrl, CTRL_CMD_GETFAMILY, "nlctrl");

		nl_send_auto(ctrl->sock, ask);
		nlmsg_free(ask);
	}
	ck_assert_int_eq(take_in(ctrl, take_event, &walk), -ENOBUFS);
	for (other = 0; other < 10 && take_in(ctrl, take_event, &walk); other++)
		;
	ck_assert_int_lt(other, 10);
	ssi_nl_close(ctrl);
}
END_TEST

START_TEST(open__family)
{
	struct ssi_nl *opened;
	int rc = ssi_nl_open(&opened);

	ck_assert_msg(rc == 0 || rc == -ENOENT, "%s", strerror(-rc));
	ck_assert(!opened == (rc != 0));
	ssi_nl_close(opened);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("nl");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, parse__node);
	tcase_add_test(tc, parse__hist);
	tcase_add_test(tc, parse__peer);
	tcase_add_test(tc, parse__region);
	tcase_add_test(tc, parse__run);
	tcase_add_test(tc, parse__chunk);
	tcase_add_test(tc, parse__event);
	tcase_add_test(tc, parse__wrong_types);
	tcase_add_test(tc, parse__random_bytes);
	tcase_add_loop_test(tc, error__text_of_the_kernel, 0, 2);
	tcase_add_test(tc, error__without_text);
	tcase_add_loop_test(tc, error__about_a_request_of_any_length, 0, 9);
	tcase_add_loop_test(tc, error__that_is_none, 0, 5);
	tcase_add_test(tc, finish__result_of_a_dump);
	tcase_add_test(tc, control__module_unloaded);
	tcase_add_test(tc, control__cut_off);
	tcase_add_test(tc, version__same_and_others);
	tcase_add_test(tc, call__refused);
	tcase_add_test(tc, each__ends_early_and_stays_usable);
	tcase_add_test(tc, events__lost);
	tcase_add_test(tc, open__family);
	return run_case("ssictl_nl", tc);
}
