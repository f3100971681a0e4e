// SPDX-License-Identifier: Apache-2.0
#include "ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_S "10"
#define CHUNK	  4096

static int64_t now_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* ---- words ---- */

static size_t quote_word(const char *word, char *to)
{
	char *at = to;

	*at++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			at = stpcpy(at, "'\\''");
		else
			*at++ = *word;
	}
	*at++ = '\'';
	return at - to;
}

char *ssi_ssh_quote(const char *const *words)
{
	size_t size = 1;
	char *text, *at;
	unsigned int i;

	for (i = 0; words[i]; i++)
		size += 4 * strlen(words[i]) + 3;
	text = malloc(size);
	for (i = 0, at = text; text && words[i]; i++) {
		if (i)
			*at++ = ' ';
		at += quote_word(words[i], at);
	}
	if (text)
		*at = 0;
	return text;
}

/* ---- the child ---- */

static void be_child(const struct ssi_ssh_job *job, const struct ssi_ssh_cfg *cfg, int out, int err)
{
	const char *argv[20] = { "ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=" CONNECT_S,
				 "-o", "LogLevel=ERROR", "-T", "-x", "-a" };
	int in = open(job->input ? job->input : "/dev/null", O_RDONLY);
	unsigned int n = 10;

	if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) {
		dprintf(err, "%s: %s\n", job->input, strerror(errno));
		_exit(255);
	}
	if (cfg->config) {
		argv[n++] = "-F";
		argv[n++] = cfg->config;
	}
	if (*job->target->port) {
		argv[n++] = "-p";
		argv[n++] = job->target->port;
	}
	argv[n++] = "--";
	argv[n++] = job->target->login;
	argv[n++] = job->command;
	execvp("ssh", (char **)argv);
	dprintf(2, "ssh: %s; install openssh-client\n", strerror(errno));
	_exit(255);
}

static int start(struct ssi_ssh_job *job, const struct ssi_ssh_cfg *cfg)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 };

	job->began = now_ms(CLOCK_REALTIME);
	job->deadline = now_ms(CLOCK_MONOTONIC) + cfg->timeout_ms;
	if (pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0)
		job->pid = fork();
	else
		job->pid = -1;
	if (job->pid == 0)
		be_child(job, cfg, out[1], err[1]);
	if (job->pid < 0)
		snprintf(job->why, sizeof(job->why), "ssh: %s", strerror(errno));
	close(out[1]);
	close(err[1]);
	job->fds[0] = out[0];
	job->fds[1] = err[0];
	job->fds[2] = job->pid > 0 ? pidfd_open(job->pid, 0) : -1;
	if (job->pid < 0) {
		job->pid = 0;
		return -1;
	}
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* ---- what it prints ---- */

/* Returns false when there is nothing at the moment, or never more. */
static bool take_out(struct ssi_ssh_job *job)
{
	char *more = job->len <= SSI_SSH_OUT_MAX ? realloc(job->out, job->len + CHUNK + 1) : NULL;
	ssize_t got;

	if (!more)
		return false;
	job->out = more;
	got = read(job->fds[0], more + job->len, CHUNK);
	if (got > 0)
		job->len += got;
	more[job->len] = 0;
	return got > 0;
}

/* The last part of it is kept. */
static bool take_err(struct ssi_ssh_job *job)
{
	char bytes[128];
	ssize_t got = read(job->fds[1], bytes, sizeof(bytes));
	size_t size = sizeof(job->err) - 1, drop;

	if (got <= 0)
		return false;
	drop = job->err_len + got > size ? job->err_len + got - size : 0;
	memmove(job->err, job->err + drop, job->err_len - drop);
	memcpy(job->err + job->err_len - drop, bytes, got);
	job->err_len += got - drop;
	job->err[job->err_len] = 0;
	return true;
}

static void take_all(struct ssi_ssh_job *job)
{
	while (take_out(job))
		;
	while (take_err(job))
		;
}

static void close_fd(struct ssi_ssh_job *job, unsigned int i)
{
	if (job->fds[i] >= 0)
		close(job->fds[i]);
	job->fds[i] = -1;
}

/* Its last line, without what a terminal would take for an order. */
static void explain(struct ssi_ssh_job *job, int status)
{
	char *line;
	size_t i;

	while (job->err_len && job->err[job->err_len - 1] <= ' ')
		job->err[--job->err_len] = 0;
	line = strrchr(job->err, '\n');
	line = line ? line + 1 : job->err;
	if (*line)
		snprintf(job->why, sizeof(job->why), "%.250s", line);
	else if (WIFEXITED(status))
		snprintf(job->why, sizeof(job->why), "it ended with %d", WEXITSTATUS(status));
	else
		snprintf(job->why, sizeof(job->why), "ssh was ended by a signal");
	for (i = 0; job->why[i]; i++) {
		if (job->why[i] < ' ' || job->why[i] > '~')
			job->why[i] = '?';
	}
}

/* Context: the process has ended, or there was none. */
static void end(struct ssi_ssh_job *job, const struct ssi_ssh_cfg *cfg)
{
	unsigned int i;
	int status = 0;

	if (job->pid) {
		while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
			;
		take_all(job);
		job->pid = 0;
		job->ok = !*job->why && WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (!job->ok && !*job->why)
			explain(job, status);
	}
	for (i = 0; i < SSI_SSH_FDS; i++)
		close_fd(job, i);
	job->ended = now_ms(CLOCK_REALTIME);
	if (cfg->done)
		cfg->done(job, cfg->arg);
}

/* ---- all of them ---- */

static void serve(struct ssi_ssh_job *job, const struct ssi_ssh_cfg *cfg, struct pollfd *p)
{
	take_all(job);
	/* What is at its end is readable for ever. */
	if (p[0].revents & POLLHUP)
		close_fd(job, 0);
	if (p[1].revents & POLLHUP)
		close_fd(job, 1);
	if (*job->why)
		return;
	if (job->len > SSI_SSH_OUT_MAX)
		strcpy(job->why, "it prints too much");
	else if (now_ms(CLOCK_MONOTONIC) >= job->deadline)
		snprintf(job->why, sizeof(job->why),
			 "no end within %u s; --timeout says how long it may take",
			 cfg->timeout_ms / 1000);
	if (*job->why)
		kill(job->pid, SIGKILL);
}

static void wait_for_some(struct ssi_ssh_job *jobs, unsigned int count,
			  const struct ssi_ssh_cfg *cfg)
{
	struct pollfd p[SSI_TARGETS][SSI_SSH_FDS];
	int64_t now = now_ms(CLOCK_MONOTONIC), first = now + 60000;
	unsigned int i, n;

	for (i = 0; i < count; i++) {
		for (n = 0; n < SSI_SSH_FDS; n++)
			p[i][n] = (struct pollfd){ .fd = jobs[i].pid ? jobs[i].fds[n] : -1,
						   .events = POLLIN };
		if (jobs[i].pid && !*jobs[i].why && jobs[i].deadline < first)
			first = jobs[i].deadline;
	}
	poll(p[0], SSI_SSH_FDS * count, first > now ? (int)(first - now) : 0);
	for (i = 0; i < count; i++) {
		if (jobs[i].pid)
			serve(&jobs[i], cfg, p[i]);
		/* Somebody whom it started may still have its output open. */
		if (jobs[i].pid && p[i][2].revents)
			end(&jobs[i], cfg);
	}
}

unsigned int ssi_ssh_run(struct ssi_ssh_job *jobs, unsigned int count,
			 const struct ssi_ssh_cfg *cfg)
{
	unsigned int i, next = 0, running, failed = 0;

	do {
		for (i = 0, running = 0; i < count; i++)
			running += jobs[i].pid != 0;
		while (running < cfg->parallel && next < count) {
			if (start(&jobs[next], cfg) < 0)
				end(&jobs[next], cfg);
			else
				running++;
			next++;
		}
		if (running)
			wait_for_some(jobs, count, cfg);
	} while (running || next < count);
	for (i = 0; i < count; i++)
		failed += !jobs[i].ok;
	return failed;
}
