// SPDX-License-Identifier: Apache-2.0
#include "fields.h"

#include <stdio.h>
#include <string.h>

#include "../ssictl/opts.h"

/* No request is nested deeper; the parser calls itself for each level. */
#define DEPTH_MAX 8

#define HEX "0123456789abcdef"

/* ---- reading ---- */

static const char *read_name(const char *text, char *to)
{
	const char *name;
	const char *expected = ssi_opts_name(text, &name);

	if (!expected)
		strcpy(to, name);
	return expected;
}

static const char *read_hex(const char *text, char *to)
{
	if (strlen(text) != SSI_HEX_SIZE - 1 || strspn(text, HEX) != SSI_HEX_SIZE - 1)
		return "32 lower case hexadecimal digits";
	strcpy(to, text);
	return NULL;
}

static const char *read_address(const char *text, char *to)
{
	struct ssi_addr addr;
	const char *expected = ssi_opts_addr(text, &addr);

	if (!expected)
		strcpy(to, text);
	return expected;
}

static const char *read_text(const char *text, char *to)
{
	size_t len = strlen(text), i;

	for (i = 0; i < len && text[i] >= ' ' && text[i] <= '~'; i++)
		;
	if (i < len || len >= SSI_TEXT_SIZE)
		return "up to 63 printable characters of ASCII";
	strcpy(to, text);
	return NULL;
}

static const char *read_string(const struct ssi_field *field, const json_t *value, void *to)
{
	static const char *(*const readers[])(const char *, char *) = {
		[SSI_FIELD_NAME] = read_name,
		[SSI_FIELD_HEX] = read_hex,
		[SSI_FIELD_ADDRESS] = read_address,
		[SSI_FIELD_TEXT] = read_text,
	};

	if (!json_is_string(value))
		return "a string";
	/* No zero stands in it: the parser refuses those. */
	return readers[field->kind](json_string_value(value), to);
}

static const char *read_long(const struct ssi_field *field, const json_t *value, const char **to)
{
	*to = json_string_value(value);
	return *to && json_string_length(value) <= field->max ? NULL : "a string within its limits";
}

static bool is_number(const json_t *value, uint64_t min, uint64_t max)
{
	json_int_t n = json_integer_value(value);

	return json_is_integer(value) && n >= 0 && (uint64_t)n >= min &&
	       (!max || (uint64_t)n <= max);
}

static const char *read_number(const struct ssi_field *field, const json_t *value, void *to)
{
	bool narrow = field->kind == SSI_FIELD_U32;
	uint64_t max = narrow && !field->max ? UINT32_MAX : field->max;

	if (!is_number(value, field->min, max))
		return "a number in its limits";
	if (narrow)
		*(uint32_t *)to = json_integer_value(value);
	else
		*(uint64_t *)to = json_integer_value(value);
	return NULL;
}

static const char *read_ids(const json_t *value, struct ssi_ids *ids)
{
	static const char expected[] = "a list of up to 64 node ids";
	const json_t *item;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > SSI_PLACES_MAX)
		return expected;
	json_array_foreach(value, i, item) {
		if (!is_number(item, 0, UINT32_MAX))
			return expected;
		ids->id[i] = json_integer_value(item);
	}
	ids->count = json_array_size(value);
	return NULL;
}

static const struct ssi_field place_fields[] = {
	{ "node", SSI_FIELD_U32, offsetof(struct ssi_place, node), true, 0, 0 },
	{ "bytes", SSI_FIELD_U64, offsetof(struct ssi_place, bytes), true, 0, 0 },
	{ NULL, 0, 0, false, 0, 0 },
};

static const char *read_places(const json_t *value, struct ssi_places *places)
{
	static const char expected[] = "a list of up to 64 objects with node and bytes";
	const json_t *item;
	char why[160];
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > SSI_PLACES_MAX)
		return expected;
	json_array_foreach(value, i, item) {
		if (ssi_fields_read(item, place_fields, &places->at[i], why, sizeof(why)) < 0)
			return expected;
	}
	places->count = json_array_size(value);
	return NULL;
}

/* Returns NULL, or what a good value looks like. */
static const char *read_value(const struct ssi_field *field, json_t *value, void *to)
{
	switch (field->kind) {
	case SSI_FIELD_U32:
	case SSI_FIELD_U64:
		return read_number(field, value, to);
	case SSI_FIELD_LONG:
		return read_long(field, value, to);
	case SSI_FIELD_FLAG:
		*(bool *)to = json_is_true(value);
		return json_is_boolean(value) ? NULL : "true or false";
	case SSI_FIELD_IDS:
		return read_ids(value, to);
	case SSI_FIELD_PLACES:
		return read_places(value, to);
	case SSI_FIELD_ARRAY:
		*(json_t **)to = value;
		return json_is_array(value) ? NULL : "a list";
	case SSI_FIELD_OBJECT:
		*(json_t **)to = value;
		return json_is_object(value) ? NULL : "an object";
	default:
		return read_string(field, value, to);
	}
}

static int refuse_value(const struct ssi_field *field, const char *expected, char *why, size_t size)
{
	bool number = field->kind == SSI_FIELD_U32 || field->kind == SSI_FIELD_U64;

	if (number && field->max)
		snprintf(why, size, "%s is not a number from %llu to %llu", field->key,
			 (unsigned long long)field->min, (unsigned long long)field->max);
	else if (number)
		snprintf(why, size, "%s is not a number, %llu or more", field->key,
			 (unsigned long long)field->min);
	else
		snprintf(why, size, "%s is not %s", field->key, expected);
	return -1;
}

static bool knows(const struct ssi_field *table, const char *key)
{
	for (; table->key; table++) {
		if (!strcmp(table->key, key))
			return true;
	}
	return false;
}

static int refuse_unknown(const json_t *object, const struct ssi_field *table, char *why,
			  size_t size)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		if (knows(table, key))
			continue;
		snprintf(why, size, "unknown field '%.40s'", key);
		return -1;
	}
	return 0;
}

int ssi_fields_read(const json_t *object, const struct ssi_field *table, void *to, char *why,
		    size_t size)
{
	const struct ssi_field *field;

	if (!json_is_object(object)) {
		snprintf(why, size, "not an object");
		return -1;
	}
	for (field = table; field->key; field++) {
		json_t *value = json_object_get(object, field->key);
		const char *expected;

		if (!value && !field->required)
			continue;
		if (!value) {
			snprintf(why, size, "%s is missing", field->key);
			return -1;
		}
		expected = read_value(field, value, (char *)to + field->offset);
		if (expected)
			return refuse_value(field, expected, why, size);
	}
	return refuse_unknown(object, table, why, size);
}

/* ---- writing ---- */

static json_t *write_ids(const struct ssi_ids *ids)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < ids->count; i++)
		json_array_append_new(list, json_integer(ids->id[i]));
	return list;
}

static json_t *write_places(const struct ssi_places *places)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < places->count; i++)
		json_array_append_new(list, ssi_fields_write(place_fields, &places->at[i]));
	return list;
}

/* Returns NULL for what may be left out, and is empty. */
static json_t *write_value(const struct ssi_field *field, const void *from)
{
	switch (field->kind) {
	case SSI_FIELD_U32:
		return json_integer(*(const uint32_t *)from);
	case SSI_FIELD_U64:
		return json_integer(*(const uint64_t *)from);
	case SSI_FIELD_FLAG:
		return json_boolean(*(const bool *)from);
	case SSI_FIELD_IDS:
		return write_ids(from);
	case SSI_FIELD_PLACES:
		return write_places(from);
	case SSI_FIELD_ARRAY:
	case SSI_FIELD_OBJECT:
		return json_incref(*(json_t *const *)from);
	default:
		return *(const char *)from || field->required ? json_string(from) : NULL;
	}
}

json_t *ssi_fields_write(const struct ssi_field *table, const void *from)
{
	json_t *object = json_object();
	int rc = 0;

	for (; table->key; table++) {
		json_t *value = write_value(table, (const char *)from + table->offset);

		if (value)
			rc |= json_object_set_new(object, table->key, value);
	}
	if (rc == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* ---- parsing ---- */

/* How deep objects and lists are nested, as far as brackets outside of strings say. */
static unsigned int depth_of(const char *text, size_t len)
{
	unsigned int depth = 0, deepest = 0;
	bool string = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			string = !string;
		else if (!string && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!string && depth && (text[i] == '}' || text[i] == ']'))
			depth--;
		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}

json_t *ssi_fields_parse(const char *text, size_t len, char *why, size_t size)
{
	json_error_t error;
	json_t *root;

	if (depth_of(text, len) > DEPTH_MAX) {
		snprintf(why, size, "nested deeper than %d", DEPTH_MAX);
		return NULL;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		snprintf(why, size, "no JSON: line %d: %.100s", error.line, error.text);
		return NULL;
	}
	if (json_is_object(root))
		return root;
	snprintf(why, size, "not an object");
	json_decref(root);
	return NULL;
}
