// SPDX-License-Identifier: Apache-2.0
/* module.c with libkmod and the user id played here: what is said about a refusal. */
#include "../../ssictl/module.c"

#include <stdbool.h>

#include "unit_ssictl_run.h"

/* libkmod's lists of one or two modules, which are numbers. */
static int lookup_rc, found, insert_rc[2];
static bool out_of_memory;
static uid_t uid;
static int refs, inserted;

struct kmod_ctx *kmod_new(const char *dirname, const char *const *config_paths)
{
	ck_assert_ptr_null(dirname);
	ck_assert_ptr_null(config_paths);
	refs += !out_of_memory;
	return out_of_memory ? NULL : (struct kmod_ctx *)&refs;
}

struct kmod_ctx *kmod_unref(struct kmod_ctx *ctx)
{
	refs -= ctx != NULL;
	return NULL;
}

int kmod_module_new_from_lookup(struct kmod_ctx *ctx, const char *alias, struct kmod_list **list)
{
	ck_assert_ptr_eq(ctx, &refs);
	ck_assert_str_eq(alias, "ssi_mem");
	*list = found ? (struct kmod_list *)1 : NULL;
	refs += found != 0;
	return lookup_rc;
}

struct kmod_list *kmod_list_next(const struct kmod_list *list, const struct kmod_list *item)
{
	ck_assert_ptr_eq(list, (void *)1);
	return (intptr_t)item < found ? (struct kmod_list *)((intptr_t)item + 1) : NULL;
}

struct kmod_module *kmod_module_get_module(const struct kmod_list *item)
{
	refs++;
	return (struct kmod_module *)item;
}

struct kmod_module *kmod_module_unref(struct kmod_module *mod)
{
	(void)mod;
	refs--;
	return NULL;
}

int kmod_module_unref_list(struct kmod_list *list)
{
	refs -= list != NULL;
	return 0;
}

int kmod_module_probe_insert_module(struct kmod_module *mod, unsigned int flags,
				    const char *options,
				    int (*run_install)(struct kmod_module *m, const char *cmdline,
						       void *data),
				    const void *data,
				    void (*print_action)(struct kmod_module *m, bool install,
							 const char *options))
{
	(void)options;
	(void)run_install;
	(void)data;
	(void)print_action;
	ck_assert_uint_eq(flags, KMOD_PROBE_APPLY_BLACKLIST);
	inserted++;
	return insert_rc[(intptr_t)mod - 1];
}

uid_t geteuid(void)
{
	return uid;
}

static char why[400];

static int load(void)
{
	int rc;

	inserted = 0;
	strcpy(why, "nothing");
	rc = ssi_module_load("ssi_mem", why, sizeof(why));
	ck_assert_int_eq(refs, 0);
	return rc;
}

#define WHY(words) ck_assert_msg(strstr(why, words) != NULL, "said: %s", why)

START_TEST(load__works)
{
	found = 2;
	ck_assert_int_eq(load(), 0);
	ck_assert_int_eq(inserted, 2);
	ck_assert_str_eq(why, "nothing");
}
END_TEST

START_TEST(load__not_installed)
{
	ck_assert_int_eq(load(), -ENOENT);
	WHY("no module of that name for this kernel; ");
	WHY("make modules_install");
	WHY("insmod ssi_mem.ko");
}
END_TEST

START_TEST(load__lookup_fails)
{
	lookup_rc = -EIO;
	ck_assert_int_eq(load(), -EIO);
	ck_assert_str_eq(why, strerror(EIO));
}
END_TEST

START_TEST(load__no_memory)
{
	out_of_memory = true;
	ck_assert_int_eq(load(), -ENOMEM);
	ck_assert_str_eq(why, strerror(ENOMEM));
}
END_TEST

START_TEST(load__signature)
{
	static const int errors[] = { EKEYREJECTED, ENOKEY, EBADMSG };

	found = 2;
	insert_rc[0] = -errors[_i];
	ck_assert_int_eq(load(), -errors[_i]);
	ck_assert_int_eq(inserted, 1);
	WHY("this kernel takes signed modules only");
	WHY("scripts/sign-file");
	WHY("mokutil --import");
	WHY("module.sig_enforce off");
}
END_TEST

START_TEST(load__not_root)
{
	found = 1;
	uid = 1000;
	insert_rc[0] = -EPERM;
	ck_assert_int_eq(load(), -EPERM);
	ck_assert_str_eq(why, "loading a module takes root");
}
END_TEST

START_TEST(load__root_refused)
{
	found = 1;
	insert_rc[0] = -EPERM;
	ck_assert_int_eq(load(), -EPERM);
	WHY("lockdown");
	WHY("kernel.modules_disabled");
	WHY("mokutil --import");
}
END_TEST

START_TEST(load__other_kernel)
{
	static const int errors[] = { ENOEXEC, EINVAL, ENOENT };

	found = 1;
	insert_rc[0] = -errors[_i];
	ck_assert_int_eq(load(), -errors[_i]);
	WHY("built for another");
	WHY("make modules_install");
}
END_TEST

START_TEST(load__forbidden)
{
	found = 1;
	insert_rc[0] = KMOD_PROBE_APPLY_BLACKLIST;
	ck_assert_int_eq(load(), -EACCES);
	WHY("modprobe.d forbids it");
}
END_TEST

START_TEST(load__something_else)
{
	found = 1;
	insert_rc[0] = -ENOMEM;
	ck_assert_int_eq(load(), -ENOMEM);
	ck_assert_str_eq(why, strerror(ENOMEM));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("module");

	tcase_add_test(tc, load__works);
	tcase_add_test(tc, load__not_installed);
	tcase_add_test(tc, load__lookup_fails);
	tcase_add_test(tc, load__no_memory);
	tcase_add_loop_test(tc, load__signature, 0, 3);
	tcase_add_test(tc, load__not_root);
	tcase_add_test(tc, load__root_refused);
	tcase_add_loop_test(tc, load__other_kernel, 0, 3);
	tcase_add_test(tc, load__forbidden);
	tcase_add_test(tc, load__something_else);
	return run_case("ssictl_module", tc);
}
