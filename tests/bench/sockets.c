// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

void enter_namespace(int number)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/n%d", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static struct sockaddr_in address_of(int number)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	char name[32], text[64];
	const char *ip;

	snprintf(name, sizeof(name), "LAB_IP_%d", number);
	ip = getenv(name);
	if (!ip || inet_pton(AF_INET, ip, &address.sin_addr) != 1) {
		snprintf(text, sizeof(text), "no address in %s", name);
		die(text);
	}
	return address;
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("socket");
	return fd;
}

/* Sets the port of @address if that was 0. */
static int listen_at(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int listener = new_socket();

	if (bind(listener, (struct sockaddr *)address, size) || listen(listener, 16) ||
	    getsockname(listener, (struct sockaddr *)address, &size))
		die("listen");
	return listener;
}

static int connect_to(const struct sockaddr_in *address)
{
	int fd = new_socket();

	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		die("connect");
	return fd;
}

/**
 * accept_from() - the next connection
 * @listener: of listen_on()
 *
 * Return: its socket.
 */
int accept_from(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), on = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("accept");
	return fd;
}

/**
 * connect_namespaces() - a TCP connection between two nodes' namespaces
 * @from: number of one, where this process is afterwards
 * @to:   number of the other
 * @near: set to the socket in @from
 * @far:  set to the socket in @to
 */
void connect_namespaces(int from, int to, int *near, int *far)
{
	struct sockaddr_in address = address_of(to);
	int listener;

	enter_namespace(to);
	listener = listen_at(&address);
	enter_namespace(from);
	*near = connect_to(&address);
	*far = accept_from(listener);
	close(listener);
}

/**
 * listen_on() - wait for connections from another machine
 * @node: whose machine this is
 * @port: of TCP
 *
 * Return: the socket to accept from.
 */
int listen_on(int node, int port)
{
	struct sockaddr_in address = address_of(node);

	address.sin_port = htons((uint16_t)port);
	enter_namespace(node);
	return listen_at(&address);
}

/**
 * connect_machine() - connect to what listens on another machine
 * @from: whose machine this is
 * @to:   the node there
 *
 * Return: a socket connected to $BENCH_PORT; -1 when that is not set, since the
 * nodes are namespaces of one machine.
 */
int connect_machine(int from, int to)
{
	struct sockaddr_in address = address_of(to);
	const char *port = getenv("BENCH_PORT");

	if (!port)
		return -1;
	address.sin_port = htons((uint16_t)atoi(port));
	enter_namespace(from);
	return connect_to(&address);
}

/* Returns 0, or -1 when the other end is gone. */
int send_all(int fd, const void *data, size_t bytes)
{
	ssize_t done;

	while (bytes) {
		done = send(fd, data, bytes, MSG_NOSIGNAL);
		if (done <= 0)
			return -1;
		data = (const char *)data + done;
		bytes -= (size_t)done;
	}
	return 0;
}

/* Returns 0, or -1 when the other end is gone. */
int receive_all(int fd, void *data, size_t bytes)
{
	ssize_t done = recv(fd, data, bytes, MSG_WAITALL);

	return done == (ssize_t)bytes ? 0 : -1;
}

/**
 * serve_pages() - answer each request with a page, until the other end is gone
 * @fd: a connection
 */
void serve_pages(int fd)
{
	static char page[PAGE];
	char request[REQUEST_BYTES];

	while (!receive_all(fd, request, sizeof(request)) && !send_all(fd, page, sizeof(page)))
		;
}

/**
 * start_page_server() - a process on a node that answers requests with pages; on
 *                       another machine one that runs there already
 * @from: the node that will ask, where this process is afterwards
 * @to:   the node that answers
 *
 * Return: the socket to ask by. The server ends with this process.
 */
int start_page_server(int from, int to)
{
	int near = connect_machine(from, to), far;

	if (near >= 0)
		return near;
	connect_namespaces(from, to, &near, &far);
	switch (fork()) {
	case -1:
		die("fork");
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(near);
		enter_namespace(to);
		serve_pages(far);
		_exit(0);
	default:
		close(far);
		return near;
	}
}
