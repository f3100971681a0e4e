/* SPDX-License-Identifier: Apache-2.0 */
/* Names of what the kernel counts and times, as commands and coordinators show it. */
#ifndef SSICTL_NAMES_H
#define SSICTL_NAMES_H

#include <linux/ssi_mem.h>

/* By SSI_MEM_S_*; NULL for numbers that are none. */
extern const char *const ssi_counter_name[SSI_MEM_S_MAX + 1];

/* By enum ssi_mem_hist_phase, enum ssi_mem_hist_kind and enum ssi_mem_page_state. */
extern const char *const ssi_phase_name[SSI_MEM_HIST_PHASE_MAX + 1];
extern const char *const ssi_kind_name[SSI_MEM_HIST_KIND_MAX + 1];
extern const char *const ssi_page_state_name[SSI_MEM_PAGE_STATE_MAX + 1];

#endif /* SSICTL_NAMES_H */
