// SPDX-License-Identifier: Apache-2.0
/*
 * Guest memory against a device played by this file: open and ioctl of the
 * code under test end here.
 */
#include "unit_vmm_common.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../vmm/layout.h"

static int device_open(const char *path, int flags);
static int device_ioctl(int fd, unsigned long request, void *argument);

#define open  device_open
#define ioctl device_ioctl
#include "../../vmm/mem.c"
#undef open
#undef ioctl

/* The module as the test wants it. */
static int open_errno, attach_errno;
static uint64_t region_bytes;
static struct ssi_dev_attach asked;

static int device_open(const char *path, int flags)
{
	ck_assert_str_eq(path, "/dev/ssi_mem");
	ck_assert_int_eq(flags, O_RDWR | O_CLOEXEC);
	errno = open_errno;
	return open_errno ? -1 : open("/dev/null", O_RDWR);
}

static int device_ioctl(int fd, unsigned long request, void *argument)
{
	struct ssi_dev_attach *attach = argument;

	(void)fd;
	ck_assert_uint_eq(request, SSI_DEV_ATTACH);
	asked = *attach;
	errno = attach_errno;
	if (attach_errno)
		return -1;
	attach->bytes = region_bytes;
	attach->fd = memfd_create("region", 0);
	ck_assert_int_eq(ftruncate(attach->fd, region_bytes), 0);
	return 0;
}

static struct vmm_cfg start(uint64_t bytes)
{
	open_errno = attach_errno = 0;
	region_bytes = bytes;
	said[0] = '\0';
	return (struct vmm_cfg){ .region = "r", .node = "n" };
}

START_TEST(mem_open__region_gives_the_size)
{
	struct vmm_cfg cfg = start(64 * MIB);
	struct guest_mem mem;

	ck_assert_int_eq(mem_open(&mem, &cfg), 0);
	ck_assert_uint_eq(mem.bytes, 64 * MIB);
	ck_assert_uint_eq((uintptr_t)mem.base % SSI_CHUNK_BYTES, 0);
	ck_assert_uint_eq(asked.size, sizeof(asked));
	ck_assert_uint_eq(asked.flags, 0);
	ck_assert_str_eq(asked.region, "r");
	ck_assert_str_eq(asked.node, "n");
	mem.base[0] = mem.base[mem.bytes - 1] = 1;
	mem_close(&mem);
}
END_TEST

START_TEST(mem_open__no_node_named)
{
	struct vmm_cfg cfg = start(64 * MIB);
	struct guest_mem mem;

	cfg.node = NULL;
	cfg.memory = 64 * MIB;
	ck_assert_int_eq(mem_open(&mem, &cfg), 0);
	ck_assert_str_eq(asked.node, "");
	mem_close(&mem);
}
END_TEST

START_TEST(mem_open__size_differs)
{
	struct vmm_cfg cfg = start(64 * MIB);
	struct guest_mem mem;

	cfg.memory = 128 * MIB;
	ck_assert_int_eq(mem_open(&mem, &cfg), -1);
	ck_assert_said("region r has 67108864 bytes (64M)");
	ck_assert_said("--memory asks for 134217728 bytes (128M)");
}
END_TEST

START_TEST(mem_open__odd_region)
{
	struct vmm_cfg cfg = start(64 * MIB + 4096);
	struct guest_mem mem;

	ck_assert_int_eq(mem_open(&mem, &cfg), -1);
	ck_assert_said("not a multiple of 2 MiB");
}
END_TEST

START_TEST(mem_open__device_errors)
{
	static const struct {
		int open_errno, attach_errno;
		const char *words;
	} rows[] = {
		{ ENOENT, 0, "load the module: modprobe ssi_mem" },
		{ ENXIO, 0, "load the module" },
		{ EACCES, 0, "run as root" },
		{ EMFILE, 0, "Too many open files" },
		{ 0, ENODEV, "node n: no such node" },
		{ 0, ENOTUNIQ, "--node" },
		{ 0, ENOENT, "region r: no such region" },
		{ 0, ESHUTDOWN, "region r is being deleted, or this node just becomes a member of it; try again" },
		{ 0, EINVAL, "another release; see ssictl version" },
		{ 0, ENOTTY, "another release; see ssictl version" },
		{ 0, EIO, "Input/output error; see ssictl doctor" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vmm_cfg cfg = start(64 * MIB);
		struct guest_mem mem;

		open_errno = rows[i].open_errno;
		attach_errno = rows[i].attach_errno;
		ck_assert_int_eq(mem_open(&mem, &cfg), -1);
		ck_assert_said(rows[i].words);
	}
}
END_TEST

START_TEST(mem_open__anon)
{
	struct vmm_cfg cfg = { .anon = true, .memory = 32 * MIB };
	struct guest_mem mem;

	ck_assert_int_eq(mem_open(&mem, &cfg), 0);
	ck_assert_uint_eq((uintptr_t)mem.base % SSI_CHUNK_BYTES, 0);
	ck_assert_uint_eq(mem.base[mem.bytes - 1], 0);
	mem_close(&mem);
}
END_TEST

/* Nothing is touched: address arithmetic only. */
static struct guest_mem large(void)
{
	return (struct guest_mem){ .base = (uint8_t *)(1ULL << 40),
				   .bytes = 5 * GIB };
}

START_TEST(mem_at__around_the_hole)
{
	struct guest_mem mem = large();

	ck_assert_uint_eq(mem_low_bytes(&mem), 3 * GIB);
	ck_assert_ptr_eq(mem_at(&mem, 0, 3 * GIB), mem.base);
	ck_assert_ptr_null(mem_at(&mem, 0, 3 * GIB + 1));
	ck_assert_ptr_null(mem_at(&mem, 3 * GIB, 1));
	ck_assert_ptr_null(mem_at(&mem, 4 * GIB - 1, 2));
	ck_assert_ptr_eq(mem_at(&mem, 4 * GIB, 2 * GIB), mem.base + 3 * GIB);
	ck_assert_ptr_null(mem_at(&mem, 4 * GIB, 2 * GIB + 1));
	ck_assert_ptr_null(mem_at(&mem, 6 * GIB, 1));
	ck_assert_ptr_null(mem_at(&mem, UINT64_MAX, 2));
	ck_assert_ptr_null(mem_at(&mem, 4096, UINT64_MAX));
}
END_TEST

START_TEST(mem_to_gpa__is_the_inverse)
{
	static const uint64_t gpas[] = { 0, 4096, 3 * GIB - 1, 4 * GIB,
					 6 * GIB - 1 };
	struct guest_mem mem = large();
	uint64_t gpa;

	for (size_t i = 0; i < sizeof(gpas) / sizeof(gpas[0]); i++) {
		ck_assert(mem_to_gpa(&mem, mem_at(&mem, gpas[i], 1), &gpa));
		ck_assert_uint_eq(gpa, gpas[i]);
	}
	ck_assert(!mem_to_gpa(&mem, mem.base - 1, &gpa));
	ck_assert(!mem_to_gpa(&mem, mem.base + mem.bytes, &gpa));
	ck_assert(!mem_to_gpa(&mem, NULL, &gpa));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		mem_open__region_gives_the_size,
		mem_open__no_node_named,
		mem_open__size_differs,
		mem_open__odd_region,
		mem_open__device_errors,
		mem_open__anon,
		mem_at__around_the_hole,
		mem_to_gpa__is_the_inverse,
		NULL,
	};

	return run_tests("vmm_mem", tests);
}
