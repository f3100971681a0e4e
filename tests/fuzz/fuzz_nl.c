// SPDX-License-Identifier: Apache-2.0
/*
 * ssictl's commands and a kernel that says whatever it likes: the input is what
 * the reads of the netlink socket return. What is printed as JSON must be JSON.
 */
#include "../../ssictl/cmd_monitor.c"
/* The connection is made here instead. */
#define ssi_nl_open open_of_a_real_one
#include "../../ssictl/nl.c"
#include "../../ssictl/nl_events.c"
#undef ssi_nl_open

#include <jansson.h>

#include "fuzz.h"

#define FAMILY 100

static struct input in;

static int fake_send(struct nl_sock *sock, struct nl_msg *msg)
{
	(void)sock;
	(void)msg;
	return 0;
}

/*
 * A datagram: half its size, then messages; where the input ends, zeroes. Types and
 * lengths of the first message are helped along: others do not get far.
 */
static int fake_recv(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **buf,
		     struct ucred **creds)
{
	struct nlmsghdr *nlh;
	uint8_t head[4];
	size_t size;

	(void)sock;
	(void)creds;
	if (!in.left)
		return -NLE_AGAIN;
	in_bytes(&in, head, sizeof(head));
	size = NLMSG_HDRLEN + (head[0] | (head[1] & 7) << 8) * 2;
	memset(from, 0, sizeof(*from));
	from->nl_family = AF_NETLINK;
	*buf = malloc(size);
	in_bytes(&in, *buf, size);
	nlh = (void *)*buf;
	if (!(head[1] & 8))
		nlh->nlmsg_len = size;
	if (!(head[1] & 16))
		nlh->nlmsg_type = head[2] < 16 ? head[2] : head[2] < 24 ? GENL_ID_CTRL : FAMILY;
	nlh->nlmsg_flags = head[3] | head[1] >> 5 << 8;
	return size;
}

static int never_mind(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

int ssi_nl_open(struct ssi_nl **out)
{
	struct ssi_nl *nl = calloc(1, sizeof(*nl));

	nl->family = FAMILY;
	nl->sock = nl_socket_alloc();
	nl->cb = nl_cb_alloc(NL_CB_DEFAULT);
	nl_cb_overwrite_recv(nl->cb, fake_recv);
	nl_cb_err(nl->cb, NL_CB_CUSTOM, on_error, nl);
	nl_cb_set(nl->cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, nl);
	nl_cb_set(nl->cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, nl);
	nl_cb_set(nl->cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, nl);
	nl_cb_set(nl->cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, never_mind, NULL);
	nl_cb_overwrite_send(nl->cb, fake_send);
	nl_socket_set_cb(nl->sock, nl->cb);
	*out = nl;
	return 0;
}

/* ---- the commands ---- */

/* ssictl monitor prints what has come, instead of waiting for more. */
static int monitor(const struct ssi_args *args)
{
	struct monitor m = { .args = args };
	int rc = ssi_nl_open(&m.nl);

	while (rc == 0 && in.left)
		rc = ssi_nl_events_read(m.nl, on_event, &m);
	ssi_nl_close(m.nl);
	return rc;
}

static int pages_of_chunk(const struct ssi_args *args)
{
	struct ssi_args more = *args;

	more.chunk = (struct ssi_number){ .given = true, .value = 1 };
	return ssi_cmd_pages(&more);
}

static int pages_of_range(const struct ssi_args *args)
{
	struct ssi_args more = *args;

	more.range = (struct ssi_pages){ .given = true, .first = 1, .last = 600 };
	more.owner = (struct ssi_number){ .given = true, .value = 2 };
	return ssi_cmd_pages(&more);
}

static int all_stats(const struct ssi_args *args)
{
	struct ssi_args more = *args;

	more.hist = true;
	more.reset = true;
	return ssi_cmd_stats(&more);
}

static int (*const commands[])(const struct ssi_args *args) = {
	ssi_cmd_status, ssi_cmd_stats, all_stats, ssi_cmd_pages,
	pages_of_chunk, pages_of_range, ssi_cmd_region_list, ssi_cmd_region_show,
	monitor, ssi_cmd_region_create, ssi_cmd_region_delete, ssi_cmd_version,
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* ---- what they print ---- */

static void check_json(const char *text, size_t size, bool lines)
{
	const char *at = text;
	json_t *root;

	while (at < text + size) {
		const char *end = lines ? strchr(at, '\n') : text + size;

		must(end);
		root = json_loadb(at, end - at, JSON_REJECT_DUPLICATES, NULL);
		must(root && json_is_object(root));
		json_decref(root);
		at = end + 1;
	}
}

/* Complaints are of no interest here. */
static void hush(void)
{
	static FILE *nothing;

	if (!nothing)
		nothing = fopen("/dev/null", "w");
	stderr = nothing;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ssi_args args = { .name = "r", .size = 4 << 20, .mode = 0660 };
	FILE *out = stdout, *err = stderr;
	unsigned int command;
	size_t printed = 0;
	char *text = NULL;
	uint8_t how;
	int rc;

	in = (struct input){ data, size };
	how = in_u8(&in);
	command = how % 16 % COMMANDS;
	args.json = how & 0x80;
	args.node = how & 0x40 ? "n" : NULL;
	hush();
	stdout = open_memstream(&text, &printed);
	rc = commands[command](&args);
	fclose(stdout);
	stdout = out;
	stderr = err;
	if (args.json && commands[command] == monitor)
		check_json(text, printed, true);
	else if (args.json && rc == SSI_EXIT_OK && printed && commands[command] != ssi_cmd_version &&
		 commands[command] != ssi_cmd_region_create)
		check_json(text, printed, false);
	free(text);
	return 0;
}
