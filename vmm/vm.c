// SPDX-License-Identifier: Apache-2.0
/* The virtual machine as a whole: KVM's descriptors, memory, interrupts. */
#include "vm.h"

#include <linux/kvm.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cpuid.h"
#include "layout.h"
#include "log.h"
#include "mce.h"
#include "mem.h"

#define KVM_DEVICE "/dev/kvm"

static int has(const struct vm *vm, int capability)
{
	return ioctl(vm->kvm_fd, KVM_CHECK_EXTENSION, capability);
}

static int open_device(void)
{
	int fd = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		return log_error(KVM_DEVICE " is missing; load kvm-intel or kvm-amd, and enable virtualisation in the firmware");
	if (errno == EACCES || errno == EPERM)
		return log_error(KVM_DEVICE ": permission denied; be root or in the group kvm");
	return log_error(KVM_DEVICE ": %s; ssictl doctor looks for reasons",
			 strerror(errno));
}

static int check_abilities(const struct vm *vm)
{
	static const struct {
		int capability;
		const char *name;
	} needed[] = {
		{ KVM_CAP_USER_MEMORY, "user memory" },
		{ KVM_CAP_IRQCHIP, "in-kernel interrupt controllers" },
		{ KVM_CAP_IRQ_ROUTING, "interrupt routing" },
		{ KVM_CAP_IMMEDIATE_EXIT, "immediate exit" },
		{ KVM_CAP_EXT_CPUID, "CPUID tables" },
		{ KVM_CAP_ADJUST_CLOCK, "a clock that can be set" },
		{ KVM_CAP_VCPU_ATTRIBUTES, "time stamp counters that can be set" },
	};
	int version = ioctl(vm->kvm_fd, KVM_GET_API_VERSION, 0);

	if (version != KVM_API_VERSION)
		return log_error(KVM_DEVICE " speaks version %d, %d is needed",
				 version, KVM_API_VERSION);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (has(vm, needed[i].capability) <= 0)
			return log_error(KVM_DEVICE " lacks %s; a kernel from 5.16 on has it",
					 needed[i].name);
	return 0;
}

static int check_cpus(const struct vm *vm, unsigned int cpus)
{
	int max = has(vm, KVM_CAP_MAX_VCPUS);

	if (max <= 0 || cpus <= (unsigned int)max)
		return 0;
	log_error("--cpus %u: KVM on this host runs at most %d vCPUs in one guest",
		  cpus, max);
	return -2;
}

int vm_open_kvm(struct vm *vm, unsigned int cpus)
{
	int ret;

	memset(vm, 0, sizeof(*vm));
	vm->fd = vm->wake_fd = -1;
	pthread_mutex_init(&vm->hold_lock, NULL);
	pthread_cond_init(&vm->hold_cond, NULL);
	vm->cpus = cpus;
	vm->kvm_fd = open_device();
	if (vm->kvm_fd < 0)
		return -1;
	if (check_abilities(vm))
		return -1;
	ret = check_cpus(vm, cpus);
	if (ret)
		return ret;
	vm->cpuid = cpuid_read(vm->kvm_fd);
	if (!vm->cpuid)
		return -1;
	vm->amd = cpuid_is_amd(vm->cpuid);
	vm->tsc_deadline = has(vm, KVM_CAP_TSC_DEADLINE_TIMER) > 0;
	vm->mcg_cap = mce_choose_cap(vm->kvm_fd, vm->amd);
	vm->run_bytes = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	return 0;
}

static int add_slot(const struct vm *vm, uint32_t slot, uint64_t gpa,
		    uint64_t bytes)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)mem_at(vm->mem, gpa, bytes),
	};

	if (!ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		return 0;
	return log_error("KVM refuses guest memory at %#" PRIx64 ": %s; free memory of this host, or give the guest less",
			 gpa, strerror(errno));
}

static int add_memory(const struct vm *vm)
{
	uint64_t low = mem_low_bytes(vm->mem), high = vm->mem->bytes - low;
	unsigned int bits = cpuid_phys_bits(vm->cpuid);

	if (high && (GUEST_HOLE_END + high - 1) >> bits)
		return log_error("%" PRIu64 "M of memory do not fit the %u address bits of this host's processors; give less with --memory",
				 vm->mem->bytes / (uint64_t)MIB, bits);
	if (add_slot(vm, 0, 0, low))
		return -1;
	return high ? add_slot(vm, 1, GUEST_HOLE_END, high) : 0;
}

/*
 * Routes interrupts to the I/O APIC only. The 8259 that KVM always creates
 * would otherwise raise the same interrupt on a second way that the guest,
 * told by ACPI that there is no 8259, never acknowledges.
 */
static int route_interrupts(const struct vm *vm)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[GSI_COUNT];
	} table;

	memset(&table, 0, sizeof(table));
	table.head.nr = GSI_COUNT;
	for (uint32_t i = 0; i < GSI_COUNT; i++) {
		table.entry[i].gsi = i;
		table.entry[i].type = KVM_IRQ_ROUTING_IRQCHIP;
		table.entry[i].u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC;
		table.entry[i].u.irqchip.pin = i;
	}
	if (ioctl(vm->fd, KVM_SET_GSI_ROUTING, &table))
		return log_error("KVM_SET_GSI_ROUTING: %s", strerror(errno));
	return 0;
}

static int add_irqchip(const struct vm *vm)
{
	uint64_t identity_map = GUEST_IDENTITY_MAP;

	if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map))
		return log_error("KVM_SET_IDENTITY_MAP_ADDR: %s", strerror(errno));
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, GUEST_TSS))
		return log_error("KVM_SET_TSS_ADDR: %s", strerror(errno));
	if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0))
		return log_error("KVM_CREATE_IRQCHIP: %s", strerror(errno));
	return route_interrupts(vm);
}

void vm_wake(struct vm *vm)
{
	uint64_t one = 1;

	/* It can fail only when the counter is full: then it is awake. */
	if (write(vm->wake_fd, &one, sizeof(one)) < 0)
		return;
}

static void set_serial_irq(void *context, bool level)
{
	struct vm *vm = context;
	struct kvm_irq_level line = { .irq = GSI_SERIAL, .level = level };

	if (ioctl(vm->fd, KVM_IRQ_LINE, &line)) {
		log_error("KVM_IRQ_LINE: %s", strerror(errno));
		vm_finish(vm, VM_FAILED);
	}
}

/*
 * Writes console output. It may wait for a slow terminal, but not past the
 * end of the guest; an output that is closed loses the bytes.
 */
static void write_console(void *context, const uint8_t *bytes, size_t count)
{
	struct vm *vm = context;
	struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };

	while (count && !atomic_load(&vm->stopping)) {
		ssize_t done = write(STDOUT_FILENO, bytes, count);

		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (done < 0 && errno == EAGAIN)
			poll(&fd, 1, -1);
		if (done > 0) {
			bytes += done;
			count -= done;
		}
	}
}

static void console_drained(void *context)
{
	vm_wake(context);
}

static void power_off(void *context)
{
	vm_finish(context, VM_POWER_OFF);
}

static void reset(void *context)
{
	if (vm_finish(context, VM_RESET))
		log_note("guest reset");
}

static int add_devices(struct vm *vm)
{
	const struct serial_host host = { .context = vm,
					  .set_irq = set_serial_irq,
					  .transmit = write_console,
					  .drained = console_drained };
	const struct port_range ranges[] = {
		{ PORT_SERIAL, PORT_SERIAL_COUNT, &serial_ops, &vm->serial },
		{ PORT_POWER, PORT_POWER_COUNT, &power_ops, &vm->power },
		{ PORT_KEYBOARD, 1, &power_keyboard_ops, &vm->power },
		{ PORT_PIT, PORT_PIT_COUNT, &power_absent_timer_ops, NULL },
		{ PORT_PIT_GATE, 1, &power_absent_timer_ops, NULL },
	};

	serial_init(&vm->serial, &host);
	vm->power = (struct power){ .context = vm,
				    .power_off = power_off,
				    .reset = reset };
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (ports_add(&vm->ports, &ranges[i]))
			return -1;
	return 0;
}

int vm_create(struct vm *vm, const struct guest_mem *mem)
{
	vm->mem = mem;
	vm->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->wake_fd < 0)
		return log_error("eventfd: %s", strerror(errno));
	do
		vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
	while (vm->fd < 0 && errno == EINTR);
	if (vm->fd < 0)
		return log_error("KVM_CREATE_VM: %s; %s", strerror(errno),
				 errno == EBUSY ?
				 "another hypervisor on this host uses the processors: end it" :
				 "the kernel log may say why");
	if (add_irqchip(vm) || add_memory(vm))
		return -1;
	return add_devices(vm);
}

bool vm_finish(struct vm *vm, enum vm_outcome outcome)
{
	int running = VM_RUNNING;
	bool first = atomic_compare_exchange_strong(&vm->outcome, &running,
						    outcome);

	vm_wake(vm);
	return first;
}

void vm_destroy(struct vm *vm)
{
	free(vm->cpuid);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->wake_fd >= 0)
		close(vm->wake_fd);
	if (vm->kvm_fd >= 0)
		close(vm->kvm_fd);
}
