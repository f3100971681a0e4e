// SPDX-License-Identifier: Apache-2.0
#include "ask.h"

#include <string.h>

static struct ssi_question *find(struct ssi_asks *asks, uint64_t id)
{
	unsigned int i;

	for (i = 0; i < SSI_ASKS_MAX; i++) {
		if (asks->at[i].id == id)
			return &asks->at[i];
	}
	return NULL;
}

uint64_t ssi_asks_add(struct ssi_asks *asks, const struct ssi_question *question)
{
	struct ssi_question *slot = find(asks, 0);

	if (!slot)
		return 0;
	*slot = *question;
	slot->id = ++asks->last;
	return slot->id;
}

json_t *ssi_asks_of(const struct ssi_asks *asks, uint32_t node)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < SSI_ASKS_MAX; i++) {
		const struct ssi_question *q = &asks->at[i];

		if (q->id && q->node == node && q->waiter)
			json_array_append_new(list,
					      json_pack("{s:I, s:s, s:I}", "id", (json_int_t)q->id,
							"region", q->region, "address",
							(json_int_t)q->address));
	}
	return list;
}

struct ssi_request *ssi_asks_answer(struct ssi_asks *asks, uint32_t node, json_t *answer)
{
	json_int_t id = json_integer_value(json_object_get(answer, "id"));
	struct ssi_question *q = id > 0 ? find(asks, id) : NULL;
	struct ssi_request *waiter;

	if (!q || q->node != node || !q->waiter)
		return NULL;
	q->answer = json_incref(answer);
	waiter = q->waiter;
	q->waiter = NULL;
	return waiter;
}

struct ssi_request *ssi_asks_overdue(struct ssi_asks *asks, int64_t now)
{
	struct ssi_request *waiter;
	unsigned int i;

	for (i = 0; i < SSI_ASKS_MAX; i++) {
		waiter = asks->at[i].waiter;
		if (!waiter || now < asks->at[i].until)
			continue;
		asks->at[i].waiter = NULL;
		return waiter;
	}
	return NULL;
}

json_t *ssi_asks_take(struct ssi_asks *asks, uint64_t id, uint32_t *node)
{
	struct ssi_question *q = id ? find(asks, id) : NULL;
	json_t *answer;

	if (!q)
		return NULL;
	answer = q->answer;
	*node = q->node;
	memset(q, 0, sizeof(*q));
	return answer;
}
