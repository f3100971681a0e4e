/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share. A target is a program that is given bytes, does
 * with them what a peer, a kernel or a user could make our code do, and says
 * with must() what has to be true whatever they are.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * LLVMFuzzerTestOneInput() - the target
 * @data: the input
 * @size: its bytes
 *
 * Return: 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property; where it does not hold, the input is kept. */
#define must(condition)                                                        \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s: must hold: %s\n", __FILE__, \
				__LINE__, __func__, #condition);               \
			abort();                                               \
		}                                                              \
	} while (0)

/**
 * struct input - what is left of the bytes
 * @at:	  the next one
 * @left: how many
 */
struct input {
	const uint8_t *at;
	size_t left;
};

/* Fills @to; where the input ends, with zeroes. */
static inline void in_bytes(struct input *in, void *to, size_t size)
{
	size_t have = size < in->left ? size : in->left;

	memset(to, 0, size);
	if (!have)
		return;
	memcpy(to, in->at, have);
	in->at += have;
	in->left -= have;
}

static inline uint8_t in_u8(struct input *in)
{
	uint8_t byte;

	in_bytes(in, &byte, sizeof(byte));
	return byte;
}

/* The bytes up to the next zero as a string of exactly that size, to be freed. */
static inline char *in_text(struct input *in)
{
	size_t size = in->left ? strnlen((const char *)in->at, in->left) : 0;
	char *text = malloc(size + 1);

	in_bytes(in, text, size);
	text[size] = 0;
	in_u8(in);
	return text;
}

#endif /* FUZZ_H */
