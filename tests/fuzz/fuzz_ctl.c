// SPDX-License-Identifier: Apache-2.0
/*
 * vmm/ctl.c: bytes on the monitor's control socket, in any pieces. Each line gets
 * one reply, a JSON object, and what was asked for happens.
 */
#include "../../vmm/ctl.c"

#include <jansson.h>

#include "vmm_log.h"

/* What the requests did to the guest. */
void pause_begin(struct pause *pause, enum pause_reason reason)
{
	pause->reasons |= reason;
}

void pause_end(struct pause *pause, enum pause_reason reason)
{
	pause->reasons &= ~reason;
}

uint64_t pause_stalled(const struct pause *pause)
{
	return pause->stalled_at;
}

/**
 * struct talk - a connection, and what its replies must be
 * @fd:	   our end
 * @line:  the line under way
 * @used:  bytes of it
 * @lines: complete ones
 * @paused: whether the last of them left the guest paused
 * @over:  the line was too long: what comes is not heard
 * @quit:  somebody said so
 */
struct talk {
	int fd;
	char line[CTL_LINE];
	size_t used;
	unsigned int lines;
	bool paused;
	bool over;
	bool quit;
};

static void expect_line(struct talk *talk)
{
	talk->line[talk->used] = 0;
	talk->used = 0;
	talk->lines++;
	if (!strcmp(talk->line, "pause"))
		talk->paused = true;
	else if (!strcmp(talk->line, "resume"))
		talk->paused = false;
	else if (!strcmp(talk->line, "quit"))
		talk->quit = true;
}

static void expect(struct talk *talk, const uint8_t *bytes, size_t size)
{
	for (; size && !talk->over && !talk->quit; size--, bytes++) {
		if (*bytes == '\n') {
			expect_line(talk);
		} else {
			talk->line[talk->used++] = (char)*bytes;
			talk->over = talk->used == CTL_LINE;
		}
	}
	/* That is told as well. */
	talk->lines += talk->over;
}

/* Each reply is one line with one object. */
static unsigned int count_replies(int fd)
{
	char text[16384], *at, *end;
	unsigned int count = 0;
	json_t *root;
	ssize_t got = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[got > 0 ? got : 0] = 0;
	for (at = text; *at; at = end + 1) {
		end = strchr(at, '\n');
		must(end);
		root = json_loadb(at, end - at, 0, NULL);
		must(root && json_is_boolean(json_object_get(root, "ok")));
		json_decref(root);
		count++;
	}
	return count;
}

static void write_piece(struct ctl *ctl, struct talk *talk, struct input *in,
			struct pause *pause)
{
	uint8_t bytes[2 * CTL_LINE];
	size_t size = in_u8(in) % sizeof(bytes);
	unsigned int before = talk->lines;
	bool quit;

	if (size > in->left)
		size = in->left;
	in_bytes(in, bytes, size);
	if (!size || ctl->client[0].fd < 0)
		return;
	must(send(talk->fd, bytes, size, 0) == (ssize_t)size);
	expect(talk, bytes, size);
	do {
		quit = handle_client(&ctl->client[0], pause);
		size = 0;
	} while (!quit && ctl->client[0].fd >= 0 &&
		 recv(ctl->client[0].fd, bytes, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
	must(quit == talk->quit);
	must(count_replies(talk->fd) == talk->lines - before);
	must(!!(pause->reasons & PAUSE_USER) == talk->paused);
	must((ctl->client[0].fd < 0) == talk->over);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct talk talk = { .fd = -1 };
	struct pause pause = { .reasons = 0 };
	struct ctl ctl;
	int ends[2];

	must(ctl_open(&ctl, NULL) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	ctl.client[0].fd = ends[0];
	ctl.client[0].used = 0;
	talk.fd = ends[1];
	while (in.left && !talk.quit && !talk.over)
		write_piece(&ctl, &talk, &in, &pause);
	ctl_close(&ctl);
	close(talk.fd);
	return 0;
}
