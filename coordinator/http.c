// SPDX-License-Identifier: Apache-2.0
#include "http.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <microhttpd.h>

#include "log.h"
#include "work.h"

#define CONNECTIONS_MAX	   1024
#define PER_ADDRESS_MAX	   512
#define IDLE_S		   30
/* Of a request's headers; the library answers longer ones by itself. */
#define HEADERS_MAX 16384
/* A record fits in. */
#define STREAM_BLOCK 16384
#define PRIORITIES	   "SECURE128:-VERS-ALL:+VERS-TLS1.3"

/**
 * struct exchange - a request and its connection
 * @request: first, so that one is found by the other
 * @http: the server
 * @connection: of the library
 * @begun: its headers were looked at
 * @suspended: the library leaves the connection alone; under @http's lock
 * @woken: it was resumed before it was suspended; under @http's lock
 * @stream: its answer goes on and on; under @http's lock
 * @previous: in the list of all; under @http's lock
 * @next: in the list of all; under @http's lock
 */
struct exchange {
	struct ssi_request request;
	struct ssi_http *http;
	struct MHD_Connection *connection;
	bool begun;
	bool suspended;
	bool woken;
	bool stream;
	struct exchange *previous;
	struct exchange *next;
};

/**
 * struct ssi_http - the server
 * @cfg: from the caller
 * @daemon: of the library
 * @work: the changing thread
 * @lock: of all below; a leaf
 * @all: exchanges
 * @streams: how many of them are streams
 * @ending: nothing waits any more
 */
struct ssi_http {
	const struct ssi_http_cfg *cfg;
	struct MHD_Daemon *daemon;
	struct ssi_work *work;
	pthread_mutex_t lock;
	struct exchange *all;
	unsigned int streams;
	bool ending;
};

/* GnuTLS passes nothing of ours to the callback that presents the certificate. */
static struct ssi_tls *presented;

/* ---- waiting ---- */

/* Return: false when what it would wait for has come already, or never will. */
static bool suspend(struct exchange *x)
{
	struct ssi_http *http = x->http;
	bool suspended;

	pthread_mutex_lock(&http->lock);
	suspended = !x->woken && !http->ending;
	x->woken = false;
	x->suspended = suspended;
	if (suspended)
		MHD_suspend_connection(x->connection);
	pthread_mutex_unlock(&http->lock);
	return suspended;
}

/* Context: holds the lock. */
static void resume(struct exchange *x)
{
	if (x->suspended)
		MHD_resume_connection(x->connection);
	else
		x->woken = true;
	x->suspended = false;
}

void ssi_http_resume(struct ssi_http *http, struct ssi_request *request)
{
	pthread_mutex_lock(&http->lock);
	resume((struct exchange *)request);
	pthread_mutex_unlock(&http->lock);
}

void ssi_http_wake(struct ssi_http *http)
{
	struct exchange *x;

	pthread_mutex_lock(&http->lock);
	for (x = http->all; x; x = x->next) {
		if (x->stream)
			resume(x);
	}
	pthread_mutex_unlock(&http->lock);
}

static bool is_ending(struct ssi_http *http)
{
	bool ending;

	pthread_mutex_lock(&http->lock);
	ending = http->ending;
	pthread_mutex_unlock(&http->lock);
	return ending;
}

unsigned int ssi_http_streams(struct ssi_http *http)
{
	unsigned int streams;

	pthread_mutex_lock(&http->lock);
	streams = http->streams;
	pthread_mutex_unlock(&http->lock);
	return streams;
}

unsigned int ssi_http_connections(struct ssi_http *http)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info ? info->num_connections : 0;
}

/* ---- the changing thread ---- */

static void work(void *item, void *arg)
{
	struct ssi_http *http = arg;

	if (!item) {
		http->cfg->tick(http->cfg->arg);
		return;
	}
	http->cfg->change(item, http->cfg->arg);
	ssi_http_resume(http, item);
}

void ssi_http_tick(struct ssi_http *http)
{
	ssi_work_post(http->work, NULL);
}

/* ---- what came ---- */

static enum MHD_Result take_query(void *arg, enum MHD_ValueKind kind, const char *key,
				  const char *value)
{
	struct ssi_request *request = arg;

	(void)kind;
	if (request->queries < SSI_QUERY_MAX)
		request->query[request->queries] = (struct ssi_pair){ key, value };
	request->queries++;
	return MHD_YES;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void take_address(struct MHD_Connection *connection, struct ssi_request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *addr = info ? info->client_addr : NULL;
	socklen_t len = addr && addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
							       sizeof(struct sockaddr_in);

	if (!addr || getnameinfo(addr, len, request->from, sizeof(request->from), NULL, 0,
				 NI_NUMERICHOST))
		strcpy(request->from, "?");
}

static void take_certificate(struct exchange *x)
{
	const union MHD_ConnectionInfo *info;

	if (!x->http->cfg->tls)
		return;
	info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (info)
		x->request.cert_good = ssi_tls_caller(x->http->cfg->tls, info->tls_session,
						      &x->request.caller, x->request.cert_why,
						      sizeof(x->request.cert_why));
}

static void make_id(struct ssi_request *request)
{
	unsigned char bytes[16];
	unsigned int i;

	gnutls_rnd(GNUTLS_RND_NONCE, bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		snprintf(request->id + 2 * i, 3, "%02x", bytes[i]);
}

static struct exchange *begin(struct ssi_http *http, struct MHD_Connection *connection)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->http = http;
	x->connection = connection;
	x->request.authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION);
	x->request.content_type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
	x->request.host = header(connection, MHD_HTTP_HEADER_HOST);
	x->request.last_event = header(connection, "Last-Event-ID");
	x->request.length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_query, &x->request);
	make_id(&x->request);
	take_address(connection, &x->request);
	take_certificate(x);
	pthread_mutex_lock(&http->lock);
	x->next = http->all;
	if (x->next)
		x->next->previous = x;
	http->all = x;
	pthread_mutex_unlock(&http->lock);
	return x;
}

static bool take_body(struct ssi_request *request, const char *bytes, size_t count)
{
	char *more;

	if (count > SSI_BODY_MAX - request->body_len)
		return false;
	more = realloc(request->body, request->body_len + count);
	if (!more)
		return false;
	memcpy(more + request->body_len, bytes, count);
	request->body = more;
	request->body_len += count;
	return true;
}

/* ---- what is sent ---- */

static void set_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (value && *value)
		MHD_add_response_header(response, name, value);
}

static void set_headers(struct MHD_Response *response, const struct ssi_request *request)
{
	const struct ssi_answer *answer = &request->answer;
	char seconds[16] = "";

	if (answer->retry_s)
		snprintf(seconds, sizeof(seconds), "%u", answer->retry_s);
	set_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
	set_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	set_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
	set_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
	set_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	set_header(response, "Content-Security-Policy",
		   answer->policy ? answer->policy : "default-src 'none'; frame-ancestors 'none'");
	set_header(response, "X-Content-Type-Options", "nosniff");
	set_header(response, "Referrer-Policy", "no-referrer");
	set_header(response, "X-Request-Id", request->id);
	if (answer->status == MHD_HTTP_UNAUTHORIZED)
		set_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
}

static enum MHD_Result send_response(struct exchange *x, struct MHD_Response *response)
{
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	set_headers(response, &x->request);
	rc = MHD_queue_response(x->connection, x->request.answer.status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result send_answer(struct exchange *x)
{
	struct ssi_answer *answer = &x->request.answer;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		answer->len, answer->data,
		answer->constant ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);

	if (response && !answer->constant)
		answer->data = NULL;
	return send_response(x, response);
}

static ssize_t read_stream(void *arg, uint64_t at, char *to, size_t max)
{
	struct exchange *x = arg;
	ssize_t count;

	(void)at;
	do {
		if (is_ending(x->http))
			return MHD_CONTENT_READER_END_OF_STREAM;
		count = x->http->cfg->read(&x->request, to, max, x->http->cfg->arg);
		if (count < 0)
			return MHD_CONTENT_READER_END_OF_STREAM;
	} while (!count && !suspend(x));
	return count;
}

static enum MHD_Result send_stream(struct exchange *x)
{
	pthread_mutex_lock(&x->http->lock);
	x->stream = true;
	x->http->streams++;
	pthread_mutex_unlock(&x->http->lock);
	return send_response(x, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
								  read_stream, x, NULL));
}

/* ---- one request ---- */

static void refuse_work(struct exchange *x)
{
	ssi_refuse(&x->request.why, SSI_PROBLEM_BUSY, "try again",
		   "%d changes wait for the store already", SSI_WORK_MAX);
	x->request.why.retry_s = 1;
	ssi_http_resume(x->http, &x->request);
}

static enum MHD_Result go_on(struct exchange *x)
{
	const struct ssi_http_cfg *cfg = x->http->cfg;

	while (!is_ending(x->http)) {
		enum ssi_step step = cfg->run(&x->request, cfg->arg);

		if (step == SSI_STEP_ANSWER)
			return send_answer(x);
		if (step == SSI_STEP_STREAM)
			return send_stream(x);
		if (step == SSI_STEP_CHANGE && !ssi_work_post(x->http->work, &x->request))
			refuse_work(x);
		if (suspend(x))
			return MHD_YES;
	}
	return MHD_NO;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *bytes,
			      size_t *count, void **keep)
{
	struct exchange *x = *keep;
	struct ssi_http *http = arg;

	(void)version;
	if (!x)
		x = *keep = begin(http, connection);
	if (!x)
		return MHD_NO;
	x->request.method = method;
	x->request.path = url;
	if (!x->begun) {
		x->begun = true;
		if (http->cfg->begin(&x->request, http->cfg->arg) == SSI_STEP_ANSWER)
			return send_answer(x);
		return MHD_YES;
	}
	if (!*count)
		return go_on(x);
	/* Who says how much comes was refused before; who does not is cut off. */
	if (!take_body(&x->request, bytes, *count))
		return MHD_NO;
	*count = 0;
	return MHD_YES;
}

static void completed(void *arg, struct MHD_Connection *connection, void **keep,
		      enum MHD_RequestTerminationCode how)
{
	struct ssi_http *http = arg;
	struct exchange *x = *keep;

	(void)connection;
	(void)how;
	if (!x)
		return;
	http->cfg->end(&x->request, http->cfg->arg);
	pthread_mutex_lock(&http->lock);
	if (x->previous)
		x->previous->next = x->next;
	else
		http->all = x->next;
	if (x->next)
		x->next->previous = x->previous;
	http->streams -= x->stream;
	pthread_mutex_unlock(&http->lock);
	if (!x->request.answer.constant)
		free(x->request.answer.data);
	free(x->request.body);
	free(x);
	*keep = NULL;
}

/* ---- the server ---- */

static int present(gnutls_session_t session, const gnutls_datum_t *authorities, int count,
		   const gnutls_pk_algorithm_t *algorithms, int algorithms_count,
		   gnutls_pcert_st **chain, unsigned int *length, gnutls_privkey_t *key)
{
	(void)session;
	(void)authorities;
	(void)count;
	(void)algorithms;
	(void)algorithms_count;
	ssi_tls_present(presented, chain, length, key);
	return 0;
}

/* Paths and parameters are compared as they were sent. */
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

static void log_library(void *arg, const char *format, va_list args)
{
	char text[256];

	(void)arg;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\r\n")] = 0;
	ssi_log(LOG_INFO, "http: %s", text);
}

/* Ends the list of options; without TLS all of it is left out. */
static void tls_options(const struct ssi_http_cfg *cfg, struct MHD_OptionItem options[4])
{
	unsigned int i = 0;

	if (cfg->tls) {
		options[i++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
							(void *)present };
		options[i++] =
			(struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, PRIORITIES };
		if (ssi_tls_ca_text(cfg->tls))
			options[i++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_TRUST, 0,
								(char *)ssi_tls_ca_text(cfg->tls) };
	}
	options[i] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
}

static struct MHD_Daemon *start_daemon(struct ssi_http *http)
{
	unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			     MHD_USE_ERROR_LOG;
	struct MHD_OptionItem options[4];

	tls_options(http->cfg, options);
	presented = http->cfg->tls;
	if (http->cfg->tls)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(flags, 0, NULL, NULL, handle, http, MHD_OPTION_EXTERNAL_LOGGER,
				log_library, NULL, MHD_OPTION_LISTEN_SOCKET, http->cfg->listener,
				MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, PER_ADDRESS_MAX,
				MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX,
				MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
				leave_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED, completed, http,
				MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

struct ssi_http *ssi_http_start(const struct ssi_http_cfg *cfg)
{
	struct ssi_http *http = calloc(1, sizeof(*http));

	if (!http)
		return NULL;
	http->cfg = cfg;
	pthread_mutex_init(&http->lock, NULL);
	http->work = ssi_work_start(work, http);
	http->daemon = http->work ? start_daemon(http) : NULL;
	if (http->daemon)
		return http;
	if (http->work)
		ssi_work_stop(http->work);
	ssi_work_free(http->work);
	pthread_mutex_destroy(&http->lock);
	free(http);
	return NULL;
}

void ssi_http_stop(struct ssi_http *http)
{
	struct exchange *x;

	/* Changes under way are finished, and whoever waits for one is told. */
	ssi_work_stop(http->work);
	pthread_mutex_lock(&http->lock);
	http->ending = true;
	for (x = http->all; x; x = x->next)
		resume(x);
	pthread_mutex_unlock(&http->lock);
	MHD_stop_daemon(http->daemon);
	ssi_work_free(http->work);
	pthread_mutex_destroy(&http->lock);
	free(http);
}
