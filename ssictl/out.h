/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one printer: every value has one call site and comes out as text or as
 * JSON. A key such as "peak_size" is printed "peak size" in text.
 *
 * A document has items with a value per line, or it is a line of its own
 * (ssi_out_begin_line()), one of many.
 */
#ifndef SSICTL_OUT_H
#define SSICTL_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <jansson.h>

#define SSI_OUT_SCHEMA 1
#define SSI_OUT_DEPTH  8
#define SSI_OUT_SIZE_TEXT 24

/**
 * enum ssi_color - how a value stands out on a terminal
 * @SSI_COLOR_NONE: not at all
 * @SSI_COLOR_GOOD: as it should be
 * @SSI_COLOR_WARN: on its way, or unusual
 * @SSI_COLOR_BAD: somebody should look at this
 */
enum ssi_color {
	SSI_COLOR_NONE,
	SSI_COLOR_GOOD,
	SSI_COLOR_WARN,
	SSI_COLOR_BAD,
};

/**
 * struct ssi_out - a document under way
 * @f: where it goes
 * @json: as JSON, else as text
 * @line: the document is one line
 * @color: text with terminal colours
 * @blank: text: an empty line stands before the next item, or in a line a blank
 *	before the next value
 * @failed: out of memory; the document is incomplete
 * @depth: open containers
 * @stack: the open containers, as JSON
 */
struct ssi_out {
	FILE *f;
	bool json;
	bool line;
	bool color;
	bool blank;
	bool failed;
	unsigned int depth;
	json_t *stack[SSI_OUT_DEPTH];
};

/**
 * ssi_out_begin - start a document
 * @o: the printer
 * @f: where to
 * @json: JSON or text
 */
void ssi_out_begin(struct ssi_out *o, FILE *f, bool json);

/**
 * ssi_out_begin_line - start a document that is one line; it has values only
 * @o: the printer
 * @f: where to
 * @json: JSON or text
 */
void ssi_out_begin_line(struct ssi_out *o, FILE *f, bool json);

/**
 * ssi_out_end - finish the document; prints it if it is JSON
 * @o: the printer
 * @rc: 0, or why the document is incomplete: then no JSON is printed
 *
 * Return: @rc; or -EIO when the document could not be written.
 */
int ssi_out_end(struct ssi_out *o, int rc);

/**
 * ssi_out_list - open a list of items; nothing in text
 * @o: the printer
 * @key: name of the list
 */
void ssi_out_list(struct ssi_out *o, const char *key);

/**
 * ssi_out_item - open an item of a list, known by a string
 * @o: the printer
 * @key: what kind of item
 * @name: which one
 */
void ssi_out_item(struct ssi_out *o, const char *key, const char *name);

/**
 * ssi_out_item_id - open an item of a list, known by a number
 * @o: the printer
 * @key: what kind of item
 * @id: which one
 */
void ssi_out_item_id(struct ssi_out *o, const char *key, uint32_t id);

/**
 * ssi_out_close - close the list or item opened last
 * @o: the printer
 */
void ssi_out_close(struct ssi_out *o);

/**
 * ssi_out_str - print a word
 * @o: the printer
 * @key: name of the value
 * @value: the word
 * @color: how it stands out in text
 */
void ssi_out_str(struct ssi_out *o, const char *key, const char *value, enum ssi_color color);

/**
 * ssi_out_bare - print a word that text shows without its key
 * @o: the printer of a line
 * @key: name of the value in JSON
 * @value: the word
 * @color: how it stands out in text
 */
void ssi_out_bare(struct ssi_out *o, const char *key, const char *value, enum ssi_color color);

/**
 * ssi_out_u64 - print a number
 * @o: the printer
 * @key: name of the value
 * @value: the number
 */
void ssi_out_u64(struct ssi_out *o, const char *key, uint64_t value);

/**
 * ssi_out_bool - print yes or no
 * @o: the printer
 * @key: name of the value
 * @value: which
 */
void ssi_out_bool(struct ssi_out *o, const char *key, bool value);

/**
 * ssi_out_count - print a number that should be zero: text shows another one in red
 * @o: the printer
 * @key: name of the value
 * @value: the number
 */
void ssi_out_count(struct ssi_out *o, const char *key, uint64_t value);

/**
 * ssi_out_pid - print a process
 * @o: the printer
 * @key: name of the value
 * @pid: the process; 0 for none, which is null in JSON
 * @none: what text says instead
 */
void ssi_out_pid(struct ssi_out *o, const char *key, pid_t pid, const char *none);

/**
 * ssi_out_size - print bytes; in text with a unit
 * @o: the printer
 * @key: name of the value
 * @bytes: the number
 */
void ssi_out_size(struct ssi_out *o, const char *key, uint64_t bytes);

/**
 * ssi_out_size_text - bytes in MiB, GiB or more
 * @text: SSI_OUT_SIZE_TEXT bytes of room
 * @bytes: the number
 *
 * Return: @text.
 */
const char *ssi_out_size_text(char *text, uint64_t bytes);

/**
 * ssi_out_ns - print a time; microseconds in text, the number itself in JSON
 * @o: the printer
 * @key: name of the value
 * @ns: nanoseconds
 */
void ssi_out_ns(struct ssi_out *o, const char *key, uint64_t ns);

/**
 * ssi_out_hex - print bytes as hexadecimal digits
 * @o: the printer
 * @key: name of the value
 * @bytes: what to print
 * @len: up to 32
 */
void ssi_out_hex(struct ssi_out *o, const char *key, const uint8_t *bytes, size_t len);

/**
 * ssi_out_ids - print a set of node ids
 * @o: the printer
 * @key: name of the value
 * @mask: bit n is set when n is in the set
 */
void ssi_out_ids(struct ssi_out *o, const char *key, uint64_t mask);

/**
 * ssi_out_note - print a sentence; nothing in JSON, where an empty list says it
 * @o: the printer
 * @text: the sentence
 */
void ssi_out_note(struct ssi_out *o, const char *text);

#endif /* SSICTL_OUT_H */
