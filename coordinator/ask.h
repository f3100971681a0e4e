/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to nodes. A node listens to nobody: what is asked of it goes out
 * with the answer to its next heartbeat, and its answer comes with the one after.
 */
#ifndef SSI_COORD_ASK_H
#define SSI_COORD_ASK_H

#include "fields.h"

#define SSI_ASKS_MAX 64

struct ssi_request;

/**
 * struct ssi_question - about a page
 * @id: 1 or more, never used again; 0 for a free slot
 * @node: who is asked
 * @region: name of the region
 * @address: in it, bytes
 * @until: when nobody waits any more
 * @waiter: who waits
 * @answer: what came, or NULL
 */
struct ssi_question {
	uint64_t id;
	uint32_t node;
	char region[SSI_NAME_SIZE];
	uint64_t address;
	int64_t until;
	struct ssi_request *waiter;
	json_t *answer;
};

/**
 * struct ssi_asks - all questions
 * @last: id of the last one
 * @at: the questions
 */
struct ssi_asks {
	uint64_t last;
	struct ssi_question at[SSI_ASKS_MAX];
};

/**
 * ssi_asks_add - ask
 * @asks: all questions
 * @question: all but its id
 *
 * Return: its id, or 0 when there are too many.
 */
uint64_t ssi_asks_add(struct ssi_asks *asks, const struct ssi_question *question);

/**
 * ssi_asks_of - what a node is asked
 * @asks: all questions
 * @node: id of the node
 *
 * Return: a list of objects, NULL without memory.
 */
json_t *ssi_asks_of(const struct ssi_asks *asks, uint32_t node);

/**
 * ssi_asks_answer - a node answers
 * @asks: all questions
 * @node: id of the node
 * @answer: an object whose id is that of a question to this node; anything else
 *	is left alone
 *
 * Return: who waits for it, or NULL.
 */
struct ssi_request *ssi_asks_answer(struct ssi_asks *asks, uint32_t node, json_t *answer);

/**
 * ssi_asks_overdue - find a question that nobody answered in time
 * @asks: all questions
 * @now: the time, on the clock of @until
 *
 * The question's waiter is told once.
 *
 * Return: who waits for it, or NULL when there is none.
 */
struct ssi_request *ssi_asks_overdue(struct ssi_asks *asks, int64_t now);

/**
 * ssi_asks_take - end a question
 * @asks: all questions
 * @id: of the question; 0 does nothing
 * @node: filled with who was asked
 *
 * Return: the answer, to be released; NULL without one.
 */
json_t *ssi_asks_take(struct ssi_asks *asks, uint64_t id, uint32_t *node);

#endif /* SSI_COORD_ASK_H */
