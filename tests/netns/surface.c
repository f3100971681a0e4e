// SPDX-License-Identifier: Apache-2.0
/*
 * surface: what /dev/ssi_mem and a region's file accept and refuse, apart from
 * being mapped. usage: surface REGION. Prints TAP.
 */
#include "surface.h"

#include <sys/stat.h>
#include <sys/uio.h>

static const char *region;
static int dev;
static int fd;
static size_t bytes;

static void check_attach(void)
{
	struct ssi_dev_attach attach = attach_request(region);
	char large[sizeof(attach) + 8];

	check("attach gives a descriptor",
	      !ioctl(dev, SSI_DEV_ATTACH, &attach) && attach.fd >= 0);
	fd = attach.fd;
	bytes = attach.bytes;
	check("it is not inherited by a program that is executed",
	      fcntl(fd, F_GETFD) == FD_CLOEXEC);
	attach = attach_request(region);
	attach.flags = 1 << 31;
	check("unknown flags are refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), EINVAL));
	attach = attach_request(region);
	attach.size = 12;
	check("a structure too small is refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), EINVAL));
	memset(large, 0, sizeof(large));
	attach = attach_request(region);
	attach.size = sizeof(large);
	memcpy(large, &attach, sizeof(attach));
	large[sizeof(large) - 1] = 1;
	check("bytes beyond what the kernel knows are refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, large), E2BIG));
	check("an unknown ioctl is refused",
	      refused(ioctl(dev, _IO(SSI_DEV_MAGIC, 0x7f), NULL), ENOTTY));
}

static void check_names(void)
{
	struct ssi_dev_attach attach = attach_request(region);

	memset(attach.region, 'x', sizeof(attach.region));
	check("a name without an end is refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), ENAMETOOLONG));
	attach = attach_request("nowhere");
	check("an unknown region is refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), ENOENT));
	attach = attach_request(region);
	strcpy(attach.node, "nobody");
	check("an unknown node is refused",
	      refused(ioctl(dev, SSI_DEV_ATTACH, &attach), ENODEV));
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

static void check_size(void)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check("lseek finds the end", lseek(fd, 0, SEEK_END) == (off_t)bytes);
	check("fstat tells the size", !fstat(fd, &st) &&
	      st.st_size == (off_t)bytes && S_ISREG(st.st_mode));
	check("truncating is refused", refused(ftruncate(fd, 4096), EPERM));
	check("so is opening it to truncate",
	      refused(open(path, O_RDWR | O_TRUNC), EPERM));
	check("growing is refused",
	      refused(ftruncate(fd, (off_t)bytes * 2), EPERM));
	check("fallocate is refused",
	      refused(fallocate(fd, 0, 0, 4096), EOPNOTSUPP));
	check("punching a hole is refused",
	      refused(fallocate(fd, FALLOC_FL_PUNCH_HOLE |
				FALLOC_FL_KEEP_SIZE, 0, 4096), EOPNOTSUPP));
}

static void check_io(void)
{
	char byte = 1;
	struct iovec one = { &byte, 1 };
	loff_t from = 0, to = 8192;
	int pipes[2];

	check("read is refused", refused(read(fd, &byte, 1), EINVAL));
	check("write is refused", refused(write(fd, &byte, 1), EINVAL));
	check("pread is refused", refused(pread(fd, &byte, 1, 0), EINVAL));
	check("pwritev is refused", refused(pwritev(fd, &one, 1, 0), EINVAL));
	check("splice is refused", !pipe(pipes) &&
	      refused(splice(fd, NULL, pipes[1], NULL, 1, 0), EINVAL));
	check("copy_file_range is refused",
	      refused(copy_file_range(fd, &from, fd, &to, 4096, 0), EINVAL));
	check("fsync has nothing to do", !fsync(fd) && !fdatasync(fd));
}

static void check_owner(void)
{
	check("chmod is refused", refused(fchmod(fd, 0666), EPERM));
	check("chown is refused", refused(fchown(fd, 1, 1), EPERM));
	check("there are no seals",
	      refused(fcntl(fd, F_GET_SEALS), EINVAL) &&
	      refused(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), EINVAL));
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: surface REGION\n");
		return 2;
	}
	region = argv[1];
	dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		die("/dev/ssi_mem");
	check_attach();
	check_names();
	check_info();
	check_size();
	check_io();
	check_owner();
	return finish();
}
