/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine that sleeps answers nobody. */
#ifndef SSI_POWER_H
#define SSI_POWER_H

#include <linux/types.h>

int ssi_power_setup(void);
void ssi_power_cleanup(void);
bool ssi_power_sleeps(void);

#endif /* SSI_POWER_H */
