// SPDX-License-Identifier: Apache-2.0
/* Options, then the guest in the order in which it is put together. */
#include <stdio.h>
#include <string.h>

#include "acpi/tables.h"
#include "boot.h"
#include "ctl.h"
#include "layout.h"
#include "log.h"
#include "loop.h"
#include "mem.h"
#include "options.h"
#include "vcpu.h"
#include "vm.h"

static int write_acpi(const struct guest_mem *mem, unsigned int cpus)
{
	size_t room = GUEST_ACPI_END - GUEST_ACPI;
	void *to = mem_at(mem, GUEST_ACPI, room);

	if (!to || !acpi_build(to, room, GUEST_ACPI, cpus))
		return log_error("no room for the ACPI tables of %u CPUs", cpus);
	return 0;
}

static int load_guest(const struct guest_mem *mem, const struct vmm_cfg *cfg,
		      struct boot_plan *plan)
{
	if (boot_load(mem, cfg, GUEST_ACPI, plan))
		return -1;
	boot_write_tables(mem);
	return write_acpi(mem, cfg->cpus);
}

static int run_with_memory(struct vm *vm, const struct guest_mem *mem,
			   const struct vmm_cfg *cfg, struct ctl *ctl)
{
	struct boot_plan plan;
	int code = EXIT_FAILED;

	if (load_guest(mem, cfg, &plan))
		return EXIT_FAILED;
	if (!vm_create(vm, mem) && !vcpu_create_all(vm, &plan))
		code = loop_run(vm, ctl);
	vcpu_destroy_all(vm);
	return code;
}

static int run(const struct vmm_cfg *cfg)
{
	int ret, code = EXIT_FAILED;
	struct guest_mem mem;
	struct ctl ctl;
	struct vm vm;

	ret = vm_open_kvm(&vm, cfg->cpus);
	if (ret) {
		code = ret == -2 ? EXIT_USAGE : EXIT_FAILED;
		goto out_vm;
	}
	if (vcpu_handle_signals())
		goto out_vm;
	if (ctl_open(&ctl, cfg->control) || mem_open(&mem, cfg))
		goto out_ctl;
	code = run_with_memory(&vm, &mem, cfg, &ctl);
	mem_close(&mem);
out_ctl:
	ctl_close(&ctl);
out_vm:
	vm_destroy(&vm);
	return code;
}

int main(int argc, char **argv)
{
	struct vmm_cfg cfg;

	switch (options_parse(argc, argv, &cfg)) {
	case OPTIONS_HELP:
		options_help(stdout);
		return 0;
	case OPTIONS_VERSION:
		puts("ssi-vmm " SSI_VERSION);
		return 0;
	case OPTIONS_REFUSED:
		return EXIT_USAGE;
	default:
		return run(&cfg);
	}
}
