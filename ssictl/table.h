/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items of one kind as the rows of a table in text, as a list of objects in
 * JSON. Rows are printed as they come, so a table can be of any length.
 */
#ifndef SSICTL_TABLE_H
#define SSICTL_TABLE_H

#include "out.h"

/**
 * struct ssi_column - one column
 * @key: its heading, and the name of the value in JSON; NULL ends a table
 * @width: room for its values, as for printf(): they stand at the right, at the left
 *	if it is negative; 0 for a last column of words
 */
struct ssi_column {
	const char *key;
	int width;
};

/**
 * struct ssi_table - a table under way
 * @out: the document
 * @columns: of the table
 * @next: column that the next value is for
 * @headed: text: the headings are printed
 */
struct ssi_table {
	struct ssi_out *out;
	const struct ssi_column *columns;
	const struct ssi_column *next;
	bool headed;
};

/**
 * ssi_table_begin - start a table; a table without rows prints nothing in text
 * @t: the table
 * @out: the document, in an item or at its top
 * @list: name of the list in JSON
 * @columns: its columns; the first one is a word or an id
 */
void ssi_table_begin(struct ssi_table *t, struct ssi_out *out, const char *list,
		     const struct ssi_column *columns);

/**
 * ssi_table_end - finish a table
 * @t: the table
 */
void ssi_table_end(struct ssi_table *t);

/**
 * ssi_table_row - start a row with a word in the first column
 * @t: the table
 * @name: the word
 */
void ssi_table_row(struct ssi_table *t, const char *name);

/**
 * ssi_table_row_id - start a row with a number in the first column
 * @t: the table
 * @id: the number
 */
void ssi_table_row_id(struct ssi_table *t, uint32_t id);

/**
 * ssi_table_row_end - finish a row; columns that are left have no value
 * @t: the table
 */
void ssi_table_row_end(struct ssi_table *t);

/* Values of the next column. */
void ssi_table_str(struct ssi_table *t, const char *value);
void ssi_table_u64(struct ssi_table *t, uint64_t value);
void ssi_table_size(struct ssi_table *t, uint64_t bytes); /* with a unit in text */
void ssi_table_ns(struct ssi_table *t, uint64_t ns);	/* microseconds in text */
void ssi_table_ids(struct ssi_table *t, uint64_t mask); /* node ids */
/* @names of the bits set in @flags; "-" in text if there is none, a list in JSON */
void ssi_table_flags(struct ssi_table *t, const char *const *names, uint32_t flags);
void ssi_table_none(struct ssi_table *t);		/* "-" in text, nothing in JSON */

#endif /* SSICTL_TABLE_H */
