// SPDX-License-Identifier: Apache-2.0
/*
 * badnl: netlink requests that the module must refuse, each with the errno and
 * the text that the caller gets. usage: badnl PEER [COUNT [SEED]], where PEER is
 * the id of a node that the only node here has links to; COUNT random requests
 * follow. Prints TAP.
 *
 * Two tables: from the first, which says what attributes a command has, follow
 * requests that lack one, or have one that is too short, too long, nested, or
 * of no command; the second one lists requests that are well formed and make
 * no sense.
 */
#include "badnl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <linux/ssi_mem.h>

static int number;
static int failures;
static int family;
static int events;

void check(const char *what, bool ok)
{
	number++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", number, what);
	fflush(stdout);
}

/* ---- one request ---- */

static int open_socket(void)
{
	struct timeval tv = { .tv_sec = 20 };
	int one = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
				 NETLINK_GENERIC);

	if (fd < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv))) {
		perror("netlink");
		exit(1);
	}
	return fd;
}

static bool only_lists(unsigned int cmd)
{
	return cmd == SSI_MEM_CMD_PAGE_GET || cmd == SSI_MEM_CMD_CHUNK_GET ||
	       cmd == SSI_MEM_CMD_HIST_GET || cmd == SSI_MEM_CMD_HOT_GET;
}

void request_begin(struct request *request, unsigned int cmd)
{
	struct genlmsghdr *genl;

	memset(request, 0, sizeof(*request));
	request->nlh.nlmsg_len = NLMSG_LENGTH(sizeof(*genl));
	request->nlh.nlmsg_type = (unsigned short)family;
	request->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (only_lists(cmd))
		request->nlh.nlmsg_flags |= NLM_F_DUMP;
	genl = NLMSG_DATA(&request->nlh);
	genl->cmd = (unsigned char)cmd;
	genl->version = SSI_MEM_FAMILY_VERSION;
}

void request_put(struct request *request, unsigned int type, const void *data,
		 size_t size)
{
	struct nlattr *attr = (struct nlattr *)((char *)request +
						request->nlh.nlmsg_len);

	attr->nla_type = (unsigned short)type;
	attr->nla_len = (unsigned short)(NLA_HDRLEN + size);
	if (size)
		memcpy((char *)attr + NLA_HDRLEN, data, size);
	request->nlh.nlmsg_len += NLA_ALIGN(attr->nla_len);
}

void request_string(struct request *request, unsigned int type,
		    const char *text)
{
	request_put(request, type, text, strlen(text) + 1);
}

void request_u32(struct request *request, unsigned int type, uint32_t value)
{
	request_put(request, type, &value, sizeof(value));
}

void request_u64(struct request *request, unsigned int type, uint64_t value)
{
	request_put(request, type, &value, sizeof(value));
}

/* What the kernel says in words stands from @at on. */
static void take_text(struct answer *answer, const struct nlmsghdr *nlh,
		      size_t at)
{
	const struct nlattr *attr;

	while (at + NLA_HDRLEN <= nlh->nlmsg_len) {
		attr = (const struct nlattr *)((const char *)nlh + at);
		if (attr->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(answer->text, sizeof(answer->text), "%s",
				 (const char *)attr + NLA_HDRLEN);
		at += NLA_ALIGN(attr->nla_len);
	}
}

/* Of a list that can not begin, the end has the error. Return: it is the end. */
static bool take_end(struct answer *answer, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);
	size_t at = NLMSG_LENGTH(sizeof(*err));

	if (nlh->nlmsg_type != NLMSG_ERROR && nlh->nlmsg_type != NLMSG_DONE)
		return false;
	answer->error = -err->error;
	if (nlh->nlmsg_type == NLMSG_DONE)
		at = NLMSG_LENGTH(sizeof(err->error));
	else if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		take_text(answer, nlh, at);
	return true;
}

/* Send it on a socket of its own; every request is acknowledged. */
struct answer request_send(const struct request *request)
{
	struct answer answer = { .error = ETIME };
	union {
		struct nlmsghdr nlh;
		char bytes[16384];
	} reply;
	int fd = open_socket();

	send(fd, request, request->nlh.nlmsg_len, 0);
	while (recv(fd, &reply, sizeof(reply), 0) > 0 &&
	       !take_end(&answer, &reply.nlh))
		;
	close(fd);
	return answer;
}

/* @text: part of what is said; "" for anything, NULL where the kernel's own
 * netlink code refuses without a word. */
void must_refuse(const char *what, const struct request *request, int error,
		 const char *text)
{
	struct answer answer = request_send(request);
	bool told = !text || (*answer.text && strstr(answer.text, text));

	check(what, answer.error == error && told);
	if (answer.error != error || !told)
		printf("# errno %d (%s), text '%s', not %d and '%s'\n",
		       answer.error, strerror(answer.error), answer.text,
		       error, text ? text : "");
}

/* ---- what follows from the attributes ---- */

enum kind { STRING, U32, U64, BINARY, FLAG };

/**
 * struct attr - an attribute of a command
 * @type:  SSI_MEM_A_*
 * @kind:  of its value
 * @value: a good one
 * @size:  of a binary value
 * @lacks: what is said when it is missing; NULL where it may be
 * @over:  a number that is too large, 0 where every number is possible
 */
struct attr {
	unsigned int type;
	enum kind kind;
	uint64_t value;
	size_t size;
	const char *lacks;
	uint32_t over;
};

/**
 * struct command - what a command takes
 * @cmd:   SSI_MEM_CMD_*
 * @name:  for people
 * @attrs: its attributes; ends with a type of 0
 */
struct command {
	unsigned int cmd;
	const char *name;
	struct attr attrs[9];
};

#define NODE { SSI_MEM_A_NODE, STRING, 0, 0, NULL, 0 }
#define TIMEOUT { SSI_MEM_A_TIMEOUT_MS, U32, 1000, 0, NULL, 0 }
#define REGION { SSI_MEM_A_REGION, STRING, 0, 0, "name of the region", 0 }
#define PAGES { SSI_MEM_A_PAGE, U64, 0, 0, NULL, 0 },			\
	      { SSI_MEM_A_PAGES, U64, 0, 0, NULL, 0 }
#define END { 0, U32, 0, 0, NULL, 0 }

static const struct command commands[] = {
	{ SSI_MEM_CMD_VERSION_GET, "version-get",
	  { { SSI_MEM_A_PROTOCOL, U32, 1, 0, NULL, 0 }, END } },
	{ SSI_MEM_CMD_NODE_NEW, "node-new",
	  { { SSI_MEM_A_NODE, STRING, 0, 0, "name of the node", 0 },
	    { SSI_MEM_A_ID, U32, 40, 0, "id of the node", 64 },
	    { SSI_MEM_A_SHARE, U64, 4 << 20, 0, "share", 0 },
	    { SSI_MEM_A_RESERVE, U64, 4 << 20, 0, NULL, 0 },
	    { SSI_MEM_A_HOLD_US, U32, 1, 0, NULL, 0 }, END } },
	{ SSI_MEM_CMD_NODE_DEL, "node-del",
	  { NODE, { SSI_MEM_A_FORCE, FLAG, 0, 0, NULL, 0 }, TIMEOUT, END } },
	{ SSI_MEM_CMD_NODE_GET, "node-get", { NODE, END } },
	{ SSI_MEM_CMD_LINK_SET, "link-set",
	  { NODE, { SSI_MEM_A_PEER, U32, 41, 0, "id of the peer", 64 },
	    { SSI_MEM_A_CHANNEL, U32, 0, 0, "channel", 2 },
	    { SSI_MEM_A_FD, U32, 0, 0, "descriptor", 0 },
	    { SSI_MEM_A_INCARNATION, BINARY, 0, SSI_MEM_INCARNATION_LEN,
	      "incarnation", 0 },
	    { SSI_MEM_A_TLS, FLAG, 0, 0, NULL, 0 }, END } },
	{ SSI_MEM_CMD_PEER_GET, "peer-get",
	  { NODE, { SSI_MEM_A_PEER, U32, 41, 0, "id of the peer", 64 }, END } },
	{ SSI_MEM_CMD_REGION_NEW, "region-new",
	  { NODE, REGION, { SSI_MEM_A_SIZE, U64, 4096, 0, "size", 0 },
	    { SSI_MEM_A_UID, U32, 0, 0, NULL, 0 },
	    { SSI_MEM_A_GID, U32, 0, 0, NULL, 0 },
	    { SSI_MEM_A_MODE, U32, 0, 0, NULL, 01000 }, TIMEOUT, END } },
	{ SSI_MEM_CMD_REGION_DEL, "region-del", { NODE, REGION, TIMEOUT, END } },
	{ SSI_MEM_CMD_REGION_GET, "region-get", { NODE, REGION, END } },
	{ SSI_MEM_CMD_NODE_DRAIN, "node-drain",
	  { NODE, { SSI_MEM_A_STOP, FLAG, 0, 0, NULL, 0 }, END } },
	{ SSI_MEM_CMD_PEER_FORGET, "peer-forget",
	  { NODE, { SSI_MEM_A_PEER, U32, 41, 0, "id of the peer", 64 },
	    { SSI_MEM_A_FORCE, FLAG, 0, 0, NULL, 0 }, TIMEOUT, END } },
	{ SSI_MEM_CMD_REGION_EXTEND, "region-extend",
	  { NODE, REGION, { SSI_MEM_A_PEER, U32, 41, 0, "id of the peer", 64 },
	    TIMEOUT, END } },
	{ SSI_MEM_CMD_REGION_SET, "region-set",
	  { NODE, REGION, { SSI_MEM_A_PREFETCH, U32, 0, 0, NULL, 65 }, END } },
	{ SSI_MEM_CMD_MEMBERS_SET, "members-set",
	  { NODE, { SSI_MEM_A_ROSTER_EPOCH, U64, 1, 0, "epoch", 0 },
	    { SSI_MEM_A_MEMBERS, U64, 1, 0, "members", 0 }, END } },
	{ SSI_MEM_CMD_STATS_RESET, "stats-reset", { NODE, END } },
	{ SSI_MEM_CMD_PAGE_GET, "page-get", { NODE, REGION, PAGES, END } },
	{ SSI_MEM_CMD_CHUNK_GET, "chunk-get", { NODE, REGION, PAGES, END } },
	{ SSI_MEM_CMD_HIST_GET, "hist-get", { NODE, END } },
	{ SSI_MEM_CMD_HOT_GET, "hot-get", { NODE, REGION, END } },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Names are of nothing that there is: what passes by mistake does no harm. */
static void put_good(struct request *request, const struct attr *attr)
{
	static const char zeroes[64];

	switch (attr->kind) {
	case STRING:
		request_string(request, attr->type, "badnl");
		break;
	case U32:
		request_u32(request, attr->type, (uint32_t)attr->value);
		break;
	case U64:
		request_u64(request, attr->type, attr->value);
		break;
	default:
		request_put(request, attr->type, zeroes, attr->size);
		break;
	}
}

/* A request with all attributes but one. */
static void begin_without(struct request *request, const struct command *command,
			  const struct attr *but)
{
	const struct attr *attr;

	request_begin(request, command->cmd);
	for (attr = command->attrs; attr->type; attr++) {
		if (attr != but && attr->kind != FLAG)
			put_good(request, attr);
	}
}

static const char *title(const struct command *command,
			 const struct attr *attr, const char *what)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s: attribute %u %s", command->name,
		 attr ? attr->type : 0, what);
	return text;
}

static void check_sizes(const struct command *command, const struct attr *attr)
{
	int error = attr->kind == BINARY || attr->kind == FLAG ? ERANGE : EINVAL;
	struct request request;
	char bytes[300];

	memset(bytes, 'x', sizeof(bytes));
	if (attr->kind != FLAG) {
		begin_without(&request, command, attr);
		request_put(&request, attr->type, bytes, 0);
		must_refuse(title(command, attr, "empty"), &request, error, "");
		/* Of a string, one without an end. */
		begin_without(&request, command, attr);
		request_put(&request, attr->type, bytes, 3);
		must_refuse(title(command, attr, "too short"), &request, error,
			    "");
	}
	begin_without(&request, command, attr);
	bytes[sizeof(bytes) - 1] = 0;
	request_put(&request, attr->type, bytes, sizeof(bytes));
	must_refuse(title(command, attr, "too long"), &request, error, "");
}

static void check_attr(const struct command *command, const struct attr *attr)
{
	struct request request;

	check_sizes(command, attr);
	if (attr->lacks) {
		begin_without(&request, command, attr);
		must_refuse(title(command, attr, "missing"), &request, EINVAL,
			    attr->lacks);
	}
	if (attr->over) {
		begin_without(&request, command, attr);
		request_u32(&request, attr->type, attr->over);
		must_refuse(title(command, attr, "out of range"), &request,
			    ERANGE, "");
		begin_without(&request, command, attr);
		request_u32(&request, attr->type, 0xffffffff);
		must_refuse(title(command, attr, "far out of range"), &request,
			    ERANGE, "");
	}
	begin_without(&request, command, attr);
	request_put(&request, attr->type | NLA_F_NESTED, "\0\0\0\0\0\0\0", 8);
	must_refuse(title(command, attr, "nested"), &request, EINVAL, "");
}

static void check_command(const struct command *command)
{
	struct request request;
	const struct attr *attr;

	for (attr = command->attrs; attr->type; attr++)
		check_attr(command, attr);
	begin_without(&request, command, NULL);
	request_u32(&request, SSI_MEM_A_MAX + 1, 1);
	must_refuse(title(command, NULL, "of a later version"), &request,
		    EINVAL, "");
	begin_without(&request, command, NULL);
	request_u64(&request, SSI_MEM_A_USED, 1);
	must_refuse(title(command, NULL, "of another command"), &request,
		    EINVAL, "");
	/* The last attribute ends behind the message. */
	begin_without(&request, command, NULL);
	request_u32(&request, SSI_MEM_A_NODE, 1);
	request.nlh.nlmsg_len -= 4;
	must_refuse(title(command, NULL, "cut off"), &request, EINVAL, "");
}

static void check_unknown(void)
{
	struct request request;

	request_begin(&request, SSI_MEM_CMD_MAX + 1);
	must_refuse("an unknown command", &request, EOPNOTSUPP, NULL);
	request_begin(&request, SSI_MEM_CMD_EVENT);
	must_refuse("an event as a command", &request, EOPNOTSUPP, NULL);
	request_begin(&request, SSI_MEM_CMD_VERSION_GET);
	request.nlh.nlmsg_flags |= NLM_F_DUMP;
	must_refuse("a dump where there is none", &request, EOPNOTSUPP, NULL);
	request_begin(&request, SSI_MEM_CMD_NODE_GET);
	request.nlh.nlmsg_len = NLMSG_LENGTH(2);
	must_refuse("a message without a header", &request, EINVAL, NULL);
}

/* Return: whether each command but the version's is refused for want of rights. */
bool has_no_rights(void)
{
	struct request request;
	bool none = true;
	int error;
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		request_begin(&request, commands[i].cmd);
		error = request_send(&request).error;
		if (error == EPERM || commands[i].cmd == SSI_MEM_CMD_VERSION_GET)
			continue;
		printf("# %s: errno %d (%s)\n", commands[i].name, error,
		       strerror(error));
		none = false;
	}
	return none;
}

/* Return: whether the group of the events can be joined. */
bool hears_events(void)
{
	int fd = open_socket();
	bool joined = !setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
				  &events, sizeof(events));

	close(fd);
	return joined;
}

/* ---- random requests ---- */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 8;
}

/*
 * Names are those of nodes and regions that may come and go, or impossible: the
 * node that others have links to, and its regions, are not meant. An empty name
 * would mean them.
 */
static void put_random_string(struct request *request, unsigned int type,
			      uint64_t *state)
{
	static const char *const names[] = { "badnl", "badnm", "-", "../x",
					     "thirty-two-letters-are-one-much." };
	char bytes[64] = "/";
	unsigned int i;

	if (next_random(state) % 8) {
		request_string(request, type, names[next_random(state) % 5]);
		return;
	}
	for (i = 1; i < sizeof(bytes); i++)
		bytes[i] = (char)next_random(state);
	request_put(request, type, bytes, next_random(state) % sizeof(bytes));
}

static void put_random(struct request *request, const struct attr *attr,
		       uint64_t *state)
{
	static const uint64_t edges[] = { 0, 1, 63, 64, 4095, 4096, 0x7fffffff,
					  0xffffffff, 1ull << 32, 1ull << 44,
					  1ull << 63, ~0ull };
	uint64_t value = edges[next_random(state) % 12];
	unsigned int type = attr->type;
	char bytes[64];

	memset(bytes, (int)next_random(state), sizeof(bytes));
	if (next_random(state) % 32 == 0)
		type |= NLA_F_NESTED;
	if (next_random(state) % 16 == 0)
		request_put(request, type, bytes, next_random(state) % sizeof(bytes));
	else if (attr->kind == STRING)
		put_random_string(request, type, state);
	else if (attr->kind == U32)
		request_u32(request, type, (uint32_t)value);
	else if (attr->kind == U64)
		request_u64(request, type, value);
	else
		request_put(request, type, bytes, attr->size);
}

static void make_random(struct request *request, uint64_t *state)
{
	const struct command *command = &commands[next_random(state) % COMMANDS];
	const struct attr *attr;
	unsigned int least;

	request_begin(request, command->cmd);
	least = request->nlh.nlmsg_len;
	for (attr = command->attrs; attr->type; attr++) {
		if (attr->type == SSI_MEM_A_NODE)
			put_random_string(request, attr->type, state);
		else if (next_random(state) % 4 == 0)
			put_random(request, attr, state);
		else if (next_random(state) % 16 && attr->kind != FLAG)
			put_good(request, attr);
		/* The node's name comes first: without it the only one is meant. */
		if (attr == command->attrs)
			least = request->nlh.nlmsg_len;
	}
	if (next_random(state) % 8 == 0)
		request->nlh.nlmsg_flags ^= NLM_F_DUMP;
	if (next_random(state) % 16 == 0)
		request->nlh.nlmsg_len -= next_random(state) %
					  (request->nlh.nlmsg_len - least + 1);
}

static void remove_leftovers(void)
{
	static const char *const names[] = { "badnl", "badnm" };
	struct request request;
	unsigned int node, region;

	for (node = 0; node < 2; node++) {
		for (region = 0; region < 2; region++) {
			request_begin(&request, SSI_MEM_CMD_REGION_DEL);
			request_string(&request, SSI_MEM_A_NODE, names[node]);
			request_string(&request, SSI_MEM_A_REGION, names[region]);
			request_send(&request);
		}
		request_begin(&request, SSI_MEM_CMD_NODE_DEL);
		request_string(&request, SSI_MEM_A_NODE, names[node]);
		request_send(&request);
	}
}

/* Whatever is asked, there is an answer, and afterwards the node is as before. */
static void check_random(unsigned int count, uint64_t seed)
{
	uint64_t state = seed * 2 + 1;
	unsigned int i, done = 0, silent = 0;
	struct request request;
	struct answer answer;

	printf("# seed %llu\n", (unsigned long long)seed);
	for (i = 0; i < count && !silent; i++) {
		make_random(&request, &state);
		answer = request_send(&request);
		done += answer.error == 0;
		silent += answer.error == ETIME;
	}
	printf("# %u requests, %u of them granted\n", i, done);
	check("random requests are answered", !silent);
	remove_leftovers();
	request_begin(&request, SSI_MEM_CMD_NODE_GET);
	check("the node is still the only one",
	      request_send(&request).error == 0);
}

int main(int argc, char **argv)
{
	struct nl_sock *sock = nl_socket_alloc();
	size_t i;

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: badnl PEER [COUNT [SEED]]\n");
		return 2;
	}
	if (!sock || genl_connect(sock) < 0)
		return 1;
	family = genl_ctrl_resolve(sock, SSI_MEM_FAMILY_NAME);
	events = genl_ctrl_resolve_grp(sock, SSI_MEM_FAMILY_NAME,
				       SSI_MEM_MCGRP_EVENTS);
	nl_socket_free(sock);
	if (family < 0 || events < 0) {
		fprintf(stderr, "badnl: no family " SSI_MEM_FAMILY_NAME " with events\n");
		return 1;
	}
	check("every command is tried",
	      COMMANDS == SSI_MEM_CMD_MAX - SSI_MEM_CMD_VERSION_GET);
	for (i = 0; i < COMMANDS; i++)
		check_command(&commands[i]);
	check_unknown();
	check_meaning((uint32_t)atoi(argv[1]));
	check_sockets((uint32_t)atoi(argv[1]));
	check_callers();
	if (argc > 2)
		check_random((unsigned int)atoi(argv[2]), argc > 3 ?
			     strtoull(argv[3], NULL, 0) : (uint64_t)time(NULL));
	printf("1..%d\n", number);
	return failures != 0;
}
