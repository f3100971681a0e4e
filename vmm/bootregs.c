// SPDX-License-Identifier: Apache-2.0
/*
 * The processor state the 64-bit boot protocol asks for: long mode with the
 * first 4 GiB mapped one to one, flat segments, RSI at the zero page.
 */
#include "boot.h"

#include <linux/kvm.h>

#include <string.h>

#include "layout.h"
#include "mem.h"

#define PTE_TABLE 0x3  /* present, writable */
#define PTE_LARGE 0x83 /* present, writable, 2 MiB page */

#define CR0_PE	0x1
#define CR0_ET	0x10
#define CR0_PG	0x80000000ULL
#define CR4_PAE 0x20
#define EFER_LME 0x100
#define EFER_LMA 0x400

#define SELECTOR_CODE 0x10 /* __BOOT_CS of the protocol */
#define SELECTOR_DATA 0x18 /* __BOOT_DS */
#define SELECTOR_TSS  0x20
#define GDT_ENTRIES   6	   /* a 64-bit TSS takes two */

#define TYPE_CODE 0xb /* execute, read, accessed */
#define TYPE_DATA 0x3 /* read, write, accessed */
#define TYPE_TSS  0xb /* busy 64-bit TSS */

static struct kvm_segment flat_segment(uint16_t selector, uint8_t type)
{
	return (struct kvm_segment){
		.selector = selector,
		.limit = 0xffffffff,
		.type = type,
		.present = 1,
		.s = 1,
		.g = 1,
		.l = type == TYPE_CODE,
		.db = type != TYPE_CODE,
	};
}

/* A segment as the GDT stores it; base is 0 for all of ours. */
static uint64_t gdt_entry(const struct kvm_segment *s)
{
	uint64_t limit = s->g ? s->limit >> 12 : s->limit;
	uint64_t access = s->type | s->s << 4 | s->dpl << 5 | s->present << 7;
	uint64_t flags = s->avl | s->l << 1 | s->db << 2 | s->g << 3;

	return (limit & 0xffff) | access << 40 | (limit >> 16 & 0xf) << 48 |
	       flags << 52;
}

static struct kvm_segment tss_segment(void)
{
	return (struct kvm_segment){ .selector = SELECTOR_TSS,
				     .limit = 0xffff,
				     .type = TYPE_TSS,
				     .present = 1 };
}

/*
 * All the firmware there is. Linux, seeing hardware-reduced ACPI, expects EFI
 * to reset the machine; without EFI it goes back to real mode and jumps here,
 * never trying the reset register itself.
 */
static void write_reset_code(const struct guest_mem *mem)
{
	static const uint8_t code[] = {
		0xba, PORT_RESET & 0xff, PORT_RESET >> 8, /* mov dx, port */
		0xb0, RESET_VALUE,			  /* mov al, value */
		0xee,					  /* out dx, al */
		0xf4,					  /* hlt */
		0xeb, 0xfd,				  /* jmp to the hlt */
	};

	memcpy(mem_at(mem, GUEST_RESET, sizeof(code)), code, sizeof(code));
}

void boot_write_tables(const struct guest_mem *mem)
{
	uint64_t *pml4 = mem_at(mem, GUEST_PML4, 4096);
	uint64_t *pdpt = mem_at(mem, GUEST_PDPT, 4096);
	uint64_t *pd = mem_at(mem, GUEST_PD, 4 * 4096);
	uint64_t *gdt = mem_at(mem, GUEST_GDT, GDT_ENTRIES * 8);
	struct kvm_segment code = flat_segment(SELECTOR_CODE, TYPE_CODE);
	struct kvm_segment data = flat_segment(SELECTOR_DATA, TYPE_DATA);
	struct kvm_segment tss = tss_segment();

	memset(pml4, 0, 4096);
	memset(pdpt, 0, 4096);
	pml4[0] = GUEST_PDPT | PTE_TABLE;
	for (uint64_t i = 0; i < 4; i++)
		pdpt[i] = (GUEST_PD + i * 4096) | PTE_TABLE;
	for (uint64_t i = 0; i < 4 * 512; i++)
		pd[i] = i * 2 * MIB | PTE_LARGE;

	memset(gdt, 0, GDT_ENTRIES * 8);
	gdt[SELECTOR_CODE / 8] = gdt_entry(&code);
	gdt[SELECTOR_DATA / 8] = gdt_entry(&data);
	gdt[SELECTOR_TSS / 8] = gdt_entry(&tss);
	write_reset_code(mem);
}

void boot_set_registers(const struct boot_plan *plan, struct kvm_regs *regs,
			struct kvm_sregs *sregs)
{
	struct kvm_segment data = flat_segment(SELECTOR_DATA, TYPE_DATA);

	memset(regs, 0, sizeof(*regs));
	regs->rip = plan->kernel + BOOT_ENTRY_64;
	regs->rsi = GUEST_ZERO_PAGE;
	regs->rflags = 0x2;

	sregs->cs = flat_segment(SELECTOR_CODE, TYPE_CODE);
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
	sregs->tr = tss_segment();
	sregs->gdt.base = GUEST_GDT;
	sregs->gdt.limit = GDT_ENTRIES * 8 - 1;
	sregs->idt.base = 0;
	sregs->idt.limit = 0;
	sregs->cr0 = CR0_PE | CR0_ET | CR0_PG;
	sregs->cr3 = GUEST_PML4;
	sregs->cr4 = CR4_PAE;
	sregs->efer = EFER_LME | EFER_LMA;
}
