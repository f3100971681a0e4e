// SPDX-License-Identifier: Apache-2.0
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <linux/ssi_mem_dev.h>

#include "module.h"
#include "out.h"

#define GROUP "ssi"

/* A page with its header and what TLS adds; IPv6, TCP and its time stamps in each frame. */
#define PAGE_MESSAGE_BYTES (SSI_PAGE_BYTES + 64 + 22)
#define FRAME_OVERHEAD	   72

static void set(struct ssi_finding *f, enum ssi_health health, const char *remedy,
		const char *format, va_list args)
{
	f->health = health;
	vsnprintf(f->text, sizeof(f->text), format, args);
	snprintf(f->remedy, sizeof(f->remedy), "%s", remedy);
}

void ssi_doctor_ok(struct ssi_finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(f, SSI_HEALTH_OK, "", format, args);
	va_end(args);
}

void ssi_doctor_warn(struct ssi_finding *f, const char *remedy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(f, SSI_HEALTH_WARN, remedy, format, args);
	va_end(args);
}

void ssi_doctor_fail(struct ssi_finding *f, const char *remedy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(f, SSI_HEALTH_FAIL, remedy, format, args);
	va_end(args);
}

/* ---- files ---- */

static void __attribute__((format(printf, 3, 4)))
path_of(const struct ssi_host *host, char *path, const char *format, ...)
{
	int used = snprintf(path, PATH_MAX, "%s", host->root);
	va_list args;

	va_start(args, format);
	vsnprintf(path + used, PATH_MAX - used, format, args);
	va_end(args);
}

/* What the lines of a file are given to; true ends the search. */
typedef bool (*line_fn)(char *line, void *arg);

/* Is there a line that @fn says yes to? */
static bool search(const char *path, line_fn fn, void *arg)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	bool found = false;
	size_t size = 0;

	while (f && !found && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = 0;
		found = fn(line, arg);
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

static bool keep_line(char *line, void *arg)
{
	snprintf(arg, 256, "%s", line);
	return true;
}

/* The first line of a file of @format in 256 bytes; empty without such a file. */
static const char *read_line(const char *path, char *line)
{
	if (!search(path, keep_line, line))
		line[0] = 0;
	return line;
}

static bool has_word(char *line, void *word)
{
	size_t len = strlen(word);
	char *at = line;

	while ((at = strstr(at, word))) {
		if ((at == line || strchr(" \t:", at[-1])) && strchr(" \t", at[len]))
			return true;
		at += len;
	}
	return false;
}

static bool has_cpu_flag(const struct ssi_host *host, const char *flag)
{
	char path[PATH_MAX], word[16];

	path_of(host, path, "/proc/cpuinfo");
	snprintf(word, sizeof(word), "%s", flag);
	return search(path, has_word, word);
}

static bool is_module(char *line, void *file)
{
	char *name;

	line[strcspn(line, ":")] = 0;
	name = strrchr(line, '/');
	name = name ? name + 1 : line;
	/* "ssi_mem.ko", or compressed "ssi_mem.ko.xz" */
	return !strncmp(name, file, strlen(file)) && strchr(".", name[strlen(file)]);
}

/* Does depmod know the module of this file name? */
static bool is_installed(const struct ssi_host *host, const char *file)
{
	char path[PATH_MAX], name[32];

	path_of(host, path, "/lib/modules/%s/modules.dep", host->release);
	snprintf(name, sizeof(name), "%s", file);
	return search(path, is_module, name);
}

/* ---- the module ---- */

bool ssi_doctor_loaded(const struct ssi_host *host)
{
	char path[PATH_MAX];

	path_of(host, path, "/sys/module/ssi_mem");
	return access(path, F_OK) == 0;
}

static bool check_module(const struct ssi_host *host, struct ssi_finding *f)
{
	char path[PATH_MAX], version[256];

	path_of(host, path, "/sys/module/ssi_mem/version");
	read_line(path, version);
	if (!ssi_doctor_loaded(host) && is_installed(host, "ssi_mem.ko"))
		ssi_doctor_ok(f, "ssi_mem is installed; join loads it");
	else if (!ssi_doctor_loaded(host))
		ssi_doctor_fail(f, SSI_MODULE_INSTALL, "ssi_mem is neither loaded nor installed for %s",
				host->release);
	else if (strcmp(version, SSI_VERSION) != 0)
		ssi_doctor_warn(f, "install the module and ssictl of one release",
				"ssi_mem %s is loaded, ssictl is %s", version, SSI_VERSION);
	else
		ssi_doctor_ok(f, "ssi_mem %s is loaded", version);
	return true;
}

/* "none [integrity] confidentiality": is another than the first in force? */
static bool is_locked_down(const struct ssi_host *host)
{
	char path[PATH_MAX], line[256];

	path_of(host, path, "/sys/kernel/security/lockdown");
	read_line(path, line);
	return *line && !strstr(line, "[none]");
}

/* Matters as long as the module is yet to be loaded. */
static bool check_signature(const struct ssi_host *host, struct ssi_finding *f)
{
	char path[PATH_MAX], line[256];

	if (ssi_doctor_loaded(host))
		return false;
	path_of(host, path, "/proc/sys/kernel/modules_disabled");
	if (!strcmp(read_line(path, line), "1")) {
		ssi_doctor_fail(f, "reboot, and load it before kernel.modules_disabled is set",
				"this kernel takes no more modules until it is booted again");
		return true;
	}
	path_of(host, path, "/sys/module/module/parameters/sig_enforce");
	if (!strcmp(read_line(path, line), "Y"))
		ssi_doctor_warn(f, SSI_MODULE_SIGN,
				"this kernel takes signed modules only (module.sig_enforce)");
	else if (is_locked_down(host))
		ssi_doctor_warn(f, SSI_MODULE_SIGN,
				"this kernel takes signed modules only (lockdown)");
	else
		ssi_doctor_ok(f, "this kernel takes unsigned modules");
	return true;
}

static bool check_device(const struct ssi_host *host, struct ssi_finding *f)
{
	static const char rule[] = "install the udev rule and the group (make install), then "
				   "systemd-sysusers and udevadm trigger /dev/ssi_mem";
	char path[PATH_MAX];
	struct group *group = NULL;
	struct stat st;
	FILE *groups;

	if (!ssi_doctor_loaded(host))
		return false;
	path_of(host, path, "/dev/ssi_mem");
	if (stat(path, &st) < 0) {
		ssi_doctor_fail(f, "is /dev a devtmpfs, and of this machine (not of a container)?",
				"/dev/ssi_mem: %s", strerror(errno));
		return true;
	}
	path_of(host, path, "/etc/group");
	groups = fopen(path, "re");
	while (groups && (group = fgetgrent(groups)) && group->gr_gid != st.st_gid)
		;
	if (st.st_mode & 07)
		ssi_doctor_warn(f, "chmod o= /dev/ssi_mem",
				"every user may attach to regions: /dev/ssi_mem has mode %04o",
				st.st_mode & 07777);
	else if (!group || strcmp(group->gr_name, GROUP) != 0 || (~st.st_mode & 060))
		ssi_doctor_warn(f, rule,
				"/dev/ssi_mem is not for the group " GROUP ": its group is %s, its mode %04o",
				group ? group->gr_name : "unknown", st.st_mode & 07777);
	else
		ssi_doctor_ok(f, "/dev/ssi_mem is for root and the group " GROUP);
	if (groups)
		fclose(groups);
	return true;
}

/* ---- links ---- */

static bool is_tls_off(char *line, void *arg)
{
	(void)arg;
	return !strcmp(line, "# CONFIG_TLS is not set");
}

static bool check_tls(const struct ssi_host *host, struct ssi_finding *f)
{
	static const char remedy[] = "another kernel, or join on all nodes with --plain, on a "
				     "network that you trust";
	char path[PATH_MAX], config[PATH_MAX], word[] = "tls";

	if (host->plain)
		return false;
	path_of(host, path, "/proc/sys/net/ipv4/tcp_available_ulp");
	path_of(host, config, "/boot/config-%s", host->release);
	if (search(path, has_word, word))
		ssi_doctor_ok(f, "this kernel does TLS on sockets");
	else if (is_installed(host, "tls.ko"))
		ssi_doctor_ok(f, "kernel TLS is installed; it is loaded when it is needed");
	else if (search(config, is_tls_off, NULL))
		ssi_doctor_fail(f, remedy, "this kernel was built without kernel TLS (CONFIG_TLS)");
	else
		ssi_doctor_fail(f, remedy, "there is no kernel TLS: no module tls for %s",
				host->release);
	return true;
}

static bool check_aes(const struct ssi_host *host, struct ssi_finding *f)
{
	if (host->plain)
		return false;
	if (has_cpu_flag(host, "aes") && has_cpu_flag(host, "pclmulqdq"))
		ssi_doctor_ok(f, "the CPU has instructions for AES-GCM");
	else
		ssi_doctor_warn(f, "a virtual machine: give it its host's CPU model",
				"the CPU has no instructions for AES-GCM (aes, pclmulqdq): encrypting "
				"takes a multiple of the time");
	return true;
}

static bool check_mtu(const struct ssi_host *host, struct ssi_finding *f)
{
	unsigned int frames, room = host->mtu - FRAME_OVERHEAD;

	if (host->mtu <= FRAME_OVERHEAD)
		return false;
	frames = (PAGE_MESSAGE_BYTES + room - 1) / room;
	if (frames == 1)
		ssi_doctor_ok(f, "%s has an MTU of %u: a page fits into a frame", host->interface,
			      host->mtu);
	else
		ssi_doctor_warn(f, "an MTU of 9000 on all nodes and all switches between them",
				"%s has an MTU of %u: a page takes %u frames, which costs time and CPU",
				host->interface, host->mtu, frames);
	return true;
}

/* ---- memory ---- */

struct meminfo {
	uint64_t total;
	uint64_t available;
};

static bool take_meminfo(char *line, void *arg)
{
	struct meminfo *mem = arg;

	if (sscanf(line, "MemTotal: %" SCNu64 " kB", &mem->total) == 1)
		mem->total <<= 10;
	if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &mem->available) == 1)
		mem->available <<= 10;
	return false;
}

static bool check_memory(const struct ssi_host *host, struct ssi_finding *f)
{
	char need[SSI_OUT_SIZE_TEXT], total[SSI_OUT_SIZE_TEXT], available[SSI_OUT_SIZE_TEXT];
	uint64_t bytes = host->share + host->reserve;
	struct meminfo mem = { 0 };
	char path[PATH_MAX];

	if (!host->share)
		return false;
	path_of(host, path, "/proc/meminfo");
	search(path, take_meminfo, &mem);
	ssi_out_size_text(need, bytes);
	ssi_out_size_text(total, mem.total);
	ssi_out_size_text(available, mem.available);
	if (bytes > mem.total)
		ssi_doctor_fail(f, "give a smaller --share",
				"share and reserve are %s, the machine has %s", need, total);
	else if (bytes > mem.available)
		ssi_doctor_warn(f, "stop what uses the memory, or give a smaller --share: the "
				   "kernel would swap and kill programs as regions fill",
				"share and reserve are %s, %s of %s are free", need, available, total);
	else
		ssi_doctor_ok(f, "share and reserve are %s, %s of %s are free", need, available,
			      total);
	return true;
}

static bool check_memlock(const struct ssi_host *host, struct ssi_finding *f)
{
	char text[SSI_OUT_SIZE_TEXT] = "infinite";
	struct rlimit limit;

	(void)host;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return false;
	if (limit.rlim_cur != RLIM_INFINITY)
		ssi_out_size_text(text, limit.rlim_cur);
	/* Regions are the kernel's memory, and the monitor locks nothing. */
	ssi_doctor_ok(f, "RLIMIT_MEMLOCK is %s; neither nodes nor guests need any", text);
	return true;
}

/* ---- guests ---- */

/* Why there is no /dev/kvm. */
static const char *kvm_remedy(const struct ssi_host *host)
{
	if (has_cpu_flag(host, "vmx"))
		return "modprobe kvm_intel";
	if (has_cpu_flag(host, "svm"))
		return "modprobe kvm_amd";
	if (has_cpu_flag(host, "hypervisor"))
		return "this machine is virtual: its host has to allow nested guests (kvm_intel or "
		       "kvm_amd with nested=1) and give it its CPU model";
	return "enable virtualization (VT-x, SVM) in the firmware";
}

static bool check_kvm(const struct ssi_host *host, struct ssi_finding *f)
{
	char path[PATH_MAX];
	int fd;

	path_of(host, path, "/dev/kvm");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && ioctl(fd, KVM_GET_API_VERSION, 0) == KVM_API_VERSION)
		ssi_doctor_ok(f, "/dev/kvm works");
	else if (fd >= 0)
		ssi_doctor_fail(f, "is it the kernel's device?", "/dev/kvm is not KVM as this monitor knows it");
	else if (errno == EACCES || errno == EPERM)
		ssi_doctor_fail(f, "be root or in the group kvm", "/dev/kvm: %s", strerror(errno));
	else
		ssi_doctor_fail(f, kvm_remedy(host),
				"/dev/kvm: %s: no guest can run here, the node can give memory", strerror(errno));
	if (fd >= 0)
		close(fd);
	return true;
}

static bool check_nested(const struct ssi_host *host, struct ssi_finding *f)
{
	static const char *const modules[] = { "kvm_intel", "kvm_amd" };
	char path[PATH_MAX], line[256], nested[64] = "";
	unsigned int i;

	for (i = 0; i < 2; i++) {
		path_of(host, path, "/sys/module/%s/parameters/nested", modules[i]);
		if (*read_line(path, line))
			snprintf(nested, sizeof(nested), "; %s has nested=%.8s", modules[i], line);
	}
	if (has_cpu_flag(host, "hypervisor"))
		ssi_doctor_warn(f, "use a real machine where speed matters",
				"this machine is virtual, its guests are nested: each of their exits takes "
				"several of this one's%s", nested);
	else
		ssi_doctor_ok(f, "this machine is real%s", nested);
	return true;
}

/* ---- time ---- */

static bool check_clock(const struct ssi_host *host, struct ssi_finding *f)
{
	char path[PATH_MAX], source[256];

	path_of(host, path, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	if (!*read_line(path, source))
		return false;
	if (!strcmp(source, "tsc") || !strcmp(source, "kvm-clock"))
		ssi_doctor_ok(f, "the clock source is %.32s", source);
	else
		ssi_doctor_warn(f,
				"dmesg | grep -i -e tsc -e clocksource tells why it is not tsc; a "
				"virtual machine: its host gives it kvm-clock or an invariant TSC",
				"the clock source is %.32s: the time, which is read twice for each phase "
				"of a fault, is slow to read, and the TSC, by which ssi-vmm sets a guest's "
				"time, may not be steady", source);
	return true;
}

/* Returns false where the check does not apply. */
typedef bool (*check_fn)(const struct ssi_host *host, struct ssi_finding *f);

static const struct {
	const char *name;
	check_fn fn;
} checks[] = {
	{ "module", check_module }, { "signature", check_signature }, { "device", check_device },
	{ "tls", check_tls },	    { "aes", check_aes },	      { "mtu", check_mtu },
	{ "memory", check_memory }, { "memlock", check_memlock },     { "kvm", check_kvm },
	{ "nested", check_nested }, { "clock", check_clock },
};

void ssi_doctor_each(const struct ssi_host *host,
		     void (*fn)(const struct ssi_finding *f, void *arg), void *arg)
{
	unsigned int i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct ssi_finding f = { .check = checks[i].name };

		if (checks[i].fn(host, &f))
			fn(&f, arg);
	}
}
