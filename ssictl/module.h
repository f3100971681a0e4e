/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel modules, through libkmod. */
#ifndef SSICTL_MODULE_H
#define SSICTL_MODULE_H

#include <stddef.h>

/* What to do where a kernel takes signed modules only. */
#define SSI_MODULE_SIGN                                                                            \
	"sign ssi_mem.ko with the kernel's scripts/sign-file and enroll the key with mokutil "     \
	"--import, or switch Secure Boot, lockdown or module.sig_enforce off"

#define SSI_MODULE_INSTALL                                                                         \
	"build it for this kernel, make modules_install, then depmod; or insmod ssi_mem.ko"

/**
 * ssi_module_load - load a module and what it needs, as modprobe would
 * @name: the module
 * @why: filled with the reason of a refusal and what to do
 * @size: bytes of @why
 *
 * Return: 0 when it is loaded now; -ENOENT when there is none for this kernel;
 * another negative errno.
 */
int ssi_module_load(const char *name, char *why, size_t size);

#endif /* SSICTL_MODULE_H */
