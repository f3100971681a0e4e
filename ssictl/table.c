// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <inttypes.h>

/* Words and numbers are at most so long; node ids may be longer. */
#define TEXT_MAX 64

static const char *take_column(struct ssi_table *t)
{
	const char *key = t->next->key;

	t->next++;
	return key;
}

static void put(struct ssi_table *t, const char *text)
{
	fprintf(t->out->f, "  %*s", t->next->width, text);
	take_column(t);
}

static void put_headings(struct ssi_table *t)
{
	fputc('\n', t->out->f);
	while (t->next->key)
		put(t, t->next->key);
	fputc('\n', t->out->f);
	t->headed = true;
}

static void begin_row(struct ssi_table *t)
{
	t->next = t->columns;
	if (!t->headed && !t->out->json)
		put_headings(t);
	t->next = t->columns;
}

void ssi_table_begin(struct ssi_table *t, struct ssi_out *out, const char *list,
		     const struct ssi_column *columns)
{
	*t = (struct ssi_table){ .out = out, .columns = columns };
	ssi_out_list(out, list);
}

void ssi_table_end(struct ssi_table *t)
{
	ssi_out_close(t->out);
}

void ssi_table_row(struct ssi_table *t, const char *name)
{
	begin_row(t);
	if (t->out->json)
		ssi_out_item(t->out, take_column(t), name);
	else
		put(t, name);
}

void ssi_table_row_id(struct ssi_table *t, uint32_t id)
{
	char text[TEXT_MAX];

	begin_row(t);
	if (t->out->json) {
		ssi_out_item_id(t->out, take_column(t), id);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu32, id);
	put(t, text);
}

void ssi_table_row_end(struct ssi_table *t)
{
	if (t->out->json)
		ssi_out_close(t->out);
	else
		fputc('\n', t->out->f);
}

void ssi_table_str(struct ssi_table *t, const char *value)
{
	if (t->out->json)
		ssi_out_str(t->out, take_column(t), value, SSI_COLOR_NONE);
	else
		put(t, value);
}

void ssi_table_u64(struct ssi_table *t, uint64_t value)
{
	char text[TEXT_MAX];

	if (t->out->json) {
		ssi_out_u64(t->out, take_column(t), value);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64, value);
	put(t, text);
}

void ssi_table_size(struct ssi_table *t, uint64_t bytes)
{
	char text[SSI_OUT_SIZE_TEXT];

	if (t->out->json)
		ssi_out_size(t->out, take_column(t), bytes);
	else
		put(t, ssi_out_size_text(text, bytes));
}

void ssi_table_ns(struct ssi_table *t, uint64_t ns)
{
	char text[TEXT_MAX];

	if (t->out->json) {
		ssi_out_ns(t->out, take_column(t), ns);
		return;
	}
	snprintf(text, sizeof(text), "%.1f us", ns / 1000.0);
	put(t, text);
}

void ssi_table_ids(struct ssi_table *t, uint64_t mask)
{
	char text[TEXT_MAX * 3] = "";
	size_t len = 0;
	unsigned int id;

	if (t->out->json) {
		ssi_out_ids(t->out, take_column(t), mask);
		return;
	}
	for (id = 0; id < 64; id++) {
		if (mask >> id & 1)
			len += sprintf(text + len, "%s%u", len ? "," : "", id);
	}
	put(t, len ? text : "-");
}

static void put_flags(struct ssi_table *t, const char *const *names, uint32_t flags)
{
	char text[TEXT_MAX] = "-";
	size_t len = 0;

	for (; *names; names++, flags >>= 1) {
		if (flags & 1 && len < sizeof(text))
			len += snprintf(text + len, sizeof(text) - len, "%s%s", len ? "," : "",
					*names);
	}
	put(t, text);
}

void ssi_table_flags(struct ssi_table *t, const char *const *names, uint32_t flags)
{
	if (!t->out->json) {
		put_flags(t, names, flags);
		return;
	}
	ssi_out_list(t->out, take_column(t));
	for (; *names; names++, flags >>= 1) {
		if (flags & 1)
			ssi_out_str(t->out, NULL, *names, SSI_COLOR_NONE);
	}
	ssi_out_close(t->out);
}

void ssi_table_none(struct ssi_table *t)
{
	if (t->out->json)
		take_column(t);
	else
		put(t, "-");
}
