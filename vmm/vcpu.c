// SPDX-License-Identifier: Apache-2.0
/*
 * The run loop: enter the guest, look at why it came back, carry that out.
 *
 * Two signals reach a vCPU thread. The kick makes KVM_RUN return; its handler
 * sets immediate_exit, so a kick between the test of vm->stopping or vm->held
 * and KVM_RUN is not lost. SIGBUS with BUS_MCEERR_AR says that the guest touched a page
 * whose content is gone; its handler only notes the address.
 */
#include "vcpu.h"

#include <linux/kvm.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"
#include "cpuid.h"
#include "log.h"
#include "mce.h"
#include "mem.h"
#include "term.h"
#include "vm.h"

#define KICK_SIGNAL	    SIGUSR1
#define STOP_SECONDS	    2
#define HOLD_NS		    100000000
#define NS_PER_SECOND	    1000000000
#define MSR_MISC_ENABLE	    0x1a0
#define FAST_STRINGS	    1
#define MSR_MTRR_DEFAULT    0x2ff
#define MTRR_ON_WRITE_BACK  (1 << 11 | 6)
#define BUS_FLOATS	    0xff

/* Newer than the oldest kernel headers this is built with. */
#ifndef KVM_EXIT_MEMORY_FAULT
#define KVM_EXIT_MEMORY_FAULT 39
#endif

/* Same layout as kvm_run.memory_fault of newer headers. */
struct memory_fault {
	uint64_t flags;
	uint64_t gpa;
	uint64_t size;
};

static __thread struct vcpu *this_vcpu;

static void on_kick(int signal)
{
	(void)signal;
	if (this_vcpu)
		this_vcpu->run->immediate_exit = 1;
}

static void die_of_memory_error(void)
{
	static const char text[] =
		"ssi-vmm: guest memory was lost while the monitor itself used it\n";

	term_restore();
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_FAILURE);
}

static void on_memory_error(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	/* Only advice so far: the guest is told when it touches the page. */
	if (info->si_code == BUS_MCEERR_AO)
		return;
	if (!this_vcpu || !this_vcpu->in_guest || info->si_code != BUS_MCEERR_AR)
		die_of_memory_error();
	this_vcpu->lost_addr = info->si_addr;
	this_vcpu->poisoned = 1;
	this_vcpu->run->immediate_exit = 1;
}

int vcpu_handle_signals(void)
{
	struct sigaction kick = { .sa_handler = on_kick };
	struct sigaction bus = { .sa_sigaction = on_memory_error,
				 .sa_flags = SA_SIGINFO };

	if (sigaction(KICK_SIGNAL, &kick, NULL) || sigaction(SIGBUS, &bus, NULL))
		return log_error("sigaction: %s", strerror(errno));
	return 0;
}

static int set_cpuid(const struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;
	const struct cpuid_shape shape = { .cpu = vcpu->id,
					   .cpus = vm->cpus,
					   .tsc_deadline = vm->tsc_deadline };
	size_t bytes = sizeof(*vm->cpuid) +
		       (vm->cpuid->nent + CPUID_SPARE) *
			       sizeof(vm->cpuid->entries[0]);
	struct kvm_cpuid2 *table = malloc(bytes);
	int ret;

	if (!table)
		return log_error("out of memory");
	memcpy(table, vm->cpuid, bytes);
	cpuid_fix(table, &shape);
	ret = ioctl(vcpu->fd, KVM_SET_CPUID2, table);
	free(table);
	return ret ? log_error("KVM_SET_CPUID2: %s", strerror(errno)) : 0;
}

/* What firmware would have set on every processor. */
static int set_msrs(const struct vcpu *vcpu)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry[2];
	} msrs = {
		.head.nmsrs = 2,
		.entry = { { .index = MSR_MISC_ENABLE, .data = FAST_STRINGS },
			   { .index = MSR_MTRR_DEFAULT,
			     .data = MTRR_ON_WRITE_BACK } },
	};

	if (ioctl(vcpu->fd, KVM_SET_MSRS, &msrs) != 2)
		return log_error("KVM_SET_MSRS: %s", strerror(errno));
	return 0;
}

/*
 * Switches on all register state the guest may use, as Linux is about to do.
 * Emulated SVM (QEMU's) lets the guest do it without KVM noticing; KVM would
 * then go on with the state after reset and the guest lose its AVX registers.
 */
static int set_xcr0(const struct vcpu *vcpu)
{
	struct kvm_xcrs xcrs = {
		.nr_xcrs = 1,
		.xcrs[0].value = cpuid_xcr0(vcpu->vm->cpuid),
	};

	if (!xcrs.xcrs[0].value)
		return 0;
	if (ioctl(vcpu->fd, KVM_SET_XCRS, &xcrs))
		return log_error("KVM_SET_XCRS: %s", strerror(errno));
	return 0;
}

static int set_boot_state(const struct vcpu *vcpu, const struct boot_plan *plan)
{
	struct kvm_regs regs;
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		return log_error("KVM_GET_SREGS: %s", strerror(errno));
	boot_set_registers(plan, &regs, &sregs);
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) ||
	    ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		return log_error("cannot set vCPU registers: %s", strerror(errno));
	return 0;
}

static int create(struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;

	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, vcpu->id);
	if (vcpu->fd < 0)
		return log_error("vCPU %u: KVM_CREATE_VCPU: %s", vcpu->id,
				 strerror(errno));
	vcpu->run = mmap(NULL, vm->run_bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		return log_error("vCPU %u: cannot map its page: %s", vcpu->id,
				 strerror(errno));
	if (set_cpuid(vcpu) || set_xcr0(vcpu) || set_msrs(vcpu))
		return -1;
	return mce_setup_vcpu(vcpu->fd, vm->mcg_cap);
}

int vcpu_create_all(struct vm *vm, const struct boot_plan *plan)
{
	vm->vcpu = calloc(vm->cpus, sizeof(*vm->vcpu));
	if (!vm->vcpu)
		return log_error("out of memory");
	for (unsigned int i = 0; i < vm->cpus; i++) {
		vm->vcpu[i].vm = vm;
		vm->vcpu[i].id = i;
		vm->vcpu[i].fd = -1;
		vm->vcpu[i].run = MAP_FAILED;
	}
	for (unsigned int i = 0; i < vm->cpus; i++)
		if (create(&vm->vcpu[i]))
			return -1;
	return set_boot_state(&vm->vcpu[0], plan);
}

/* Ends the guest with a message that says where it stood. */
static void fail(const struct vcpu *vcpu, const char *what, uint64_t detail)
{
	struct kvm_regs regs;

	if (!vm_finish(vcpu->vm, VM_FAILED))
		return;
	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs)) {
		log_error("vCPU %u: %s (%#" PRIx64 "), rip unknown", vcpu->id,
			  what, detail);
		return;
	}
	log_error("vCPU %u: %s (%#" PRIx64 ") at rip %#llx, rsp %#llx, rflags %#llx",
		  vcpu->id, what, detail, regs.rip, regs.rsp, regs.rflags);
}

static void run_io(const struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	const struct port_access access = {
		.port = run->io.port,
		.size = run->io.size,
		.count = run->io.count,
		.out = run->io.direction == KVM_EXIT_IO_OUT,
		.data = (uint8_t *)run + run->io.data_offset,
	};

	ports_run(&vcpu->vm->ports, &access);
}

/* No device has memory-mapped registers: reads float, writes vanish. */
static void run_mmio(const struct vcpu *vcpu)
{
	if (!vcpu->run->mmio.is_write)
		memset(vcpu->run->mmio.data, BUS_FLOATS,
		       sizeof(vcpu->run->mmio.data));
}

static void reset_by_triple_fault(const struct vcpu *vcpu)
{
	if (vm_finish(vcpu->vm, VM_RESET))
		log_note("guest reset (triple fault on vCPU %u)", vcpu->id);
}

static void handle_exit(const struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		run_io(vcpu);
		break;
	case KVM_EXIT_MMIO:
		run_mmio(vcpu);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		break;
	case KVM_EXIT_SHUTDOWN:
		reset_by_triple_fault(vcpu);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		fail(vcpu, "the processor refused to enter the guest",
		     run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		fail(vcpu, "KVM gave up (internal error)", run->internal.suberror);
		break;
	default:
		fail(vcpu, "unexpected KVM exit", run->exit_reason);
	}
}

static void lose_page(struct vcpu *vcpu, uint64_t gpa)
{
	if (!vcpu->vm->mcg_cap)
		fail(vcpu, "a guest page is lost and KVM has no machine checks",
		     gpa);
	else if (!mce_is_access(&vcpu->error, vcpu->fd, gpa))
		return;
	else if (mce_inject(vcpu->fd, gpa, vcpu->vm->amd))
		fail(vcpu, "cannot report a lost guest page", gpa);
}

/* SIGBUS has named an address of ours; the guest wants one of its own. */
static void handle_poison(struct vcpu *vcpu)
{
	uint64_t gpa;

	vcpu->poisoned = 0;
	if (mem_to_gpa(vcpu->vm->mem, vcpu->lost_addr, &gpa))
		lose_page(vcpu, gpa);
	else
		fail(vcpu, "memory error outside guest memory",
		     (uintptr_t)vcpu->lost_addr);
}

/* KVM_RUN itself failed; newer kernels name the guest address. */
static void handle_run_error(struct vcpu *vcpu, int error)
{
	const struct memory_fault *fault = (void *)&vcpu->run->padding;
	bool named = vcpu->run->exit_reason == KVM_EXIT_MEMORY_FAULT;

	if (error == EINTR || error == EAGAIN || vcpu->poisoned)
		return;
	if (error == EHWPOISON && named)
		lose_page(vcpu, fault->gpa);
	else if (error == EFAULT && named)
		fail(vcpu, "guest memory cannot be read or written", fault->gpa);
	else if (error == EFAULT)
		fail(vcpu, "guest memory cannot be read or written, errno", error);
	else
		fail(vcpu, "KVM_RUN failed, errno", error);
}

/*
 * The thread says that it is in the guest before it looks whether it may be,
 * and vcpu_hold_all() forbids it before it looks: one sees the other.
 */
static int enter_guest(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	int ret = -EINTR;

	atomic_store(&vcpu->in_guest, true);
	if (!atomic_load(&vm->held)) {
		ret = ioctl(vcpu->fd, KVM_RUN, 0);
		if (ret < 0)
			ret = -errno;
	}
	atomic_store(&vcpu->in_guest, false);
	if (atomic_load(&vm->held)) {
		pthread_mutex_lock(&vm->hold_lock);
		pthread_cond_broadcast(&vm->hold_cond);
		pthread_mutex_unlock(&vm->hold_lock);
		vm_wake(vm);
	}
	return ret;
}

static void wait_while_held(struct vm *vm)
{
	pthread_mutex_lock(&vm->hold_lock);
	while (atomic_load(&vm->held))
		pthread_cond_wait(&vm->hold_cond, &vm->hold_lock);
	pthread_mutex_unlock(&vm->hold_lock);
}

static void *run_thread(void *argument)
{
	struct vcpu *vcpu = argument;
	struct vm *vm = vcpu->vm;

	this_vcpu = vcpu;
	while (!atomic_load(&vm->stopping)) {
		int ret = enter_guest(vcpu);

		vcpu->run->immediate_exit = 0;
		if (ret < 0)
			handle_run_error(vcpu, -ret);
		else
			handle_exit(vcpu);
		if (vcpu->poisoned)
			handle_poison(vcpu);
		/* Nothing more to do for a guest that has ended. */
		if (atomic_load(&vm->outcome) != VM_RUNNING)
			break;
		if (atomic_load(&vm->held))
			wait_while_held(vm);
	}
	return NULL;
}

int vcpu_start_all(struct vm *vm)
{
	char name[16];
	int error;

	for (unsigned int i = 0; i < vm->cpus; i++) {
		error = pthread_create(&vm->vcpu[i].thread, NULL, run_thread,
				       &vm->vcpu[i]);
		if (error)
			return log_error("vCPU %u: no thread: %s", i,
					 strerror(error));
		vm->vcpu[i].started = true;
		snprintf(name, sizeof(name), "vcpu%u", i);
		pthread_setname_np(vm->vcpu[i].thread, name);
	}
	return 0;
}

static void kick_all(const struct vm *vm)
{
	for (unsigned int i = 0; i < vm->cpus; i++)
		if (vm->vcpu[i].started)
			pthread_kill(vm->vcpu[i].thread, KICK_SIGNAL);
}

bool vcpu_all_out(const struct vm *vm)
{
	for (unsigned int i = 0; i < vm->cpus; i++)
		if (atomic_load(&vm->vcpu[i].in_guest))
			return false;
	return true;
}

/*
 * The kick takes a vCPU out of the guest at once, and it does not come back.
 * Who is still in KVM_RUN after a time that is long for a processor waits there
 * for a page, and has the kick before it when the page has come.
 */
void vcpu_hold_all(struct vm *vm)
{
	struct timespec deadline;
	int error = 0;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_nsec += HOLD_NS;
	deadline.tv_sec += deadline.tv_nsec / NS_PER_SECOND;
	deadline.tv_nsec %= NS_PER_SECOND;
	pthread_mutex_lock(&vm->hold_lock);
	atomic_store(&vm->held, true);
	kick_all(vm);
	while (!vcpu_all_out(vm) && !error)
		error = pthread_cond_clockwait(&vm->hold_cond, &vm->hold_lock,
					       CLOCK_MONOTONIC, &deadline);
	pthread_mutex_unlock(&vm->hold_lock);
}

void vcpu_release_all(struct vm *vm)
{
	pthread_mutex_lock(&vm->hold_lock);
	atomic_store(&vm->held, false);
	pthread_cond_broadcast(&vm->hold_cond);
	pthread_mutex_unlock(&vm->hold_lock);
}

unsigned int vcpu_stop_all(struct vm *vm)
{
	struct timespec deadline;
	unsigned int stuck = 0;

	atomic_store(&vm->stopping, true);
	vcpu_release_all(vm);
	kick_all(vm);
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += STOP_SECONDS;
	for (unsigned int i = 0; i < vm->cpus; i++) {
		if (!vm->vcpu[i].started)
			continue;
		if (pthread_clockjoin_np(vm->vcpu[i].thread, NULL,
					 CLOCK_MONOTONIC, &deadline))
			stuck++;
		else
			vm->vcpu[i].started = false;
	}
	return stuck;
}

void vcpu_destroy_all(struct vm *vm)
{
	for (unsigned int i = 0; vm->vcpu && i < vm->cpus; i++) {
		if (vm->vcpu[i].run != MAP_FAILED)
			munmap(vm->vcpu[i].run, vm->run_bytes);
		if (vm->vcpu[i].fd >= 0)
			close(vm->vcpu[i].fd);
	}
	free(vm->vcpu);
	vm->vcpu = NULL;
}
