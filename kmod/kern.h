/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The one bridge between kmod/core and the world it is compiled in: the
 * kernel, or the unit tests and fuzzers in user space. core/ includes nothing
 * else from outside, takes no lock, allocates nothing and reads no clock.
 */
#ifndef SSI_KERN_H
#define SSI_KERN_H

#ifdef __KERNEL__
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#else
#include "kern_user.h"
#endif

#endif /* SSI_KERN_H */
