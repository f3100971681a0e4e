// SPDX-License-Identifier: Apache-2.0
/* ssictl doctor: the checks of doctor.c, and what has to be tried out. */
#include "ssictl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "identity.h"
#include "link.h"
#include "out.h"
#include "private.h"

#define DAY 86400
/* As the alert of the coordinator's certificate. */
#define SOON_DAYS 14
#define RENEW	  "ssictl cluster renew gets another one; running links go on"
#define TOKEN_MAX 512
/* All peers are called at once, and have this long together. */
#define PEER_WAIT_MS 3000

/**
 * struct doctor - a visit
 * @args: the command line
 * @host: this machine
 * @out: the document, when it is JSON
 * @failed: a check failed
 */
struct doctor {
	const struct ssi_args *args;
	struct ssi_host host;
	struct ssi_out out;
	bool failed;
};

static void print_text(const struct ssi_finding *f)
{
	static const char *const health[] = { "ok  ", "warn", "FAIL" };
	static const enum ssi_color color[] = { SSI_COLOR_GOOD, SSI_COLOR_WARN, SSI_COLOR_BAD };
	struct ssi_out line;
	char text[640];

	snprintf(text, sizeof(text), "%s: %s%s%s", f->check, f->text, *f->remedy ? "; " : "",
		 f->remedy);
	ssi_out_begin_line(&line, stdout, false);
	ssi_out_bare(&line, "health", health[f->health], color[f->health]);
	ssi_out_bare(&line, "text", text, SSI_COLOR_NONE);
	ssi_out_end(&line, 0);
}

static void print_json(struct ssi_out *out, const struct ssi_finding *f)
{
	static const char *const health[] = { "ok", "warn", "fail" };

	ssi_out_item(out, "check", f->check);
	ssi_out_str(out, "health", health[f->health], SSI_COLOR_NONE);
	ssi_out_str(out, "text", f->text, SSI_COLOR_NONE);
	ssi_out_str(out, "remedy", f->remedy, SSI_COLOR_NONE);
	ssi_out_close(out);
}

static void print(const struct ssi_finding *f, void *arg)
{
	struct doctor *d = arg;

	d->failed |= f->health == SSI_HEALTH_FAIL;
	if (d->args->json)
		print_json(&d->out, f);
	else
		print_text(f);
}

static void check_root(struct doctor *d)
{
	struct ssi_finding f = { .check = "root" };

	if (geteuid() == 0)
		ssi_doctor_ok(&f, "root can join");
	else
		ssi_doctor_warn(&f, "run ssictl doctor as root as well",
				"only root can join, and only root sees all that is checked here");
	print(&f, d);
}

/* Opening would load the module, and a doctor changes nothing. */
static void check_netlink(struct doctor *d)
{
	struct ssi_finding f = { .check = "netlink" };
	struct ssi_nl_version version;
	struct ssi_nl *nl;
	int rc;

	if (!ssi_doctor_loaded(&d->host))
		return;
	rc = ssi_nl_open(&nl);
	if (rc == 0)
		rc = ssi_nl_version_get(nl, &version);
	if (rc == 0 && strcmp(version.module, SSI_VERSION) != 0)
		ssi_doctor_warn(&f, "install both of one release, and let the node join anew",
				"the module has release %s, this ssictl %s", version.module,
				SSI_VERSION);
	else if (rc == 0)
		ssi_doctor_ok(&f, "the module answers: netlink family %u, protocol %u between nodes",
			      SSI_MEM_FAMILY_VERSION, version.protocol);
	else
		ssi_doctor_fail(&f, rc == -EPROTONOSUPPORT ? "" : "the kernel's log may say more",
				"%s", *ssi_nl_text(nl) ? ssi_nl_text(nl) : strerror(-rc));
	print(&f, d);
	ssi_nl_close(nl);
}

static void check_secret(struct doctor *d)
{
	struct ssi_finding f = { .check = "secret" };
	uint8_t key[SSI_SECRET_KEYLEN];
	char why[128];

	if (!d->args->secret)
		return;
	if (ssi_secret_load(d->args->secret, key, why, sizeof(why)) < 0)
		ssi_doctor_fail(&f, "the same file on all nodes; ssictl(8) tells how to make one",
				"%s: %s", d->args->secret, why);
	else
		ssi_doctor_ok(&f, "%s can be used", d->args->secret);
	explicit_bzero(key, sizeof(key));
	print(&f, d);
}

/* ---- certificates ---- */

static void judge_certificate(struct ssi_finding *f, const struct ssi_args *args,
			      const struct ssi_identity *identity)
{
	int64_t left = identity->expires - time(NULL);
	const char *path = args->files.cert;

	/* With a secret it is for the coordinator alone, which asks for no id. */
	if (identity->node == SSI_NO_NODE && !args->secret)
		ssi_doctor_fail(f, "ssictl cluster makes such ones", "%s: it names no node", path);
	else if (left <= 0)
		ssi_doctor_fail(f, RENEW, "%s: it ran out %" PRId64 " days ago", path, -left / DAY);
	else if (left < SOON_DAYS * DAY)
		ssi_doctor_warn(f, RENEW, "%s: it runs out in %" PRId64 " days", path, left / DAY);
	else
		ssi_doctor_ok(f, "%s can be used, for %" PRId64 " days more", path, left / DAY);
}

static void check_certificate(struct doctor *d)
{
	struct ssi_finding f = { .check = "certificate" };
	struct ssi_files files = d->args->files;
	struct ssi_identity *identity;
	char why[200];

	if (!files.cert)
		return;
	if (!files.key)
		files.key = files.cert;
	identity = ssi_identity_load(&files, why, sizeof(why));
	if (identity)
		judge_certificate(&f, d->args, identity);
	else
		ssi_doctor_fail(&f, "ssictl cluster makes such files", "%s", why);
	ssi_identity_put(identity);
	print(&f, d);
}

static void check_token(struct doctor *d)
{
	struct ssi_finding f = { .check = "token" };
	const char *path = d->args->token_file;
	char token[TOKEN_MAX], why[128];

	if (!path)
		return;
	if (ssi_private_read(path, token, sizeof(token), "the coordinator's host has it", why,
			     sizeof(why)) < 0)
		ssi_doctor_fail(&f, "", "%s: %s", path, why);
	else
		ssi_doctor_ok(&f, "%s can be read, by its owner alone", path);
	explicit_bzero(token, sizeof(token));
	print(&f, d);
}

/* ---- addresses ---- */

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	if (!a || a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return !memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		       &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr));
}

/* Of the network namespace; /sys may show another one. */
static unsigned int mtu_of(const char *interface)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };
	unsigned int mtu = 0;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &request) == 0)
		mtu = request.ifr_mtu;
	if (fd >= 0)
		close(fd);
	return mtu;
}

/* Leaves @host as it is when no interface has the address. */
static void find_interface(const struct ssi_addr *addr, struct ssi_host *host)
{
	struct ifaddrs *all, *i;

	if (getifaddrs(&all) < 0)
		return;
	for (i = all; i && !host->mtu; i = i->ifa_next) {
		if (!same_address(i->ifa_addr, (const struct sockaddr *)&addr->ss))
			continue;
		snprintf(host->interface, sizeof(host->interface), "%s", i->ifa_name);
		host->mtu = mtu_of(i->ifa_name);
	}
	freeifaddrs(all);
}

static void check_listen(struct doctor *d)
{
	const struct ssi_addr *addr = &d->args->listen;
	struct ssi_finding f = { .check = "listen" };
	int fd;

	if (!addr->len)
		return;
	fd = ssi_link_listen(addr);
	if (fd < 0)
		ssi_doctor_fail(&f, ssi_cmd_listen_remedy(-fd), "%s: %s", addr->text, strerror(-fd));
	else
		ssi_doctor_ok(&f, "%s is free%s%s", addr->text, *d->host.interface ? ", on " : "",
			      d->host.interface);
	print(&f, d);
	if (fd >= 0)
		close(fd);
}

/* Returns a socket that is connecting or connected, or a negative errno. */
static int start_call(const struct ssi_addr *addr)
{
	int rc, fd = socket(addr->ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&addr->ss, addr->len) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int finish_call(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int64_t left = deadline - ssi_handshake_now();
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&p, 1, left > 0 ? (int)left : 0) == 0)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

static void judge_call(struct doctor *d, uint32_t id, int fd, int error)
{
	const char *text = d->args->peers.addr[id].text;
	struct ssi_finding f = { .check = "peer" };
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (error == ECONNREFUSED) {
		ssi_doctor_warn(&f, "let it join, or correct the address",
				"node %u: %s: the machine answers, but no agent listens", id, text);
	} else if (error) {
		ssi_doctor_fail(&f, "check address, route and firewalls on the way",
				"node %u: %s: %s", id, text, strerror(error));
	} else {
		getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
		ssi_doctor_ok(&f, "node %u: %s accepts connections, round trip %u us", id, text,
			      info.tcpi_rtt);
	}
	print(&f, d);
}

static void check_peers(struct doctor *d)
{
	const struct ssi_peers *peers = &d->args->peers;
	int64_t deadline = ssi_handshake_now() + PEER_WAIT_MS;
	int fd[SSI_NODES], error;
	uint32_t id;

	for (id = 0; id < SSI_NODES; id++)
		fd[id] = peers->listed >> id & 1 ? start_call(&peers->addr[id]) : 0;
	for (id = 0; id < SSI_NODES; id++) {
		if (!(peers->listed >> id & 1))
			continue;
		error = fd[id] < 0 ? -fd[id] : finish_call(fd[id], deadline);
		judge_call(d, id, fd[id], error);
		if (fd[id] >= 0)
			close(fd[id]);
	}
}

static void examine(struct doctor *d)
{
	check_root(d);
	ssi_doctor_each(&d->host, print, d);
	check_netlink(d);
	check_secret(d);
	check_certificate(d);
	check_token(d);
	check_listen(d);
	check_peers(d);
}

int ssi_cmd_doctor(const struct ssi_args *args)
{
	struct doctor d = {
		.args = args,
		.host = {
			.root = "",
			.plain = args->plain,
			.share = args->share,
			.reserve = ssi_cmd_reserve(args),
		},
	};
	struct utsname uts;
	int rc;

	if (!args->files.cert && (args->files.key || args->files.ca || args->files.crl)) {
		fprintf(stderr, "ssictl: doctor: --key, --ca and --crl take --cert\n");
		return SSI_EXIT_USAGE;
	}
	uname(&uts);
	snprintf(d.host.release, sizeof(d.host.release), "%s", uts.release);
	if (args->listen.len)
		find_interface(&args->listen, &d.host);
	ssi_out_begin(&d.out, stdout, args->json);
	ssi_out_list(&d.out, "checks");
	examine(&d);
	ssi_out_close(&d.out);
	rc = ssi_out_end(&d.out, 0);
	if (rc)
		return ssi_cmd_fail("doctor", NULL, rc, NULL);
	return d.failed ? SSI_EXIT_FAIL : SSI_EXIT_OK;
}
