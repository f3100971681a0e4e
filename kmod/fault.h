/* SPDX-License-Identifier: GPL-2.0-only */
/* The one place that touches VMAs, page tables and a folio's mapping. */
#ifndef SSI_FAULT_H
#define SSI_FAULT_H

#include <linux/fs.h>
#include "page.h"

int ssi_fault_mmap(struct file *file, struct vm_area_struct *vma);
void ssi_fault_adopt(const struct ssi_page *page, struct folio *folio);
void ssi_fault_disown(struct folio *folio);
bool ssi_fault_unmap(const struct ssi_page *page, struct folio *folio,
		     bool sole);
bool ssi_fault_protect(const struct ssi_page *page, struct folio *folio);
bool ssi_fault_try_unmapped(struct folio *folio, bool unmap);
bool ssi_fault_try(const struct ssi_page *page, struct folio *folio,
		   bool unmap);
void ssi_fault_forget(struct ssi_region *region, u32 first, u32 pages);

#endif /* SSI_FAULT_H */
