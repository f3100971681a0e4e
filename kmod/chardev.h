/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SSI_CHARDEV_H
#define SSI_CHARDEV_H

int ssi_chardev_setup(void);
void ssi_chardev_cleanup(void);

#endif /* SSI_CHARDEV_H */
