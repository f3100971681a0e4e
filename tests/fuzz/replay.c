// SPDX-License-Identifier: Apache-2.0
/*
 * Gives a target the inputs in the files that are named, where there is no
 * libFuzzer to do that and to find others.
 */
#include "fuzz.h"

static void replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0, got;

	if (!file) {
		perror(path);
		exit(1);
	}
	do {
		data = realloc(data, size + 4096);
		got = fread(data + size, 1, 4096, file);
		size += got;
	} while (got);
	fclose(file);
	/* Of its exact size, so that reading past it is caught. */
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	return 0;
}
