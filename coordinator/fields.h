/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON objects and C structures: one table drives reading, with refusals that
 * name the field, and writing. Requests, records and snapshots are read by it.
 */
#ifndef SSI_COORD_FIELDS_H
#define SSI_COORD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <linux/ssi_mem.h>

#define SSI_NAME_SIZE	 (SSI_MEM_NAME_MAX + 1)
#define SSI_HEX_SIZE	 (2 * SSI_MEM_INCARNATION_LEN + 1)
#define SSI_ADDRESS_SIZE 80
#define SSI_TEXT_SIZE	 64

/* As many members as the kernel takes in a region. */
#define SSI_PLACES_MAX (SSI_MEM_NODE_ID_MAX + 1)

/**
 * struct ssi_ids - a list of nodes
 * @count: how many
 * @id: which ones
 */
struct ssi_ids {
	uint32_t count;
	uint32_t id[SSI_PLACES_MAX];
};

/**
 * struct ssi_place - a member's part of a region
 * @node: its id
 * @bytes: of its share
 */
struct ssi_place {
	uint32_t node;
	uint64_t bytes;
};

/**
 * struct ssi_places - the members of a region
 * @count: how many
 * @at: in ascending order of ids
 */
struct ssi_places {
	uint32_t count;
	struct ssi_place at[SSI_PLACES_MAX];
};

/**
 * enum ssi_field_kind - what a field holds
 * @SSI_FIELD_NAME: char[SSI_NAME_SIZE], as ssictl takes a name
 * @SSI_FIELD_HEX: char[SSI_HEX_SIZE], 32 lower case hexadecimal digits
 * @SSI_FIELD_ADDRESS: char[SSI_ADDRESS_SIZE], ADDR:PORT
 * @SSI_FIELD_TEXT: char[SSI_TEXT_SIZE], printable ASCII
 * @SSI_FIELD_LONG: const char *, borrowed from the object: as many bytes as @max says
 * @SSI_FIELD_U32: uint32_t
 * @SSI_FIELD_U64: uint64_t, below 2^63
 * @SSI_FIELD_FLAG: bool
 * @SSI_FIELD_IDS: struct ssi_ids
 * @SSI_FIELD_PLACES: struct ssi_places
 * @SSI_FIELD_ARRAY: json_t *, borrowed from the object
 * @SSI_FIELD_OBJECT: json_t *, borrowed from the object
 */
enum ssi_field_kind {
	SSI_FIELD_NAME,
	SSI_FIELD_HEX,
	SSI_FIELD_ADDRESS,
	SSI_FIELD_TEXT,
	SSI_FIELD_LONG,
	SSI_FIELD_U32,
	SSI_FIELD_U64,
	SSI_FIELD_FLAG,
	SSI_FIELD_IDS,
	SSI_FIELD_PLACES,
	SSI_FIELD_ARRAY,
	SSI_FIELD_OBJECT,
};

/**
 * struct ssi_field - one field of an object
 * @key: its key; NULL ends a table
 * @kind: what it holds
 * @offset: in the structure
 * @required: an object without it is refused
 * @min: of a number
 * @max: of a number, 0 for no limit; bytes of a long text
 */
struct ssi_field {
	const char *key;
	enum ssi_field_kind kind;
	size_t offset;
	bool required;
	uint64_t min;
	uint64_t max;
};

/**
 * ssi_fields_read - fill a structure from an object
 * @object: from anybody; a key that the table does not have is refused
 * @table: the fields
 * @to: the structure; what the object leaves out stays as it is
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_fields_read(const json_t *object, const struct ssi_field *table, void *to, char *why,
		    size_t size);

/**
 * ssi_fields_write - make an object of a structure
 * @table: the fields; empty strings and lists that are not required are left out
 * @from: the structure
 *
 * Return: the object, or NULL without memory.
 */
json_t *ssi_fields_write(const struct ssi_field *table, const void *from);

/**
 * ssi_fields_parse - read JSON that anybody may have sent
 * @text: the bytes
 * @len: how many
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: an object, or NULL with @why set: no JSON, no object, a key that
 * stands twice, or nested deeper than any request needs.
 */
json_t *ssi_fields_parse(const char *text, size_t len, char *why, size_t size);

#endif /* SSI_COORD_FIELDS_H */
