/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel modules, through libkmod. */
#ifndef SSICTL_MODULE_H
#define SSICTL_MODULE_H

/**
 * ssi_module_load - load a module and what it needs, as modprobe would
 * @name: the module
 *
 * Return: 0 when it is loaded now; -ENOENT when there is none for this kernel;
 * another negative errno when the kernel refused it.
 */
int ssi_module_load(const char *name);

#endif /* SSICTL_MODULE_H */
