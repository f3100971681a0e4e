/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A builder for the few AML constructs the VMM's DSDT is made of (ACPI
 * specification, chapter 20). Objects nest by begin and end:
 *
 *	at = aml_device_begin(aml, "COM1");
 *	aml_name(aml, "_UID");
 *	aml_integer(aml, 0);
 *	aml_end(aml, at);
 *
 * Running out of room sets a flag instead of failing each call: test
 * aml->overflow once at the end.
 */
#ifndef SSI_VMM_ACPI_AML_H
#define SSI_VMM_ACPI_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct aml - AML under construction
 * @bytes:    where it goes
 * @room:     size of @bytes
 * @length:   bytes written
 * @overflow: something did not fit
 */
struct aml {
	uint8_t *bytes;
	size_t room;
	size_t length;
	bool overflow;
};

/** aml_name() - Name(@name, ...): the next object is its value */
void aml_name(struct aml *aml, const char *name);

/** aml_integer() - an integer in its shortest coding */
void aml_integer(struct aml *aml, uint64_t value);

/**
 * aml_eisa_id() - EisaId("@id"): a compressed identifier
 * @aml: the builder
 * @id:  three capital letters and four hexadecimal digits, as "PNP0501"
 */
void aml_eisa_id(struct aml *aml, const char *id);

/**
 * aml_package_begin() - Package () { ... }
 * @aml:      the builder
 * @elements: how many objects follow
 *
 * Return: what aml_end() wants.
 */
size_t aml_package_begin(struct aml *aml, uint8_t elements);

/** aml_scope_begin() - Scope (@name) { ... }; Return: what aml_end() wants */
size_t aml_scope_begin(struct aml *aml, const char *name);

/** aml_device_begin() - Device (@name) { ... }; Return: what aml_end() wants */
size_t aml_device_begin(struct aml *aml, const char *name);

/**
 * aml_end() - close a package, scope or device
 * @aml: the builder
 * @at:  what its begin returned
 */
void aml_end(struct aml *aml, size_t at);

/**
 * aml_resources() - ResourceTemplate () { ... }
 * @aml:   the builder
 * @items: resource descriptors, without the end tag
 * @bytes: their length
 */
void aml_resources(struct aml *aml, const uint8_t *items, size_t bytes);

/* IO (Decode16, @port, @port, 1, @count): eight bytes of resource template. */
#define AML_RESOURCE_IO(port, count)                                      \
	0x47, 0x01, (port) & 0xff, (port) >> 8, (port) & 0xff, (port) >> 8, \
		0x01, (count)

/* Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { @gsi }. */
#define AML_RESOURCE_EDGE_IRQ(gsi) \
	0x89, 0x06, 0x00, 0x03, 0x01, (gsi), 0x00, 0x00, 0x00

#endif
