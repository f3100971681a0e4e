// SPDX-License-Identifier: Apache-2.0
/*
 * pins: who holds on to pages of a region.
 *
 *	pins REGION try	       long-term pins must be refused; prints TAP
 *	pins REGION hold PAGE  puts the page into a pipe, says "held", and takes
 *			       it out at SIGTERM
 */
#include "surface.h"

#include <linux/if_xdp.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define PAGE	4096ul
#define SOL_XDP 283

/* Pins pages by pin_user_pages_fast(), on 6.1 by pin_user_pages(). */
static int io_uring_pins(void *memory, size_t length)
{
	struct io_uring_params params = {};
	struct iovec buffer = { memory, length };
	int ring = (int)syscall(SYS_io_uring_setup, 4, &params);
	int result;

	if (ring < 0)
		die("io_uring_setup");
	result = (int)syscall(SYS_io_uring_register, ring,
			      IORING_REGISTER_BUFFERS, &buffer, 1);
	close(ring);
	return result;
}

/* Pins pages by pin_user_pages(), as vfio does. */
static int xdp_pins(void *memory, size_t length)
{
	struct xdp_umem_reg reg = {
		.addr = (uintptr_t)memory, .len = length, .chunk_size = PAGE,
	};
	int sock = socket(AF_XDP, SOCK_RAW, 0);
	int result;

	if (sock < 0)
		die("socket(AF_XDP)");
	result = setsockopt(sock, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg));
	close(sock);
	return result;
}

static int is_refusal(int result)
{
	return refused(result, EFAULT) || refused(result, EOPNOTSUPP);
}

static void try_io_uring(char *memory, char *other)
{
	check("io_uring takes other memory for a registered buffer",
	      !io_uring_pins(other, PAGE));
	check("io_uring does not take a page that is mapped",
	      is_refusal(io_uring_pins(memory, PAGE)));
	check("nor one that is not",
	      is_refusal(io_uring_pins(memory + PAGE, PAGE)));
}

/* The kernels that look for bugs have no AF_XDP. */
static void try_xdp(char *memory, char *other)
{
	int sock = socket(AF_XDP, SOCK_RAW, 0);

	if (sock < 0 && errno == EAFNOSUPPORT) {
		check("AF_XDP # SKIP this kernel has none", 1);
		return;
	}
	close(sock);
	check("AF_XDP takes other memory", !xdp_pins(other, PAGE));
	check("AF_XDP does not take a page that is mapped",
	      is_refusal(xdp_pins(memory, PAGE)));
	check("nor one that is not",
	      is_refusal(xdp_pins(memory + PAGE, PAGE)));
}

/* Of the region, one page is mapped and another one is not. */
static int try_pins(char *memory)
{
	char *other = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memory[0] = 1;
	try_io_uring(memory, other);
	try_xdp(memory, other);
	return finish();
}

static int hold(char *memory, unsigned long page)
{
	struct iovec place = { memory + page * PAGE, PAGE };
	char buffer[PAGE];
	int pipes[2], signal;
	sigset_t end;

	memset(place.iov_base, 'h', PAGE);
	if (pipe(pipes) || vmsplice(pipes[1], &place, 1, 0) != (long)PAGE)
		die("vmsplice");
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	printf("held\n");
	fflush(stdout);
	sigwait(&end, &signal);
	if (read(pipes[0], buffer, PAGE) != (long)PAGE || buffer[0] != 'h' ||
	    memcmp(buffer, buffer + 1, PAGE - 1)) {
		fprintf(stderr, "pins: the page in the pipe has changed\n");
		return 3;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int tries = argc == 3 && !strcmp(argv[2], "try");
	int holds = argc == 4 && !strcmp(argv[2], "hold");
	size_t bytes;
	char *memory;
	int fd;

	if (!tries && !holds) {
		fprintf(stderr, "usage: pins REGION try | hold PAGE\n");
		return 2;
	}
	fd = attach_region(argv[1], &bytes);
	memory = map_shared(fd, RW, bytes, 0);
	return tries ? try_pins(memory) :
		       hold(memory, strtoul(argv[3], NULL, 10));
}
