// SPDX-License-Identifier: Apache-2.0
#include "aml.h"

#include <string.h>

/* Encodings, by the names of the ACPI specification. */
#define ZERO_OP	    0x00
#define ONE_OP	    0x01
#define NAME_OP	    0x08
#define BYTE_PREFIX 0x0a
#define WORD_PREFIX 0x0b
#define DWORD_PREFIX 0x0c
#define QWORD_PREFIX 0x0e
#define SCOPE_OP    0x10
#define BUFFER_OP   0x11
#define PACKAGE_OP  0x12
#define EXT_PREFIX  0x5b
#define DEVICE_OP   0x82
#define END_TAG	    0x79

static void put(struct aml *aml, const void *from, size_t bytes)
{
	if (bytes > aml->room - aml->length) {
		aml->overflow = true;
		return;
	}
	memcpy(aml->bytes + aml->length, from, bytes);
	aml->length += bytes;
}

static void put_byte(struct aml *aml, uint8_t byte)
{
	put(aml, &byte, 1);
}

/* A name segment is always four characters, padded with underscores. */
static void put_segment(struct aml *aml, const char *name)
{
	char segment[4] = { '_', '_', '_', '_' };
	size_t length = strlen(name);

	memcpy(segment, name, length < 4 ? length : 4);
	put(aml, segment, 4);
}

void aml_name(struct aml *aml, const char *name)
{
	put_byte(aml, NAME_OP);
	put_segment(aml, name);
}

void aml_integer(struct aml *aml, uint64_t value)
{
	if (value <= 1) {
		put_byte(aml, value ? ONE_OP : ZERO_OP);
	} else if (value <= UINT8_MAX) {
		put_byte(aml, BYTE_PREFIX);
		put(aml, &value, 1);
	} else if (value <= UINT16_MAX) {
		put_byte(aml, WORD_PREFIX);
		put(aml, &value, 2);
	} else if (value <= UINT32_MAX) {
		put_byte(aml, DWORD_PREFIX);
		put(aml, &value, 4);
	} else {
		put_byte(aml, QWORD_PREFIX);
		put(aml, &value, 8);
	}
}

static unsigned int hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Letters take five bits each, digits four; the result is big-endian. */
void aml_eisa_id(struct aml *aml, const char *id)
{
	uint32_t value = (id[0] & 0x1f) << 26 | (id[1] & 0x1f) << 21 |
			 (id[2] & 0x1f) << 16;

	for (int i = 0; i < 4; i++)
		value |= hex_digit(id[3 + i]) << (12 - 4 * i);
	value = __builtin_bswap32(value);
	put_byte(aml, DWORD_PREFIX);
	put(aml, &value, 4);
}

size_t aml_package_begin(struct aml *aml, uint8_t elements)
{
	size_t at;

	put_byte(aml, PACKAGE_OP);
	at = aml->length;
	put_byte(aml, elements);
	return at;
}

size_t aml_scope_begin(struct aml *aml, const char *name)
{
	size_t at;

	put_byte(aml, SCOPE_OP);
	at = aml->length;
	put_segment(aml, name);
	return at;
}

size_t aml_device_begin(struct aml *aml, const char *name)
{
	size_t at;

	put_byte(aml, EXT_PREFIX);
	put_byte(aml, DEVICE_OP);
	at = aml->length;
	put_segment(aml, name);
	return at;
}

/*
 * Only now is the length known that belongs in front of the object, so the
 * object moves up. The length counts its own bytes: one for up to 63, else the
 * low four bits and then whole bytes.
 */
void aml_end(struct aml *aml, size_t at)
{
	size_t body = aml->length - at;
	uint8_t coded[3];
	size_t n, total;

	n = body + 1 < 64 ? 1 : body + 2 < 4096 ? 2 : 3;
	total = body + n;
	if (total >= 1 << 20 || n > aml->room - aml->length) {
		aml->overflow = true;
		return;
	}
	coded[0] = n == 1 ? total : (n - 1) << 6 | (total & 0xf);
	coded[1] = total >> 4;
	coded[2] = total >> 12;
	memmove(aml->bytes + at + n, aml->bytes + at, body);
	memcpy(aml->bytes + at, coded, n);
	aml->length += n;
}

void aml_resources(struct aml *aml, const uint8_t *items, size_t bytes)
{
	size_t at;

	put_byte(aml, BUFFER_OP);
	at = aml->length;
	aml_integer(aml, bytes + 2);
	put(aml, items, bytes);
	put_byte(aml, END_TAG);
	put_byte(aml, 0); /* no checksum */
	aml_end(aml, at);
}
