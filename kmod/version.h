/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SSI_VERSION_H
#define SSI_VERSION_H

#define SSI_VERSION "0.1"

#endif /* SSI_VERSION_H */
