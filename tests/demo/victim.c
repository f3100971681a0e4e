// SPDX-License-Identifier: Apache-2.0
/*
 * The guest of tests/demo/forget.sh: init of an unmodified Linux kernel. It
 * fills a buffer, says which frames of guest memory that is, and does what
 * lines on its console ask for:
 *
 *	read FIRST COUNT	reads pages of the buffer
 *	check			reads all; a page that is lost raises SIGBUS, in
 *				this process alone
 *	work			more memory, another process
 *	uptime			for how long it has run
 *	log			what the kernel warned of
 *	end			powers off
 *
 * Each is answered by a line that begins with "victim:" or "guest:".
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "guest.h"

#define PAGE_BYTES 4096u
#define PAGE_WORDS (PAGE_BYTES / sizeof(uint64_t))
#define PAGES	   1024u
#define WORK_PAGES 2048u

/* Of an entry of /proc/self/pagemap. */
#define FRAME_MASK ((1ull << 55) - 1)

static uint64_t *buffer;
static sigjmp_buf lost_page;
static void *volatile lost_addr;
static volatile int lost_code;
static bool is_lost[PAGES];

static uint64_t content(unsigned int page, unsigned int word)
{
	return (page * PAGE_WORDS + word + 1) * 0x9e3779b97f4a7c15ull;
}

static void write_pages(uint64_t *words, unsigned int pages)
{
	for (unsigned int i = 0; i < pages * PAGE_WORDS; i++)
		words[i] = content(i / PAGE_WORDS, i % PAGE_WORDS);
}

static int is_right(const volatile uint64_t *words, unsigned int page)
{
	for (unsigned int i = 0; i < PAGE_WORDS; i++)
		if (words[i] != content(page, i))
			return 0;
	return 1;
}

/* ---- the buffer ---- */

static uint64_t *take_memory(unsigned int pages)
{
	size_t bytes = (size_t)pages * PAGE_BYTES;
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		fail("mmap");
	/* A lost page shall cost its neighbours nothing. */
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	return memory;
}

/* "victim: pages A-B have frames from F on" for each run of them. */
static void show_frames(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entries[PAGES];
	unsigned int first = 0;

	if (fd < 0 || pread(fd, entries, sizeof(entries),
			    (uintptr_t)buffer / PAGE_BYTES * 8) !=
			      (ssize_t)sizeof(entries))
		fail("pagemap");
	close(fd);
	for (unsigned int i = 1; i <= PAGES; i++) {
		if (i < PAGES && entries[i] == entries[i - 1] + 1)
			continue;
		printf("victim: pages %u-%u have frames from %llu on\n", first,
		       i - 1, (unsigned long long)(entries[first] & FRAME_MASK));
		first = i;
	}
}

static void read_some(unsigned int first, unsigned int count)
{
	unsigned int right = 0;

	for (unsigned int i = first; i < first + count && i < PAGES; i++)
		right += is_right(buffer + i * PAGE_WORDS, i);
	printf("victim: read %u right\n", right);
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	lost_addr = info->si_addr;
	lost_code = info->si_code;
	siglongjmp(lost_page, 1);
}

/*
 * Says a line in the kernel's log, which is in one piece on the console: machine
 * checks are told there at the same time, in the middle of what a program writes.
 */
static void tell(const char *format, ...)
{
	char line[120] = "<3>";
	int fd = open("/dev/kmsg", O_WRONLY);
	va_list args;

	va_start(args, format);
	vsnprintf(line + 3, sizeof(line) - 4, format, args);
	va_end(args);
	/* Without an end it would wait in the log for more of the line. */
	strcat(line, "\n");
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		fail("/dev/kmsg");
	close(fd);
}

/* "victim: lost pages A-B" for each run of them. */
static void tell_lost(void)
{
	for (unsigned int i = 0, first; i < PAGES; i++) {
		if (!is_lost[i])
			continue;
		for (first = i; i + 1 < PAGES && is_lost[i + 1];)
			i++;
		tell("victim: lost pages %u-%u", first, i);
	}
}

/* Counts what is right, wrong and lost, and names what is lost. */
static void check_all(void)
{
	volatile unsigned int right = 0, wrong = 0, lost = 0, odd = 0, i;

	memset(is_lost, 0, sizeof(is_lost));
	for (i = 0; i < PAGES; i++) {
		uint64_t *words = buffer + i * PAGE_WORDS;

		if (!sigsetjmp(lost_page, 1)) {
			if (is_right(words, i))
				right++;
			else
				wrong++;
			continue;
		}
		lost++;
		if (lost_code != BUS_MCEERR_AR || lost_addr != words)
			odd++;
		is_lost[i] = true;
	}
	tell_lost();
	tell("victim: right %u wrong %u lost %u odd %u", right, wrong, lost, odd);
}

/* ---- the rest of the guest's life ---- */

static void work(void)
{
	uint64_t *memory = take_memory(WORK_PAGES);
	unsigned int right = 0;
	int status;
	pid_t child;

	write_pages(memory, WORK_PAGES);
	child = fork();
	if (!child) {
		for (unsigned int i = 0; i < WORK_PAGES; i++)
			right += is_right(memory + i * PAGE_WORDS, i);
		_exit(right == WORK_PAGES ? 0 : 1);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail("fork");
	munmap(memory, (size_t)WORK_PAGES * PAGE_BYTES);
	printf("victim: worked, status %d\n", status);
}

static void obey(const char *line)
{
	unsigned int first, count;

	if (sscanf(line, "read %u %u", &first, &count) == 2)
		read_some(first, count);
	else if (!strcmp(line, "check\n"))
		check_all();
	else if (!strcmp(line, "work\n"))
		work();
	else if (!strcmp(line, "log\n"))
		show_log();
	else if (!strcmp(line, "uptime\n"))
		show_uptime();
	else if (!strcmp(line, "end\n"))
		reboot(RB_POWER_OFF);
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus,
				    .sa_flags = SA_SIGINFO };
	char line[80];

	setvbuf(stdout, NULL, _IOLBF, 0);
	mount_all();
	sigaction(SIGBUS, &action, NULL);
	buffer = take_memory(PAGES);
	write_pages(buffer, PAGES);
	show_frames();
	printf("victim: ready\n");
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	fail("stdin");
	return 1;
}
