// SPDX-License-Identifier: Apache-2.0
#include "module.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libkmod.h>

/* A kernel in lockdown and one without module loading say the same as to a user. */
static const char *explain_eperm(void)
{
	if (geteuid() != 0)
		return "loading a module takes root";
	return "the kernel refuses it even to root: it is in lockdown and the module is not "
	       "signed, or kernel.modules_disabled is set; " SSI_MODULE_SIGN;
}

/* Why inserting failed; the kernel's log has the details. */
static const char *explain(int error)
{
	switch (error) {
	case EKEYREJECTED:
	case ENOKEY:
	case EBADMSG:
		return "this kernel takes signed modules only, and this one has no signature "
		       "that it accepts; " SSI_MODULE_SIGN;
	case EPERM:
	case EACCES:
		return explain_eperm();
	case ENOEXEC:
	case EINVAL:
		return "the module was built for another kernel; " SSI_MODULE_INSTALL;
	case ENOENT:
		return "the module needs symbols that this kernel does not have: it was built "
		       "for another one; " SSI_MODULE_INSTALL;
	default:
		return strerror(error);
	}
}

static int insert(struct kmod_module *mod, char *why, size_t size)
{
	int rc = kmod_module_probe_insert_module(mod, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL, NULL,
						 NULL);

	if (rc > 0) {
		snprintf(why, size, "modprobe.d forbids it; remove its blacklist line, or "
				    "load it with modprobe");
		return -EACCES;
	}
	if (rc < 0)
		snprintf(why, size, "%s", explain(-rc));
	return rc;
}

static int insert_all(struct kmod_list *list, char *why, size_t size)
{
	struct kmod_list *item;
	int rc = 0;

	kmod_list_foreach(item, list) {
		struct kmod_module *mod = kmod_module_get_module(item);

		if (rc == 0)
			rc = insert(mod, why, size);
		kmod_module_unref(mod);
	}
	return rc;
}

int ssi_module_load(const char *name, char *why, size_t size)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_list *list = NULL;
	int rc = -ENOMEM;

	if (ctx)
		rc = kmod_module_new_from_lookup(ctx, name, &list);
	if (rc < 0) {
		snprintf(why, size, "%s", strerror(-rc));
	} else if (!list) {
		snprintf(why, size, "no module of that name for this kernel; " SSI_MODULE_INSTALL);
		rc = -ENOENT;
	} else {
		rc = insert_all(list, why, size);
	}
	kmod_module_unref_list(list);
	kmod_unref(ctx);
	return rc;
}
