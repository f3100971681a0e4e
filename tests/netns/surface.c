// SPDX-License-Identifier: Apache-2.0
/*
 * surface: what a region's file and /dev/ssi_mem accept and refuse.
 * usage: surface REGION. Prints TAP.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/ssi_mem_dev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *region;
static int dev;
static int fd;
static size_t bytes;
static int number;
static int failures;

static void check(const char *what, int ok)
{
	int error = errno;

	number++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", number, what);
	if (!ok)
		printf("# errno %d (%s)\n", error, strerror(error));
}

static int refused(long result, int error)
{
	return result == -1 && errno == error;
}

static struct ssi_dev_attach request(void)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };

	snprintf(attach.region, sizeof(attach.region), "%s", region);
	return attach;
}

static void *map(int prot, int flags, int file, size_t length, off_t offset)
{
	return mmap(NULL, length, prot, flags, file, offset);
}

static int map_refused(int prot, int flags, size_t length, off_t offset,
		       int error)
{
	return map(prot, flags, fd, length, offset) == MAP_FAILED &&
	       errno == error;
}

static void check_attach(void)
{
	struct ssi_dev_attach attach = request();
	char large[sizeof(attach) + 8];

	check("attach gives a descriptor",
	      !ioctl(dev, SSI_DEV_ATTACH, &attach) && attach.fd >= 0);
	fd = attach.fd;
	bytes = attach.bytes;
	attach = request();
	attach.flags = 1;
	check("unknown flags are refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), EINVAL));
	attach = request();
	attach.size = 12;
	check("a structure too small is refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), EINVAL));
	memset(large, 0, sizeof(large));
	attach = request();
	attach.size = sizeof(large);
	memcpy(large, &attach, sizeof(attach));
	large[sizeof(large) - 1] = 1;
	check("bytes beyond what the kernel knows are refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, large), E2BIG));
	attach = request();
	memset(attach.region, 'x', sizeof(attach.region));
	check("a name without an end is refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), ENAMETOOLONG));
	attach = request();
	strcpy(attach.region, "nowhere");
	check("an unknown region is refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), ENOENT));
	attach = request();
	strcpy(attach.node, "nobody");
	check("an unknown node is refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), ENODEV));
	check("an unknown ioctl is refused",
	      refused(ioctl(dev, _IO(SSI_DEV_MAGIC, 0x7f), NULL), ENOTTY));
}

static void check_info(void)
{
	struct ssi_dev_info info = { .size = sizeof(info) };

	check("info tells units", !ioctl(dev, SSI_DEV_INFO, &info) &&
	      info.abi == SSI_DEV_ABI && info.page_bytes == SSI_PAGE_BYTES &&
	      info.chunk_bytes == SSI_CHUNK_BYTES);
	info.size = sizeof(info);
	info.flags = 4;
	check("info refuses unknown flags",
	      refused(ioctl(dev, SSI_DEV_INFO, &info), EINVAL));
}

static void check_file(void)
{
	check("lseek finds the end",
	      lseek(fd, 0, SEEK_END) == (off_t)bytes);
	check("truncating is refused", refused(ftruncate(fd, 4096), EPERM));
	check("growing is refused",
	      refused(ftruncate(fd, (off_t)bytes * 2), EPERM));
	check("fallocate is refused",
	      refused(fallocate(fd, FALLOC_FL_PUNCH_HOLE |
				FALLOC_FL_KEEP_SIZE, 0, 4096), EOPNOTSUPP));
	check("chmod is refused", refused(fchmod(fd, 0666), EPERM));
	check("read is refused", refused(read(fd, &number, 1), EINVAL));
}

static void check_mappings(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	char path[64], *first, *second, *part;
	int again;

	check("MAP_PRIVATE is refused",
	      map_refused(rw, MAP_PRIVATE, bytes, 0, EINVAL));
	check("PROT_EXEC is refused",
	      map_refused(PROT_READ | PROT_EXEC, MAP_SHARED, bytes, 0, EPERM));
	check("a mapping beyond the end is refused",
	      map_refused(rw, MAP_SHARED, 8192, (off_t)bytes - 4096, EINVAL));
	first = map(rw, MAP_SHARED, fd, bytes, 0);
	check("the region can be mapped", first != MAP_FAILED);
	check("it can not be made executable later",
	      refused(mprotect(first, 4096, PROT_READ | PROT_EXEC), EACCES));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR);
	check("the file can be opened again by its path", again >= 0);
	second = map(rw, MAP_SHARED, again, bytes, 0);
	check("and mapped again", second != MAP_FAILED);
	close(again);
	first[5] = 42;
	check("both mappings show the same memory", second[5] == 42);
	part = map(PROT_READ, MAP_SHARED, fd, 4096, (off_t)bytes - 4096);
	first[bytes - 1] = 7;
	check("so does a part", part != MAP_FAILED && part[4095] == 7);
	check("MADV_DONTNEED loses nothing",
	      !madvise(first, bytes, MADV_DONTNEED) && first[5] == 42);
	check("MADV_POPULATE_WRITE works",
	      !madvise(first, 65536, MADV_POPULATE_WRITE));
	check("MADV_REMOVE is refused",
	      madvise(first, 4096, MADV_REMOVE) == -1);
	munmap(second, bytes);
	munmap(part, 4096);
}

static void on_fault(int signal)
{
	(void)signal;
	_exit(77);
}

/* A child does not inherit the mapping. */
static void check_fork(void)
{
	char *memory = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096, 0);
	int status;
	pid_t child = fork();

	if (!child) {
		signal(SIGSEGV, on_fault);
		memory[0] = 1;
		_exit(0);
	}
	waitpid(child, &status, 0);
	check("a child has no such mapping",
	      WIFEXITED(status) && WEXITSTATUS(status) == 77);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: surface REGION\n");
		return 2;
	}
	region = argv[1];
	dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);
	if (dev < 0) {
		perror("/dev/ssi_mem");
		return 1;
	}
	check_attach();
	check_info();
	check_file();
	check_mappings();
	check_fork();
	printf("1..%d\n", number);
	return failures != 0;
}
