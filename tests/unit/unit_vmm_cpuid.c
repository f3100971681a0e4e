// SPDX-License-Identifier: Apache-2.0
/* CPUID tables. */
#include "unit_vmm_common.h"

#include "../../vmm/cpuid.c"

#define ENTRIES 32

static struct kvm_cpuid2 *table;

static void add(uint32_t leaf, uint32_t index, const uint32_t value[4])
{
	struct kvm_cpuid_entry2 *e = &table->entries[table->nent++];

	*e = (struct kvm_cpuid_entry2){ .function = leaf, .index = index,
					.eax = value[0], .ebx = value[1],
					.ecx = value[2], .edx = value[3] };
}

/* A host that offers everything: each bit that must go is set. */
static void make_table(const char *vendor, uint32_t max_leaf)
{
	static const uint32_t leaves[] = { 1, 6, 0xa, 0xb, 0x40000001,
					   0x80000001, 0x80000007, 0x8000000a,
					   0x8000001e, 0x8000001f, 0x80000022 };
	const uint32_t ones[] = { ~0u, ~0u, ~0u, ~0u };
	const uint32_t l1d[] = { 0xffffc121, 1, 2, 3 };
	const uint32_t l3[] = { 0xffffc163, 1, 2, 3 };
	const uint32_t sizes[] = { 0x3028, 0, ~0u, 0 };
	const uint32_t xstate[] = { 7, 0, 0, 1 };
	uint32_t name[4] = { max_leaf };

	table = calloc(1, sizeof(*table) + ENTRIES * sizeof(table->entries[0]));
	memcpy(&name[1], vendor, 4);
	memcpy(&name[3], vendor + 4, 4);
	memcpy(&name[2], vendor + 8, 4);
	add(0, 0, name);
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		add(leaves[i], 0, ones);
	add(4, 0, l1d);
	add(4, 3, l3);
	add(0xd, 0, xstate);
	add(0xd, 1, ones);
	add(0x80000008, 0, sizes);
	add(0x8000001d, 0, l1d);
	add(0x8000001d, 3, l3);
}

static const struct kvm_cpuid_entry2 *sub(uint32_t leaf, uint32_t index)
{
	for (uint32_t i = 0; i < table->nent; i++)
		if (table->entries[i].function == leaf &&
		    table->entries[i].index == index)
			return &table->entries[i];
	ck_abort_msg("no leaf %x.%u", leaf, index);
}

static void fix(unsigned int cpu, unsigned int cpus)
{
	const struct cpuid_shape shape = { .cpu = cpu, .cpus = cpus,
					   .tsc_deadline = true };

	cpuid_fix(table, &shape);
}

START_TEST(cpuid_fix__kvm_features)
{
	make_table("AuthenticAMD", 0xd);
	fix(0, 1);
	ck_assert_uint_eq(sub(0x40000001, 0)->eax, 1u << 1 | 1u << 3 | 1u << 24);
	ck_assert_uint_eq(sub(0x40000001, 0)->edx, 0);
	free(table);
}
END_TEST

START_TEST(cpuid_fix__leaf_1)
{
	const struct kvm_cpuid_entry2 *e;

	make_table("GenuineIntel", 0xd);
	fix(5, 6);
	e = sub(1, 0);
	ck_assert_uint_eq(e->ebx >> 24, 5);
	ck_assert_uint_eq(e->ebx >> 16 & 0xff, 6);
	ck_assert(!(e->ecx & (1u << 5 | 1u << 3 | 1u << 15)));
	ck_assert(e->ecx & 1u << 31);
	ck_assert(e->ecx & 1u << 24);
	ck_assert(e->ecx & 1u << 21);
	free(table);
}
END_TEST

START_TEST(cpuid_fix__no_nesting_no_counters)
{
	make_table("AuthenticAMD", 0xd);
	fix(0, 2);
	ck_assert(!(sub(0x80000001, 0)->ecx & 1u << 2));
	ck_assert_uint_eq(sub(0x8000000a, 0)->edx, 0);
	ck_assert_uint_eq(sub(0x8000001f, 0)->eax, 0);
	ck_assert_uint_eq(sub(0x80000022, 0)->eax, 0);
	ck_assert_uint_eq(sub(0xa, 0)->eax, 0);
	ck_assert_uint_eq(sub(6, 0)->eax, 4);
	free(table);
}
END_TEST

START_TEST(cpuid_fix__topology_leaf)
{
	make_table("GenuineIntel", 0x1f);
	fix(2, 3);
	for (int i = 0; i < 2; i++) {
		uint32_t leaf = i ? 0x1f : 0xb;

		ck_assert_uint_eq(sub(leaf, 0)->eax, 0);
		ck_assert_uint_eq(sub(leaf, 0)->ebx, 1);
		ck_assert_uint_eq(sub(leaf, 0)->ecx, 0x100);
		ck_assert_uint_eq(sub(leaf, 0)->edx, 2);
		ck_assert_uint_eq(sub(leaf, 1)->eax, 2);
		ck_assert_uint_eq(sub(leaf, 1)->ebx, 3);
		ck_assert_uint_eq(sub(leaf, 1)->ecx, 0x201);
		ck_assert_uint_eq(sub(leaf, 2)->ebx, 0);
	}
	free(table);
}
END_TEST

START_TEST(cpuid_fix__no_leaf_beyond_the_maximum)
{
	uint32_t before;

	make_table("AuthenticAMD", 0xa);
	before = table->nent;
	fix(0, 2);
	ck_assert_uint_eq(table->nent, before);
	free(table);
}
END_TEST

START_TEST(cpuid_fix__spare_room_is_enough)
{
	uint32_t before;

	make_table("AuthenticAMD", 0x1f);
	before = table->nent;
	fix(0, 2);
	ck_assert_uint_le(table->nent, before + CPUID_SPARE);
	free(table);
}
END_TEST

START_TEST(cpuid_fix__caches)
{
	make_table("GenuineIntel", 0xd);
	fix(0, 4);
	ck_assert_uint_eq(sub(4, 0)->eax, 0x121 | 3u << 26);
	ck_assert_uint_eq(sub(4, 3)->eax, 0x163 | 3u << 26 | 3u << 14);
	free(table);
	make_table("AuthenticAMD", 0xd);
	fix(0, 4);
	ck_assert_uint_eq(sub(0x8000001d, 0)->eax, 0x121);
	ck_assert_uint_eq(sub(0x8000001d, 3)->eax, 0x163 | 3u << 14);
	ck_assert_uint_eq(sub(0x80000008, 0)->ecx, 2u << 12 | 3);
	free(table);
}
END_TEST

START_TEST(cpuid_is_amd__and_other_questions)
{
	make_table("AuthenticAMD", 0xd);
	ck_assert(cpuid_is_amd(table));
	ck_assert_uint_eq(cpuid_phys_bits(table), 0x28);
	ck_assert_uint_eq(cpuid_xcr0(table), 0x100000007);
	free(table);
	make_table("GenuineIntel", 0xd);
	ck_assert(!cpuid_is_amd(table));
	table->nent = 0;
	ck_assert(!cpuid_is_amd(table));
	ck_assert_uint_eq(cpuid_phys_bits(table), 36);
	ck_assert_uint_eq(cpuid_xcr0(table), 0);
	free(table);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		cpuid_fix__kvm_features,
		cpuid_fix__leaf_1,
		cpuid_fix__no_nesting_no_counters,
		cpuid_fix__topology_leaf,
		cpuid_fix__no_leaf_beyond_the_maximum,
		cpuid_fix__spare_room_is_enough,
		cpuid_fix__caches,
		cpuid_is_amd__and_other_questions,
		NULL,
	};

	return run_tests("vmm_cpuid", tests);
}
