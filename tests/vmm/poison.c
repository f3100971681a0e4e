// SPDX-License-Identifier: Apache-2.0
/*
 * Runs in a test guest: says where a page of its own stands in guest physical
 * memory, waits for a line on stdin while the test poisons that page in the
 * host, touches it, and expects SIGBUS for exactly that page.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096
#define PFN_MASK ((1ULL << 55) - 1)

static char *page;

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	printf("guest: SIGBUS code %d, %s page\n", info->si_code,
	       info->si_addr == page ? "right" : "wrong");
	fflush(stdout);
	_exit(info->si_addr == page ? 7 : 8);
}

static uint64_t physical(const void *address)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (pread(fd, &entry, 8, (uintptr_t)address / PAGE * 8) != 8)
		perror("pagemap");
	close(fd);
	return (entry & PFN_MASK) * PAGE;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus,
				    .sa_flags = SA_SIGINFO };
	char line[16];

	sigaction(SIGBUS, &action, NULL);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(page, 'p', PAGE);
	printf("guest: page at %#llx\n", (unsigned long long)physical(page));
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	printf("guest: read %c\n", *(volatile char *)page);
	return 0;
}
