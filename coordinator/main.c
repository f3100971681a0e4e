// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "../ssictl/opts.h"
#include "api.h"
#include "backup.h"
#include "http.h"
#include "log.h"

#define EXIT_USAGE 2
#define TICK_MS	   250
#define BACKLOG	   512
/* Of a cluster that --create makes. */
#define LEASE_MS 5000

/**
 * struct options - the command line
 * @listen: where to accept
 * @advertise: how other coordinators and their callers reach this one, or NULL
 * @store: the store's name
 * @etcd: how to reach it
 * @tls: files
 * @ca_key: key of the authority of callers, which signs for nodes; or NULL
 * @tokens: file, or NULL
 * @open: everybody may do everything
 * @create: name of the cluster to create where there is none, or NULL
 * @rate: requests of one address in a second
 * @log: what lines of the log look like
 * @backup: file to keep the cluster in, or NULL
 * @restore: file to take the cluster of, or NULL
 * @force: also when the store has one
 * @routes: print them and end
 * @version: print it and end
 * @help: print it and end
 */
struct options {
	struct ssi_addr listen;
	const char *advertise;
	const char *store;
	struct ssi_store_cfg etcd;
	struct ssi_files tls;
	const char *ca_key;
	const char *tokens;
	bool open;
	const char *create;
	uint32_t rate;
	enum ssi_log_format log;
	const char *backup;
	const char *restore;
	bool force;
	bool routes;
	bool version;
	bool help;
};

static const char *take_log_format(const char *text, void *field)
{
	enum ssi_log_format *format = field;

	if (!strcmp(text, "text"))
		*format = SSI_LOG_TEXT;
	else if (!strcmp(text, "json"))
		*format = SSI_LOG_JSON;
	else
		return "text or json";
	return NULL;
}

#define OPT(field) offsetof(struct options, field)
#define FILE_OPT(name, field, help)                                                                \
	{ name, 0, "FILE", help, ssi_opts_text, OPT(field), false, false }
#define FLAG_OPT(name, letter, field, help)                                                        \
	{ name, letter, NULL, help, ssi_opts_flag, OPT(field), false, false }

static const struct ssi_opt opts[] = {
	{ "listen", 0, "ADDR:PORT", "where to accept (127.0.0.1:7643)", ssi_opts_addr, OPT(listen),
	  false, false },
	{ "store", 0, "STORE", "sqlite:FILE or etcd:URL[,URL]...", ssi_opts_text, OPT(store), false,
	  false },
	FILE_OPT("tls-cert", tls.cert, "certificate, with those up to its authority, PEM"),
	FILE_OPT("tls-key", tls.key, "its key, PEM"),
	FILE_OPT("client-ca", tls.ca, "authorities of callers' certificates, PEM"),
	FILE_OPT("crl", tls.crl, "certificates that they revoked, PEM"),
	FILE_OPT("ca-key", ca_key, "key of the first of them, to sign for nodes that are invited"),
	FILE_OPT("tokens", tokens, "lines of ROLE NAME SHA256"),
	FLAG_OPT("open", 0, open, "everybody may do everything; on loopback alone"),
	{ "create", 0, "NAME", "create this cluster where there is none", ssi_opts_name,
	  OPT(create), false, false },
	{ "advertise", 0, "URL", "how others reach this coordinator", ssi_opts_text, OPT(advertise),
	  false, false },
	{ "rate", 0, "N", "requests of one address in a second (1000)", ssi_opts_u32, OPT(rate),
	  false, false },
	{ "log-format", 0, "FORMAT", "text, or json: an object for each line (text)",
	  take_log_format, OPT(log), false, false },
	{ "etcd-prefix", 0, "TEXT", "of all keys (/ssi-hv/)", ssi_opts_text, OPT(etcd.prefix), false,
	  false },
	FILE_OPT("etcd-ca", etcd.ca, "authorities of etcd's certificate, PEM"),
	FILE_OPT("etcd-cert", etcd.cert, "our certificate for etcd, PEM"),
	FILE_OPT("etcd-key", etcd.key, "its key, PEM"),
	FILE_OPT("backup", backup, "keep the cluster of the store in this file, and end"),
	FILE_OPT("restore", restore, "give the store the cluster of this file, and end"),
	FLAG_OPT("force", 0, force, "restore also where there is a cluster, which is lost"),
	FLAG_OPT("routes", 0, routes, "print what can be asked, and who may"),
	FLAG_OPT("version", 0, version, "print the version"),
	FLAG_OPT("help", 'h', help, "print this"),
	{ NULL, 0, NULL, NULL, NULL, 0, false, false },
};

static void usage(FILE *f)
{
	fputs("usage:\n  ssi-coordinator", f);
	ssi_opts_usage(f, opts, false);
	fputs("\n\noptions:\n", f);
	ssi_opts_usage(f, opts, true);
}

/* ---- the command line ---- */

static bool is_loopback(const struct ssi_addr *addr)
{
	const struct sockaddr_in *four = (const void *)&addr->ss;
	const struct sockaddr_in6 *six = (const void *)&addr->ss;

	if (addr->ss.ss_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static bool serves(const struct options *o)
{
	return !o->backup && !o->restore;
}

/* Of those that do not serve. Returns as check() does. */
static const char *check_files(const struct options *o)
{
	if (o->backup && o->restore)
		return "one of --backup and --restore";
	if (o->force && !o->restore)
		return "--force is for --restore";
	if (!serves(o) && (o->create || o->tokens || o->tls.cert || o->tls.key || o->tls.ca ||
			   o->open || o->advertise))
		return "--backup and --restore serve nobody: they take --store, and how to reach it";
	return NULL;
}

/* Returns NULL, or what does not go together and what helps. */
static const char *check(const struct options *o)
{
	bool loopback = is_loopback(&o->listen);
	const char *wrong = check_files(o);
	bool any = !strncmp(o->listen.text, "0.0.0.0:", 8) || !strncmp(o->listen.text, "[::]:", 5);

	if (wrong)
		return wrong;
	if (!o->store)
		return "--store is missing; sqlite:/var/lib/ssi-hv/cluster.db is one";
	if (!serves(o))
		return NULL;
	if (any && !o->advertise)
		return "nobody can reach all addresses: --advertise says which one others take";
	if (!o->tls.cert != !o->tls.key)
		return "--tls-cert and --tls-key go together";
	if (!o->tls.cert && !loopback)
		return "beyond loopback it takes TLS: --tls-cert and --tls-key";
	if (o->tls.ca && !o->tls.cert)
		return "--client-ca takes TLS: --tls-cert and --tls-key";
	if (o->tls.crl && !o->tls.ca)
		return "--crl takes --client-ca";
	if (o->ca_key && !o->tls.ca)
		return "--ca-key takes --client-ca";
	if (o->open && !loopback)
		return "--open is for loopback alone; give --tokens or --client-ca";
	if (o->open && (o->tokens || o->tls.ca))
		return "with --open nobody is asked for what --tokens and --client-ca name";
	if (!o->open && !o->tokens && !o->tls.ca)
		return "who may ask? --tokens FILE or --client-ca FILE says; --open lets everybody";
	if (!o->rate)
		return "--rate is at least 1";
	return NULL;
}

/* Returns -1 to go on, or the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
	struct ssi_optargs line = { .opts = opts, .argc = argc - 1, .argv = argv + 1 };
	const char *wrong;

	ssi_opts_addr("127.0.0.1:7643", &o->listen);
	wrong = ssi_opts_parse(&line, o) < 0 ? line.why : NULL;
	if (!wrong && o->help)
		usage(stdout);
	else if (!wrong && o->routes)
		ssi_api_list(stdout);
	else if (!wrong && o->version)
		puts("ssi-coordinator " SSI_VERSION);
	else if (!wrong)
		wrong = check(o);
	else
		o->help = false;
	if (wrong) {
		fprintf(stderr, "ssi-coordinator: %s\n'ssi-coordinator --help' lists the options.\n",
			wrong);
		return EXIT_USAGE;
	}
	return o->help || o->routes || o->version ? 0 : -1;
}

/* ---- starting ---- */

/**
 * struct coordinator - the program
 * @options: the command line
 * @ledger: the cluster
 * @api: the routes
 * @tls: certificates, or NULL
 * @cfg: what http.c serves
 * @create: what --create asks for
 * @following: the server, while the store's thread may call it; under the ledger's lock
 * @self: URL of this coordinator
 */
struct coordinator {
	struct options options;
	struct ssi_ledger ledger;
	struct ssi_api api;
	struct ssi_tls *tls;
	struct ssi_http_cfg cfg;
	struct ssi_wish create;
	struct ssi_http *following;
	char self[256];
};

static int open_listener(const struct ssi_addr *addr)
{
	int yes = 1;
	int fd = socket(addr->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	    bind(fd, (const struct sockaddr *)&addr->ss, addr->len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	ssi_log(LOG_ERR, "--listen %s: %s", addr->text, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_credentials(struct coordinator *c)
{
	char why[512];

	if (c->options.tokens &&
	    ssi_tokens_load(c->options.tokens, &c->api.tokens, why, sizeof(why)) < 0) {
		ssi_log(LOG_ERR, "--tokens %s: %s", c->options.tokens, why);
		return -1;
	}
	if (c->options.ca_key && ssi_issuer_load(&c->api.issuer, c->options.tls.ca,
						 c->options.ca_key, why, sizeof(why)) < 0) {
		ssi_log(LOG_ERR, "--ca-key: %s", why);
		return -1;
	}
	if (!c->options.tls.cert)
		return 0;
	c->tls = ssi_tls_open(&c->options.tls, why, sizeof(why));
	if (c->tls)
		return 0;
	ssi_log(LOG_ERR, "TLS: %s", why);
	return -1;
}

static int open_store(struct coordinator *c)
{
	struct ssi_store *store;
	char why[512];

	if (c->options.advertise)
		snprintf(c->self, sizeof(c->self), "%s", c->options.advertise);
	else if (serves(&c->options))
		snprintf(c->self, sizeof(c->self), "%s://%s", c->tls ? "https" : "http",
			 c->options.listen.text);
	c->options.etcd.self = c->self;
	c->options.etcd.existing = c->options.backup != NULL;
	if (!c->options.etcd.prefix)
		c->options.etcd.prefix = "/ssi-hv/";
	store = ssi_store_open(c->options.store, &c->options.etcd, why, sizeof(why));
	if (!store) {
		ssi_log(LOG_ERR, "--store: %s", why);
		return -1;
	}
	ssi_ledger_init(&c->ledger, store);
	c->ledger.changed = ssi_api_changed;
	c->ledger.arg = &c->api;
	return 0;
}

static void wish_for_cluster(struct coordinator *c)
{
	struct ssi_change *with = &c->create.with;
	unsigned char id[16];
	unsigned int i;

	if (!c->options.create)
		return;
	c->create.type = SSI_WISH_CREATE_CLUSTER;
	*with = (struct ssi_change){ .by = "create", .lease_ms = LEASE_MS,
				     .max_nodes = SSI_MEM_NODE_ID_MAX + 1 };
	gnutls_rnd(GNUTLS_RND_NONCE, id, sizeof(id));
	for (i = 0; i < sizeof(id); i++)
		snprintf(with->id + 2 * i, 3, "%02x", id[i]);
	strcpy(with->name, c->options.create);
	c->ledger.create = &c->create;
}

static void store_changed(void *arg)
{
	struct coordinator *c = arg;

	pthread_mutex_lock(&c->ledger.lock);
	if (c->following)
		ssi_http_tick(c->following);
	pthread_mutex_unlock(&c->ledger.lock);
}

static void set_following(struct coordinator *c, struct ssi_http *http)
{
	pthread_mutex_lock(&c->ledger.lock);
	c->following = http;
	pthread_mutex_unlock(&c->ledger.lock);
}

static int start(struct coordinator *c)
{
	int64_t seed;

	gnutls_rnd(GNUTLS_RND_NONCE, &seed, sizeof(seed));
	ssi_rate_init(&c->api.rate, c->options.rate, seed);
	c->api.ledger = &c->ledger;
	c->api.tls = c->tls;
	c->api.open = c->options.open;
	c->api.crl = c->options.tls.crl;
	c->cfg = (struct ssi_http_cfg){
		.tls = c->tls,
		.begin = ssi_api_begin,
		.run = ssi_api_run,
		.change = ssi_api_change,
		.read = ssi_api_read,
		.end = ssi_api_end,
		.tick = ssi_api_tick,
		.arg = &c->api,
	};
	wish_for_cluster(c);
	ssi_ledger_tick(&c->ledger);
	if (*c->ledger.trouble)
		return -1;
	c->cfg.listener = open_listener(&c->options.listen);
	if (c->cfg.listener < 0)
		return -1;
	c->api.http = ssi_http_start(&c->cfg);
	if (!c->api.http) {
		ssi_log(LOG_ERR, "the server did not start: %s", strerror(errno));
		return -1;
	}
	set_following(c, c->api.http);
	if (c->ledger.store->ops->follow)
		c->ledger.store->ops->follow(c->ledger.store, store_changed, c);
	return 0;
}

/* ---- backups ---- */

/* Returns the exit status. */
static int keep_or_restore(struct coordinator *c)
{
	const struct options *o = &c->options;
	char why[PATH_MAX + 512];
	int rc;

	c->ledger.changed = NULL;
	if (o->backup)
		rc = ssi_backup_save(&c->ledger, o->backup, why, sizeof(why));
	else
		rc = ssi_backup_restore(&c->ledger, o->restore, o->force, why, sizeof(why));
	if (rc < 0)
		fprintf(stderr, "ssi-coordinator: %s\n", why);
	else
		puts(why);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- running ---- */

/* What cannot be read is left as it was. */
static void reload(struct coordinator *c)
{
	struct ssi_tokens *tokens = calloc(1, sizeof(*tokens));
	char why[512];

	if (tokens && c->options.tokens &&
	    ssi_tokens_load(c->options.tokens, tokens, why, sizeof(why)) < 0) {
		ssi_log(LOG_ERR, "--tokens %s: %s; the old ones stay", c->options.tokens, why);
	} else if (tokens) {
		pthread_mutex_lock(&c->ledger.lock);
		c->api.tokens = *tokens;
		pthread_mutex_unlock(&c->ledger.lock);
		ssi_log(LOG_NOTICE, "%u tokens", tokens->count);
	}
	free(tokens);
	if (c->tls && ssi_tls_reload(c->tls, why, sizeof(why)) < 0)
		ssi_log(LOG_ERR, "TLS: %s; the old certificates stay", why);
}

/* Returns false when the program shall end. */
static bool take_signal(struct coordinator *c, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo != SIGHUP)
		return false;
	reload(c);
	return true;
}

static void run(struct coordinator *c, int signals, int timer)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = timer, .events = POLLIN },
	};
	uint64_t ticks;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents && !take_signal(c, signals))
			return;
		if (fds[1].revents && read(timer, &ticks, sizeof(ticks)) == sizeof(ticks))
			ssi_http_tick(c->api.http);
	}
}

/* Threads inherit the mask, so signals reach the main thread and nobody else. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int open_timer(void)
{
	const struct itimerspec every = {
		.it_interval = { .tv_nsec = TICK_MS * 1000000L },
		.it_value = { .tv_nsec = TICK_MS * 1000000L },
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0)
		timerfd_settime(fd, 0, &every, NULL);
	return fd;
}

int main(int argc, char **argv)
{
	struct coordinator *c = calloc(1, sizeof(*c));
	int signals = open_signals(), timer = open_timer();
	int rc;

	if (!c || signals < 0 || timer < 0)
		return EXIT_FAILURE;
	c->options.rate = 1000;
	rc = parse(argc, argv, &c->options);
	if (rc >= 0)
		return rc;
	rc = EXIT_FAILURE;
	ssi_log_format(c->options.log);
	/* Before there are threads that would do it all at once. */
	json_object_seed(0);
	if (open_credentials(c) < 0 || open_store(c) < 0)
		goto out;
	if (!serves(&c->options)) {
		rc = keep_or_restore(c);
	} else if (start(c) == 0) {
		ssi_log(LOG_NOTICE, "serving %s", c->self);
		run(c, signals, timer);
		ssi_log(LOG_NOTICE, "told to end");
		rc = EXIT_SUCCESS;
		set_following(c, NULL);
		ssi_http_stop(c->api.http);
	}
	ssi_ledger_free(&c->ledger);
out:
	ssi_tls_close(c->tls);
	ssi_issuer_free(&c->api.issuer);
	free(c);
	return rc;
}
