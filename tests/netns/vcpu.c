// SPDX-License-Identifier: Apache-2.0
/*
 * vcpu REGION PAGES: a guest whose processor increments the counters that incr
 * (see there) has in the first pages of a region, until SIGTERM; then the sum of
 * its increments is printed. A fault that KVM can not resolve ends the program
 * with status 3: it would have ended the guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/ssi_mem_dev.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a processor in real mode reaches below the first mebibyte's holes. */
#define PAGES_MAX 128
#define REGION_AT 0x10000

/*
 *	start:	mov ax, REGION_AT >> 4
 *		mov bx, pages
 *	next:	mov ds, ax
 *		lock inc dword [0]
 *		add ax, SSI_PAGE_BYTES >> 4
 *		dec bx
 *		jnz next
 *		out 0x10, al		; a round is done
 *		jmp start
 */
static uint8_t code[] = {
	0xb8, 0x00, 0x10,
	0xbb, 0x00, 0x00,
	0x8e, 0xd8,
	0xf0, 0x66, 0xff, 0x06, 0x00, 0x00,
	0x05, 0x00, 0x01,
	0x4b,
	0x75, 0xf2,
	0xe6, 0x10,
	0xeb, 0xe8,
};

#define CODE_PAGES 4	/* where the number of pages stands in it */

static volatile sig_atomic_t stopped;
static struct kvm_run *run;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "vcpu: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *attach(const char *region, size_t bytes)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };
	int dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);
	void *memory;

	if (dev < 0)
		die("/dev/ssi_mem");
	snprintf(attach.region, sizeof(attach.region), "%s", region);
	if (ioctl(dev, SSI_DEV_ATTACH, &attach))
		die(region);
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		      attach.fd, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

static void add_memory(int vm, uint32_t slot, uint64_t at, void *memory,
		       size_t bytes)
{
	struct kvm_userspace_memory_region slot_of = {
		.slot = slot,
		.guest_phys_addr = at,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)memory,
	};

	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot_of))
		die("KVM_SET_USER_MEMORY_REGION");
}

static int make_vcpu(int kvm, int vm)
{
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	int bytes = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	if (vcpu < 0 || bytes < 0)
		die("KVM_CREATE_VCPU");
	run = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED || ioctl(vcpu, KVM_GET_SREGS, &sregs))
		die("vcpu");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) ||
	    ioctl(vcpu, KVM_SET_REGS, &regs))
		die("KVM_SET_REGS");
	return vcpu;
}

static void killed(const char *why, int number)
{
	fprintf(stderr, "vcpu: KILLED: %s %d\n", why, number);
	exit(3);
}

/* A round that has begun is finished, whatever interrupts it: it is counted. */
static uint64_t run_rounds(int vcpu)
{
	uint64_t rounds = 0;

	do {
		while (ioctl(vcpu, KVM_RUN, 0)) {
			if (errno != EINTR)
				killed("KVM_RUN: error", errno);
		}
		if (run->exit_reason != KVM_EXIT_IO)
			killed("exit", (int)run->exit_reason);
		rounds++;
	} while (!stopped);
	return rounds;
}

int main(int argc, char **argv)
{
	unsigned int pages = argc == 3 ? (unsigned int)atoi(argv[2]) : 0;
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, vcpu;
	uint8_t *text;

	if (!pages || pages > PAGES_MAX) {
		fprintf(stderr, "usage: vcpu REGION PAGES, at most %d\n",
			PAGES_MAX);
		return 2;
	}
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	text = mmap(NULL, SSI_PAGE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vm < 0 || text == MAP_FAILED)
		die("/dev/kvm");
	code[CODE_PAGES] = (uint8_t)pages;
	memcpy(text, code, sizeof(code));
	add_memory(vm, 0, 0, text, SSI_PAGE_BYTES);
	add_memory(vm, 1, REGION_AT, attach(argv[1], pages * SSI_PAGE_BYTES),
		   pages * SSI_PAGE_BYTES);
	vcpu = make_vcpu(kvm, vm);
	signal(SIGTERM, stop);
	printf("%llu\n", (unsigned long long)run_rounds(vcpu) * pages);
	return 0;
}
