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
	socklen_t size = sizeof(address);
	int listener, on = 1;

	enter_namespace(to);
	listener = new_socket();
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &size))
		die("listen");
	enter_namespace(from);
	*near = new_socket();
	if (connect(*near, (struct sockaddr *)&address, size))
		die("connect");
	*far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (*far < 0 || setsockopt(*far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("accept");
	close(listener);
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

/* Answers each request with a page, until the other end is gone. */
static void serve_pages(int fd)
{
	static char page[PAGE];
	char request[REQUEST_BYTES];

	while (!receive_all(fd, request, sizeof(request)) && !send_all(fd, page, sizeof(page)))
		;
}

/**
 * start_page_server() - a process on a node that answers requests with pages
 * @from: the node that will ask, where this process is afterwards
 * @to:   the node that answers
 *
 * Return: the socket to ask by. The server ends with this process.
 */
int start_page_server(int from, int to)
{
	int near, far;

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
