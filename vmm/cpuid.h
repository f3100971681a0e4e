/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_CPUID_H
#define SSI_VMM_CPUID_H

#include <stdbool.h>
#include <stdint.h>

struct kvm_cpuid2;

/**
 * struct cpuid_shape - what one vCPU's CPUID depends on
 * @cpu:	  its number, which is also its APIC id
 * @cpus:	  how many vCPUs there are
 * @tsc_deadline: KVM's local APIC has the TSC deadline timer
 */
struct cpuid_shape {
	unsigned int cpu;
	unsigned int cpus;
	bool tsc_deadline;
};

/**
 * cpuid_read() - what KVM can offer to a guest on this host
 * @kvm_fd: descriptor of /dev/kvm
 *
 * Return: a table to free(), with room for CPUID_SPARE more entries, or NULL
 * after a report.
 */
struct kvm_cpuid2 *cpuid_read(int kvm_fd);

/* Entries cpuid_fix() may add. */
#define CPUID_SPARE 6

/**
 * cpuid_fix() - turn the host's table into the one of a vCPU
 * @table: as cpuid_read() returned it, or a copy as large
 * @shape: the vCPU
 *
 * Nested virtualisation, performance counters and every paravirtual feature
 * by which KVM would write guest memory on its own go away; the topology
 * becomes one package with @shape->cpus cores.
 */
void cpuid_fix(struct kvm_cpuid2 *table, const struct cpuid_shape *shape);

/** cpuid_is_amd() - whether the table describes an AMD or Hygon processor */
bool cpuid_is_amd(const struct kvm_cpuid2 *table);

/** cpuid_xcr0() - the register state components a guest can switch on */
uint64_t cpuid_xcr0(const struct kvm_cpuid2 *table);

/** cpuid_phys_bits() - bits of a guest physical address */
unsigned int cpuid_phys_bits(const struct kvm_cpuid2 *table);

#endif
