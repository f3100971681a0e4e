// SPDX-License-Identifier: Apache-2.0
/*
 * Guest RAM. The VMM writes to it only before the guest starts; from then on
 * only vCPUs do, so that no page moves between nodes behind the guest's back.
 */
#include "mem.h"

#include <linux/ssi_mem_dev.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "layout.h"
#include "log.h"
#include "options.h"

#define SSI_DEVICE "/dev/ssi_mem"

static int report_attach(const struct vmm_cfg *cfg, int error)
{
	const char *node = cfg->node ? cfg->node : "(the only one)";

	switch (error) {
	case ENODEV:
		return log_error("node %s: no such node on this host; see ssictl status, or ssictl join",
				 node);
	case ENOTUNIQ:
		return log_error("this host has several nodes; name one with --node");
	case ENOENT:
		return log_error("region %s: no such region on node %s; create it, or extend it to this node",
				 cfg->region, node);
	case EACCES:
		return log_error("region %s: its owner, group and mode do not let you attach; see ssictl region list",
				 cfg->region);
	case ESHUTDOWN:
		return log_error("region %s is being deleted, or this node just becomes a member of it; try again",
				 cfg->region);
	case EINVAL:
	case ENOTTY:
		return log_error("region %s, node %s: cannot attach: the module is of another release; see ssictl version",
				 cfg->region, node);
	default:
		return log_error("region %s, node %s: cannot attach: %s; see ssictl doctor and the kernel log",
				 cfg->region, node, strerror(error));
	}
}

static int open_device(void)
{
	int fd = open(SSI_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT || errno == ENXIO)
		return log_error(SSI_DEVICE " is missing; load the module: modprobe ssi_mem");
	if (errno == EACCES || errno == EPERM)
		return log_error(SSI_DEVICE ": permission denied; run as root, or give your group access to it");
	return log_error(SSI_DEVICE ": %s", strerror(errno));
}

/* Returns the region's own descriptor, and its size. */
static int attach_region(const struct vmm_cfg *cfg, uint64_t *bytes)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach), .fd = -1 };
	int device = open_device();
	int error;

	if (device < 0)
		return -1;
	strncpy(attach.region, cfg->region, SSI_NAME_MAX - 1);
	if (cfg->node)
		strncpy(attach.node, cfg->node, SSI_NAME_MAX - 1);
	error = ioctl(device, SSI_DEV_ATTACH, &attach) ? errno : 0;
	close(device);
	if (error)
		return report_attach(cfg, error);
	*bytes = attach.bytes;
	return attach.fd;
}

static int check_region_size(const struct vmm_cfg *cfg, uint64_t bytes)
{
	if (!bytes || bytes % SSI_CHUNK_BYTES)
		return log_error("region %s has %" PRIu64 " bytes, not a multiple of 2 MiB; it cannot be guest RAM",
				 cfg->region, bytes);
	if (cfg->memory && cfg->memory != bytes)
		return log_error("region %s has %" PRIu64 " bytes (%" PRIu64 "M), but --memory asks for %" PRIu64 " bytes (%" PRIu64 "M); make them equal or leave --memory out",
				 cfg->region, bytes, bytes / (uint64_t)MIB,
				 cfg->memory, cfg->memory / (uint64_t)MIB);
	return 0;
}

static int open_anon(uint64_t bytes)
{
	int fd = memfd_create("ssi-vmm-ram", MFD_CLOEXEC);

	if (fd < 0)
		return log_error("cannot create guest memory: %s", strerror(errno));
	if (ftruncate(fd, bytes)) {
		log_error("cannot make guest memory of %" PRIu64 "M: %s",
			  bytes / (uint64_t)MIB, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Maps at a 2 MiB boundary, so that guest and host large pages can coincide:
 * a larger reservation is taken first and what is not needed given back.
 */
static int map_aligned(struct guest_mem *mem, int fd)
{
	uint64_t reserve = mem->bytes + SSI_CHUNK_BYTES;
	uint8_t *start, *base;
	uintptr_t lead;

	start = mmap(NULL, reserve, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return log_error("no address space for %" PRIu64 "M of guest memory: %s",
				 mem->bytes / (uint64_t)MIB, strerror(errno));
	lead = -(uintptr_t)start % SSI_CHUNK_BYTES;
	base = mmap(start + lead, mem->bytes, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, 0);
	if (base == MAP_FAILED) {
		log_error("cannot map guest memory: %s", strerror(errno));
		munmap(start, reserve);
		return -1;
	}
	if (lead)
		munmap(start, lead);
	if (lead < SSI_CHUNK_BYTES)
		munmap(base + mem->bytes, SSI_CHUNK_BYTES - lead);
	mem->base = base;
	return 0;
}

int mem_open(struct guest_mem *mem, const struct vmm_cfg *cfg)
{
	int fd, ret = -1;

	mem->fd = -1;
	mem->bytes = cfg->memory;
	if (cfg->anon)
		fd = open_anon(mem->bytes);
	else
		fd = attach_region(cfg, &mem->bytes);
	if (fd < 0)
		return -1;
	if (cfg->anon || !check_region_size(cfg, mem->bytes))
		ret = map_aligned(mem, fd);
	/* A region is neither dumped with a core nor inherited; nor is other memory. */
	if (!ret && (madvise(mem->base, mem->bytes, MADV_DONTDUMP) ||
		     madvise(mem->base, mem->bytes, MADV_DONTFORK)))
		ret = log_error("cannot prepare guest memory: %s", strerror(errno));
	/* The mapping keeps the file, which also tells whether the memory comes. */
	if (!ret && !cfg->anon)
		mem->fd = fd;
	else
		close(fd);
	return ret;
}

void mem_close(struct guest_mem *mem)
{
	munmap(mem->base, mem->bytes);
	mem->base = NULL;
	if (mem->fd >= 0)
		close(mem->fd);
	mem->fd = -1;
}

uint64_t mem_low_bytes(const struct guest_mem *mem)
{
	return mem->bytes < GUEST_HOLE_START ? mem->bytes : GUEST_HOLE_START;
}

void *mem_at(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes)
{
	uint64_t low = mem_low_bytes(mem), high = mem->bytes - low;

	if (gpa < low && bytes <= low - gpa)
		return mem->base + gpa;
	if (gpa < GUEST_HOLE_END)
		return NULL;
	gpa -= GUEST_HOLE_END;
	if (gpa < high && bytes <= high - gpa)
		return mem->base + low + gpa;
	return NULL;
}

bool mem_to_gpa(const struct guest_mem *mem, const void *addr, uint64_t *gpa)
{
	uint64_t offset = (uintptr_t)addr - (uintptr_t)mem->base;

	if ((uintptr_t)addr < (uintptr_t)mem->base || offset >= mem->bytes)
		return false;
	if (offset >= GUEST_HOLE_START)
		offset += GUEST_HOLE_END - GUEST_HOLE_START;
	*gpa = offset;
	return true;
}
