// SPDX-License-Identifier: Apache-2.0
#include "unit_vmm_common.h"

#include <linux/kvm.h>

#include "../../vmm/boot.c"
#include "../../vmm/bootregs.c"
#include "../../vmm/mem.c"

#define SECTORS	      2
#define CODE_BYTES    (64 * KIB)
#define IMAGE_BYTES   ((SECTORS + 1) * SECTOR + CODE_BYTES)
#define KERNEL_BYTES  (16 * MIB)
#define RAM_BYTES     (64 * MIB)

static uint8_t file[IMAGE_BYTES];

static struct setup_header *head(void)
{
	return (struct setup_header *)(file + HEADER_OFFSET);
}

/* A minimal image that is right in everything. */
static void make_image(void)
{
	struct setup_header h = {
		.setup_sects = SECTORS,
		.syssize = CODE_BYTES / 16,
		.boot_flag = BOOT_FLAG,
		.jump = 0x6aeb,
		.header = HEADER_MAGIC,
		.version = 0x20f,
		.loadflags = LOADED_HIGH,
		.initrd_addr_max = 0x7fffffff,
		.kernel_alignment = 2 * MIB,
		.relocatable_kernel = 1,
		.xloadflags = XLF_KERNEL_64,
		.cmdline_size = 2047,
		.pref_address = 16 * MIB,
		.init_size = KERNEL_BYTES,
	};

	said[0] = '\0';
	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = i % 251;
	memcpy(head(), &h, sizeof(h));
}

static int check(struct boot_image *image, size_t file_bytes)
{
	size_t seen = file_bytes < BOOT_HEAD_BYTES ? file_bytes : BOOT_HEAD_BYTES;
	/* A copy of exact size, so that reading past it is caught. */
	uint8_t *copy = malloc(seen + 1);
	int ret;

	memcpy(copy, file, seen);
	image->path = "k";
	ret = boot_check_image(image, copy, seen, file_bytes);
	free(copy);
	return ret;
}

START_TEST(boot_check_image__good)
{
	struct boot_image image;

	make_image();
	ck_assert_int_eq(check(&image, IMAGE_BYTES), 0);
	ck_assert_uint_eq(image.payload_offset, (SECTORS + 1) * SECTOR);
	ck_assert_uint_eq(image.payload_bytes, CODE_BYTES);
	ck_assert_uint_eq(image.header.pref_address, 16 * MIB);
}
END_TEST

START_TEST(boot_check_image__signature_behind_code_is_not_loaded)
{
	struct boot_image image;

	make_image();
	ck_assert_int_eq(check(&image, IMAGE_BYTES + 1480), 0);
	ck_assert_uint_eq(image.payload_bytes, CODE_BYTES);
}
END_TEST

START_TEST(boot_check_image__zero_sectors_mean_four)
{
	struct boot_image image;

	make_image();
	head()->setup_sects = 0;
	ck_assert_int_eq(check(&image, IMAGE_BYTES + 2 * SECTOR), 0);
	ck_assert_uint_eq(image.payload_offset, 5 * SECTOR);
}
END_TEST

START_TEST(boot_check_image__short_header_hides_later_fields)
{
	struct boot_image image;

	make_image();
	/* The header ends before init_size: then there is no room for code. */
	file[HEADER_END_OFFSET] = 0x260 - 0x202;
	ck_assert_int_eq(check(&image, IMAGE_BYTES), -1);
	ck_assert_uint_eq(image.header.init_size, 0);
	ck_assert_said("damaged");
}
END_TEST

static void break_magic(void) { head()->header = 0; }
static void break_flag(void) { head()->boot_flag = 0; }
static void make_elf(void) { memcpy(file, "\177ELF", 4); head()->header = 0; }
static void make_old(void) { head()->version = 0x20b; }
static void make_ancient(void) { head()->version = 0x200; }
static void make_zimage(void) { head()->loadflags = 0; }
static void make_fixed(void) { head()->relocatable_kernel = 0; }
static void make_32bit(void) { head()->xloadflags = 0; }
static void make_longer(void) { head()->syssize++; }
static void make_huge(void) { head()->syssize = UINT32_MAX; }
static void make_empty(void) { head()->syssize = 0; }
static void make_tight(void) { head()->init_size = CODE_BYTES - 1; }
static void keep(void) { }

START_TEST(boot_check_image__refuses)
{
	static const struct {
		void (*breakage)(void);
		size_t bytes;
		const char *words;
	} rows[] = {
		{ keep, 0, "truncated" },
		{ keep, 1, "truncated" },
		{ keep, HEADER_OFFSET, "truncated" },
		{ keep, BOOT_HEAD_BYTES - 1, "truncated" },
		{ keep, BOOT_HEAD_BYTES, "truncated" },
		{ keep, IMAGE_BYTES - 1, "truncated: its header promises" },
		{ break_magic, IMAGE_BYTES, "not a bzImage" },
		{ break_flag, IMAGE_BYTES, "not a bzImage" },
		{ make_elf, IMAGE_BYTES, "ELF file" },
		{ make_old, IMAGE_BYTES, "2.11 is too old" },
		{ make_ancient, IMAGE_BYTES, "2.00 is too old" },
		{ make_zimage, IMAGE_BYTES, "zImage" },
		{ make_fixed, IMAGE_BYTES, "not relocatable" },
		{ make_32bit, IMAGE_BYTES, "no 64-bit entry" },
		{ make_longer, IMAGE_BYTES, "truncated: its header promises" },
		{ make_huge, IMAGE_BYTES, "truncated: its header promises" },
		{ make_empty, IMAGE_BYTES, "no code" },
		{ make_tight, IMAGE_BYTES, "working space" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct boot_image image;

		make_image();
		rows[i].breakage();
		ck_assert_msg(check(&image, rows[i].bytes) == -1,
			      "row %zu accepted", i);
		ck_assert_said("kernel k");
		ck_assert_said(rows[i].words);
	}
}
END_TEST

static struct boot_image good_image(void)
{
	struct boot_image image;

	make_image();
	ck_assert_int_eq(check(&image, IMAGE_BYTES), 0);
	return image;
}

START_TEST(boot_make_plan__kernel_and_initrd_apart)
{
	struct boot_image image = good_image();
	struct boot_plan plan = { .initrd_bytes = 5 * MIB + 1 };

	ck_assert_int_eq(boot_make_plan(&plan, &image, RAM_BYTES), 0);
	ck_assert_uint_eq(plan.kernel, 16 * MIB);
	ck_assert_uint_ge(plan.initrd, plan.kernel_end);
	ck_assert_uint_eq(plan.initrd % PAGE, 0);
	ck_assert_uint_le(plan.initrd + plan.initrd_bytes, RAM_BYTES);
}
END_TEST

START_TEST(boot_make_plan__initrd_below_the_kernels_limit)
{
	struct boot_image image = good_image();
	struct boot_plan plan = { .initrd_bytes = MIB };

	image.header.initrd_addr_max = 0x37ffffff;
	ck_assert_int_eq(boot_make_plan(&plan, &image, GUEST_HOLE_START), 0);
	ck_assert_uint_eq(plan.initrd, 0x38000000 - MIB);
}
END_TEST

START_TEST(boot_make_plan__largest_initrd_and_one_more)
{
	struct boot_image image = good_image();
	struct boot_plan plan = { .initrd_bytes = 32 * MIB - PAGE };

	ck_assert_int_eq(boot_make_plan(&plan, &image, RAM_BYTES), 0);
	ck_assert_uint_ge(plan.initrd, plan.kernel_end);
	plan.initrd_bytes++;
	ck_assert_int_eq(boot_make_plan(&plan, &image, RAM_BYTES), -1);
	ck_assert_said("at least --memory 66M");
}
END_TEST

START_TEST(boot_make_plan__refuses)
{
	struct boot_image image = good_image();
	struct boot_plan plan = { .initrd_bytes = 0 };

	ck_assert_int_eq(boot_make_plan(&plan, &image, 32 * MIB), 0);
	ck_assert_int_eq(boot_make_plan(&plan, &image, 32 * MIB - 1), -1);
	ck_assert_said("needs 32M");

	plan.initrd_bytes = 3 * GIB;
	ck_assert_int_eq(boot_make_plan(&plan, &image, GUEST_HOLE_START), -1);
	ck_assert_said("too large");

	image.header.pref_address = UINT64_MAX - 4095;
	ck_assert_int_eq(boot_make_plan(&plan, &image, GUEST_HOLE_START), -1);
	ck_assert_said("impossible");
	image.header.pref_address = 0;
	ck_assert_int_eq(boot_make_plan(&plan, &image, GUEST_HOLE_START), -1);
	ck_assert_said("impossible");
}
END_TEST

START_TEST(boot_check_cmdline__limit)
{
	struct boot_image image = good_image();
	char text[64];

	image.header.cmdline_size = 10;
	memset(text, 'x', sizeof(text));
	text[10] = '\0';
	ck_assert_int_eq(boot_check_cmdline(&image, text), 0);
	text[10] = 'x';
	text[11] = '\0';
	ck_assert_int_eq(boot_check_cmdline(&image, text), -1);
	ck_assert_said("11 characters");
	ck_assert_said("at most 10");
}
END_TEST

START_TEST(boot_fill_e820__small)
{
	struct boot_params params;

	memset(&params, 0, sizeof(params));
	boot_fill_e820(&params, RAM_BYTES);
	ck_assert_uint_eq(params.e820_entries, 3);
	ck_assert_uint_eq(params.e820_table[2].addr, MIB);
	ck_assert_uint_eq(params.e820_table[2].size, RAM_BYTES - MIB);
	ck_assert_uint_eq(params.e820_table[1].type, E820_RESERVED);
}
END_TEST

START_TEST(boot_fill_e820__around_the_hole)
{
	struct boot_params params;

	memset(&params, 0, sizeof(params));
	boot_fill_e820(&params, 3 * GIB);
	ck_assert_uint_eq(params.e820_entries, 3);
	boot_fill_e820(&params, 3 * GIB + 2 * MIB);
	ck_assert_uint_eq(params.e820_entries, 4);
	ck_assert_uint_eq(params.e820_table[2].size, 3 * GIB - MIB);
	ck_assert_uint_eq(params.e820_table[3].addr, 4 * GIB);
	ck_assert_uint_eq(params.e820_table[3].size, 2 * MIB);
}
END_TEST

/* Writes @bytes of @from to a new file below /tmp; the name is static. */
static const char *write_file(const void *from, size_t bytes)
{
	static char path[2][40];
	static int n;
	char *name = path[n++ % 2];
	int fd;

	strcpy(name, "/tmp/unit_vmm_boot.XXXXXX");
	fd = mkstemp(name);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, from, bytes), bytes);
	close(fd);
	return name;
}

START_TEST(boot_load__puts_everything_in_place)
{
	static const char disk[] = "disk";
	struct guest_mem mem = { .bytes = RAM_BYTES };
	struct vmm_cfg cfg = { .append = "quiet" };
	struct boot_params *params;
	struct boot_plan plan;

	make_image();
	mem.base = calloc(1, RAM_BYTES);
	cfg.kernel = write_file(file, sizeof(file));
	cfg.initrd = write_file(disk, sizeof(disk));
	ck_assert_int_eq(boot_load(&mem, &cfg, GUEST_ACPI, &plan), 0);

	params = mem_at(&mem, GUEST_ZERO_PAGE, sizeof(*params));
	ck_assert_mem_eq(mem.base + plan.kernel, file + 3 * SECTOR, CODE_BYTES);
	ck_assert_str_eq((char *)mem.base + plan.initrd, disk);
	ck_assert_str_eq((char *)mem.base + params->hdr.cmd_line_ptr, "quiet");
	ck_assert_uint_eq(params->hdr.ramdisk_image, plan.initrd);
	ck_assert_uint_eq(params->hdr.ramdisk_size, sizeof(disk));
	ck_assert_uint_eq(params->hdr.type_of_loader, 0xff);
	ck_assert_uint_eq(params->acpi_rsdp_addr, GUEST_ACPI);
	unlink(cfg.kernel);
	unlink(cfg.initrd);
	free(mem.base);
}
END_TEST

START_TEST(boot_load__refuses_files)
{
	struct guest_mem mem = { .bytes = RAM_BYTES };
	struct vmm_cfg cfg = { .append = "", .kernel = "/no/such/file" };
	struct boot_plan plan;

	make_image();
	mem.base = calloc(1, RAM_BYTES);
	ck_assert_int_eq(boot_load(&mem, &cfg, 0, &plan), -1);
	ck_assert_said("kernel /no/such/file: No such file");
	cfg.kernel = "/tmp";
	ck_assert_int_eq(boot_load(&mem, &cfg, 0, &plan), -1);
	ck_assert_said("not a regular file");
	cfg.kernel = write_file(file, sizeof(file));
	cfg.initrd = "/no/such/disk";
	ck_assert_int_eq(boot_load(&mem, &cfg, 0, &plan), -1);
	ck_assert_said("initrd /no/such/disk: No such file");
	cfg.initrd = write_file("", 0);
	ck_assert_int_eq(boot_load(&mem, &cfg, 0, &plan), -1);
	ck_assert_said("empty");
	unlink(cfg.kernel);
	unlink(cfg.initrd);
	free(mem.base);
}
END_TEST

START_TEST(boot_write_tables__maps_one_to_one)
{
	struct guest_mem mem = { .bytes = RAM_BYTES };
	uint64_t *pd, *gdt;

	mem.base = calloc(1, RAM_BYTES);
	boot_write_tables(&mem);
	pd = mem_at(&mem, GUEST_PD, 4 * 4096);
	gdt = mem_at(&mem, GUEST_GDT, 48);
	ck_assert_uint_eq(pd[0], 0x83);
	ck_assert_uint_eq(pd[2047], (4 * GIB - 2 * MIB) | 0x83);
	ck_assert_uint_eq(gdt[2], 0x00af9b000000ffffULL);
	ck_assert_uint_eq(gdt[3], 0x00cf93000000ffffULL);
	ck_assert_uint_eq(gdt[4], 0x00008b000000ffffULL);
	/* mov dx, PORT_RESET; mov al, RESET_VALUE; out dx, al */
	ck_assert_mem_eq(mem.base + 0xffff0, "\xba\x02\x06\xb0\x42\xee", 6);
	free(mem.base);
}
END_TEST

START_TEST(boot_set_registers__long_mode)
{
	struct boot_plan plan = { .kernel = 16 * MIB };
	struct kvm_regs regs;
	struct kvm_sregs sregs;

	memset(&sregs, 0, sizeof(sregs));
	sregs.apic_base = 0xfee00900;
	boot_set_registers(&plan, &regs, &sregs);
	ck_assert_uint_eq(regs.rip, 16 * MIB + 0x200);
	ck_assert_uint_eq(regs.rsi, GUEST_ZERO_PAGE);
	ck_assert_uint_eq(sregs.cr0, 0x80000011);
	ck_assert_uint_eq(sregs.efer, 0x500);
	ck_assert_uint_eq(sregs.cs.l, 1);
	ck_assert_uint_eq(sregs.cs.db, 0);
	ck_assert_uint_eq(sregs.apic_base, 0xfee00900);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		boot_check_image__good,
		boot_check_image__signature_behind_code_is_not_loaded,
		boot_check_image__zero_sectors_mean_four,
		boot_check_image__short_header_hides_later_fields,
		boot_check_image__refuses,
		boot_make_plan__kernel_and_initrd_apart,
		boot_make_plan__initrd_below_the_kernels_limit,
		boot_make_plan__largest_initrd_and_one_more,
		boot_make_plan__refuses,
		boot_check_cmdline__limit,
		boot_fill_e820__small,
		boot_fill_e820__around_the_hole,
		boot_load__puts_everything_in_place,
		boot_load__refuses_files,
		boot_write_tables__maps_one_to_one,
		boot_set_registers__long_mode,
		NULL,
	};

	return run_tests("vmm_boot", tests);
}
