// SPDX-License-Identifier: Apache-2.0
/*
 * The nodes that are kernels, seen from the side: all are in one kernel, each
 * in a network namespace, so this process may ask any of them.
 */
#include "badpeer.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ssi_mem_dev.h>
#include "ssictl/nl.h"

#define TIMEOUT_MS 30000

/**
 * struct touch - a process of a node that touches pages of the trap
 * @pid:  the process
 * @told: it writes a byte here when it has touched them all, and another one,
 *	  the number of bytes of the first page that are not zero, when it has
 *	  looked at all of that
 * @tell: written to let it look
 */
struct touch {
	pid_t pid;
	int told;
	int tell;
};

static struct ssi_nl *nls[LINKS];

static void enter(unsigned int id)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/n%u", id - VICTIM);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

void victim_setup(void)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), i;

	for (i = 0; i < LINKS; i++) {
		enter(VICTIM + i);
		if (ssi_nl_open(&nls[i]))
			die("netlink");
	}
	if (setns(home, CLONE_NEWNET))
		die("setns");
	close(home);
}

static int take_node(const struct ssi_nl_node *node, void *arg)
{
	*(struct ssi_nl_node *)arg = *node;
	return 0;
}

struct counters victim_counters(unsigned int id)
{
	struct ssi_nl_node node = { 0 };
	const u64 *counter = node.stats.counter;

	if (ssi_nl_node_each(nls[id - VICTIM], NULL, take_node, &node))
		die("node-get");
	return (struct counters){
		.malformed = counter[SSI_MEM_S_MALFORMED],
		.stale = counter[SSI_MEM_S_STALE],
		.duplicates = counter[SSI_MEM_S_DUPLICATES],
	};
}

static struct ssi_nl_peer peer_as_seen(unsigned int id, unsigned int by)
{
	struct ssi_nl_peer peer;

	if (ssi_nl_peer_get(nls[by - VICTIM], NULL, id, &peer))
		die("peer-get");
	return peer;
}

/* Messages that it keeps until we acknowledge them. */
u32 victim_unacked(unsigned int id)
{
	return peer_as_seen(ME, id).unacked;
}

/* How many sockets it ever had to another node. */
u64 victim_sockets(unsigned int id, unsigned int peer)
{
	return peer_as_seen(peer, id).sockets;
}

static int call_region(unsigned int id, const char *name, u64 size)
{
	struct ssi_nl_region region = { .size = size };
	struct ssi_nl *nl;
	int ret;

	enter(id);
	if (ssi_nl_open(&nl))
		die("netlink");
	snprintf(region.name, sizeof(region.name), "%s", name);
	ret = size ? ssi_nl_region_new(nl, NULL, &region, TIMEOUT_MS) :
		     ssi_nl_region_del(nl, NULL, name, TIMEOUT_MS);
	if (ret)
		fprintf(stderr, "badpeer: region %s: %s\n", name,
			ssi_nl_text(nl));
	return ret;
}

/* Create a region on a node, or delete it (size 0), and answer meanwhile. */
int region_call(unsigned int id, const char *name, u64 size)
{
	pid_t pid = fork();
	struct msg msg;
	int status;

	if (pid == 0) {
		link_forget();
		_exit(call_region(id, name, size) ? 1 : 0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (receive(&msg, 20))
			answer(&msg);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- touches ---- */

static u8 *map_trap(void)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };
	int dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);
	void *memory;

	strcpy(attach.region, "trap");
	if (dev < 0 || ioctl(dev, SSI_DEV_ATTACH, &attach))
		die("attach");
	memory = mmap(NULL, attach.bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		      attach.fd, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

static u8 dirt_of(const u8 *memory)
{
	unsigned int i, dirt = 0;

	for (i = 1; i < SSI_PAGE_SIZE; i++)
		dirt += memory[i] != 0;
	return dirt < 255 ? dirt : 255;
}

static void be_touch(unsigned int id, const u32 *pages, bool write_them,
		     const int *fds)
{
	volatile u8 *trap_memory;
	u8 byte = 0;
	int i;

	enter(id);
	trap_memory = map_trap();
	for (i = 0; pages[i] != NO_PAGE; i++) {
		if (write_them)
			trap_memory[(size_t)pages[i] * SSI_PAGE_SIZE] = 0x5a;
		byte |= trap_memory[(size_t)pages[i] * SSI_PAGE_SIZE];
	}
	if (write(fds[1], &byte, 1) != 1)
		_exit(1);
	while (read(fds[0], &byte, 1) == 1) {
		byte = dirt_of((u8 *)trap_memory +
			       (size_t)pages[0] * SSI_PAGE_SIZE);
		if (write(fds[1], &byte, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

struct touch *touch_begin(unsigned int id, const u32 *pages, bool write_them)
{
	struct touch *touch = malloc(sizeof(*touch));
	int up[2], down[2], fds[2];

	if (!touch || pipe2(up, O_CLOEXEC) || pipe2(down, O_CLOEXEC))
		die("pipe");
	touch->pid = fork();
	if (touch->pid == 0) {
		link_forget();
		close(up[0]);
		close(down[1]);
		fds[0] = down[0];
		fds[1] = up[1];
		be_touch(id, pages, write_them, fds);
	}
	close(up[1]);
	close(down[0]);
	touch->told = up[0];
	touch->tell = down[1];
	return touch;
}

struct touch *touch_page(unsigned int id, u32 page, bool write_it)
{
	const u32 pages[] = { page, NO_PAGE };

	return touch_begin(id, pages, write_it);
}

static int await_byte(struct touch *touch, int timeout_ms)
{
	int64_t end = ssi_handshake_now() + timeout_ms;
	struct pollfd fd = { .fd = touch->told, .events = POLLIN };
	struct msg msg;
	u8 byte;

	do {
		if (poll(&fd, 1, 0) == 1)
			return read(touch->told, &byte, 1) == 1 ? byte : -1;
		if (receive(&msg, 10))
			answer(&msg);
	} while (ssi_handshake_now() < end);
	return -1;
}

/* Did the access succeed? Messages that come meanwhile are answered. */
bool touch_is_done(struct touch *touch, int timeout_ms)
{
	return await_byte(touch, timeout_ms) >= 0;
}

/* How many bytes of the page are not zero, but for the first one? */
unsigned int touch_dirt(struct touch *touch)
{
	u8 byte = 0;
	int dirt;

	if (write(touch->tell, &byte, 1) != 1)
		die("touch");
	dirt = await_byte(touch, patience_ms);
	return dirt >= 0 ? (unsigned int)dirt : 255;
}

void touch_end(struct touch *touch)
{
	struct msg msg;

	kill(touch->pid, SIGKILL);
	while (waitpid(touch->pid, NULL, WNOHANG) == 0) {
		if (receive(&msg, 10))
			answer(&msg);
	}
	close(touch->told);
	close(touch->tell);
	free(touch);
}
