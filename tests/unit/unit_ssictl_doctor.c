// SPDX-License-Identifier: Apache-2.0
/* doctor.c with machines that are made of files below a directory. */
#include <sys/ioctl.h>
#include <sys/prctl.h>

/* What KVM says about its version; the device is a file here. */
static int kvm_version;

static int fake_ioctl(int fd, unsigned long request, int arg)
{
	(void)fd;
	(void)request;
	(void)arg;
	return kvm_version;
}

#define ioctl fake_ioctl
#include "../../ssictl/doctor.c"
#undef ioctl

#include "unit_ssictl_run.h"

#define ROOT "build/unit/doctor.root"

static struct ssi_host host;
static struct ssi_finding found[COUNT(checks)];
static int count;

static void put_file(const char *path, const char *text)
{
	char command[512];
	FILE *f;

	snprintf(command, sizeof(command), "mkdir -p $(dirname " ROOT "%s)", path);
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof(command), ROOT "%s", path);
	f = fopen(command, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void take_file(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), ROOT "%s", path);
	ck_assert_int_eq(unlink(full), 0);
}

/* A machine on which nothing is wrong: the module is loaded. */
static void setup(void)
{
	char group[64];

	ck_assert_int_eq(system("rm -rf " ROOT), 0);
	host = (struct ssi_host){
		.root = ROOT,
		.release = "6.1.0-56-amd64",
		.interface = "eth0",
		.mtu = 9000,
		.share = 1ull << 30,
		.reserve = 64ull << 20,
	};
	kvm_version = KVM_API_VERSION;
	put_file("/sys/module/ssi_mem/version", SSI_VERSION "\n");
	put_file("/sys/module/kvm_amd/parameters/nested", "1\n");
	put_file("/proc/sys/net/ipv4/tcp_available_ulp", "espintcp mptcp tls\n");
	put_file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svm aes pclmulqdq\n");
	put_file("/proc/meminfo", "MemTotal:        2097152 kB\nMemFree: 9 kB\n"
				  "MemAvailable:    1572864 kB\n");
	put_file("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	put_file("/dev/kvm", "");
	put_file("/dev/ssi_mem", "");
	ck_assert_int_eq(chmod(ROOT "/dev/ssi_mem", 0660), 0);
	snprintf(group, sizeof(group), "other:x:%u:\nssi:x:%u:\n", getgid() + 1, getgid());
	put_file("/etc/group", group);
}

static void unload(void)
{
	take_file("/sys/module/ssi_mem/version");
	ck_assert_int_eq(rmdir(ROOT "/sys/module/ssi_mem"), 0);
}

static void keep(const struct ssi_finding *f, void *arg)
{
	(void)arg;
	found[count++] = *f;
}

/* The finding of one check; NULL when it did not apply. */
static const struct ssi_finding *look(const char *check)
{
	int i;

	count = 0;
	ssi_doctor_each(&host, keep, NULL);
	for (i = 0; i < count; i++) {
		if (!strcmp(found[i].check, check))
			return &found[i];
	}
	return NULL;
}

static void expect(const char *check, enum ssi_health health, const char *words)
{
	const struct ssi_finding *f = look(check);

	ck_assert_msg(f != NULL, "no check %s", check);
	ck_assert_msg(f->health == health && (strstr(f->text, words) || strstr(f->remedy, words)),
		      "%s: %d: %s; %s", check, f->health, f->text, f->remedy);
	ck_assert_msg(health == SSI_HEALTH_OK || *f->remedy, "%s has no remedy", check);
}

#define OK(check, words)   expect(check, SSI_HEALTH_OK, words)
#define WARN(check, words) expect(check, SSI_HEALTH_WARN, words)
#define FAIL(check, words) expect(check, SSI_HEALTH_FAIL, words)

START_TEST(each__healthy)
{
	int i;

	ck_assert_ptr_null(look("nothing"));
	for (i = 0; i < count; i++)
		ck_assert_msg(found[i].health == SSI_HEALTH_OK, "%s: %s", found[i].check,
			      found[i].text);
	/* Its signature does not matter any more. */
	ck_assert_int_eq(count, COUNT(checks) - 1);
}
END_TEST

START_TEST(each__bare_root)
{
	ck_assert_int_eq(system("rm -rf " ROOT "/*"), 0);
	FAIL("module", "neither loaded nor installed");
	FAIL("tls", "no kernel TLS");
	FAIL("memory", "0.00 MiB");
	FAIL("kvm", "No such file");
}
END_TEST

START_TEST(module__other_version)
{
	put_file("/sys/module/ssi_mem/version", "0.0.7\n");
	WARN("module", "ssi_mem 0.0.7 is loaded, ssictl is " SSI_VERSION);
}
END_TEST

START_TEST(module__installed)
{
	static const char *const lines[] = {
		"updates/ssi_mem.ko:\n",
		"kernel/a.ko: kernel/b.ko\nextra/ssi_mem.ko.xz: kernel/b.ko\n",
		"ssi_mem.ko:\n",
	};

	unload();
	put_file("/lib/modules/6.1.0-56-amd64/modules.dep", lines[_i]);
	OK("module", "join loads it");
}
END_TEST

START_TEST(module__not_installed)
{
	static const char *const lines[] = {
		"", "updates/ssi_mem.kox:\n", "updates/not_ssi_mem.ko:\n",
		"kernel/a.ko: updates/ssi_mem.ko\n",
	};

	unload();
	put_file("/lib/modules/6.1.0-56-amd64/modules.dep", lines[_i]);
	FAIL("module", "neither loaded nor installed for 6.1.0-56-amd64");
	FAIL("module", "make modules_install");
	ck_assert_ptr_null(look("device"));
}
END_TEST

START_TEST(signature__enforced)
{
	unload();
	OK("signature", "unsigned");
	put_file("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	put_file("/sys/module/module/parameters/sig_enforce", "N\n");
	OK("signature", "unsigned");
	put_file("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	WARN("signature", "lockdown");
	WARN("signature", "mokutil");
	put_file("/sys/module/module/parameters/sig_enforce", "Y\n");
	WARN("signature", "(module.sig_enforce)");
	put_file("/proc/sys/kernel/modules_disabled", "0\n");
	WARN("signature", "(module.sig_enforce)");
	put_file("/proc/sys/kernel/modules_disabled", "1\n");
	FAIL("signature", "booted again");
}
END_TEST

START_TEST(device__permissions)
{
	chmod(ROOT "/dev/ssi_mem", 0600);
	WARN("device", "its group is ssi, its mode 0600");
	WARN("device", "systemd-sysusers");
	chmod(ROOT "/dev/ssi_mem", 0666);
	WARN("device", "every user may attach");
	chmod(ROOT "/dev/ssi_mem", 0660);
	put_file("/etc/group", "ssi:x:4000000:\n");
	WARN("device", "its group is unknown");
	take_file("/etc/group");
	WARN("device", "its group is unknown");
	take_file("/dev/ssi_mem");
	FAIL("device", "No such file");
}
END_TEST

START_TEST(tls__missing)
{
	put_file("/proc/sys/net/ipv4/tcp_available_ulp", "espintcp tlsx mptcp\n");
	FAIL("tls", "no module tls for 6.1.0-56-amd64");
	FAIL("tls", "--plain");
	put_file("/boot/config-6.1.0-56-amd64", "CONFIG_NET=y\n# CONFIG_TLS is not set\n");
	FAIL("tls", "(CONFIG_TLS)");
	put_file("/lib/modules/6.1.0-56-amd64/modules.dep", "kernel/net/tls/tls.ko.xz:\n");
	OK("tls", "is installed");
	host.plain = true;
	ck_assert_ptr_null(look("tls"));
	ck_assert_ptr_null(look("aes"));
}
END_TEST

START_TEST(aes__missing)
{
	put_file("/proc/cpuinfo", "flags\t\t: fpu vaes aesx pclmulqdq\n");
	WARN("aes", "no instructions for AES-GCM");
	put_file("/proc/cpuinfo", "flags\t\t: pclmulqdq aes\n");
	OK("aes", "AES-GCM");
}
END_TEST

START_TEST(mtu__frames)
{
	static const struct {
		unsigned int mtu;
		const char *text;
	} cases[] = {
		{ 1500, "eth0 has an MTU of 1500: a page takes 3 frames" },
		{ 1280, "eth0 has an MTU of 1280: a page takes 4 frames" },
		{ 4253, "a page takes 2 frames" },
		{ 73, "a page takes 4182 frames" },
	};

	host.mtu = cases[_i].mtu;
	WARN("mtu", cases[_i].text);
}
END_TEST

START_TEST(mtu__one_frame)
{
	host.mtu = 4254;
	OK("mtu", "eth0 has an MTU of 4254: a page fits into a frame");
}
END_TEST

START_TEST(mtu__not_known)
{
	host.mtu = _i ? FRAME_OVERHEAD : 0;
	ck_assert_ptr_null(look("mtu"));
}
END_TEST

START_TEST(memory__too_little)
{
	host.share = 1600ull << 20;
	WARN("memory", "share and reserve are 1.62 GiB, 1.50 GiB of 2.00 GiB are free");
	host.share = 2000ull << 20;
	FAIL("memory", "share and reserve are 2.02 GiB, the machine has 2.00 GiB");
	host.share = 0;
	ck_assert_ptr_null(look("memory"));
}
END_TEST

START_TEST(memlock__shown)
{
	struct rlimit limit = { .rlim_cur = 65536, .rlim_max = 65536 };

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	OK("memlock", "RLIMIT_MEMLOCK is 0.06 MiB");
}
END_TEST

START_TEST(kvm__missing)
{
	static const struct {
		const char *cpuinfo;
		const char *remedy;
	} cases[] = {
		{ "flags : fpu vmx\n", "modprobe kvm_intel" },
		{ "flags : fpu svm hypervisor\n", "modprobe kvm_amd" },
		{ "flags : fpu hypervisor\n", "nested=1" },
		{ "flags : fpu\n", "firmware" },
	};

	take_file("/dev/kvm");
	put_file("/proc/cpuinfo", cases[_i].cpuinfo);
	FAIL("kvm", cases[_i].remedy);
	FAIL("kvm", "no guest can run here");
}
END_TEST

START_TEST(kvm__something_else)
{
	kvm_version = -1;
	FAIL("kvm", "not KVM");
}
END_TEST

START_TEST(kvm__not_for_us)
{
	chmod(ROOT "/dev/kvm", 0);
	/* Root may open everything. The sanitizer wants to trace us at the end. */
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	FAIL("kvm", "group kvm");
	ck_assert_int_eq(seteuid(getuid()), 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}
END_TEST

START_TEST(nested__virtual_machine)
{
	OK("nested", "this machine is real; kvm_amd has nested=1");
	put_file("/proc/cpuinfo", "flags : fpu svm hypervisor\n");
	WARN("nested", "this machine is virtual");
	take_file("/sys/module/kvm_amd/parameters/nested");
	WARN("nested", "this machine is virtual");
	put_file("/proc/cpuinfo", "flags : fpu\n");
	OK("nested", "this machine is real");
}
END_TEST

START_TEST(clock__source)
{
	const char *path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

	OK("clock", "the clock source is tsc");
	put_file(path, "kvm-clock\n");
	OK("clock", "kvm-clock");
	put_file(path, "hpet\n");
	WARN("clock", "the clock source is hpet: ");
	WARN("clock", "not be steady");
	WARN("clock", "kvm-clock or an invariant TSC");
	put_file(path, "tsc-early\n");
	WARN("clock", "tsc-early");
	take_file(path);
	ck_assert_ptr_null(look("clock"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("doctor");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, each__healthy);
	tcase_add_test(tc, each__bare_root);
	tcase_add_test(tc, module__other_version);
	tcase_add_loop_test(tc, module__installed, 0, 3);
	tcase_add_loop_test(tc, module__not_installed, 0, 4);
	tcase_add_test(tc, signature__enforced);
	tcase_add_test(tc, device__permissions);
	tcase_add_test(tc, tls__missing);
	tcase_add_test(tc, aes__missing);
	tcase_add_loop_test(tc, mtu__frames, 0, 4);
	tcase_add_test(tc, mtu__one_frame);
	tcase_add_loop_test(tc, mtu__not_known, 0, 2);
	tcase_add_test(tc, memory__too_little);
	tcase_add_test(tc, memlock__shown);
	tcase_add_loop_test(tc, kvm__missing, 0, 4);
	tcase_add_test(tc, kvm__something_else);
	tcase_add_test(tc, kvm__not_for_us);
	tcase_add_test(tc, nested__virtual_machine);
	tcase_add_test(tc, clock__source);
	return run_case("ssictl_doctor", tc);
}
