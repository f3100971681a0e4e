// SPDX-License-Identifier: Apache-2.0
/*
 * labd: runs commands on a lab node for the host and for other nodes.
 *
 *   labd PORT                the daemon, PID 1 of a node
 *   on NODE COMMAND ARGS...  the client, the same program under another name
 *   on --kill NODE           cut a node's power
 *
 * PORT is the virtio-serial port to the host, which relays between nodes; so
 * a node is reached whatever the network under test is doing. Each command is
 * a session.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"

#define CLIENT_SOCKET "/run/lab/socket"
#define STREAM_CHUNK 16384

/* One descriptor the daemon waits for. */
struct source {
	int fd;
	void (*ready)(struct source *source, uint32_t events);
};

struct job;

/* The reading end of a command's standard output or standard error. */
struct stream {
	struct source source;
	struct job *job;
	enum frame_type type;
};

/* A command that runs on this node. */
struct job {
	struct job *next;
	pid_t pid;
	uint32_t session;
	bool exited;
	int open_streams;
	struct stream out;
	struct stream err;
};

/* An `on` of this node. Output it is too slow to read waits in unsent, so
 * that one slow reader holds up nobody else.
 */
struct client {
	struct source source;
	struct client *next;
	uint32_t session;
	char *unsent;
	size_t unsent_length;
	size_t unsent_room;
};

static int epoll_fd;
static struct source port, listener, child_signals;
static struct job *jobs;
static struct client *clients;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "labd: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* Returns false when the other end is gone. */
static bool read_all(int fd, void *buffer, size_t length)
{
	char *at = buffer;

	while (length) {
		ssize_t got = read(fd, at, length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		length -= got;
	}
	return true;
}

static bool write_all(int fd, const void *buffer, size_t length)
{
	const char *at = buffer;

	while (length) {
		ssize_t put = write(fd, at, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		at += put;
		length -= put;
	}
	return true;
}

/* The payload is the caller's to free; NULL when the other end is gone. */
static char *read_frame(int fd, struct frame *frame)
{
	char *payload;

	if (!read_all(fd, frame, sizeof(*frame)))
		return NULL;
	if (frame->length > FRAME_PAYLOAD_MAX)
		return NULL;
	payload = malloc(frame->length + 1);
	if (!payload)
		die("malloc");
	if (!read_all(fd, payload, frame->length)) {
		free(payload);
		return NULL;
	}
	payload[frame->length] = '\0';
	return payload;
}

static bool write_frame(int fd, const struct frame *frame, const void *payload)
{
	return write_all(fd, frame, sizeof(*frame)) &&
	       write_all(fd, payload, frame->length);
}

/* Splits a payload of NUL-terminated strings; the array is NULL-terminated. */
static char **split_strings(char *payload, size_t length)
{
	char **strings = calloc(length + 1, sizeof(*strings));
	size_t count = 0;

	if (!strings)
		die("calloc");
	for (size_t at = 0; at < length; at += strlen(payload + at) + 1)
		strings[count++] = payload + at;
	return strings;
}

/* ---- the daemon ---- */

static void watch(struct source *source, int fd,
		  void (*ready)(struct source *, uint32_t))
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };

	source->fd = fd;
	source->ready = ready;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

static void want_events(struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, source->fd, &event))
		die("epoll_ctl");
}

/* A child between fork and exec has all descriptors: as long as it does, epoll
 * goes on watching one that is only closed here.
 */
static void unwatch(struct source *source)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	close(source->fd);
	source->fd = -1;
}

static void send_to_host(enum frame_type type, uint32_t session, uint8_t arg,
			 const void *payload, size_t length)
{
	struct frame frame = {
		.session = session, .length = length, .type = type, .arg = arg,
	};

	write_frame(port.fd, &frame, payload);
}

static void free_finished_job(struct job *job)
{
	struct job **link = &jobs;

	if (!job->exited || job->open_streams)
		return;
	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	free(job);
}

static void close_stream(struct stream *stream)
{
	struct job *job = stream->job;

	unwatch(&stream->source);
	job->open_streams--;
	free_finished_job(job);
}

/* Passes on what is there; false at the end of the stream. After the exit of
 * the command its background children may still write: that is read and
 * dropped, so that they do not die of a closed pipe.
 */
static bool relay_stream(struct stream *stream)
{
	char buffer[STREAM_CHUNK];
	ssize_t got = read(stream->source.fd, buffer, sizeof(buffer));

	if (got > 0 && !stream->job->exited)
		send_to_host(stream->type, stream->job->session, 0, buffer, got);
	return got > 0;
}

static void stream_ready(struct source *source, uint32_t events)
{
	struct stream *stream = (struct stream *)source;

	(void)events;
	if (!relay_stream(stream))
		close_stream(stream);
}

/* Only what is there now: a background child may go on writing for ever. */
static void drain_stream(struct stream *stream)
{
	int pending;

	if (stream->source.fd < 0 || ioctl(stream->source.fd, FIONREAD, &pending))
		return;
	for (; pending > 0; pending -= STREAM_CHUNK)
		relay_stream(stream);
}

static uint8_t exit_status(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}

static void job_exited(struct job *job, int wait_status)
{
	drain_stream(&job->out);
	drain_stream(&job->err);
	send_to_host(FRAME_EXIT, job->session, exit_status(wait_status), "", 0);
	job->exited = true;
	free_finished_job(job);
}

/* PID 1 also reaps the orphans, which are no job. */
static void children_ready(struct source *source, uint32_t events)
{
	struct signalfd_siginfo info;
	int wait_status;
	pid_t pid;

	(void)events;
	read_all(source->fd, &info, sizeof(info));
	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		struct job *job = jobs;

		while (job && (job->pid != pid || job->exited))
			job = job->next;
		if (job)
			job_exited(job, wait_status);
	}
}

/* Nodes that are network namespaces share everything else; `ip netns exec`
 * would also hide debugfs and cgroups under a fresh /sys.
 */
static void enter_node(int node)
{
	char text[64];
	int fd;

	snprintf(text, sizeof(text), "%d", node);
	setenv("LAB_NODE", text, 1);
	if (!getenv("LAB_NETNS"))
		return;
	snprintf(text, sizeof(text), "/run/netns/n%d", node);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(text);
}

static _Noreturn void run_child(int node, char **strings, int out, int err)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	enter_node(node);
	if (chdir(strings[0]) && chdir("/"))
		die("chdir");
	execvp(strings[1], strings + 1);
	fprintf(stderr, "on %d: %s: %s\n", node, strings[1], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void watch_stream(struct stream *stream, struct job *job,
			 enum frame_type type, int fd)
{
	stream->job = job;
	stream->type = type;
	job->open_streams++;
	watch(&stream->source, fd, stream_ready);
}

static void start_job(const struct frame *frame, char *payload)
{
	char **strings = split_strings(payload, frame->length);
	struct job *job = calloc(1, sizeof(*job));
	int out[2], err[2];

	if (!job || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("start a command");
	job->session = frame->session;
	job->pid = fork();
	if (job->pid < 0)
		die("fork");
	if (!job->pid)
		run_child(frame->arg, strings, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	watch_stream(&job->out, job, FRAME_STDOUT, out[0]);
	watch_stream(&job->err, job, FRAME_STDERR, err[0]);
	job->next = jobs;
	jobs = job;
	free(strings);
}

static void signal_job(uint32_t session, int signal_number)
{
	for (struct job *job = jobs; job; job = job->next) {
		if (job->session != session || job->exited)
			continue;
		if (kill(-job->pid, signal_number))
			kill(job->pid, signal_number);
	}
}

static void drop_client(struct client *client)
{
	struct client **link = &clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	unwatch(&client->source);
	free(client->unsent);
	free(client);
}

/* Sends what the client takes now; false when it is gone. */
static bool flush_client(struct client *client)
{
	ssize_t sent = send(client->source.fd, client->unsent,
			    client->unsent_length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	client->unsent_length -= sent;
	memmove(client->unsent, client->unsent + sent, client->unsent_length);
	want_events(&client->source,
		    client->unsent_length ? EPOLLIN | EPOLLOUT : EPOLLIN);
	return true;
}

static void append_unsent(struct client *client, const void *data, size_t length)
{
	size_t needed = client->unsent_length + length;

	if (needed > client->unsent_room) {
		client->unsent_room = needed * 2;
		client->unsent = realloc(client->unsent, client->unsent_room);
		if (!client->unsent)
			die("realloc");
	}
	memcpy(client->unsent + client->unsent_length, data, length);
	client->unsent_length = needed;
}

static void send_to_client(const struct frame *frame, const char *payload)
{
	struct client *client = clients;

	while (client && client->session != frame->session)
		client = client->next;
	if (!client)
		return;
	append_unsent(client, frame, sizeof(*frame));
	append_unsent(client, payload, frame->length);
	want_events(&client->source, EPOLLIN | EPOLLOUT);
}

/* A client that goes away before its command ends takes the command along. */
static void client_ready(struct source *source, uint32_t events)
{
	struct client *client = (struct client *)source;
	struct frame frame;
	char *payload;

	if (events & EPOLLOUT && !flush_client(client))
		events |= EPOLLHUP;
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	payload = read_frame(source->fd, &frame);
	if (payload) {
		send_to_host(frame.type, client->session, frame.arg, payload,
			     frame.length);
		free(payload);
	} else {
		send_to_host(FRAME_SIGNAL, client->session, SIGKILL, "", 0);
		drop_client(client);
	}
}

static void listener_ready(struct source *source, uint32_t events)
{
	static uint32_t last_session;
	struct client *client = calloc(1, sizeof(*client));
	const char *node = getenv("LAB_NODE");
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (!client || fd < 0)
		die("accept");
	client->session = (uint32_t)(node ? atoi(node) : 0) << 24 | ++last_session;
	client->next = clients;
	clients = client;
	watch(&client->source, fd, client_ready);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	write_all(fd, text, strlen(text));
	close(fd);
}

/* Everything on this node dies first: a process that cannot die keeps the end
 * from coming, and the host reports that.
 */
static _Noreturn void end_node(bool log_blocked_tasks)
{
	if (log_blocked_tasks) {
		write_text("/dev/kmsg", "<5>lab: timeout, blocked tasks follow\n");
		write_text("/proc/sysrq-trigger", "w");
	}
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	sync();
	write_text("/dev/kmsg", "<5>lab: node ends\n");
	send_to_host(FRAME_BYE, 0, 0, "", 0);
	reboot(RB_POWER_OFF);
	die("power off");
}

static void port_ready(struct source *source, uint32_t events)
{
	struct frame frame;
	char *payload = read_frame(source->fd, &frame);

	(void)events;
	if (!payload) {
		/* Writing to a host that is gone would wait for its return. */
		fcntl(source->fd, F_SETFL, O_NONBLOCK);
		end_node(false);
	}
	switch (frame.type) {
	case FRAME_EXEC:
		start_job(&frame, payload);
		break;
	case FRAME_SIGNAL:
		signal_job(frame.session, frame.arg);
		break;
	case FRAME_STDOUT:
	case FRAME_STDERR:
	case FRAME_EXIT:
		send_to_client(&frame, payload);
		break;
	case FRAME_SHUTDOWN:
		end_node(frame.arg);
	}
	free(payload);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, 64))
		die(path);
	return fd;
}

/* The host announces the port some time after the driver is bound. */
static int open_port(const char *path)
{
	int new_devices = inotify_init1(IN_CLOEXEC);
	char event[4096];
	int fd;

	if (inotify_add_watch(new_devices, "/dev", IN_CREATE) < 0)
		die("watch /dev");
	while ((fd = open(path, O_RDWR | O_CLOEXEC)) < 0) {
		if (errno != ENOENT || read(new_devices, event, sizeof(event)) < 0)
			die(path);
	}
	close(new_devices);
	return fd;
}

static _Noreturn void serve(const char *port_path)
{
	int port_fd = open_port(port_path);
	sigset_t children;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	watch(&port, port_fd, port_ready);
	watch(&listener, listen_at(CLIENT_SOCKET), listener_ready);
	watch(&child_signals, signalfd(-1, &children, SFD_CLOEXEC),
	      children_ready);
	send_to_host(FRAME_HELLO, 0, 0, "", 0);
	for (;;) {
		struct epoll_event event;

		/* One at a time: a handler may free the source of another. */
		if (epoll_wait(epoll_fd, &event, 1, -1) == 1) {
			struct source *source = event.data.ptr;

			source->ready(source, event.events);
		}
	}
}

/* ---- the client ---- */

static _Noreturn void usage(const char *complaint)
{
	fprintf(stderr, "on: %s\nusage: on NODE COMMAND [ARGS...]\n"
			"       on --kill NODE\n", complaint);
	exit(2);
}

static int node_number(const char *text)
{
	const char *nodes = getenv("LAB_NODES");
	char *end;
	long node = strtol(text, &end, 10);

	if (*end || end == text || node < 0 || node >= (nodes ? atoi(nodes) : 1)) {
		char complaint[128];

		snprintf(complaint, sizeof(complaint), "no node '%.60s'", text);
		usage(complaint);
	}
	return node;
}

static int connect_to_labd(void)
{
	struct sockaddr_un address = {
		.sun_family = AF_UNIX, .sun_path = CLIENT_SOCKET,
	};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("connect to " CLIENT_SOCKET);
	return fd;
}

static void append_string(struct frame *frame, char *payload, const char *text)
{
	size_t length = strlen(text) + 1;

	if (frame->length + length > FRAME_PAYLOAD_MAX)
		usage("the command is too long");
	memcpy(payload + frame->length, text, length);
	frame->length += length;
}

static void request_command(int fd, int node, char **argv)
{
	struct frame frame = { .type = FRAME_EXEC, .arg = node };
	char *payload = malloc(FRAME_PAYLOAD_MAX);
	char *directory = getcwd(NULL, 0);

	if (!payload || !directory)
		die("on");
	append_string(&frame, payload, directory);
	while (*argv)
		append_string(&frame, payload, *argv++);
	if (!write_frame(fd, &frame, payload))
		die("ask labd");
	free(directory);
	free(payload);
}

static void forward_signal(int fd, int signals)
{
	struct frame frame = { .type = FRAME_SIGNAL };
	struct signalfd_siginfo info;

	if (!read_all(signals, &info, sizeof(info)))
		return;
	frame.arg = info.ssi_signo;
	write_frame(fd, &frame, "");
}

static void relay_output(int fd)
{
	struct frame frame;
	char *payload = read_frame(fd, &frame);

	if (!payload)
		die("labd went away");
	if (frame.type == FRAME_EXIT)
		exit(frame.arg);
	write_all(frame.type == FRAME_STDERR ? STDERR_FILENO : STDOUT_FILENO,
		  payload, frame.length);
	free(payload);
}

/* Signals that end a local command end the one on the other node. */
static int signals_to_forward(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static _Noreturn void relay_session(int fd)
{
	struct pollfd waiting[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = signals_to_forward(), .events = POLLIN },
	};

	for (;;) {
		if (poll(waiting, 2, -1) < 0)
			die("poll");
		if (waiting[1].revents)
			forward_signal(fd, waiting[1].fd);
		if (waiting[0].revents)
			relay_output(fd);
	}
}

static _Noreturn void on(int argc, char **argv)
{
	int fd;

	if (argc == 3 && !strcmp(argv[1], "--kill")) {
		struct frame frame = {
			.type = FRAME_KILL_NODE, .arg = node_number(argv[2]),
		};

		fd = connect_to_labd();
		write_frame(fd, &frame, "");
		relay_session(fd);
	}
	if (argc >= 2 && argv[1][0] == '-') {
		char complaint[128];

		snprintf(complaint, sizeof(complaint), "unknown flag '%.60s'", argv[1]);
		usage(complaint);
	}
	if (argc < 3)
		usage("a node and a command are needed");
	int node = node_number(argv[1]);

	fd = connect_to_labd();
	request_command(fd, node, argv + 2);
	relay_session(fd);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name ? name + 1 : argv[0];
	if (!strcmp(name, "on"))
		on(argc, argv);
	if (argc != 2) {
		fputs("usage: labd PORT\n", stderr);
		return 2;
	}
	serve(argv[1]);
}
