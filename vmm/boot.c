// SPDX-License-Identifier: Apache-2.0
/*
 * Loading a stock bzImage by the Linux 64-bit boot protocol
 * (Documentation/x86/boot.rst): check the image, decide on a layout, copy.
 */
#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"
#include "log.h"
#include "mem.h"
#include "options.h"

#define SECTOR		     512
#define OLD_SETUP_SECTORS    4	    /* what 0 means, by the protocol */
#define HEADER_OFFSET	     0x1f1
#define HEADER_END_OFFSET    0x201  /* jump distance: header end from 0x202 */
#define HEADER_MAGIC	     0x53726448 /* "HdrS" */
#define BOOT_FLAG	     0xaa55
#define PROTOCOL_MIN	     0x20c  /* first with xloadflags: Linux 3.8 */
#define LOADER_UNDEFINED     0xff
#define PAGE		     4096ULL

#define E820_RAM      1
#define E820_RESERVED 2

static int report_format(const struct boot_image *image, const uint8_t *head)
{
	if (!memcmp(head, "\177ELF", 4))
		return log_error("kernel %s: an ELF file, not a bzImage; give the compressed image, as /boot/vmlinuz-*",
				 image->path);
	return log_error("kernel %s: not a bzImage; give a Linux x86 image, as /boot/vmlinuz-*",
			 image->path);
}

static int check_abilities(const struct boot_image *image)
{
	const struct setup_header *h = &image->header;

	if (h->version < PROTOCOL_MIN)
		return log_error("kernel %s: boot protocol %d.%02d is too old; 2.12 or later is needed (Linux 3.8)",
				 image->path, h->version >> 8, h->version & 0xff);
	if (!(h->loadflags & LOADED_HIGH))
		return log_error("kernel %s: a zImage, loaded low; build a bzImage",
				 image->path);
	if (!h->relocatable_kernel)
		return log_error("kernel %s: not relocatable; build it with CONFIG_RELOCATABLE=y",
				 image->path);
	if (!(h->xloadflags & XLF_KERNEL_64))
		return log_error("kernel %s: no 64-bit entry; give an x86-64 kernel",
				 image->path);
	return 0;
}

int boot_check_image(struct boot_image *image, const uint8_t *head,
		     size_t head_bytes, uint64_t file_bytes)
{
	struct setup_header *h = &image->header;
	size_t header_end;
	unsigned int sectors;

	if (head_bytes < BOOT_HEAD_BYTES)
		return log_error("kernel %s: truncated: %zu bytes do not hold a kernel's header; copy the file again",
				 image->path, head_bytes);
	memset(h, 0, sizeof(*h));
	memcpy(h, head + HEADER_OFFSET, sizeof(*h));
	if (h->boot_flag != BOOT_FLAG || h->header != HEADER_MAGIC)
		return report_format(image, head);
	if (check_abilities(image))
		return -1;

	/* A newer header may be longer than ours; fields we lack stay out. */
	header_end = HEADER_END_OFFSET + 1 + head[HEADER_END_OFFSET];
	if (header_end < HEADER_OFFSET + sizeof(*h))
		memset((uint8_t *)h + (header_end - HEADER_OFFSET), 0,
		       HEADER_OFFSET + sizeof(*h) - header_end);

	sectors = h->setup_sects ? h->setup_sects : OLD_SETUP_SECTORS;
	image->payload_offset = (sectors + 1) * SECTOR;
	image->payload_bytes = h->syssize * 16ULL;
	if (image->payload_offset + image->payload_bytes > file_bytes)
		return log_error("kernel %s: truncated: its header promises %" PRIu64 " bytes, the file has %" PRIu64 "; copy the file again",
				 image->path,
				 image->payload_offset + image->payload_bytes,
				 file_bytes);
	if (image->payload_bytes <= BOOT_ENTRY_64)
		return log_error("kernel %s: damaged: no code after its header; copy the file again",
				 image->path);
	if (image->payload_bytes > h->init_size)
		return log_error("kernel %s: damaged: %" PRIu64 " bytes of code, but only %u of working space; copy the file again",
				 image->path, image->payload_bytes, h->init_size);
	return 0;
}

static uint64_t to_mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

/* The --memory that would do, in MiB: a multiple of 2, as options.c asks. */
static uint64_t memory_for(uint64_t bytes)
{
	return (to_mib(bytes) + 1) & ~(uint64_t)1;
}

static int plan_initrd(struct boot_plan *plan, const struct boot_image *image,
		       uint64_t low_bytes)
{
	uint64_t limit = image->header.initrd_addr_max + 1ULL;
	uint64_t top = low_bytes < limit ? low_bytes : limit;
	uint64_t need = plan->kernel_end + plan->initrd_bytes + PAGE;

	if (need > limit)
		return log_error("initrd of %" PRIu64 "M is too large: kernel %s takes it only between %" PRIu64 "M and %" PRIu64 "M; make it smaller",
				 to_mib(plan->initrd_bytes), image->path,
				 to_mib(plan->kernel_end), to_mib(limit));
	if (need > top)
		return log_error("initrd of %" PRIu64 "M does not fit beside the kernel into %" PRIu64 "M of memory; give at least --memory %" PRIu64 "M",
				 to_mib(plan->initrd_bytes), to_mib(low_bytes),
				 memory_for(need));
	plan->initrd = (top - plan->initrd_bytes) & ~(PAGE - 1);
	return 0;
}

int boot_make_plan(struct boot_plan *plan, const struct boot_image *image,
		   uint64_t low_bytes)
{
	const struct setup_header *h = &image->header;

	/*
	 * The preferred address is the only sensible one: below it the kernel
	 * would move itself there, above it would only need more memory.
	 */
	plan->kernel = h->pref_address;
	if (plan->kernel < GUEST_HIGH || plan->kernel % PAGE ||
	    plan->kernel >= GUEST_HOLE_START)
		return log_error("kernel %s: damaged: its preferred address %#" PRIx64 " is impossible; copy the file again",
				 image->path, plan->kernel);
	plan->kernel_end = plan->kernel + h->init_size;
	if (plan->kernel_end > low_bytes)
		return log_error("kernel %s needs %" PRIu64 "M of memory to start, the guest has %" PRIu64 "M; give more with --memory",
				 image->path, memory_for(plan->kernel_end),
				 to_mib(low_bytes));
	plan->initrd = 0;
	return plan->initrd_bytes ? plan_initrd(plan, image, low_bytes) : 0;
}

int boot_check_cmdline(const struct boot_image *image, const char *text)
{
	size_t length = strlen(text);

	if (length <= image->header.cmdline_size)
		return 0;
	return log_error("--append: %zu characters, but kernel %s takes at most %u; make it shorter",
			 length, image->path, image->header.cmdline_size);
}

static void add_e820(struct boot_params *params, uint64_t start, uint64_t end,
		     uint32_t type)
{
	struct boot_e820_entry *entry =
		&params->e820_table[params->e820_entries++];

	entry->addr = start;
	entry->size = end - start;
	entry->type = type;
}

void boot_fill_e820(struct boot_params *params, uint64_t mem_bytes)
{
	uint64_t low = mem_bytes < GUEST_HOLE_START ? mem_bytes :
						      GUEST_HOLE_START;

	params->e820_entries = 0;
	add_e820(params, 0, GUEST_LOW_END, E820_RAM);
	add_e820(params, GUEST_LOW_END, GUEST_HIGH, E820_RESERVED);
	add_e820(params, GUEST_HIGH, low, E820_RAM);
	if (mem_bytes > low)
		add_e820(params, GUEST_HOLE_END,
			 GUEST_HOLE_END + mem_bytes - low, E820_RAM);
}

/* Reads exactly @bytes; a short file is an error. */
static int read_at(int fd, void *to, uint64_t bytes, uint64_t offset)
{
	uint8_t *at = to;

	while (bytes) {
		ssize_t got = pread(fd, at, bytes, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0) {
			errno = EIO;
			return -1;
		}
		at += got;
		offset += got;
		bytes -= got;
	}
	return 0;
}

/* Opens a regular file that is not empty. */
static int open_file(const char *what, const char *path, uint64_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return log_error("%s %s: %s", what, path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		log_error("%s %s: not a regular file", what, path);
		goto out_close;
	}
	if (!st.st_size) {
		log_error("%s %s: the file is empty", what, path);
		goto out_close;
	}
	*bytes = st.st_size;
	return fd;

out_close:
	close(fd);
	return -1;
}

static int load_range(const struct guest_mem *mem, int fd, uint64_t gpa,
		      uint64_t bytes, uint64_t offset)
{
	void *to = mem_at(mem, gpa, bytes);

	if (!to)
		return log_error("no guest memory at %#" PRIx64 " for %" PRIu64 " bytes",
				 gpa, bytes);
	if (read_at(fd, to, bytes, offset))
		return log_error("cannot load into guest memory at %#" PRIx64 ": %s",
				 gpa, strerror(errno));
	return 0;
}

static int check_kernel(struct boot_image *image, int fd, uint64_t bytes)
{
	uint8_t head[BOOT_HEAD_BYTES];
	uint64_t want = bytes < sizeof(head) ? bytes : sizeof(head);

	if (read_at(fd, head, want, 0))
		return log_error("kernel %s: cannot read: %s", image->path,
				 strerror(errno));
	return boot_check_image(image, head, want, bytes);
}

static int write_zero_page(const struct guest_mem *mem,
			   const struct boot_image *image,
			   const struct boot_plan *plan, uint64_t rsdp)
{
	struct boot_params *params =
		mem_at(mem, GUEST_ZERO_PAGE, sizeof(*params));

	if (!params)
		return log_error("guest memory has no room for the zero page");
	memset(params, 0, sizeof(*params));
	params->hdr = image->header;
	params->hdr.type_of_loader = LOADER_UNDEFINED;
	params->hdr.cmd_line_ptr = GUEST_CMDLINE;
	params->hdr.ramdisk_image = plan->initrd;
	params->hdr.ramdisk_size = plan->initrd_bytes;
	params->acpi_rsdp_addr = rsdp;
	boot_fill_e820(params, mem->bytes);
	return 0;
}

/* Everything once both files are open; @initrd is -1 for none. */
static int load_files(const struct guest_mem *mem, struct boot_image *image,
		      struct boot_plan *plan, int kernel, int initrd)
{
	if (boot_make_plan(plan, image, mem_low_bytes(mem)))
		return -1;
	if (load_range(mem, kernel, plan->kernel, image->payload_bytes,
		       image->payload_offset))
		return -1;
	if (initrd < 0)
		return 0;
	return load_range(mem, initrd, plan->initrd, plan->initrd_bytes, 0);
}

int boot_load(const struct guest_mem *mem, const struct vmm_cfg *cfg,
	      uint64_t rsdp, struct boot_plan *plan)
{
	struct boot_image image = { .path = cfg->kernel };
	uint64_t kernel_bytes = 0;
	int kernel, initrd = -1, ret = -1;

	plan->initrd_bytes = 0;
	kernel = open_file("kernel", cfg->kernel, &kernel_bytes);
	if (kernel < 0)
		return -1;
	if (check_kernel(&image, kernel, kernel_bytes) ||
	    boot_check_cmdline(&image, cfg->append))
		goto out;
	if (cfg->initrd) {
		initrd = open_file("initrd", cfg->initrd, &plan->initrd_bytes);
		if (initrd < 0)
			goto out;
	}
	if (load_files(mem, &image, plan, kernel, initrd) ||
	    write_zero_page(mem, &image, plan, rsdp))
		goto out;
	strcpy(mem_at(mem, GUEST_CMDLINE, strlen(cfg->append) + 1), cfg->append);
	ret = 0;
out:
	if (initrd >= 0)
		close(initrd);
	close(kernel);
	return ret;
}
