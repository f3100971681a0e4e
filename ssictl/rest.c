// SPDX-License-Identifier: Apache-2.0
#include "rest.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "private.h"

#define URLS_MAX  16
#define URL_MAX	  512
#define TOKEN_MAX 512
#define KEY_MAX	  65536
/* A leader may have changed while it was asked for. */
#define LEADERS_MAX 3

#define MAKE_TOKEN "make one with: umask 077; openssl rand -hex 32 > FILE"

/**
 * struct ssi_rest - the client
 * @text: the URLs, with zeroes between
 * @url: the URLs
 * @urls: how many
 * @good: index of the one that answered last
 * @token_file: path, or NULL
 * @ca: path, or NULL
 * @cert: path, or NULL
 * @key: path, or NULL
 * @timeout_ms: of one coordinator
 * @curl: keeps the connection
 * @stopped: nothing is asked any more
 */
struct ssi_rest {
	char *text;
	const char *url[URLS_MAX];
	unsigned int urls;
	unsigned int good;
	char *token_file;
	char *ca;
	char *cert;
	char *key;
	unsigned int timeout_ms;
	CURL *curl;
	bool stopped;
};

/**
 * struct ask - one request
 * @method: of HTTP
 * @path: of the route
 * @body: text, or NULL
 * @headers: those of ours, the token among them
 */
struct ask {
	const char *method;
	const char *path;
	const char *body;
	struct curl_slist *headers;
};

/**
 * struct bytes - what came
 * @text: with a zero behind it, or NULL
 * @len: how many
 * @full: there was more than is taken
 */
struct bytes {
	char *text;
	size_t len;
	bool full;
};

/* What others wrote goes to terminals and logs. */
static void make_plain(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

static int __attribute__((format(printf, 3, 4)))
refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	make_plain(why);
	return -1;
}

/* ---- whom to ask ---- */

static bool is_loopback(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;
	char inner[64];

	if (!strcmp(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	snprintf(inner, sizeof(inner), "%s", host + (*host == '['));
	inner[strcspn(inner, "]")] = 0;
	return inet_pton(AF_INET6, inner, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Does the URL have a part that none of ours has? */
static bool has_more(CURLU *u)
{
	static const CURLUPart parts[] = { CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
					   CURLUPART_FRAGMENT };
	unsigned int i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		char *part = NULL;

		if (curl_url_get(u, parts[i], &part, 0) == CURLUE_OK) {
			curl_free(part);
			return true;
		}
	}
	return false;
}

static int check_parts(CURLU *u, const char *url, char *why, size_t size)
{
	char *scheme = NULL, *host = NULL;
	int rc = 0;

	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK || has_more(u) ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		rc = refuse(why, size, "not a URL as https://HOST:PORT");
	else if (!strcasecmp(scheme, "http") && !is_loopback(host))
		rc = refuse(why, size, "http beyond loopback can be read and changed by others; "
				       "say https");
	else if (strcasecmp(scheme, "http") != 0 && strcasecmp(scheme, "https") != 0)
		rc = refuse(why, size, "neither https nor http");
	curl_free(scheme);
	curl_free(host);
	return rc;
}

/* May our credentials go there? */
static int check_url(const char *url, char *why, size_t size)
{
	CURLU *u = curl_url();
	int rc;

	if (!u)
		return refuse(why, size, "out of memory");
	rc = check_parts(u, url, why, size);
	curl_url_cleanup(u);
	return rc;
}

static int take_urls(struct ssi_rest *rest, char *why, size_t size)
{
	char *rest_of = rest->text, *url, reason[128];

	while ((url = strsep(&rest_of, ","))) {
		size_t len = strlen(url);

		/* Paths begin with a slash. */
		if (len && url[len - 1] == '/')
			url[--len] = 0;
		if (rest->urls == URLS_MAX)
			return refuse(why, size, "more than %d coordinators", URLS_MAX);
		if (len >= URL_MAX / 2)
			return refuse(why, size, "a coordinator's URL is too long");
		if (check_url(url, reason, sizeof(reason)) < 0)
			return refuse(why, size, "coordinator '%s': %s", url, reason);
		rest->url[rest->urls++] = url;
	}
	return 0;
}

/* ---- as whom ---- */

static bool is_token(const char *text)
{
	const char *c;

	for (c = text; *c > ' ' && *c <= '~'; c++)
		;
	return c > text && !*c;
}

/* Return: 0 with @token, which is empty without a file. */
static int read_token(const struct ssi_rest *rest, char *token, char *why, size_t size)
{
	char reason[160];
	ssize_t len;

	*token = 0;
	if (!rest->token_file)
		return 0;
	len = ssi_private_read(rest->token_file, token, TOKEN_MAX, MAKE_TOKEN, reason,
			       sizeof(reason));
	if (len < 0)
		return refuse(why, size, "%s: %s", rest->token_file, reason);
	if (len && token[len - 1] == '\n')
		len--;
	token[len] = 0;
	if (strlen(token) == (size_t)len && is_token(token))
		return 0;
	explicit_bzero(token, TOKEN_MAX + 1);
	return refuse(why, size, "%s: not a token: one line without blanks", rest->token_file);
}

static int check_key(const struct ssi_rest *rest, char *why, size_t size)
{
	char *key = malloc(KEY_MAX), reason[160];
	ssize_t len = -1;

	if (!key)
		return refuse(why, size, "out of memory");
	len = ssi_private_read(rest->key, key, KEY_MAX, "the key belongs to the certificate",
			       reason, sizeof(reason));
	explicit_bzero(key, KEY_MAX);
	free(key);
	return len < 0 ? refuse(why, size, "%s: %s", rest->key, reason) : 0;
}

static int check_credentials(const struct ssi_rest *rest, char *why, size_t size)
{
	char token[TOKEN_MAX + 1];
	int rc;

	if (!rest->cert != !rest->key)
		return refuse(why, size, "a certificate and its key go together");
	rc = read_token(rest, token, why, size);
	explicit_bzero(token, sizeof(token));
	if (rc == 0 && rest->key)
		rc = check_key(rest, why, size);
	return rc;
}

/* ---- opening ---- */

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static int set_up(struct ssi_rest *rest, const struct ssi_rest_cfg *cfg, char *why, size_t size)
{
	rest->text = strdup(cfg->urls);
	rest->token_file = copy(cfg->token_file);
	rest->ca = copy(cfg->ca);
	rest->cert = copy(cfg->cert);
	rest->key = copy(cfg->key);
	rest->timeout_ms = cfg->timeout_ms;
	rest->curl = curl_easy_init();
	if (!rest->text || !rest->curl)
		return refuse(why, size, "out of memory");
	if (take_urls(rest, why, size) < 0)
		return -1;
	return check_credentials(rest, why, size);
}

struct ssi_rest *ssi_rest_open(const struct ssi_rest_cfg *cfg, char *why, size_t size)
{
	struct ssi_rest *rest = calloc(1, sizeof(*rest));

	if (!rest) {
		refuse(why, size, "out of memory");
		return NULL;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (set_up(rest, cfg, why, size) == 0)
		return rest;
	ssi_rest_close(rest);
	return NULL;
}

void ssi_rest_close(struct ssi_rest *rest)
{
	if (!rest)
		return;
	curl_easy_cleanup(rest->curl);
	curl_global_cleanup();
	free(rest->text);
	free(rest->token_file);
	free(rest->ca);
	free(rest->cert);
	free(rest->key);
	free(rest);
}

void ssi_rest_timeout(struct ssi_rest *rest, unsigned int ms)
{
	rest->timeout_ms = ms;
}

/* ---- one request to one coordinator ---- */

static size_t take_bytes(char *from, size_t one, size_t count, void *arg)
{
	struct bytes *bytes = arg;
	char *more;

	(void)one;
	bytes->full = count > SSI_REST_ANSWER_MAX - bytes->len;
	more = bytes->full ? NULL : realloc(bytes->text, bytes->len + count + 1);
	if (!more)
		return 0;
	memcpy(more + bytes->len, from, count);
	bytes->text = more;
	bytes->len += count;
	more[bytes->len] = 0;
	return count;
}

static void set_credentials(const struct ssi_rest *rest)
{
	CURL *curl = rest->curl;

	/* With an authority of our own the system's do not count. */
	if (rest->ca) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, rest->ca);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (rest->cert)
		curl_easy_setopt(curl, CURLOPT_SSLCERT, rest->cert);
	if (rest->key)
		curl_easy_setopt(curl, CURLOPT_SSLKEY, rest->key);
}

/* Called by curl about once a second while nothing comes, too. */
static int look_for_end(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct ssi_rest *rest = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return __atomic_load_n(&rest->stopped, __ATOMIC_RELAXED);
}

void ssi_rest_stop(struct ssi_rest *rest)
{
	__atomic_store_n(&rest->stopped, true, __ATOMIC_RELAXED);
}

static CURLcode perform(const struct ssi_rest *rest, const struct ask *ask, const char *url,
			struct bytes *bytes)
{
	CURL *curl = rest->curl;

	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, ask->method);
	if (ask->body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask->body);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, ask->headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)rest->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, bytes);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_end);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, rest);
	set_credentials(rest);
	return curl_easy_perform(curl);
}

static void take_text(const json_t *object, const char *key, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(to, size, "%s", text ? text : "");
	make_plain(to);
}

/* The word that programs go by is the end of the type's address. */
static void take_problem(const json_t *object, struct ssi_rest_answer *answer)
{
	const char *type = json_string_value(json_object_get(object, "type"));
	const char *word = type ? strstr(type, "#problem-") : NULL;

	if (word)
		snprintf(answer->problem, sizeof(answer->problem), "%s", word + 9);
	make_plain(answer->problem);
	take_text(object, "detail", answer->why, sizeof(answer->why));
	take_text(object, "remedy", answer->remedy, sizeof(answer->remedy));
	take_text(object, "request_id", answer->request_id, sizeof(answer->request_id));
}

static bool has_type(const struct ssi_rest *rest, const char *type)
{
	const char *found = NULL;

	curl_easy_getinfo(rest->curl, CURLINFO_CONTENT_TYPE, &found);
	return found && !strncasecmp(found, type, strlen(type)) &&
	       (!found[strlen(type)] || strchr("; ", found[strlen(type)]));
}

static int take_body(const struct ssi_rest *rest, const struct bytes *bytes,
		     struct ssi_rest_answer *answer)
{
	bool good = answer->status >= 200 && answer->status < 300;
	const char *type = good ? "application/json" : "application/problem+json";
	json_t *root = NULL;

	if (bytes->text && has_type(rest, type))
		root = json_loadb(bytes->text, bytes->len, JSON_REJECT_DUPLICATES, NULL);
	if (good && json_is_object(root)) {
		answer->body = root;
		return 0;
	}
	if (json_is_object(root))
		take_problem(root, answer);
	json_decref(root);
	if (good)
		answer->status = 0;
	if (*answer->why)
		return -1;
	return refuse(answer->why, sizeof(answer->why), good ?
		      "the answer is not JSON as a coordinator's" :
		      "status %u without a reason; is that a coordinator?", answer->status);
}

/* Return: 0 with an answer's body; -1 with @answer->why. */
static int ask_one(const struct ssi_rest *rest, const struct ask *ask, const char *url,
		   struct ssi_rest_answer *answer)
{
	struct bytes bytes = { 0 };
	long status = 0;
	CURLcode code;
	int rc;

	memset(answer, 0, sizeof(*answer));
	code = perform(rest, ask, url, &bytes);
	if (code == CURLE_OK) {
		curl_easy_getinfo(rest->curl, CURLINFO_RESPONSE_CODE, &status);
		answer->status = status;
		rc = take_body(rest, &bytes, answer);
	} else {
		rc = refuse(answer->why, sizeof(answer->why), "%.180s: %s", url,
			    bytes.full ? "the answer is too long" : curl_easy_strerror(code));
	}
	free(bytes.text);
	return rc;
}

/* ---- who leads ---- */

/* Where the last answer leads to; a pointer that the next request ends. */
static const char *leader_of(const struct ssi_rest *rest)
{
	char *location = NULL;

	curl_easy_getinfo(rest->curl, CURLINFO_REDIRECT_URL, &location);
	return location ? location : "";
}

static int ask_leader(const struct ssi_rest *rest, const struct ask *ask, const char *first,
		      struct ssi_rest_answer *answer)
{
	char url[URL_MAX], reason[128];
	unsigned int i;
	int rc;

	snprintf(url, sizeof(url), "%s", first);
	for (i = 0; i < LEADERS_MAX; i++) {
		rc = ask_one(rest, ask, url, answer);
		if (answer->status != 307)
			return rc;
		snprintf(url, sizeof(url), "%s", leader_of(rest));
		if (check_url(url, reason, sizeof(reason)) < 0)
			return refuse(answer->why, sizeof(answer->why),
				      "the leader is said to be at '%.100s': %s", url, reason);
	}
	return refuse(answer->why, sizeof(answer->why),
		      "coordinators send from one to another; none leads");
}

/* Another coordinator may do better. */
static bool is_passed_over(const struct ssi_rest_answer *answer)
{
	return answer->status == 0 || answer->status == 307 || answer->status == 503;
}

static int ask_all(struct ssi_rest *rest, const struct ask *ask, struct ssi_rest_answer *answer)
{
	char url[URL_MAX];
	unsigned int i;
	int rc = -1;

	for (i = 0; i < rest->urls; i++) {
		snprintf(url, sizeof(url), "%s%.200s", rest->url[rest->good], ask->path);
		rc = ask_leader(rest, ask, url, answer);
		if (rc == 0 || !is_passed_over(answer))
			return rc;
		rest->good = (rest->good + 1) % rest->urls;
	}
	return rc;
}

static int add_header(struct ask *ask, const char *text)
{
	struct curl_slist *more = curl_slist_append(ask->headers, text);

	if (!more)
		return -1;
	ask->headers = more;
	return 0;
}

static int add_headers(const struct ssi_rest *rest, struct ask *ask, char *why, size_t size)
{
	char token[TOKEN_MAX + 1], line[TOKEN_MAX + 32];
	int rc = read_token(rest, token, why, size);

	if (rc < 0)
		return rc;
	/* Bodies are short: it is not asked whether one may come. */
	rc = add_header(ask, "Expect:") < 0 || add_header(ask, "Accept: application/json") < 0 ||
	     add_header(ask, "Content-Type: application/json") < 0;
	snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
	if (*token)
		rc = rc || add_header(ask, line) < 0;
	explicit_bzero(token, sizeof(token));
	explicit_bzero(line, sizeof(line));
	return rc ? refuse(why, size, "out of memory") : 0;
}

int ssi_rest_call(struct ssi_rest *rest, const char *method, const char *path, json_t *body,
		  struct ssi_rest_answer *answer)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct ask ask = { .method = method, .path = path, .body = text };
	int rc = -1;

	memset(answer, 0, sizeof(*answer));
	if (body && !text)
		refuse(answer->why, sizeof(answer->why), "out of memory");
	else
		rc = add_headers(rest, &ask, answer->why, sizeof(answer->why));
	if (rc == 0)
		rc = ask_all(rest, &ask, answer);
	curl_slist_free_all(ask.headers);
	free(text);
	json_decref(body);
	return rc;
}
