/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_BOOT_H
#define SSI_VMM_BOOT_H

#include <asm/bootparam.h>

#include <stddef.h>
#include <stdint.h>

struct guest_mem;
struct kvm_regs;
struct kvm_sregs;
struct vmm_cfg;

/**
 * struct boot_image - a kernel image whose header was checked
 * @path:	    its path, for messages
 * @header:	    its setup header, as it goes into the zero page
 * @payload_offset: where the protected-mode kernel starts in the file
 * @payload_bytes:  length of the protected-mode kernel
 */
struct boot_image {
	const char *path;
	struct setup_header header;
	uint64_t payload_offset;
	uint64_t payload_bytes;
};

/**
 * struct boot_plan - where things go in the guest
 * @kernel:	  guest address of the protected-mode kernel
 * @kernel_end:	  end of what the kernel needs until it has read its map
 * @initrd:	  guest address of the initial RAM disk
 * @initrd_bytes: its size, 0 for none
 */
struct boot_plan {
	uint64_t kernel;
	uint64_t kernel_end;
	uint64_t initrd;
	uint64_t initrd_bytes;
};

/* Bytes of an image that boot_check_image() wants to see. */
#define BOOT_HEAD_BYTES 0x280

/* The 64-bit entry, counted from the start of the protected-mode kernel. */
#define BOOT_ENTRY_64 0x200

/**
 * boot_check_image() - check the head of a kernel image
 * @image:	filled in; @image->path must be set
 * @head:	the first bytes of the file
 * @head_bytes: how many, up to BOOT_HEAD_BYTES
 * @file_bytes: size of the whole file
 *
 * Return: 0, or -1 after a report that names the defect and the remedy.
 */
int boot_check_image(struct boot_image *image, const uint8_t *head,
		     size_t head_bytes, uint64_t file_bytes);

/**
 * boot_make_plan() - decide where kernel and initial RAM disk go
 * @plan:	  filled in; @plan->initrd_bytes must be set
 * @image:	  a checked image
 * @low_bytes:	  bytes of RAM below the hole
 *
 * Return: 0, or -1 after a report.
 */
int boot_make_plan(struct boot_plan *plan, const struct boot_image *image,
		   uint64_t low_bytes);

/**
 * boot_check_cmdline() - see that the kernel can take the command line
 * @image: a checked image
 * @text:  the command line
 *
 * Return: 0, or -1 after a report.
 */
int boot_check_cmdline(const struct boot_image *image, const char *text);

/**
 * boot_fill_e820() - describe guest RAM in the zero page
 * @params:    the zero page
 * @mem_bytes: size of RAM
 */
void boot_fill_e820(struct boot_params *params, uint64_t mem_bytes);

/**
 * boot_load() - put kernel, initial RAM disk and zero page into guest RAM
 * @mem:  guest RAM
 * @cfg:  the options
 * @rsdp: guest address of the ACPI root pointer
 * @plan: filled in: where things were put
 *
 * Return: 0, or -1 after a report.
 */
int boot_load(const struct guest_mem *mem, const struct vmm_cfg *cfg,
	      uint64_t rsdp, struct boot_plan *plan);

/**
 * boot_write_tables() - put page tables, GDT and reset code into RAM
 * @mem: guest RAM
 */
void boot_write_tables(const struct guest_mem *mem);

/**
 * boot_set_registers() - the first vCPU's registers of the 64-bit protocol
 * @plan:  where the kernel is
 * @regs:  filled in
 * @sregs: as KVM_GET_SREGS returned it; changed to long mode
 */
void boot_set_registers(const struct boot_plan *plan, struct kvm_regs *regs,
			struct kvm_sregs *sregs);

#endif
