// SPDX-License-Identifier: Apache-2.0
/*
 * kvmprobe: does /dev/kvm run a guest here? Runs three real-mode
 * instructions and looks for the exits they must cause: a write to a port,
 * then a halt. Exit status 0 says yes.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUEST_BASE 0x1000
#define PORT 0x42
#define VALUE 0x5a

static const unsigned char guest_code[] = {
	0xb0, VALUE,	/* mov $VALUE, %al */
	0xe6, PORT,	/* out %al, $PORT */
	0xf4,		/* hlt */
};

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int add_memory(int vm)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = GUEST_BASE, .memory_size = 0x1000,
	};
	void *memory = mmap(NULL, region.memory_size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -1;
	memcpy(memory, guest_code, sizeof(guest_code));
	region.userspace_addr = (unsigned long)memory;
	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static int set_registers(int vcpu)
{
	struct kvm_regs regs = { .rip = GUEST_BASE, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -1;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs))
		return -1;
	return ioctl(vcpu, KVM_SET_REGS, &regs);
}

static int expect_exits(int vcpu, const struct kvm_run *run)
{
	const unsigned char *data = (const unsigned char *)run;

	if (ioctl(vcpu, KVM_RUN, 0))
		return fail("KVM_RUN");
	if (run->exit_reason != KVM_EXIT_IO || run->io.port != PORT ||
	    data[run->io.data_offset] != VALUE) {
		fprintf(stderr, "no port write: exit %u\n", run->exit_reason);
		return 1;
	}
	if (ioctl(vcpu, KVM_RUN, 0))
		return fail("KVM_RUN");
	if (run->exit_reason != KVM_EXIT_HLT) {
		fprintf(stderr, "no halt: exit %u\n", run->exit_reason);
		return 1;
	}
	return 0;
}

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm, vcpu, size;
	struct kvm_run *run;

	if (kvm < 0)
		return fail("/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return fail("KVM_CREATE_VM");
	if (add_memory(vm))
		return fail("guest memory");
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vcpu < 0 || size < 0)
		return fail("KVM_CREATE_VCPU");
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED || set_registers(vcpu))
		return fail("registers");
	return expect_exits(vcpu, run);
}
