// SPDX-License-Identifier: Apache-2.0
/*
 * ssictl monitor: the module's events as they come. Events that were lost
 * because nobody read them in time are an event as well.
 */
#include "ssictl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "out.h"

/* What an event says besides its node. */
#define ABOUT_LINK   1
#define ABOUT_REGION 2
#define ABOUT_PAGE   4
#define ABOUT_PEER   8

/**
 * struct kind - how events of a type are shown
 * @name: as in the netlink specification
 * @about: ABOUT_*
 * @color: of the name
 */
struct kind {
	const char *name;
	unsigned int about;
	enum ssi_color color;
};

static const struct kind kinds[] = {
	[SSI_MEM_EVENT_TYPE_NODE_NEW] = { "node-new", 0, SSI_COLOR_GOOD },
	[SSI_MEM_EVENT_TYPE_NODE_DEL] = { "node-del", 0, SSI_COLOR_WARN },
	[SSI_MEM_EVENT_TYPE_LINK_UP] = { "link-up", ABOUT_LINK, SSI_COLOR_GOOD },
	[SSI_MEM_EVENT_TYPE_LINK_DOWN] = { "link-down", ABOUT_LINK, SSI_COLOR_BAD },
	[SSI_MEM_EVENT_TYPE_REGION_NEW] = { "region-new", ABOUT_REGION, SSI_COLOR_GOOD },
	[SSI_MEM_EVENT_TYPE_REGION_DEL] = { "region-del", ABOUT_REGION, SSI_COLOR_WARN },
	[SSI_MEM_EVENT_TYPE_STALL] = { "stall", ABOUT_REGION | ABOUT_PAGE, SSI_COLOR_BAD },
	[SSI_MEM_EVENT_TYPE_PINNED] = { "pinned", ABOUT_REGION | ABOUT_PAGE, SSI_COLOR_WARN },
	[SSI_MEM_EVENT_TYPE_REGION_CHANGE] = { "region-change", ABOUT_REGION, SSI_COLOR_WARN },
	[SSI_MEM_EVENT_TYPE_NODE_DEAD] = { "node-dead", ABOUT_PEER, SSI_COLOR_BAD },
};

/**
 * struct monitor - a monitor at work
 * @args: the command line
 * @nl: subscribed to events
 * @signal_fd: SIGINT and SIGTERM are read here
 * @failed: an event could not be printed
 */
struct monitor {
	const struct ssi_args *args;
	struct ssi_nl *nl;
	int signal_fd;
	bool failed;
};

/* RFC 3339 with microseconds, in the local time zone. */
static const char *time_text(char *text, size_t size)
{
	struct timespec now;
	char day[32], zone[8];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(day, sizeof(day), "%FT%T", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	snprintf(text, size, "%s.%06ld%.3s:%s", day, now.tv_nsec / 1000, zone, zone + 3);
	return text;
}

static void begin_event(struct monitor *m, struct ssi_out *out, const char *name,
			enum ssi_color color)
{
	char text[64];

	ssi_out_begin_line(out, stdout, m->args->json);
	ssi_out_bare(out, "time", time_text(text, sizeof(text)), SSI_COLOR_NONE);
	ssi_out_bare(out, "event", name, color);
}

static void end_event(struct monitor *m, struct ssi_out *out)
{
	if (ssi_out_end(out, 0) < 0)
		m->failed = true;
}

static void print_lost(struct monitor *m)
{
	struct ssi_out out;

	begin_event(m, &out, "lost", SSI_COLOR_BAD);
	end_event(m, &out);
}

/* A type that only a later module knows is shown by its number, with its node. */
static struct kind kind_of(uint32_t type, char *name, size_t size)
{
	if (type < sizeof(kinds) / sizeof(kinds[0]))
		return kinds[type];
	snprintf(name, size, "event-%u", type);
	return (struct kind){ .name = name };
}

static void on_event(const struct ssi_nl_event *event, void *arg)
{
	struct monitor *m = arg;
	struct ssi_out out;
	struct kind kind;
	char name[24];

	if (m->args->node && strcmp(m->args->node, event->node) != 0)
		return;
	kind = kind_of(event->type, name, sizeof(name));
	begin_event(m, &out, kind.name, kind.color);
	ssi_out_str(&out, "node", event->node, SSI_COLOR_NONE);
	ssi_out_u64(&out, "id", event->id);
	if (kind.about & (ABOUT_LINK | ABOUT_PEER))
		ssi_out_u64(&out, "peer", event->peer);
	if (kind.about & ABOUT_LINK)
		ssi_out_str(&out, "channel",
			    event->channel == SSI_MEM_CHANNEL_CTL ? "control" : "data",
			    SSI_COLOR_NONE);
	if (kind.about & ABOUT_REGION)
		ssi_out_str(&out, "region", event->region, SSI_COLOR_NONE);
	if (kind.about & ABOUT_PAGE)
		ssi_out_u64(&out, "page", event->page);
	end_event(m, &out);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Returns 0 to go on, 1 at a signal, a negative errno for the end. */
static int wait_and_print(struct monitor *m)
{
	struct pollfd fds[] = {
		{ .fd = m->signal_fd, .events = POLLIN },
		{ .fd = ssi_nl_events_fd(m->nl), .events = POLLIN },
	};
	int rc;

	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents)
		return 1;
	rc = ssi_nl_events_read(m->nl, on_event, m);
	if (rc == -ENOBUFS) {
		print_lost(m);
		rc = 0;
	}
	return rc == 0 && m->failed ? -EIO : rc;
}

static int run(struct monitor *m)
{
	int rc = 0;

	m->signal_fd = open_signals();
	if (m->signal_fd < 0)
		return ssi_cmd_fail("monitor", NULL, -errno, NULL);
	while (rc == 0)
		rc = wait_and_print(m);
	close(m->signal_fd);
	if (rc > 0)
		return SSI_EXIT_OK;
	if (rc != -ENODEV)
		return ssi_cmd_fail("monitor", NULL, rc, NULL);
	fputs("ssictl: monitor: the kernel module ssi_mem was unloaded\n", stderr);
	return SSI_EXIT_NO_MODULE;
}

int ssi_cmd_monitor(const struct ssi_args *args)
{
	struct monitor m = { .args = args };
	int rc = ssi_nl_events_open(&m.nl);

	rc = ssi_cmd_opened("monitor", m.nl, rc);
	if (rc == 0)
		rc = run(&m);
	ssi_nl_close(m.nl);
	return rc;
}
