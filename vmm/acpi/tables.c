// SPDX-License-Identifier: Apache-2.0
/*
 * Hardware-reduced ACPI: no legacy timer, no 8259, no fixed power hardware.
 * RSDP -> XSDT -> FADT (-> DSDT), MADT. Structures are those of the ACPI
 * specification 6.3, chapter 5.2; all fields are little-endian, as we are.
 */
#include "tables.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "../layout.h"
#include "aml.h"

struct gas { /* generic address structure */
	uint8_t space;
	uint8_t bits;
	uint8_t offset;
	uint8_t access;
	uint64_t address;
} __attribute__((packed));
#define SPACE_IO    1
#define ACCESS_BYTE 1

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem[6];
	char oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));
static_assert(sizeof(struct header) == 36, "ACPI table header");

struct rsdp {
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t checksum_all;
	uint8_t reserved[3];
} __attribute__((packed));
static_assert(sizeof(struct rsdp) == 36, "RSDP");
#define RSDP_OLD_BYTES 20

struct xsdt {
	struct header h;
	uint64_t table[2];
} __attribute__((packed));

struct fadt {
	struct header h;
	uint32_t facs;
	uint32_t dsdt;
	uint8_t reserved0;
	uint8_t profile;
	uint8_t pm_fixed[62]; /* SCI_INT to CENTURY: absent hardware */
	uint8_t century;
	uint16_t boot_arch;
	uint8_t reserved1;
	uint32_t flags;
	struct gas reset;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t minor;
	uint64_t x_facs;
	uint64_t x_dsdt;
	struct gas x_pm[8]; /* absent hardware */
	struct gas sleep_control;
	struct gas sleep_status;
	char hypervisor[8];
} __attribute__((packed));
static_assert(offsetof(struct fadt, boot_arch) == 109, "FADT");
static_assert(offsetof(struct fadt, x_dsdt) == 140, "FADT");
static_assert(offsetof(struct fadt, sleep_control) == 244, "FADT");
static_assert(sizeof(struct fadt) == 276, "FADT");

#define FADT_REVISION	      6
#define FADT_MINOR	      3
#define PROFILE_ENTERPRISE    4
#define BOOT_NO_VGA	      (1 << 2)
#define BOOT_NO_RTC	      (1 << 5)
#define FLAG_WBINVD	      (1 << 0)
#define FLAG_NO_POWER_BUTTON  (1 << 4)
#define FLAG_NO_SLEEP_BUTTON  (1 << 5)
#define FLAG_RESET_REG	      (1 << 10)
#define FLAG_HEADLESS	      (1 << 12)
#define FLAG_HW_REDUCED	      (1 << 20)

struct madt {
	struct header h;
	uint32_t lapic;
	uint32_t flags;
} __attribute__((packed));

struct madt_lapic {
	uint8_t type, length, uid, apic_id;
	uint32_t flags;
} __attribute__((packed));

struct madt_ioapic {
	uint8_t type, length, id, reserved;
	uint32_t address, gsi_base;
} __attribute__((packed));

struct madt_nmi {
	uint8_t type, length, uid;
	uint16_t flags;
	uint8_t lint;
} __attribute__((packed));

#define MADT_LAPIC	  0
#define MADT_IOAPIC	  1
#define MADT_NMI	  4
#define MADT_ENABLED	  1
#define MADT_ALL_CPUS	  0xff
#define MADT_NMI_LINT	  1
#define MADT_EDGE_HIGH	  0x5
#define IOAPIC_ID	  0

/* The tables of one guest, filled from the front. */
struct builder {
	uint8_t *to;
	size_t room;
	size_t used;
	uint64_t gpa;
};

static uint8_t checksum(const void *from, size_t bytes)
{
	const uint8_t *at = from;
	uint8_t sum = 0;

	while (bytes--)
		sum += *at++;
	return -sum;
}

/* Takes room for a table at an 8-byte boundary; NULL when there is none. */
static void *take(struct builder *b, size_t bytes)
{
	size_t start = (b->used + 7) & ~(size_t)7;

	if (start > b->room || bytes > b->room - start)
		return NULL;
	b->used = start + bytes;
	return memset(b->to + start, 0, bytes);
}

static uint64_t gpa_of(const struct builder *b, const void *table)
{
	return b->gpa + ((const uint8_t *)table - b->to);
}

/* Completes a table's header; call when its content is final. */
static void seal(struct header *h, const char *signature, uint8_t revision,
		 uint32_t length)
{
	memcpy(h->signature, signature, 4);
	h->length = length;
	h->revision = revision;
	memcpy(h->oem, "SSIHV ", 6);
	memcpy(h->oem_table, "SSIVMM  ", 8);
	h->oem_revision = 1;
	memcpy(h->creator, "SSI ", 4);
	h->creator_revision = 1;
	h->checksum = 0;
	h->checksum = checksum(h, length);
}

/*
 * Name (_S5, Package () { 5, 0, 0, 0 }): the sleep type the guest writes to
 * the sleep control register to power off.
 */
static void add_s5(struct aml *aml)
{
	size_t at;

	aml_name(aml, "_S5");
	at = aml_package_begin(aml, 4);
	aml_integer(aml, SLEEP_TYPE_S5);
	aml_integer(aml, 0);
	aml_integer(aml, 0);
	aml_integer(aml, 0);
	aml_end(aml, at);
}

struct device_row {
	const char *name;
	const char *eisa_id;
	const uint8_t *resources;
	size_t bytes;
};

static const uint8_t serial_resources[] = {
	AML_RESOURCE_IO(PORT_SERIAL, PORT_SERIAL_COUNT),
	AML_RESOURCE_EDGE_IRQ(GSI_SERIAL),
};

/* PNP0C02 keeps the guest from giving these ports to another device. */
static const uint8_t power_resources[] = {
	AML_RESOURCE_IO(PORT_POWER, PORT_POWER_COUNT),
};

static const struct device_row devices[] = {
	{ "COM1", "PNP0501", serial_resources, sizeof(serial_resources) },
	{ "PWR", "PNP0C02", power_resources, sizeof(power_resources) },
};

static void add_devices(struct aml *aml)
{
	size_t scope = aml_scope_begin(aml, "_SB");

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		size_t at = aml_device_begin(aml, devices[i].name);

		aml_name(aml, "_HID");
		aml_eisa_id(aml, devices[i].eisa_id);
		aml_name(aml, "_UID");
		aml_integer(aml, 0);
		aml_name(aml, "_CRS");
		aml_resources(aml, devices[i].resources, devices[i].bytes);
		aml_end(aml, at);
	}
	aml_end(aml, scope);
}

static struct header *build_dsdt(struct builder *b)
{
	struct header *h = take(b, sizeof(*h));
	struct aml aml;

	if (!h)
		return NULL;
	aml = (struct aml){ .bytes = b->to + b->used,
			    .room = b->room - b->used };
	add_s5(&aml);
	add_devices(&aml);
	if (aml.overflow)
		return NULL;
	b->used += aml.length;
	seal(h, "DSDT", 2, sizeof(*h) + aml.length);
	return h;
}

static struct gas io_register(uint16_t port)
{
	return (struct gas){ .space = SPACE_IO,
			     .bits = 8,
			     .access = ACCESS_BYTE,
			     .address = port };
}

static struct fadt *build_fadt(struct builder *b, uint64_t dsdt)
{
	struct fadt *f = take(b, sizeof(*f));

	if (!f)
		return NULL;
	f->profile = PROFILE_ENTERPRISE;
	f->boot_arch = BOOT_NO_VGA | BOOT_NO_RTC;
	f->flags = FLAG_WBINVD | FLAG_NO_POWER_BUTTON | FLAG_NO_SLEEP_BUTTON |
		   FLAG_RESET_REG | FLAG_HEADLESS | FLAG_HW_REDUCED;
	f->minor = FADT_MINOR;
	f->x_dsdt = dsdt;
	f->reset = io_register(PORT_RESET);
	f->reset_value = RESET_VALUE;
	f->sleep_control = io_register(PORT_SLEEP_CONTROL);
	f->sleep_status = io_register(PORT_SLEEP_STATUS);
	memcpy(f->hypervisor, "SSI-HV  ", 8);
	seal(&f->h, "FACP", FADT_REVISION, sizeof(*f));
	return f;
}

static struct madt *build_madt(struct builder *b, unsigned int cpus)
{
	size_t bytes = sizeof(struct madt) + cpus * sizeof(struct madt_lapic) +
		       sizeof(struct madt_ioapic) + sizeof(struct madt_nmi);
	struct madt *m = take(b, bytes);
	struct madt_lapic *lapic;
	struct madt_ioapic *ioapic;
	struct madt_nmi *nmi;

	if (!m)
		return NULL;
	m->lapic = GUEST_LAPIC;
	lapic = (struct madt_lapic *)(m + 1);
	for (unsigned int i = 0; i < cpus; i++, lapic++)
		*lapic = (struct madt_lapic){ .type = MADT_LAPIC,
					      .length = sizeof(*lapic),
					      .uid = i,
					      .apic_id = i,
					      .flags = MADT_ENABLED };
	ioapic = (struct madt_ioapic *)lapic;
	*ioapic = (struct madt_ioapic){ .type = MADT_IOAPIC,
					.length = sizeof(*ioapic),
					.id = IOAPIC_ID,
					.address = GUEST_IOAPIC };
	nmi = (struct madt_nmi *)(ioapic + 1);
	*nmi = (struct madt_nmi){ .type = MADT_NMI,
				  .length = sizeof(*nmi),
				  .uid = MADT_ALL_CPUS,
				  .flags = MADT_EDGE_HIGH,
				  .lint = MADT_NMI_LINT };
	seal(&m->h, "APIC", 5, bytes);
	return m;
}

static void fill_rsdp(struct rsdp *rsdp, uint64_t xsdt)
{
	memcpy(rsdp->signature, "RSD PTR ", 8);
	memcpy(rsdp->oem, "SSIHV ", 6);
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = xsdt;
	rsdp->checksum = checksum(rsdp, RSDP_OLD_BYTES);
	rsdp->checksum_all = checksum(rsdp, sizeof(*rsdp));
}

size_t acpi_build(uint8_t *to, size_t room, uint64_t gpa, unsigned int cpus)
{
	struct builder b = { .to = to, .room = room, .gpa = gpa };
	struct rsdp *rsdp = take(&b, sizeof(*rsdp));
	struct xsdt *xsdt = take(&b, sizeof(*xsdt));
	struct header *dsdt = build_dsdt(&b);
	struct fadt *fadt = dsdt ? build_fadt(&b, gpa_of(&b, dsdt)) : NULL;
	struct madt *madt = build_madt(&b, cpus);

	if (!rsdp || !xsdt || !fadt || !madt)
		return 0;
	xsdt->table[0] = gpa_of(&b, fadt);
	xsdt->table[1] = gpa_of(&b, madt);
	seal(&xsdt->h, "XSDT", 1, sizeof(*xsdt));
	fill_rsdp(rsdp, gpa_of(&b, xsdt));
	return b.used;
}
