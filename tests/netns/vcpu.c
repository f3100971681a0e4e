// SPDX-License-Identifier: Apache-2.0
/*
 * A worker of stress.c is a processor of a guest. All addresses of the guest are
 * those that the monitor, this program, has for the same memory: its own image,
 * the region and the logs. So the processor runs the very function that a thread
 * would run. The program is linked where such addresses are below 4 GiB.
 *
 * A fault that KVM can not resolve ends the program with status 3: it would have
 * ended any guest.
 */
#include "surface.h"

#include <linux/kvm.h>

#include "stress.h"

#define STACK_BYTES 16384
#define DONE_PORT 0x10
#define CPUID_ENTRIES 256

/* Tables of a long mode in which every address below 4 GiB is physical. */
#define TABLE_ENTRIES 512
#define GIBIBYTES 4
/* How far behind the program the kernel lets its heap begin, and what the heap needs. */
#define HEAP_REACH ((1ul << 30) + (64ul << 20))
#define PRESENT_WRITABLE 0x23ull	/* and accessed, so that nobody writes that */
#define LARGE_DIRTY 0xc0ull
#define LARGE_BYTES (2ull << 20)

#define CR0_PROTECTED_PAGED 0x80010031ull
#define CR4_LONG 0x620ull		/* PAE, and SSE as any program has it */
#define EFER_LONG 0x500ull

typedef uint64_t table[TABLE_ENTRIES] __attribute__((aligned(SSI_PAGE_BYTES)));

static table root, directories, pages[GIBIBYTES];
static uint8_t stacks[WORKERS_MAX][STACK_BYTES] __attribute__((aligned(16)));
static int kvm, vm;

static void killed(const char *why, int number)
{
	fprintf(stderr, "vcpu: KILLED: %s %d\n", why, number);
	exit(3);
}

/* ---- in the guest ---- */

__attribute__((noreturn)) static void run_guest(struct worker *w)
{
	while (!stress_stopped && stress_visit(w))
		;
	for (;;)
		__asm__ volatile("outb %%al, %0" : : "N"(DONE_PORT) : "memory");
}

/* ---- the monitor ---- */

/* A slot of the same address here and there. */
static void add_memory(uint32_t slot, uint64_t at, uint64_t end)
{
	struct kvm_userspace_memory_region region = { .slot = slot };

	at &= ~(uint64_t)(SSI_PAGE_BYTES - 1);
	region.guest_phys_addr = at;
	region.userspace_addr = at;
	region.memory_size = (end - at + SSI_PAGE_BYTES - 1) &
			     ~(uint64_t)(SSI_PAGE_BYTES - 1);
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
}

static void fill_tables(void)
{
	uint64_t i;

	root[0] = (uintptr_t)directories | PRESENT_WRITABLE;
	for (i = 0; i < GIBIBYTES; i++)
		directories[i] = (uintptr_t)pages[i] | PRESENT_WRITABLE;
	for (i = 0; i < GIBIBYTES * TABLE_ENTRIES; i++)
		pages[i / TABLE_ENTRIES][i % TABLE_ENTRIES] =
			i * LARGE_BYTES | PRESENT_WRITABLE | LARGE_DIRTY;
}

void stress_prepare(size_t region_bytes, size_t log_bytes)
{
	extern const char __executable_start[], _end[];

	if (STRESS_REGION_AT - (uintptr_t)_end < HEAP_REACH) {
		fputs("stress: the heap may be where the region goes\n", stderr);
		exit(1);
	}
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		die("/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		die("KVM_CREATE_VM");
	fill_tables();
	add_memory(0, (uintptr_t)__executable_start, (uintptr_t)_end);
	add_memory(1, STRESS_REGION_AT, STRESS_REGION_AT + region_bytes);
	add_memory(2, STRESS_LOGS_AT, STRESS_LOGS_AT + log_bytes);
}

/* KVM allows no long mode to a processor that does not claim to know it. */
static void set_cpuid(int vcpu)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[CPUID_ENTRIES];
	} cpuid = { .head.nent = CPUID_ENTRIES };

	if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) ||
	    ioctl(vcpu, KVM_SET_CPUID2, &cpuid))
		die("KVM_SET_CPUID2");
}

static void set_long_mode(int vcpu)
{
	struct kvm_segment code = {
		.limit = ~0u, .selector = 8, .type = 11, .present = 1, .s = 1,
		.l = 1, .g = 1,
	};
	struct kvm_segment data = {
		.limit = ~0u, .selector = 16, .type = 3, .present = 1, .s = 1,
		.db = 1, .g = 1,
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cr0 = CR0_PROTECTED_PAGED;
	sregs.cr3 = (uintptr_t)root;
	sregs.cr4 = CR4_LONG;
	sregs.efer = EFER_LONG;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs))
		die("KVM_SET_SREGS");
}

static int make_vcpu(struct worker *w, unsigned int number)
{
	struct kvm_regs regs = {
		.rip = (uintptr_t)run_guest,
		.rdi = (uintptr_t)w,
		/* As if it had been called. */
		.rsp = (uintptr_t)stacks[number + 1] - 8,
		.rflags = 2,
	};
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, number);

	if (vcpu < 0)
		die("KVM_CREATE_VCPU");
	set_cpuid(vcpu);
	set_long_mode(vcpu);
	if (ioctl(vcpu, KVM_SET_REGS, &regs))
		die("KVM_SET_REGS");
	return vcpu;
}

void stress_run(struct worker *w)
{
	static unsigned int made;
	int vcpu = make_vcpu(w, __atomic_fetch_add(&made, 1, __ATOMIC_SEQ_CST));
	int bytes = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *run = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
				   MAP_SHARED, vcpu, 0);

	if (run == MAP_FAILED)
		die("vcpu");
	while (ioctl(vcpu, KVM_RUN, 0)) {
		if (errno != EINTR)
			killed("KVM_RUN: error", errno);
	}
	if (run->exit_reason != KVM_EXIT_IO)
		killed("exit", (int)run->exit_reason);
}
