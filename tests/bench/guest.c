// SPDX-License-Identifier: Apache-2.0
/*
 * The smallest guest that touches memory as a guest does: through KVM's stage-2
 * tables. It takes a list of addresses, touches each, and notes the time stamp
 * counter around it.
 */
#include "fault.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Guest physical addresses: code, list and times in private memory, then the rest. */
#define CODE 0x1000u
#define LIST 0x10000u
#define ROOM 0x100000u
#define TIMES (LIST + ROOM)
#define PRIVATE_BYTES (TIMES + ROOM)
#define RAM 0x10000000u
#define PORT 0x42

#define READ_AT 6
static const unsigned char code[] = {
	0xad,		/* next: lodsl (%esi), %eax */
	0x89, 0xc3,	/* mov %eax, %ebx */
	0x0f, 0x31,	/* rdtsc */
	0x95,		/* xchg %eax, %ebp */
	0x8b, 0x03,	/* mov (%ebx), %eax; 0x89, 0x1b: mov %ebx, (%ebx) */
	0x0f, 0x31,	/* rdtsc */
	0x29, 0xe8,	/* sub %ebp, %eax */
	0xab,		/* stosl %eax, (%edi) */
	0x49,		/* dec %ecx */
	0x75, 0xf0,	/* jnz next */
	0xe6, PORT,	/* out %al, $PORT */
};

static char *private;
static int vcpu;
static struct kvm_run *run;
static uint64_t tsc_khz;

static void add_slot(int vm, uint32_t slot, uint64_t address, void *from, uint64_t bytes)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = address,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)from,
	};

	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		die("guest memory");
}

/* 32 bits, flat, without paging. */
static void set_mode(void)
{
	struct kvm_segment flat = {
		.limit = 0xffffffff, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1,
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS");
	sregs.ds = sregs.es = sregs.ss = flat;
	flat.type = 11;
	sregs.cs = flat;
	sregs.cr0 |= 1;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs))
		die("KVM_SET_SREGS");
}

/**
 * guest_start() - a virtual machine whose memory this is
 * @memory: mapped
 */
void guest_start(const struct memory *memory)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, size;

	if (kvm < 0)
		die("/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	/* As monitors have it: KVM then may use its asynchronous page faults. */
	if (vm < 0 || ioctl(vm, KVM_CREATE_IRQCHIP, 0))
		die("virtual machine");
	private = mmap(NULL, PRIVATE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (private == MAP_FAILED)
		die("mmap");
	memset(private, 0, PRIVATE_BYTES);
	add_slot(vm, 0, 0, private, PRIVATE_BYTES);
	add_slot(vm, 1, RAM, memory->base, memory->pages * PAGE);
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vcpu < 0 || size < 0)
		die("KVM_CREATE_VCPU");
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		die("KVM_RUN's page");
	tsc_khz = (uint64_t)ioctl(vcpu, KVM_GET_TSC_KHZ, 0);
	set_mode();
}

static void load_list(const struct touch *touch)
{
	uint32_t *list = (uint32_t *)(private + LIST);
	size_t i;

	if (touch->count > ROOM / sizeof(*list))
		die("too many pages for the guest's list");
	for (i = 0; i < touch->count; i++)
		list[i] = RAM + touch->page[i] * PAGE;
	memcpy(private + CODE, code, sizeof(code));
	if (touch->write)
		memcpy(private + CODE + READ_AT, "\x89\x1b", 2);
}

/**
 * touch_by_guest() - let the guest touch every page of a list once
 * @touch:   the list
 * @samples: filled in
 */
void touch_by_guest(const struct touch *touch, struct samples *samples)
{
	struct kvm_regs regs = {
		.rip = CODE, .rflags = 2, .rsi = LIST, .rdi = TIMES, .rcx = touch->count,
	};
	const uint32_t *times = (const uint32_t *)(private + TIMES);
	uint64_t begin;
	size_t i;

	load_list(touch);
	if (ioctl(vcpu, KVM_SET_REGS, &regs))
		die("KVM_SET_REGS");
	begin = now_ns();
	if (ioctl(vcpu, KVM_RUN, 0) || run->exit_reason != KVM_EXIT_IO || run->io.port != PORT)
		die("KVM_RUN: the guest did not end as it should");
	samples->elapsed = now_ns() - begin;
	samples->pages = touch->count;
	for (i = 0; i < touch->count; i++)
		samples_add(samples, times[i] * 1000000ull / tsc_khz);
}
