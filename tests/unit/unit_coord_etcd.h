/* SPDX-License-Identifier: Apache-2.0 */
/* A server of etcd for unit tests: of this process, on loopback, in a folder of its own. */
#ifndef UNIT_COORD_ETCD_H
#define UNIT_COORD_ETCD_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char etcd_folder[] = "/tmp/unit_coord_etcd.XXXXXX";
static char etcd_url[64];
static pid_t etcd_pid;

static int free_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&addr, len) || getsockname(fd, (struct sockaddr *)&addr, &len))
		exit(1);
	close(fd);
	return ntohs(addr.sin_port);
}

static void run_etcd(const char *peer)
{
	char log[64];

	/* It ends with the test, however that ends. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(log, sizeof(log), "%s/log", etcd_folder);
	if (!freopen(log, "w", stderr) || !freopen(log, "a", stdout))
		_exit(1);
	execlp("etcd", "etcd", "--data-dir", etcd_folder, "--listen-client-urls", etcd_url,
	       "--advertise-client-urls", etcd_url, "--listen-peer-urls", peer,
	       "--initial-advertise-peer-urls", peer, NULL);
	_exit(127);
}

static void etcd_start(void)
{
	char peer[64], members[96];

	if (!mkdtemp(etcd_folder))
		exit(1);
	snprintf(etcd_url, sizeof(etcd_url), "http://127.0.0.1:%d", free_port());
	snprintf(peer, sizeof(peer), "http://127.0.0.1:%d", free_port());
	snprintf(members, sizeof(members), "default=%s", peer);
	setenv("ETCD_INITIAL_CLUSTER", members, 1);
	etcd_pid = fork();
	if (!etcd_pid)
		run_etcd(peer);
}

static void etcd_stop(void)
{
	char command[96];

	kill(etcd_pid, SIGKILL);
	waitpid(etcd_pid, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf %s", etcd_folder);
	if (system(command))
		exit(1);
}

#endif /* UNIT_COORD_ETCD_H */
