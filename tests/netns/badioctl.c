// SPDX-License-Identifier: Apache-2.0
/*
 * badioctl: calls of /dev/ssi_mem that must be refused, each with its errno,
 * and no descriptor left behind. usage: badioctl REGION [COUNT [SEED]]; COUNT
 * random calls follow. Prints TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/ssi_mem_dev.h>

#define PAGE 4096

static const char *region;
static int dev;
static int number;
static int failures;

static void check(const char *what, bool ok)
{
	number++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", number, what);
}

static void must_refuse(const char *what, unsigned long cmd, void *arg,
			int error)
{
	int ret = ioctl(dev, cmd, arg), told = errno;
	bool ok = ret == -1 && told == error;

	check(what, ok);
	if (!ok)
		printf("# returned %d, errno %d (%s), not %d\n", ret, told,
		       strerror(told), error);
}

static struct ssi_dev_attach good_attach(void)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };

	snprintf(attach.region, sizeof(attach.region), "%s", region);
	return attach;
}

/* ---- the size that a structure says ---- */

static void check_size(const char *name, unsigned long cmd, uint32_t size,
		       int error)
{
	char text[64], *arg = calloc(1, 2 * PAGE);

	memcpy(arg, &size, sizeof(size));
	snprintf(text, sizeof(text), "%s of %u bytes", name, size);
	must_refuse(text, cmd, arg, error);
	free(arg);
}

static void check_sizes(void)
{
	static const uint32_t sizes[] = { 0, 1, 4, 7, PAGE + 1, 0x7fffffff,
					  0x80000000, 0xffffffff };
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		check_size("info", SSI_DEV_INFO, sizes[i], EINVAL);
		check_size("attach", SSI_DEV_ATTACH, sizes[i], EINVAL);
	}
	check_size("attach", SSI_DEV_ATTACH, sizeof(struct ssi_dev_attach) - 1,
		   EINVAL);
}

/* A later structure, of which the kernel does not know the end. */
static void check_later(void)
{
	struct ssi_dev_attach attach = good_attach();
	struct ssi_dev_info info = { .size = PAGE };
	char *arg = calloc(1, PAGE);

	attach.size = PAGE;
	memcpy(arg, &attach, sizeof(attach));
	arg[PAGE - 1] = 1;
	must_refuse("attach with more than is known", SSI_DEV_ATTACH, arg,
		    E2BIG);
	memset(arg, 0, PAGE);
	memcpy(arg, &info, sizeof(info));
	arg[sizeof(info)] = 1;
	must_refuse("info with more than is known", SSI_DEV_INFO, arg, E2BIG);
	free(arg);
}

/* ---- what stands in it ---- */

static void check_flags(void)
{
	struct ssi_dev_info info;
	struct ssi_dev_attach attach;
	unsigned int bit;

	for (bit = 1; bit < 32; bit += 30) {
		info = (struct ssi_dev_info){ sizeof(info), 1u << bit, 0, 0, 0,
					      0 };
		must_refuse("info with an unknown flag", SSI_DEV_INFO, &info,
			    EINVAL);
		attach = good_attach();
		attach.flags = 1u << bit;
		must_refuse("attach with an unknown flag", SSI_DEV_ATTACH,
			    &attach, EINVAL);
	}
}

static void check_names(void)
{
	struct ssi_dev_attach attach = good_attach();

	memset(attach.region, 'x', sizeof(attach.region));
	must_refuse("a region's name without an end", SSI_DEV_ATTACH, &attach,
		    ENAMETOOLONG);
	attach = good_attach();
	memset(attach.node, 'x', sizeof(attach.node));
	must_refuse("a node's name without an end", SSI_DEV_ATTACH, &attach,
		    ENAMETOOLONG);
	attach = good_attach();
	attach.region[0] = 0;
	must_refuse("no region", SSI_DEV_ATTACH, &attach, ENOENT);
	strcpy(attach.region, "nowhere");
	must_refuse("a region that is not there", SSI_DEV_ATTACH, &attach,
		    ENOENT);
	attach = good_attach();
	strcpy(attach.node, "nobody");
	must_refuse("a node that is not there", SSI_DEV_ATTACH, &attach,
		    ENODEV);
}

/* ---- where it stands ---- */

static void check_pointers(void)
{
	struct ssi_dev_attach attach = good_attach();
	char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = memory + PAGE - sizeof(attach) / 2;

	must_refuse("no structure", SSI_DEV_ATTACH, NULL, EFAULT);
	must_refuse("a structure at an address of the kernel", SSI_DEV_ATTACH,
		    (void *)(uintptr_t)0xffff888000000000u, EFAULT);
	must_refuse("info at an address of the kernel", SSI_DEV_INFO,
		    (void *)(uintptr_t)0xffff888000000000u, EFAULT);
	munmap(memory + PAGE, PAGE);
	memcpy(end, &attach, sizeof(attach) / 2);
	must_refuse("a structure of which half is not mapped", SSI_DEV_ATTACH,
		    end, EFAULT);
	memcpy(memory, &attach, sizeof(attach));
	mprotect(memory, PAGE, PROT_READ);
	must_refuse("a structure that can not be written", SSI_DEV_ATTACH,
		    memory, EFAULT);
	munmap(memory, PAGE);
}

static void check_commands(void)
{
	must_refuse("an unknown command", _IO(SSI_DEV_MAGIC, 0x7f), NULL,
		    ENOTTY);
	must_refuse("a command of another size",
		    _IOWR(SSI_DEV_MAGIC, 0x01, int), NULL, ENOTTY);
	must_refuse("a command of another driver", _IO('x', 1), NULL, ENOTTY);
	must_refuse("FIONREAD", 0x541b, NULL, ENOTTY);
}

/* ---- random calls ---- */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 8;
}

static unsigned long random_command(uint64_t *state)
{
	uint64_t random = next_random(state);

	if (random % 8)
		return random & 8 ? SSI_DEV_ATTACH : SSI_DEV_INFO;
	/* Others of the same family: those of any file are not our business. */
	return _IOC(random >> 4 & 3, SSI_DEV_MAGIC, random >> 6 & 0xff,
		    random >> 14 & 0x3fff);
}

/* An argument that is almost right, in @page. Return: where it begins. */
static char *random_argument(char *page, uint64_t *state)
{
	static const uint32_t sizes[] = { 0, 4, 7, 8, 23, 24, 79, 80, 81, 88, 89,
					  4095, PAGE, PAGE + 1, 0xffffffff };
	struct ssi_dev_attach attach = good_attach();
	uint64_t random = next_random(state);
	char *at = page;
	unsigned int i;

	memset(page, 0, PAGE);
	if (random % 4 == 0)
		attach.size = sizes[(random >> 2) % 15];
	/* Now and then its end is not mapped. */
	if (random >> 8 & 1)
		at = page + PAGE - 1 - (random >> 9) % (2 * sizeof(attach));
	memcpy(at, &attach, at + sizeof(attach) > page + PAGE ?
	       (size_t)(page + PAGE - at) : sizeof(attach));
	for (i = 0; i < (random >> 20) % 4; i++) {
		random = next_random(state);
		page[random % PAGE] ^= (char)(random >> 12);
		at[random % 8 % (page + PAGE - at)] ^=
			(char)(random >> 20 & random >> 28);
	}
	return random % 64 ? at : (char *)(uintptr_t)next_random(state);
}

static bool is_refusal(int error)
{
	return error == EINVAL || error == E2BIG || error == EFAULT ||
	       error == ENOTTY || error == ENOENT || error == ENODEV ||
	       error == ENAMETOOLONG;
}

/* A call that is refused is refused for a known reason, and writes nothing. */
static bool call_at_random(char *page, uint64_t *state)
{
	static char before[PAGE];
	unsigned long cmd = random_command(state);
	char *at = random_argument(page, state);
	struct ssi_dev_attach attach;

	memcpy(before, page, PAGE);
	if (ioctl(dev, cmd, at)) {
		/* A buffer that can not be written whole may be written in part. */
		return is_refusal(errno) &&
		       (errno == EFAULT || !memcmp(before, page, PAGE));
	}
	if (cmd != SSI_DEV_ATTACH)
		return cmd == SSI_DEV_INFO;
	memcpy(&attach, at, sizeof(attach));
	return close(attach.fd) == 0;
}

static void check_random(unsigned int count, uint64_t seed)
{
	char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t state = seed * 2 + 1;
	unsigned int i;

	munmap(page + PAGE, PAGE);
	printf("# seed %llu\n", (unsigned long long)seed);
	for (i = 0; i < count && call_at_random(page, &state); i++)
		;
	check("random calls", i == count);
	if (i < count)
		printf("# call %u: errno %d (%s)\n", i, errno, strerror(errno));
	munmap(page, PAGE);
}

/* The lowest free descriptor tells whether one was left open. */
static int lowest_free(void)
{
	int fd = dup(dev);

	close(fd);
	return fd;
}

int main(int argc, char **argv)
{
	int before;

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: badioctl REGION [COUNT [SEED]]\n");
		return 2;
	}
	region = argv[1];
	dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);
	if (dev < 0) {
		perror("/dev/ssi_mem");
		return 1;
	}
	before = lowest_free();
	check_sizes();
	check_later();
	check_flags();
	check_names();
	check_pointers();
	check_commands();
	if (argc > 2)
		check_random((unsigned int)atoi(argv[2]), argc > 3 ?
			     strtoull(argv[3], NULL, 0) : (uint64_t)time(NULL));
	check("no descriptor is left open", lowest_free() == before);
	printf("1..%d\n", number);
	return failures != 0;
}
