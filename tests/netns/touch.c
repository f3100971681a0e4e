// SPDX-License-Identifier: Apache-2.0
/*
 * touch: writes pages of a region, or reads them back.
 *
 *	touch REGION FIRST COUNT write|check|blank|zero|move|send SEED
 *
 * Each page gets content of its own; blank: it gets zeroes; zero: it has no other
 * content, as if it had never been written; move: an instruction moves it onto
 * itself; send: the program sends it to itself by TCP, and half of the next one.
 * Prints how many pages are as they were written, wrong, and lost: a lost page is
 * one whose access raises SIGBUS as broken memory does.
 */
#include <fcntl.h>
#include <linux/ssi_mem_dev.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORDS (SSI_PAGE_BYTES / sizeof(uint64_t))

static sigjmp_buf again;
static unsigned int good, wrong, lost;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void on_bus(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_code != BUS_MCEERR_AR)
		_exit(3);
	siglongjmp(again, 1);
}

static uint64_t *map_region(const char *name)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };
	int dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);
	void *pages;

	if (dev < 0)
		die("/dev/ssi_mem");
	strncpy(attach.region, name, sizeof(attach.region) - 1);
	if (ioctl(dev, SSI_DEV_ATTACH, &attach))
		die(name);
	pages = mmap(NULL, attach.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, attach.fd, 0);
	if (pages == MAP_FAILED)
		die("mmap");
	return pages;
}

static uint64_t content(uint64_t seed, uint64_t page, unsigned int word)
{
	return (seed << 48 | page << 16 | word) * 0x9e3779b97f4a7c15;
}

static int write_page(uint64_t *words, uint64_t seed, uint64_t page)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		words[i] = content(seed, page, i);
	return 1;
}

static int check_zero(const uint64_t *words)
{
	unsigned int i;

	for (i = 0; i < WORDS && !words[i]; i++)
		;
	return i == WORDS;
}

static int check_page(const uint64_t *words, uint64_t seed, uint64_t page)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++) {
		if (words[i] != content(seed, page, i))
			return 0;
	}
	return 1;
}

/* One instruction that reads the page first and then writes to it. */
static void move_page(void *words)
{
	void *from = words, *to = words;
	size_t bytes = SSI_PAGE_BYTES;

	__asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(bytes) : : "memory");
}

/* Two ends of a TCP connection. */
static int ends[2];

static void connect_ends(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	struct sockaddr *any = (struct sockaddr *)&address;
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, any, length) || listen(listener, 1) ||
	    getsockname(listener, any, &length) ||
	    connect(ends[0], any, length))
		die("a connection to itself");
	ends[1] = accept(listener, NULL, NULL);
	if (ends[1] < 0)
		die("accept");
}

/* From its middle to that of the next one: the second half comes while it is sent. */
static int send_page(const uint64_t *words, uint64_t seed, uint64_t page)
{
	uint64_t came[WORDS];
	unsigned int i, word;

	if (!ends[0])
		connect_ends();
	if (send(ends[0], words + WORDS / 2, sizeof(came), 0) != sizeof(came))
		die("send");
	if (recv(ends[1], came, sizeof(came), MSG_WAITALL) != sizeof(came))
		die("recv");
	for (i = 0; i < WORDS; i++) {
		word = i + WORDS / 2;
		if (came[i] != content(seed, page + word / WORDS, word % WORDS))
			return 0;
	}
	return 1;
}

static int visit(const char *how, uint64_t *words, uint64_t seed, uint64_t page)
{
	if (!strcmp(how, "write"))
		return write_page(words, seed, page);
	if (!strcmp(how, "send"))
		return send_page(words, seed, page);
	if (!strcmp(how, "blank"))
		return !!memset(words, 0, SSI_PAGE_BYTES);
	if (!strcmp(how, "zero"))
		return check_zero(words);
	if (!strcmp(how, "move"))
		move_page(words);
	return check_page(words, seed, page);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };
	volatile uint64_t page;
	uint64_t *pages, first, count, seed;

	if (argc != 6) {
		fprintf(stderr,
			"usage: touch REGION FIRST COUNT write|check|blank|zero|move|send SEED\n");
		return 2;
	}
	pages = map_region(argv[1]);
	first = strtoull(argv[2], NULL, 0);
	count = strtoull(argv[3], NULL, 0);
	seed = strtoull(argv[5], NULL, 0);
	sigaction(SIGBUS, &action, NULL);
	for (page = first; page < first + count; page++) {
		uint64_t *words = pages + page * WORDS;

		if (sigsetjmp(again, 1))
			lost++;
		else if (visit(argv[4], words, seed, page))
			good++;
		else
			wrong++;
	}
	printf("good %u wrong %u lost %u\n", good, wrong, lost);
	return wrong != 0;
}
