/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP: the only file that knows libmicrohttpd. One thread serves all
 * connections and never waits for the store; a request that needs the changing
 * thread is set aside until that is done with it.
 */
#ifndef SSI_COORD_HTTP_H
#define SSI_COORD_HTTP_H

#include "request.h"
#include "tls.h"

struct ssi_http;

/**
 * struct ssi_http_cfg - what to serve
 * @listener: bound socket; closed in the end
 * @tls: certificates, or NULL for plain text
 * @begin: called when the headers are there. SSI_STEP_ANSWER or SSI_STEP_GO_ON
 * @run: called when the body is there, and again after a wait
 * @change: called by the changing thread for SSI_STEP_CHANGE
 * @read: called for the next bytes of a stream: 0 when there are none, -1 when
 *	it is over
 * @end: called when nobody waits for the answer any more
 * @tick: called by the changing thread, several times per lease
 * @arg: passed to all
 *
 * All but @change and @tick are called by the serving thread.
 */
struct ssi_http_cfg {
	int listener;
	struct ssi_tls *tls;
	enum ssi_step (*begin)(struct ssi_request *request, void *arg);
	enum ssi_step (*run)(struct ssi_request *request, void *arg);
	void (*change)(struct ssi_request *request, void *arg);
	ssize_t (*read)(struct ssi_request *request, char *to, size_t max, void *arg);
	void (*end)(struct ssi_request *request, void *arg);
	void (*tick)(void *arg);
	void *arg;
};

/**
 * ssi_http_start - begin to serve
 * @cfg: stays in use
 *
 * Return: the server, or NULL.
 */
struct ssi_http *ssi_http_start(const struct ssi_http_cfg *cfg);

/**
 * ssi_http_stop - end all requests and streams, and free all
 * @http: the server
 */
void ssi_http_stop(struct ssi_http *http);

/**
 * ssi_http_resume - what a request waited for has come
 * @http: the server
 * @request: of SSI_STEP_WAIT
 *
 * Context: any thread.
 */
void ssi_http_resume(struct ssi_http *http, struct ssi_request *request);

/**
 * ssi_http_wake - look again whether streams have something to send
 * @http: the server
 *
 * Context: any thread.
 */
void ssi_http_wake(struct ssi_http *http);

/**
 * ssi_http_tick - let the changing thread do what goes on by itself, soon
 * @http: the server
 *
 * Context: any thread.
 */
void ssi_http_tick(struct ssi_http *http);

/**
 * ssi_http_streams - how many streams are open?
 * @http: the server
 *
 * Return: the number.
 */
unsigned int ssi_http_streams(struct ssi_http *http);

/**
 * ssi_http_connections - how many connections are open?
 * @http: the server
 *
 * Return: the number.
 */
unsigned int ssi_http_connections(struct ssi_http *http);

#endif /* SSI_COORD_HTTP_H */
