/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_CTL_H
#define SSI_VMM_CTL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct pause;

/*
 * The control socket: a stream socket in the file system. A request is a line,
 * its reply a line with one JSON object; several may follow each other on one
 * connection.
 *
 *	pause	the guest stands still when the reply comes
 *	resume	it goes on, as soon as its memory comes
 *	status	changes nothing
 *	quit	the program ends, as by Ctrl-A x
 *
 * The reply is {"ok":true,"paused":P,"stalled":S,"behind_ms":B}: whether it
 * was paused by a request, for how many seconds its memory has not come (0: it
 * comes), and how far its clock is behind for all that are over. A request
 * that is none of these gets {"ok":false,"error":"..."}.
 */

#define CTL_CLIENTS 8
#define CTL_FDS	    (1 + CTL_CLIENTS)
#define CTL_LINE    64

/**
 * struct ctl_client - a connection
 * @fd:	  its socket, -1 when there is none
 * @used: bytes in @line
 * @line: a request that is not complete yet
 */
struct ctl_client {
	int fd;
	size_t used;
	char line[CTL_LINE];
};

/**
 * struct ctl - the control socket
 * @path:   where it is, NULL when there is none
 * @fd:	    it listens, -1 when there is none
 * @client: connections; when all are taken, who comes waits
 */
struct ctl {
	const char *path;
	int fd;
	struct ctl_client client[CTL_CLIENTS];
};

/** enum ctl_request - what a line asks for */
enum ctl_request {
	CTL_PAUSE,
	CTL_RESUME,
	CTL_STATUS,
	CTL_QUIT,
	CTL_UNKNOWN,
};

/**
 * ctl_parse() - read a request
 * @line: without its end
 */
enum ctl_request ctl_parse(const char *line);

/**
 * ctl_open() - make the socket and listen
 * @ctl:  filled in, for ctl_close() in any case
 * @path: where; NULL: there shall be none. A socket that a dead program left
 *	  there is replaced. Only the user can connect.
 *
 * Return: 0, or -1 after a report.
 */
int ctl_open(struct ctl *ctl, const char *path);

/**
 * ctl_poll() - what to wait for
 * @ctl: the socket
 * @fds: filled in
 */
void ctl_poll(const struct ctl *ctl, struct pollfd fds[CTL_FDS]);

/**
 * ctl_handle() - accept connections, read and answer requests
 * @ctl:   the socket
 * @fds:   from ctl_poll(), after poll()
 * @pause: what the requests are about
 *
 * Return: true when the program shall end.
 */
bool ctl_handle(struct ctl *ctl, const struct pollfd fds[CTL_FDS],
		struct pause *pause);

/**
 * ctl_close() - end connections, remove the socket
 * @ctl: after ctl_open(); a second time does nothing
 */
void ctl_close(struct ctl *ctl);

#endif
