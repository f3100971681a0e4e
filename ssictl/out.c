// SPDX-License-Identifier: Apache-2.0
#include "out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEX_MAX 32

static json_t *top(struct ssi_out *o)
{
	return o->stack[o->depth - 1];
}

/* Takes over @value. */
static void add(struct ssi_out *o, const char *key, json_t *value)
{
	int rc = json_is_array(top(o)) ? json_array_append_new(top(o), value) :
					 json_object_set_new(top(o), key, value);

	if (rc < 0)
		o->failed = true;
}

static void push(struct ssi_out *o, const char *key, json_t *container)
{
	/* Its own reference: it is still there when the outer one refuses it. */
	if (o->json && o->depth)
		add(o, key, json_incref(container));
	o->stack[o->depth++] = container;
}

static void begin_bare(struct ssi_out *o)
{
	if (!o->line)
		return;
	if (o->blank)
		fputc(' ', o->f);
	o->blank = true;
}

static void begin_value(struct ssi_out *o, const char *key)
{
	begin_bare(o);
	if (!o->line)
		fputs("  ", o->f);
	for (; *key; key++)
		fputc(*key == '_' ? ' ' : *key, o->f);
	fputs(o->line ? " " : ": ", o->f);
}

static void end_value(struct ssi_out *o)
{
	if (!o->line)
		fputc('\n', o->f);
}

static void begin_item(struct ssi_out *o, const char *key)
{
	if (o->blank)
		fputc('\n', o->f);
	o->blank = true;
	fprintf(o->f, "%s%s: ", o->color ? "\033[1m" : "", key);
}

static void end_item(struct ssi_out *o)
{
	fprintf(o->f, "%s\n", o->color ? "\033[0m" : "");
}

static void begin(struct ssi_out *o, FILE *f, bool json, bool line)
{
	*o = (struct ssi_out){ .f = f, .json = json, .line = line };
	o->color = !json && isatty(fileno(f)) && !getenv("NO_COLOR");
	push(o, NULL, json ? json_object() : NULL);
	if (json)
		add(o, "schema", json_integer(SSI_OUT_SCHEMA));
}

void ssi_out_begin(struct ssi_out *o, FILE *f, bool json)
{
	begin(o, f, json, false);
}

void ssi_out_begin_line(struct ssi_out *o, FILE *f, bool json)
{
	begin(o, f, json, true);
}

int ssi_out_end(struct ssi_out *o, int rc)
{
	json_t *root = o->stack[0];

	if (o->json && rc == 0 && !o->failed)
		o->failed = json_dumpf(root, o->f, o->line ? JSON_COMPACT : JSON_INDENT(2)) < 0;
	if (o->json ? rc == 0 && !o->failed : o->line)
		fputc('\n', o->f);
	json_decref(root);
	if (fflush(o->f) || ferror(o->f))
		o->failed = true;
	return rc == 0 && o->failed ? -EIO : rc;
}

void ssi_out_list(struct ssi_out *o, const char *key)
{
	push(o, key, o->json ? json_array() : NULL);
}

/* JSON is UTF-8, but names that others chose may be anything. */
static json_t *word(const char *value)
{
	json_t *string = json_string(value);
	char *copy, *c;

	if (string)
		return string;
	copy = strdup(value);
	for (c = copy; c && *c; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
	string = copy ? json_string(copy) : NULL;
	free(copy);
	return string;
}

void ssi_out_item(struct ssi_out *o, const char *key, const char *name)
{
	push(o, NULL, o->json ? json_object() : NULL);
	if (o->json) {
		add(o, key, word(name));
		return;
	}
	begin_item(o, key);
	fputs(name, o->f);
	end_item(o);
}

void ssi_out_item_id(struct ssi_out *o, const char *key, uint32_t id)
{
	push(o, NULL, o->json ? json_object() : NULL);
	if (o->json) {
		add(o, key, json_integer(id));
		return;
	}
	begin_item(o, key);
	fprintf(o->f, "%" PRIu32, id);
	end_item(o);
}

void ssi_out_close(struct ssi_out *o)
{
	json_decref(o->stack[--o->depth]);
}

static void put_colored(struct ssi_out *o, const char *value, enum ssi_color color)
{
	static const char *const start[] = {
		[SSI_COLOR_NONE] = "",
		[SSI_COLOR_GOOD] = "\033[32m",
		[SSI_COLOR_WARN] = "\033[33m",
		[SSI_COLOR_BAD] = "\033[31m",
	};
	bool colored = o->color && color != SSI_COLOR_NONE;

	fprintf(o->f, "%s%s%s", colored ? start[color] : "", value, colored ? "\033[0m" : "");
}

/* Takes over @value; @text says the same. */
static void put(struct ssi_out *o, const char *key, json_t *value, const char *text,
		enum ssi_color color)
{
	if (o->json) {
		add(o, key, value);
		return;
	}
	json_decref(value);
	begin_value(o, key);
	put_colored(o, text, color);
	end_value(o);
}

void ssi_out_str(struct ssi_out *o, const char *key, const char *value, enum ssi_color color)
{
	put(o, key, word(value), value, color);
}

void ssi_out_bare(struct ssi_out *o, const char *key, const char *value, enum ssi_color color)
{
	if (o->json) {
		add(o, key, word(value));
		return;
	}
	begin_bare(o);
	put_colored(o, value, color);
}

static void put_u64(struct ssi_out *o, const char *key, uint64_t value, enum ssi_color color)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put(o, key, json_integer(value), text, color);
}

void ssi_out_u64(struct ssi_out *o, const char *key, uint64_t value)
{
	put_u64(o, key, value, SSI_COLOR_NONE);
}

void ssi_out_bool(struct ssi_out *o, const char *key, bool value)
{
	put(o, key, json_boolean(value), value ? "yes" : "no", SSI_COLOR_NONE);
}

void ssi_out_count(struct ssi_out *o, const char *key, uint64_t value)
{
	put_u64(o, key, value, value ? SSI_COLOR_BAD : SSI_COLOR_NONE);
}

void ssi_out_pid(struct ssi_out *o, const char *key, pid_t pid, const char *none)
{
	char text[24];

	snprintf(text, sizeof(text), "pid %d", pid);
	put(o, key, pid ? json_integer(pid) : json_null(), pid ? text : none,
	    pid ? SSI_COLOR_NONE : SSI_COLOR_BAD);
}

void ssi_out_size(struct ssi_out *o, const char *key, uint64_t bytes)
{
	char text[SSI_OUT_SIZE_TEXT];

	put(o, key, json_integer(bytes), ssi_out_size_text(text, bytes), SSI_COLOR_NONE);
}

const char *ssi_out_size_text(char *text, uint64_t bytes)
{
	static const char *const units[] = { "MiB", "GiB", "TiB", "PiB" };
	double value = bytes / 1048576.0;
	unsigned int i = 0;

	for (; value >= 1024 && i < 3; i++)
		value /= 1024;
	snprintf(text, SSI_OUT_SIZE_TEXT, "%.2f %s", value, units[i]);
	return text;
}

void ssi_out_ns(struct ssi_out *o, const char *key, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f us", ns / 1000.0);
	put(o, key, json_integer(ns), text, SSI_COLOR_NONE);
}

void ssi_out_hex(struct ssi_out *o, const char *key, const uint8_t *bytes, size_t len)
{
	char text[2 * HEX_MAX + 1] = "";
	size_t i;

	for (i = 0; i < len && i < HEX_MAX; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	ssi_out_str(o, key, text, SSI_COLOR_NONE);
}

void ssi_out_ids(struct ssi_out *o, const char *key, uint64_t mask)
{
	const char *gap = "";
	unsigned int id;

	if (o->json)
		ssi_out_list(o, key);
	else
		begin_value(o, key);
	for (id = 0; id < 64; id++) {
		if (!(mask >> id & 1))
			continue;
		if (o->json)
			add(o, NULL, json_integer(id));
		else
			fprintf(o->f, "%s%u", gap, id);
		gap = " ";
	}
	if (o->json)
		ssi_out_close(o);
	else
		end_value(o);
}

void ssi_out_note(struct ssi_out *o, const char *text)
{
	if (!o->json)
		fprintf(o->f, "%s\n", text);
}
