// SPDX-License-Identifier: Apache-2.0
/* A worker of stress.c is a thread of the program. */
#include <sched.h>

#include "stress.h"

void stress_prepare(size_t region_bytes, size_t log_bytes)
{
	(void)region_bytes;
	(void)log_bytes;
}

void stress_run(struct worker *w)
{
	/* Let the others have a go: what is tested is the taking turns. */
	while (!stress_stopped && stress_visit(w))
		sched_yield();
}
