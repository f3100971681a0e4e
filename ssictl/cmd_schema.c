// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>

#include <jansson.h>

/* What schemas.py made: an object with a schema for each command. */
extern const char _binary_schemas_json_start[];
extern const char _binary_schemas_json_end[];

static int print(json_t *schema)
{
	if (json_dumpf(schema, stdout, JSON_INDENT(2)) < 0 || putchar('\n') < 0 ||
	    fflush(stdout) < 0)
		return ssi_cmd_fail("schema", NULL, -EIO, NULL);
	return SSI_EXIT_OK;
}

static void print_names(json_t *schemas)
{
	const char *name;
	json_t *schema;

	json_object_foreach(schemas, name, schema) {
		puts(name);
	}
}

static int show(json_t *schemas, const char *command)
{
	json_t *schema = json_object_get(schemas, command);

	if (schema)
		return print(schema);
	fprintf(stderr, "ssictl: schema: '%s' is no command that prints JSON; ssictl schema "
			"lists those\n",
		command);
	return SSI_EXIT_USAGE;
}

int ssi_cmd_schema(const struct ssi_args *args)
{
	size_t size = (uintptr_t)_binary_schemas_json_end - (uintptr_t)_binary_schemas_json_start;
	json_t *schemas = json_loadb(_binary_schemas_json_start, size, 0, NULL);
	int rc = SSI_EXIT_OK;

	if (!schemas)
		return ssi_cmd_fail("schema", NULL, -ENOMEM, NULL);
	if (*args->words)
		rc = show(schemas, args->words);
	else
		print_names(schemas);
	json_decref(schemas);
	return rc;
}
