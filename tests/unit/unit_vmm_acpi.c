// SPDX-License-Identifier: Apache-2.0
#include "unit_vmm_common.h"

#include <unistd.h>

#include "../../vmm/acpi/aml.c"
#include "../../vmm/acpi/tables.c"

/* More than the guest has, for objects of every coded length. */
#define ROOM 0x20000

static uint8_t area[ROOM];

static struct aml start(size_t room)
{
	memset(area, 0xee, sizeof(area));
	return (struct aml){ .bytes = area, .room = room };
}

static uint8_t sum(const void *from, size_t bytes)
{
	uint8_t total = 0;

	for (size_t i = 0; i < bytes; i++)
		total += ((const uint8_t *)from)[i];
	return total;
}

START_TEST(aml_integer__shortest_coding)
{
	static const struct {
		uint64_t value;
		size_t bytes;
		uint8_t first;
	} rows[] = {
		{ 0, 1, ZERO_OP },	    { 1, 1, ONE_OP },
		{ 2, 2, BYTE_PREFIX },	    { 255, 2, BYTE_PREFIX },
		{ 256, 3, WORD_PREFIX },    { 65535, 3, WORD_PREFIX },
		{ 65536, 5, DWORD_PREFIX }, { UINT32_MAX, 5, DWORD_PREFIX },
		{ 1ULL << 32, 9, QWORD_PREFIX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct aml aml = start(ROOM);

		aml_integer(&aml, rows[i].value);
		ck_assert_uint_eq(aml.length, rows[i].bytes);
		ck_assert_uint_eq(area[0], rows[i].first);
	}
}
END_TEST

START_TEST(aml_eisa_id__known)
{
	static const uint8_t pnp0501[] = { 0x0c, 0x41, 0xd0, 0x05, 0x01 };
	static const uint8_t pnp0c02[] = { 0x0c, 0x41, 0xd0, 0x0c, 0x02 };
	struct aml aml = start(ROOM);

	aml_eisa_id(&aml, "PNP0501");
	aml_eisa_id(&aml, "PNP0C02");
	ck_assert_mem_eq(area, pnp0501, 5);
	ck_assert_mem_eq(area + 5, pnp0c02, 5);
}
END_TEST

/* The length in front of an object, whatever number of bytes codes it. */
static size_t coded_length(const uint8_t *at)
{
	size_t more = at[0] >> 6, length = more ? at[0] & 0xf : at[0] & 0x3f;

	for (size_t i = 0; i < more; i++)
		length |= (size_t)at[1 + i] << (4 + 8 * i);
	return length;
}

START_TEST(aml_end__lengths_at_the_limits)
{
	static const size_t fills[] = { 0, 57, 58, 59, 4088, 4089, 4090, 70000 };

	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		struct aml aml = start(ROOM);
		size_t at = aml_device_begin(&aml, "DEV");

		for (size_t n = 0; n < fills[i]; n++)
			put_byte(&aml, n);
		aml_end(&aml, at);
		ck_assert(!aml.overflow);
		/* All but the two bytes of the operation itself. */
		ck_assert_uint_eq(coded_length(area + 2), aml.length - 2);
		ck_assert_uint_eq(area[aml.length], 0xee);
	}
}
END_TEST

/* Every kind of object once. Returns its length, as far as it got. */
static struct aml build_sample(size_t room)
{
	struct aml aml = start(room);
	size_t scope = aml_scope_begin(&aml, "_SB");
	size_t at = aml_device_begin(&aml, "DEV");

	aml_name(&aml, "_UID");
	aml_integer(&aml, UINT64_MAX);
	aml_resources(&aml, serial_resources, sizeof(serial_resources));
	aml_end(&aml, at);
	aml_end(&aml, scope);
	return aml;
}

START_TEST(aml_end__overflow_is_seen_not_written)
{
	size_t need = build_sample(ROOM).length;

	for (size_t room = 0; room < need + 2; room++) {
		struct aml aml = build_sample(room);

		ck_assert(aml.overflow == (room < need));
		ck_assert_uint_le(aml.length, room);
		ck_assert_uint_eq(area[room], 0xee);
	}
}
END_TEST

static const struct header *table(size_t n)
{
	const struct rsdp *rsdp = (void *)area;
	const struct xsdt *xsdt = (void *)(area + (rsdp->xsdt - GUEST_ACPI));

	return (void *)(area + (xsdt->table[n] - GUEST_ACPI));
}

static const struct header *dsdt(void)
{
	const struct fadt *fadt = (const void *)table(0);

	return (void *)(area + (fadt->x_dsdt - GUEST_ACPI));
}

START_TEST(acpi_build__checksums)
{
	const struct rsdp *rsdp = (void *)area;
	const struct header *h;

	ck_assert_uint_gt(acpi_build(area, ROOM, GUEST_ACPI, 2), 0);
	ck_assert_uint_eq(sum(rsdp, 20), 0);
	ck_assert_uint_eq(sum(rsdp, sizeof(*rsdp)), 0);
	h = (void *)(area + (rsdp->xsdt - GUEST_ACPI));
	ck_assert_uint_eq(sum(h, h->length), 0);
	for (size_t i = 0; i < 2; i++)
		ck_assert_uint_eq(sum(table(i), table(i)->length), 0);
	ck_assert_uint_eq(sum(dsdt(), dsdt()->length), 0);
}
END_TEST

START_TEST(acpi_build__fadt_names_the_registers)
{
	const struct fadt *fadt;

	acpi_build(area, ROOM, GUEST_ACPI, 1);
	fadt = (const void *)table(0);
	ck_assert_mem_eq(fadt->h.signature, "FACP", 4);
	ck_assert(fadt->flags & FLAG_HW_REDUCED);
	ck_assert(fadt->flags & FLAG_RESET_REG);
	ck_assert_uint_eq(fadt->reset.address, PORT_RESET);
	ck_assert_uint_eq(fadt->reset_value, RESET_VALUE);
	ck_assert_uint_eq(fadt->sleep_control.address, PORT_SLEEP_CONTROL);
	ck_assert_uint_eq(fadt->sleep_status.address, PORT_SLEEP_STATUS);
}
END_TEST

START_TEST(acpi_build__madt_lists_every_cpu)
{
	const struct madt *madt;
	const struct madt_lapic *lapic;

	acpi_build(area, ROOM, GUEST_ACPI, GUEST_MAX_CPUS);
	madt = (const void *)table(1);
	lapic = (const void *)(madt + 1);
	ck_assert_mem_eq(madt->h.signature, "APIC", 4);
	for (unsigned int i = 0; i < GUEST_MAX_CPUS; i++) {
		ck_assert_uint_eq(lapic[i].type, MADT_LAPIC);
		ck_assert_uint_eq(lapic[i].apic_id, i);
		ck_assert_uint_eq(lapic[i].flags, MADT_ENABLED);
	}
	ck_assert_uint_eq(lapic[GUEST_MAX_CPUS].type, MADT_IOAPIC);
}
END_TEST

START_TEST(acpi_build__largest_guest_fits)
{
	ck_assert_uint_gt(acpi_build(area, GUEST_ACPI_END - GUEST_ACPI,
				     GUEST_ACPI, GUEST_MAX_CPUS), 0);
}
END_TEST

START_TEST(acpi_build__any_room_too_small_is_refused)
{
	size_t need = acpi_build(area, ROOM, GUEST_ACPI, 3);

	for (size_t room = 0; room < need; room++) {
		memset(area, 0xee, sizeof(area));
		ck_assert_uint_eq(acpi_build(area, room, GUEST_ACPI, 3), 0);
		ck_assert_uint_eq(area[room], 0xee);
	}
	ck_assert_uint_eq(acpi_build(area, need, GUEST_ACPI, 3), need);
}
END_TEST

static void write_table(const char *path, const struct header *h)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(h, 1, h->length, out), h->length);
	fclose(out);
}

/*
 * Intel's compiler as the second opinion, in the current directory: what it
 * reads out of our table, it must turn into the same bytes again. Only the
 * header's author fields and hence the checksum are the compiler's own.
 */
static void round_trip(const struct header *h)
{
	static uint8_t again[ROOM];
	FILE *in;

	write_table("in.aml", h);
	ck_assert_int_eq(system("iasl -d in.aml >log 2>&1 && iasl -p out in.dsl >>log 2>&1 || { cat log; false; }"),
			 0);
	in = fopen("out.aml", "r");
	ck_assert_ptr_nonnull(in);
	ck_assert_uint_eq(fread(again, 1, sizeof(again), in), h->length);
	fclose(in);
	ck_assert_mem_eq(again + sizeof(*h), h + 1, h->length - sizeof(*h));
}

static void expect_source(const char *words)
{
	char command[256];

	snprintf(command, sizeof(command), "grep -qF '%s' in.dsl", words);
	ck_assert_msg(system(command) == 0, "in.dsl lacks %s", words);
}

START_TEST(acpi_build__iasl_round_trip)
{
	char directory[] = "/tmp/unit_vmm_acpi.XXXXXX";

	if (system("command -v iasl >/dev/null")) {
		puts("iasl is not installed: no round trip");
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	acpi_build(area, ROOM, GUEST_ACPI, 2);
	round_trip(table(0));
	expect_source("Hardware Reduced (V5) : 1");
	round_trip(table(1));
	round_trip(dsdt());
	expect_source("EisaId (\"PNP0501\")");
	expect_source("Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive");
	expect_source("Name (_S5, Package");
	ck_assert_int_eq(system("rm in.* out.* log"), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		aml_integer__shortest_coding,
		aml_eisa_id__known,
		aml_end__lengths_at_the_limits,
		aml_end__overflow_is_seen_not_written,
		acpi_build__checksums,
		acpi_build__fadt_names_the_registers,
		acpi_build__madt_lists_every_cpu,
		acpi_build__largest_guest_fits,
		acpi_build__any_room_too_small_is_refused,
		acpi_build__iasl_round_trip,
		NULL,
	};

	return run_tests("vmm_acpi", tests);
}
