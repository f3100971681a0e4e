// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints of trace.h, and all that their fields are taken from. */
#include <linux/build_bug.h>
#include <linux/ktime.h>
#include <linux/mm_types.h>
#include "node.h"
#include "region.h"
#include "serve.h"

static_assert((__force unsigned int)VM_FAULT_SIGBUS == 0x002);
static_assert((__force unsigned int)VM_FAULT_HWPOISON == 0x010);
static_assert((__force unsigned int)VM_FAULT_NOPAGE == 0x100);
static_assert((__force unsigned int)VM_FAULT_LOCKED == 0x200);
static_assert((__force unsigned int)VM_FAULT_RETRY == 0x400);

#define CREATE_TRACE_POINTS
#include "trace.h"
