// SPDX-License-Identifier: Apache-2.0
/* The route of changes as they come: server-sent events. */
#include "api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

#define STREAMS_MAX 256

static int take_revision(struct ssi_request *request, uint64_t newest)
{
	const char *text = ssi_api_query(request);
	size_t digits;

	/* A browser that connects again says where it was. */
	if (request->last_event)
		text = request->last_event;
	request->seen = newest;
	if (!text)
		return 0;
	digits = strspn(text, "0123456789");
	if (!digits || text[digits] || digits > 18)
		return ssi_refuse(&request->why, SSI_PROBLEM_BAD_REQUEST,
				  "give the revision of the last event that you have",
				  "the revision is no number");
	request->seen = strtoull(text, NULL, 10);
	return 0;
}

static int check_revision(struct ssi_request *request, const struct ssi_ledger *ledger)
{
	uint64_t newest = ledger->cluster.revision, seen = request->seen;

	if (seen == newest || (seen < newest && ssi_ledger_record(ledger, seen + 1)))
		return 0;
	return ssi_refuse(&request->why, SSI_PROBLEM_GONE,
			  "GET /cluster, and watch from its revision",
			  "revision %llu: events after it are not kept; the newest is %llu",
			  (unsigned long long)seen, (unsigned long long)newest);
}

enum ssi_step ssi_api_watch(struct ssi_api *api, struct ssi_request *request)
{
	struct ssi_ledger *ledger = api->ledger;
	int rc;

	if (ssi_http_streams(api->http) >= STREAMS_MAX) {
		ssi_refuse(&request->why, SSI_PROBLEM_BUSY, "try again later",
			   "%d streams are open already", STREAMS_MAX);
		request->why.retry_s = 10;
		return SSI_STEP_GO_ON;
	}
	pthread_mutex_lock(&ledger->lock);
	rc = take_revision(request, ledger->cluster.revision);
	if (rc == 0)
		rc = check_revision(request, ledger);
	pthread_mutex_unlock(&ledger->lock);
	if (rc < 0)
		return SSI_STEP_GO_ON;
	request->answer.status = 200;
	request->answer.type = "text/event-stream";
	request->answer.constant = true;
	return SSI_STEP_STREAM;
}

static const char *type_of(json_t *record)
{
	const char *type = json_string_value(json_object_get(record, "type"));

	return type ? type : "change";
}

static ssize_t write_event(char *to, size_t max, uint64_t revision, const char *record)
{
	json_t *root = json_loads(record, 0, NULL);
	int len = snprintf(to, max, "id: %llu\nevent: %s\ndata: %s\n\n",
			   (unsigned long long)revision, type_of(root), record);

	json_decref(root);
	return len > 0 && (size_t)len < max ? len : -1;
}

/* A proxy that sees nothing for long ends the connection; and so do we see its end. */
static ssize_t write_beat(struct ssi_request *request, unsigned int beat, char *to, size_t max)
{
	bool first = !request->beats;

	if (!first && request->beats == beat + 1)
		return 0;
	request->beats = beat + 1;
	return snprintf(to, max, first ? ": after revision %llu\n\n" : ": revision %llu\n\n",
			(unsigned long long)request->seen);
}

ssize_t ssi_api_read(struct ssi_request *request, char *to, size_t max, void *arg)
{
	struct ssi_api *api = arg;
	struct ssi_ledger *ledger = api->ledger;
	const char *record;
	ssize_t len;

	pthread_mutex_lock(&ledger->lock);
	record = ssi_ledger_record(ledger, request->seen + 1);
	if (!request->beats || request->seen == ledger->cluster.revision)
		len = write_beat(request, api->beat, to, max);
	else
		/* Who has fallen behind comes again, and is told to begin anew. */
		len = record ? write_event(to, max, request->seen + 1, record) : -1;
	request->seen += record && len > 0 && *to == 'i';
	pthread_mutex_unlock(&ledger->lock);
	return len;
}
