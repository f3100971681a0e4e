// SPDX-License-Identifier: Apache-2.0
#include "etcd.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <gnutls/gnutls.h>

#include "store.h"

#define MEMBERS_MAX 16
/* Of one member; a call that asks several ends before a lease does. */
#define CALL_MS 1500
/* An answer has at most a page of records. */
#define ANSWER_MAX (16 << 20)
#define WATCH_AGAIN_S 1

/**
 * struct ssi_etcd - the client
 * @text: the URLs, with zeroes between
 * @member: the URLs
 * @members: how many
 * @good: index of the one that answered last
 * @ca: file, or NULL
 * @cert: file, or NULL
 * @key: file, or NULL
 * @curl: for calls
 * @watch_body: of the request to watch
 * @changed: called by the watching thread
 * @arg: passed to it
 * @thread: that thread
 * @watching: it runs
 * @ending: it shall end
 * @lock: of @ending
 * @wake: of @ending
 */
struct ssi_etcd {
	char *text;
	const char *member[MEMBERS_MAX];
	unsigned int members;
	unsigned int good;
	char *ca;
	char *cert;
	char *key;
	CURL *curl;
	char *watch_body;
	void (*changed)(void *arg);
	void *arg;
	pthread_t thread;
	bool watching;
	bool ending;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

/**
 * struct answer - bytes that came
 * @text: with a zero behind them
 * @len: how many
 */
struct answer {
	char *text;
	size_t len;
};

/* ---- opening ---- */

static void take_members(struct ssi_etcd *etcd)
{
	char *rest = etcd->text, *url;

	while ((url = strsep(&rest, ",")) && etcd->members < MEMBERS_MAX) {
		if (*url)
			etcd->member[etcd->members++] = url;
	}
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

struct ssi_etcd *ssi_etcd_open(const struct ssi_store_cfg *cfg)
{
	struct ssi_etcd *etcd = calloc(1, sizeof(*etcd));

	if (!etcd)
		return NULL;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	pthread_mutex_init(&etcd->lock, NULL);
	pthread_cond_init(&etcd->wake, NULL);
	etcd->text = strdup(cfg->where);
	etcd->ca = copy(cfg->ca);
	etcd->cert = copy(cfg->cert);
	etcd->key = copy(cfg->key);
	etcd->curl = curl_easy_init();
	if (etcd->text)
		take_members(etcd);
	if (etcd->curl && etcd->members)
		return etcd;
	ssi_etcd_close(etcd);
	return NULL;
}

static bool is_ending(struct ssi_etcd *etcd)
{
	bool ending;

	pthread_mutex_lock(&etcd->lock);
	ending = etcd->ending;
	pthread_mutex_unlock(&etcd->lock);
	return ending;
}

void ssi_etcd_close(struct ssi_etcd *etcd)
{
	if (!etcd)
		return;
	pthread_mutex_lock(&etcd->lock);
	etcd->ending = true;
	pthread_cond_signal(&etcd->wake);
	pthread_mutex_unlock(&etcd->lock);
	if (etcd->watching)
		pthread_join(etcd->thread, NULL);
	curl_easy_cleanup(etcd->curl);
	curl_global_cleanup();
	pthread_mutex_destroy(&etcd->lock);
	pthread_cond_destroy(&etcd->wake);
	free(etcd->watch_body);
	free(etcd->text);
	free(etcd->ca);
	free(etcd->cert);
	free(etcd->key);
	free(etcd);
}

/* ---- calls ---- */

static size_t take_bytes(char *bytes, size_t one, size_t count, void *arg)
{
	struct answer *answer = arg;
	char *more;

	(void)one;
	if (count > ANSWER_MAX - answer->len)
		return 0;
	more = realloc(answer->text, answer->len + count + 1);
	if (!more)
		return 0;
	memcpy(more + answer->len, bytes, count);
	answer->text = more;
	answer->len += count;
	more[answer->len] = 0;
	return count;
}

static void set_common(struct ssi_etcd *etcd, CURL *curl, const char *url, const char *body)
{
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 0L);
	if (etcd->ca)
		curl_easy_setopt(curl, CURLOPT_CAINFO, etcd->ca);
	if (etcd->cert)
		curl_easy_setopt(curl, CURLOPT_SSLCERT, etcd->cert);
	if (etcd->key)
		curl_easy_setopt(curl, CURLOPT_SSLKEY, etcd->key);
}

static void tell_refusal(const char *url, long status, const json_t *root, char *why, size_t size)
{
	const char *text = json_string_value(json_object_get(root, "error"));

	snprintf(why, size, "etcd %.80s: status %ld: %.120s", url, status, text ? text : "");
}

/* Returns the answer of one member, or NULL with the reason. */
static json_t *call_member(struct ssi_etcd *etcd, const char *url, const char *body, char *why,
			   size_t size)
{
	struct answer answer = { 0 };
	json_t *root = NULL;
	long status = 0;
	CURLcode rc;

	set_common(etcd, etcd->curl, url, body);
	curl_easy_setopt(etcd->curl, CURLOPT_TIMEOUT_MS, (long)CALL_MS);
	curl_easy_setopt(etcd->curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(etcd->curl, CURLOPT_WRITEDATA, &answer);
	rc = curl_easy_perform(etcd->curl);
	curl_easy_getinfo(etcd->curl, CURLINFO_RESPONSE_CODE, &status);
	if (rc != CURLE_OK)
		snprintf(why, size, "etcd %.80s: %s", url, curl_easy_strerror(rc));
	else
		root = json_loads(answer.text ? answer.text : "", 0, NULL);
	if (rc == CURLE_OK && (!root || status != 200)) {
		tell_refusal(url, status, root, why, size);
		json_decref(root);
		root = NULL;
	}
	free(answer.text);
	return root;
}

json_t *ssi_etcd_call(struct ssi_etcd *etcd, const char *path, json_t *body, char *why, size_t size)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_t *root = NULL;
	unsigned int i;
	char url[512];

	json_decref(body);
	if (!text)
		snprintf(why, size, "out of memory");
	for (i = 0; text && !root && i < etcd->members; i++) {
		snprintf(url, sizeof(url), "%s%s", etcd->member[etcd->good], path);
		root = call_member(etcd, url, text, why, size);
		if (!root)
			etcd->good = (etcd->good + 1) % etcd->members;
	}
	free(text);
	return root;
}

/* ---- watching ---- */

static size_t take_event(char *bytes, size_t one, size_t count, void *arg)
{
	struct ssi_etcd *etcd = arg;

	(void)bytes;
	(void)one;
	etcd->changed(etcd->arg);
	return count;
}

/* Called by curl about once a second while nothing comes, too. */
static int look_for_end(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return is_ending(arg);
}

static void watch_member(struct ssi_etcd *etcd, CURL *curl, const char *member)
{
	char url[512];

	snprintf(url, sizeof(url), "%s/v3/watch", member);
	set_common(etcd, curl, url, etcd->watch_body);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CALL_MS);
	/* A member that vanished without a word is found out. */
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, 5L);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, 5L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_event);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, etcd);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_end);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, etcd);
	curl_easy_perform(curl);
}

static void pause_watch(struct ssi_etcd *etcd)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WATCH_AGAIN_S;
	pthread_mutex_lock(&etcd->lock);
	if (!etcd->ending)
		pthread_cond_timedwait(&etcd->wake, &etcd->lock, &until);
	pthread_mutex_unlock(&etcd->lock);
}

static void *watch(void *arg)
{
	struct ssi_etcd *etcd = arg;
	CURL *curl = curl_easy_init();
	unsigned int i;

	for (i = 0; curl && !is_ending(etcd); i++) {
		watch_member(etcd, curl, etcd->member[i % etcd->members]);
		pause_watch(etcd);
	}
	curl_easy_cleanup(curl);
	return NULL;
}

int ssi_etcd_watch(struct ssi_etcd *etcd, json_t *body, void (*changed)(void *arg), void *arg)
{
	int rc = -ENOMEM;

	etcd->watch_body = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	etcd->changed = changed;
	etcd->arg = arg;
	if (etcd->watch_body)
		rc = -pthread_create(&etcd->thread, NULL, watch, etcd);
	etcd->watching = rc == 0;
	return rc;
}

/* ---- base64 ---- */

json_t *ssi_etcd_encode(const char *text)
{
	const gnutls_datum_t plain = { .data = (void *)text, .size = strlen(text) };
	gnutls_datum_t code;
	json_t *string;

	if (gnutls_base64_encode2(&plain, &code) < 0)
		return NULL;
	string = json_stringn((const char *)code.data, code.size);
	gnutls_free(code.data);
	return string;
}

char *ssi_etcd_decode(const json_t *value)
{
	const gnutls_datum_t code = { .data = (void *)json_string_value(value),
				      .size = json_string_length(value) };
	gnutls_datum_t data;
	char *text = NULL;

	if (!code.data || gnutls_base64_decode2(&code, &data) < 0)
		return NULL;
	if (!memchr(data.data, 0, data.size))
		text = strndup((const char *)data.data, data.size);
	gnutls_free(data.data);
	return text;
}
