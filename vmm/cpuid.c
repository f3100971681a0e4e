// SPDX-License-Identifier: Apache-2.0
/* What the guest learns about its processors. */
#include "cpuid.h"

#include <asm/kvm_para.h>
#include <linux/kvm.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "log.h"

#define TABLE_MAX 256

/* Leaf 1. */
#define ECX1_MONITOR	  (1u << 3)
#define ECX1_VMX	  (1u << 5)
#define ECX1_PDCM	  (1u << 15)
#define ECX1_X2APIC	  (1u << 21)
#define ECX1_TSC_DEADLINE (1u << 24)
#define ECX1_HYPERVISOR	  (1u << 31)
#define EDX1_HTT	  (1u << 28)
/* Leaf 6: the local timer keeps running in idle. */
#define EAX6_ARAT (1u << 2)
/* Leaf 0x80000001. */
#define ECXE1_CMP_LEGACY   (1u << 1)
#define ECXE1_SVM	   (1u << 2)
#define ECXE1_PERFCTR_CORE (1u << 23)
#define ECXE1_PERFCTR_NB   (1u << 24)
#define ECXE1_PERFCTR_LLC  (1u << 28)
/* Leaf 0x80000007: a poisoned page need not be the end (see mce.c). */
#define EBXE7_OVERFLOW_RECOV (1u << 0)
#define EBXE7_SUCCOR	     (1u << 1)
/*
 * Leaf 0x40000001. A clock page is written by KVM, but rarely, and on the node
 * where the vCPU runs. Steal time, PV EOI, asynchronous page faults and the
 * PV TLB flush would write guest memory all the time, PV IPIs would bypass the
 * interrupt controller: only what is named here stays.
 */
#define KVM_FEATURES_KEPT                                              \
	(1u << KVM_FEATURE_NOP_IO_DELAY | 1u << KVM_FEATURE_CLOCKSOURCE2 | \
	 1u << KVM_FEATURE_CLOCKSOURCE_STABLE_BIT)

#define TOPOLOGY_SMT  1
#define TOPOLOGY_CORE 2

#define LEAF_KVM_FEATURES 0x40000001
#define LEAF_TOPOLOGY	  0xb
#define LEAF_TOPOLOGY_V2  0x1f

struct kvm_cpuid2 *cpuid_read(int kvm_fd)
{
	size_t room = TABLE_MAX + CPUID_SPARE;
	struct kvm_cpuid2 *table;

	table = calloc(1, sizeof(*table) + room * sizeof(table->entries[0]));
	if (!table) {
		log_error("out of memory");
		return NULL;
	}
	table->nent = TABLE_MAX;
	if (ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, table)) {
		log_error("KVM_GET_SUPPORTED_CPUID: %s", strerror(errno));
		free(table);
		return NULL;
	}
	return table;
}

/* The first entry of a leaf; with sub-leaves that is sub-leaf 0. */
static const struct kvm_cpuid_entry2 *find(const struct kvm_cpuid2 *table,
					   uint32_t leaf)
{
	for (uint32_t i = 0; i < table->nent; i++)
		if (table->entries[i].function == leaf)
			return &table->entries[i];
	return NULL;
}

static unsigned int bits_for(unsigned int count)
{
	unsigned int bits = 0;

	while ((1u << bits) < count)
		bits++;
	return bits;
}

static void clear_leaf(struct kvm_cpuid_entry2 *e)
{
	e->eax = e->ebx = e->ecx = e->edx = 0;
}

static void fix_leaf_1(struct kvm_cpuid_entry2 *e, const struct cpuid_shape *s)
{
	e->ebx = (e->ebx & 0xffff) | (s->cpus & 0xff) << 16 | s->cpu << 24;
	e->ecx &= ~(ECX1_MONITOR | ECX1_VMX | ECX1_PDCM);
	e->ecx |= ECX1_X2APIC | ECX1_HYPERVISOR;
	if (s->tsc_deadline)
		e->ecx |= ECX1_TSC_DEADLINE;
	if (s->cpus > 1)
		e->edx |= EDX1_HTT;
}

/* Intel's caches: first levels per core, the last one shared by all. */
static void fix_leaf_4(struct kvm_cpuid_entry2 *e, const struct cpuid_shape *s)
{
	unsigned int level = e->eax >> 5 & 7;
	unsigned int sharing = level >= 3 ? s->cpus - 1 : 0;

	if (!(e->eax & 0x1f))
		return;
	e->eax = (e->eax & 0x3fff) | sharing << 14 | (s->cpus - 1) << 26;
}

/* AMD's caches: the same in another coding. */
static void fix_leaf_8000001d(struct kvm_cpuid_entry2 *e,
			      const struct cpuid_shape *s)
{
	unsigned int level = e->eax >> 5 & 7;

	e->eax &= 0x3fff;
	if (level >= 3)
		e->eax |= (s->cpus - 1) << 14;
}

static void fix_extended(struct kvm_cpuid_entry2 *e, const struct cpuid_shape *s,
			 bool amd)
{
	switch (e->function) {
	case 0x80000001:
		e->ecx &= ~(ECXE1_SVM | ECXE1_PERFCTR_CORE | ECXE1_PERFCTR_NB |
			    ECXE1_PERFCTR_LLC);
		if (amd && s->cpus > 1)
			e->ecx |= ECXE1_CMP_LEGACY;
		break;
	case 0x80000007:
		if (amd)
			e->ebx |= EBXE7_OVERFLOW_RECOV | EBXE7_SUCCOR;
		break;
	case 0x80000008:
		if (amd)
			e->ecx = bits_for(s->cpus) << 12 | (s->cpus - 1);
		break;
	case 0x8000001d:
		fix_leaf_8000001d(e, s);
		break;
	case 0x8000001e: /* one thread per core, one node */
		e->eax = s->cpu;
		e->ebx = s->cpu;
		e->ecx = 0;
		break;
	case 0x8000000a: /* SVM */
	case 0x8000001f: /* memory encryption */
	case 0x80000022: /* performance counters */
		clear_leaf(e);
		break;
	}
}

static void fix_entry(struct kvm_cpuid_entry2 *e, const struct cpuid_shape *s,
		      bool amd)
{
	switch (e->function) {
	case 0x1:
		fix_leaf_1(e, s);
		break;
	case 0x4:
		if (!amd)
			fix_leaf_4(e, s);
		break;
	case 0x6:
		clear_leaf(e);
		e->eax = EAX6_ARAT;
		break;
	case 0xa: /* performance counters */
		clear_leaf(e);
		break;
	case LEAF_KVM_FEATURES:
		e->eax &= KVM_FEATURES_KEPT;
		e->edx = 0;
		break;
	default:
		fix_extended(e, s, amd);
	}
}

static void drop_leaf(struct kvm_cpuid2 *table, uint32_t leaf)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < table->nent; i++)
		if (table->entries[i].function != leaf)
			table->entries[kept++] = table->entries[i];
	table->nent = kept;
}

/* KVM reports no topology; state it as one package of single-thread cores. */
static void add_topology(struct kvm_cpuid2 *table, const struct cpuid_shape *s,
			 uint32_t leaf)
{
	const struct kvm_cpuid_entry2 *max = find(table, 0);

	if (!max || max->eax < leaf)
		return;
	drop_leaf(table, leaf);
	for (uint32_t level = 0; level < 3; level++) {
		struct kvm_cpuid_entry2 *e = &table->entries[table->nent++];

		memset(e, 0, sizeof(*e));
		e->function = leaf;
		e->index = level;
		e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
		e->edx = s->cpu;
		e->ecx = level;
		if (level == 0) {
			e->ebx = 1;
			e->ecx |= TOPOLOGY_SMT << 8;
		} else if (level == 1) {
			e->eax = bits_for(s->cpus);
			e->ebx = s->cpus;
			e->ecx |= TOPOLOGY_CORE << 8;
		}
	}
}

void cpuid_fix(struct kvm_cpuid2 *table, const struct cpuid_shape *shape)
{
	bool amd = cpuid_is_amd(table);

	for (uint32_t i = 0; i < table->nent; i++)
		fix_entry(&table->entries[i], shape, amd);
	add_topology(table, shape, LEAF_TOPOLOGY);
	add_topology(table, shape, LEAF_TOPOLOGY_V2);
}

bool cpuid_is_amd(const struct kvm_cpuid2 *table)
{
	const struct kvm_cpuid_entry2 *e = find(table, 0);
	char vendor[12];

	if (!e)
		return false;
	memcpy(vendor, &e->ebx, 4);
	memcpy(vendor + 4, &e->edx, 4);
	memcpy(vendor + 8, &e->ecx, 4);
	return !memcmp(vendor, "AuthenticAMD", 12) ||
	       !memcmp(vendor, "HygonGenuine", 12);
}

uint64_t cpuid_xcr0(const struct kvm_cpuid2 *table)
{
	const struct kvm_cpuid_entry2 *e = find(table, 0xd);

	return e ? (uint64_t)e->edx << 32 | e->eax : 0;
}

unsigned int cpuid_phys_bits(const struct kvm_cpuid2 *table)
{
	const struct kvm_cpuid_entry2 *e = find(table, 0x80000008);

	return e && (e->eax & 0xff) ? e->eax & 0xff : 36;
}
