/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel names memory cgroups by number; people know their paths. */
#ifndef SSICTL_CGROUP_H
#define SSICTL_CGROUP_H

#include <stddef.h>
#include <stdint.h>

/**
 * ssi_cgroup_name - the path of a memory cgroup, below where cgroups are mounted
 * @id: of the cgroup; 0: there are no memory cgroups
 * @name: filled in; "(gone)" with the number for a cgroup that was removed, or can not be seen
 * @size: of @name
 */
void ssi_cgroup_name(uint64_t id, char *name, size_t size);

#endif /* SSICTL_CGROUP_H */
