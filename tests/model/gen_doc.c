// SPDX-License-Identifier: Apache-2.0
/*
 * Prints what docs/protocol.md says of kmod/core, as it stands there:
 *
 *	gen_doc states | decisions | messages
 *
 * tests/lint/protocol-doc compares. Of the messages only the columns are
 * printed that the code knows.
 */
#include <stdio.h>
#include <string.h>
#include "core/coh.h"
#include "core/dir.h"

/* ---- a page on a node ---- */

static const struct {
	u16 bit;
	const char *word;
} actions[] = {
	{ SSI_ACT_HIT, "hit" },
	{ SSI_ACT_ZERO, "zero" },
	{ SSI_ACT_ASK_READ, "ask read" },
	{ SSI_ACT_ASK_WRITE, "ask write" },
	{ SSI_ACT_ASK_COPY, "ask upgrade" },
	{ SSI_ACT_PROTECT, "protect" },
	{ SSI_ACT_UNMAP, "unmap" },
	{ SSI_ACT_INSTALL, "install" },
	{ SSI_ACT_DATA, "data" },
	{ SSI_ACT_ZEROES, "zeroes" },
	{ SSI_ACT_ACK, "ack" },
	{ SSI_ACT_FREE, "free" },
	{ SSI_ACT_POISON, "error" },
};

static const char *const perms[SSI_PERM_MAX] = {
	"none", "shared", "owned", "sole",
};

static void print_action(const struct ssi_step *step, unsigned int i)
{
	printf("%s", actions[i].word);
	if (actions[i].bit & (SSI_ACT_DATA | SSI_ACT_ZEROES))
		printf(" (%s)", perms[step->perm]);
}

static void print_cell(unsigned int state, unsigned int event)
{
	const struct ssi_step *step = ssi_coh_step(state, event);
	const char *between = "";
	unsigned int i;

	if (step->act & SSI_ACT_BUG) {
		printf(" |");
		return;
	}
	putchar(' ');
	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!(step->act & actions[i].bit))
			continue;
		printf("%s", between);
		print_action(step, i);
		between = ", ";
	}
	if (step->next != state)
		printf("%s→ %s", step->act ? " " : "",
		       ssi_state_name(step->next));
	else if (!step->act)
		printf("stays");
	printf(" |");
}

static void print_states(void)
{
	unsigned int state, event;

	printf("| |");
	for (state = 0; state < SSI_STATE_MAX; state++)
		printf(" %s |", ssi_state_name(state));
	printf("\n|---|");
	for (state = 0; state < SSI_STATE_MAX; state++)
		printf("---|");
	putchar('\n');
	for (event = 0; event < SSI_EVENT_MAX; event++) {
		printf("| **%s** |", ssi_event_name(event));
		for (state = 0; state < SSI_STATE_MAX; state++)
			print_cell(state, event);
		putchar('\n');
	}
}

/* ---- a page at its home ---- */

#define REQUESTER 0u
#define OWNER	  1u
#define SHARER	  2u

static const struct {
	const char *what;
	struct ssi_dir dir;
} entries[] = {
	{ "nobody owns it", {} },
	{ "it is lost", { .state = SSI_DIR_LOST } },
	{ "the requester owns it",
	  { .state = SSI_DIR_OWNED, .owner = REQUESTER, .sharers = BIT(SHARER) } },
	{ "the requester is a sharer",
	  { .state = SSI_DIR_OWNED, .owner = OWNER,
	    .sharers = BIT(SHARER) | BIT(REQUESTER) } },
	{ "the requester has nothing",
	  { .state = SSI_DIR_OWNED, .owner = OWNER, .sharers = BIT(SHARER) } },
};

static const char *const asks[SSI_ASK_MAX] = {
	"read", "write", "upgrade", "evict",
};

static const char *const grants[SSI_GRANT_MAX] = {
	"keep", "upgrade", "gone", "retry", "lost",
};

static void print_upper(const char *name)
{
	for (; *name; name++)
		putchar(*name == '-' ? '_' :
			*name >= 'a' && *name <= 'z' ? *name - 32 : *name);
}

static void print_plan(const struct ssi_plan *plan)
{
	putchar(' ');
	print_upper(ssi_msg_name(plan->forward ? plan->forward : plan->reply));
	if (plan->reply == SSI_MSG_GRANT)
		printf(" %s", grants[plan->grant]);
	if (plan->invalidate)
		printf(", INVALIDATE to %s",
		       plan->invalidate & BIT(OWNER) ?
		       "owner and other sharers" : "other sharers");
	if (plan->ends)
		printf(", ends");
	printf(" |");
}

static void print_decisions(void)
{
	struct ssi_plan plan;
	unsigned int i, ask;

	printf("| |");
	for (ask = 0; ask < SSI_ASK_MAX; ask++)
		printf(" %s |", asks[ask]);
	printf("\n|---|---|---|---|---|\n");
	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		printf("| **%s** |", entries[i].what);
		for (ask = 0; ask < SSI_ASK_MAX; ask++) {
			plan = ssi_dir_decide(&entries[i].dir, ask, REQUESTER);
			print_plan(&plan);
		}
		putchar('\n');
	}
}

/* ---- messages ---- */

static void print_messages(void)
{
	static const char *const classes[] = {
		[SSI_CLASS_SESSION] = "session",
		[SSI_CLASS_REQUEST] = "request",
		[SSI_CLASS_FORWARD] = "forward",
		[SSI_CLASS_REPLY] = "reply",
		[SSI_CLASS_MANAGE] = "manage",
	};
	unsigned int type;

	for (type = 1; type < SSI_MSG_MAX; type++) {
		printf("| ");
		print_upper(ssi_msg_name((u8)type));
		printf(" | %s |\n", classes[ssi_msg_class((u8)type)]);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "states"))
		print_states();
	else if (!strcmp(what, "decisions"))
		print_decisions();
	else if (!strcmp(what, "messages"))
		print_messages();
	else
		return 2;
	return 0;
}
