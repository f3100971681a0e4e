// SPDX-License-Identifier: Apache-2.0
/*
 * vmm/boot.c: a kernel image that somebody made, an initial RAM disk of any size
 * and a guest of any size. What is accepted must have its place in guest RAM.
 */
#include "../../vmm/boot.c"

#include "vmm_log.h"

/*
 * A file that says it is as large as the input wants and has no more bytes than
 * came: no file of that size is made.
 */
void *mem_at(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes)
{
	(void)mem;
	(void)gpa;
	(void)bytes;
	return NULL;
}

uint64_t mem_low_bytes(const struct guest_mem *mem)
{
	return mem->bytes;
}

static void check_plan(const struct boot_image *image, const struct boot_plan *plan,
		       uint64_t low_bytes)
{
	uint64_t initrd_end = plan->initrd + plan->initrd_bytes;

	/* All of it in RAM, below the hole, and above what we write ourselves. */
	must(low_bytes <= GUEST_HOLE_START);
	must(plan->kernel >= GUEST_HIGH && plan->kernel % PAGE == 0);
	must(plan->kernel_end <= low_bytes && plan->kernel < plan->kernel_end);
	must(plan->kernel + image->payload_bytes <= plan->kernel_end);
	if (!plan->initrd_bytes)
		return;
	must(plan->initrd >= plan->kernel_end && plan->initrd % PAGE == 0);
	must(initrd_end > plan->initrd && initrd_end <= low_bytes);
	must(initrd_end - 1 <= image->header.initrd_addr_max);
}

/* Most sizes are far from any limit: some are made to almost fit, or not quite. */
static uint64_t near_the_limit(const struct boot_image *image, uint64_t low, uint64_t random)
{
	uint64_t kernel_end = image->header.pref_address + image->header.init_size;
	uint64_t limit = random & 1 ? low : image->header.initrd_addr_max + 1ULL;

	return limit - kernel_end - 2 * PAGE + (random >> 1) % (3 * PAGE);
}

static void check_e820(uint64_t mem_bytes)
{
	static struct boot_params params;
	uint64_t ram = 0, last = 0;
	unsigned int i;

	boot_fill_e820(&params, mem_bytes);
	for (i = 0; i < params.e820_entries; i++) {
		must(params.e820_table[i].addr >= last && params.e820_table[i].size);
		last = params.e820_table[i].addr + params.e820_table[i].size;
		must(last > params.e820_table[i].addr);
		ram += params.e820_table[i].size;
	}
	must(ram == mem_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct boot_image image = { .path = "k" };
	struct boot_plan plan = { 0 };
	uint64_t sizes[3], low;
	char *cmdline;
	uint8_t *head;
	size_t have;

	in_bytes(&in, sizes, sizeof(sizes));
	/* Guests have 32 MiB or more, in whole chunks; files fit a file system. */
	sizes[0] = (sizes[0] % (1ull << 24) + 16) << 21;
	plan.initrd_bytes = sizes[1] >> 1;
	check_e820(sizes[0]);
	have = in.left < BOOT_HEAD_BYTES ? in.left : BOOT_HEAD_BYTES;
	head = malloc(have ? have : 1);
	in_bytes(&in, head, have);
	cmdline = in_text(&in);
	low = sizes[0] < GUEST_HOLE_START ? sizes[0] : GUEST_HOLE_START;
	if (boot_check_image(&image, head, have, sizes[2] >> 1) == 0) {
		must(have == BOOT_HEAD_BYTES);
		must(image.payload_offset + image.payload_bytes <= sizes[2] >> 1);
		must(image.payload_bytes > BOOT_ENTRY_64);
		if (boot_check_cmdline(&image, cmdline) == 0)
			must(strlen(cmdline) <= image.header.cmdline_size);
		if (sizes[1] & 1)
			plan.initrd_bytes = near_the_limit(&image, low, sizes[1] >> 1) % (1ull << 62);
		if (boot_make_plan(&plan, &image, low) == 0)
			check_plan(&image, &plan, low);
	}
	free(cmdline);
	free(head);
	return 0;
}
