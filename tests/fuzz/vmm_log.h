/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's messages: made, so that their arguments are read, and kept from view. */
#ifndef FUZZ_VMM_LOG_H
#define FUZZ_VMM_LOG_H

#include <stdarg.h>

#include "fuzz.h"

static char said[4096];

int log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	must(vsnprintf(said, sizeof(said), fmt, args) > 0);
	va_end(args);
	return -1;
}

#endif /* FUZZ_VMM_LOG_H */
