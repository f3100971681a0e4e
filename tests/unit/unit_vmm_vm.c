// SPDX-License-Identifier: Apache-2.0
/*
 * What keeps a virtual machine from being made, against a KVM played by this
 * file: open and ioctl of the code under test end here.
 */
#include "unit_vmm_common.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int device_open(const char *path, int flags);
static int kvm_ioctl(int fd, unsigned long request, ...);

#define open  device_open
#define ioctl kvm_ioctl
#include "../../vmm/vm.c"
#undef open
#undef ioctl

/* What fails, and how. */
static int open_errno, refused_errno;
static unsigned long refused;

static int device_open(const char *path, int flags)
{
	ck_assert_str_eq(path, "/dev/kvm");
	ck_assert_int_eq(flags, O_RDWR | O_CLOEXEC);
	errno = open_errno;
	return open_errno ? -1 : open("/dev/null", O_RDWR);
}

static int kvm_ioctl(int fd, unsigned long request, ...)
{
	(void)fd;
	if (request == refused) {
		errno = refused_errno;
		return -1;
	}
	if (request == KVM_CREATE_VM)
		return open("/dev/null", O_RDWR);
	if (request == KVM_GET_API_VERSION)
		return KVM_API_VERSION;
	return request == KVM_CHECK_EXTENSION ? 8 : 0;
}

/* ---- what the code under test calls besides ---- */

struct kvm_cpuid2 *cpuid_read(int kvm_fd)
{
	(void)kvm_fd;
	return calloc(1, sizeof(struct kvm_cpuid2));
}

bool cpuid_is_amd(const struct kvm_cpuid2 *table)
{
	(void)table;
	return true;
}

unsigned int cpuid_phys_bits(const struct kvm_cpuid2 *table)
{
	(void)table;
	return 40;
}

uint64_t mce_choose_cap(int kvm_fd, bool amd)
{
	(void)kvm_fd;
	(void)amd;
	return 0;
}

uint64_t mem_low_bytes(const struct guest_mem *mem)
{
	return mem->bytes;
}

void *mem_at(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes)
{
	(void)bytes;
	return mem->base + gpa;
}

const struct port_ops serial_ops, power_ops, power_keyboard_ops, power_absent_timer_ops;

void serial_init(struct serial *serial, const struct serial_host *host)
{
	(void)serial;
	(void)host;
}

int ports_add(struct port_table *table, const struct port_range *range)
{
	(void)table;
	(void)range;
	return 0;
}

/* ---- tests ---- */

static void start(void)
{
	open_errno = 0;
	refused = 0;
	said[0] = '\0';
}

START_TEST(vm_open_kvm__device_errors)
{
	static const struct {
		int error;
		const char *words;
	} rows[] = {
		{ ENOENT, "load kvm-intel or kvm-amd" },
		{ EACCES, "be root or in the group kvm" },
		{ EMFILE, "/dev/kvm: Too many open files; ssictl doctor looks for reasons" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vm vm;

		start();
		open_errno = rows[i].error;
		ck_assert_int_eq(vm_open_kvm(&vm, 1), -1);
		ck_assert_said(rows[i].words);
		vm_destroy(&vm);
	}
}
END_TEST

START_TEST(vm_open_kvm__too_many_cpus)
{
	struct vm vm;

	start();
	ck_assert_int_eq(vm_open_kvm(&vm, 9), -2);
	ck_assert_said("at most 8 vCPUs");
	vm_destroy(&vm);
}
END_TEST

START_TEST(vm_create__refused)
{
	static const struct {
		unsigned long request;
		int error;
		const char *words;
	} rows[] = {
		{ KVM_CREATE_VM, EBUSY, "another hypervisor on this host" },
		{ KVM_CREATE_VM, ENOMEM, "Cannot allocate memory; the kernel log" },
		{ KVM_SET_USER_MEMORY_REGION, ENOMEM,
		  "at 0: Cannot allocate memory; free memory of this host, or give the guest less" },
		{ KVM_CREATE_IRQCHIP, EEXIST, "KVM_CREATE_IRQCHIP: File exists" },
	};
	struct guest_mem mem = { .bytes = 64 << 20 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vm vm;

		start();
		ck_assert_int_eq(vm_open_kvm(&vm, 1), 0);
		refused = rows[i].request;
		refused_errno = rows[i].error;
		ck_assert_int_eq(vm_create(&vm, &mem), -1);
		ck_assert_said(rows[i].words);
		vm_destroy(&vm);
	}
}
END_TEST

START_TEST(vm_create__works)
{
	struct guest_mem mem = { .bytes = 64 << 20 };
	struct vm vm;

	start();
	ck_assert_int_eq(vm_open_kvm(&vm, 8), 0);
	ck_assert_int_eq(vm_create(&vm, &mem), 0);
	ck_assert_str_eq(said, "");
	vm_destroy(&vm);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		vm_open_kvm__device_errors,
		vm_open_kvm__too_many_cpus,
		vm_create__refused,
		vm_create__works,
		NULL,
	};

	return run_tests("vmm_vm", tests);
}
