// SPDX-License-Identifier: Apache-2.0
/* Requests and their answers, without a network: http.c is played by this file. */
#include "../../coordinator/api.c"

#include <sys/stat.h>
#include <unistd.h>

#include "unit_ssictl_run.h"

#define LIFE  "00000000000000000000000000000001"
#define LIFE2 "00000000000000000000000000000002"
/* SHA-256 of "one", "two" and "three". */
#define ONE   "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
#define TWO   "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"
#define THREE "8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f"

static char folder[] = "/tmp/unit_coord_api.XXXXXX";
static struct ssi_ledger ledger;
static struct ssi_api api;
static struct ssi_request request;
static struct ssi_request *resumed;
static unsigned int woken;

void ssi_http_resume(struct ssi_http *http, struct ssi_request *waiter)
{
	(void)http;
	resumed = waiter;
}

void ssi_http_wake(struct ssi_http *http)
{
	(void)http;
	woken++;
}

unsigned int ssi_http_streams(struct ssi_http *http)
{
	(void)http;
	return 0;
}

unsigned int ssi_http_connections(struct ssi_http *http)
{
	(void)http;
	return 1;
}

/* The linker makes no pages for unit tests. */
enum ssi_step ssi_api_page(struct ssi_api *a, struct ssi_request *r)
{
	(void)a;
	return ssi_api_json(r, 200, json_object());
}

static void load_tokens(void)
{
	char path[64], why[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tokens", folder);
	f = fopen(path, "w");
	fprintf(f, "admin alice %s\noperate node %s\nread page %s\n", ONE, TWO, THREE);
	fclose(f);
	chmod(path, 0600);
	ck_assert_msg(ssi_tokens_load(path, &api.tokens, why, sizeof(why)) == 0, "%s", why);
}

static void setup(void)
{
	struct ssi_store_cfg cfg = { .self = "http://me" };
	struct ssi_store *store;
	char name[64], why[200];

	strcpy(strrchr(folder, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(name, sizeof(name), "sqlite:%s/db", folder);
	store = ssi_store_open(name, &cfg, why, sizeof(why));
	ck_assert_msg(store != NULL, "%s", why);
	memset(&api, 0, sizeof(api));
	ssi_ledger_init(&ledger, store);
	ledger.changed = ssi_api_changed;
	ledger.arg = &api;
	ssi_ledger_tick(&ledger);
	api.ledger = &ledger;
	api.http = (void *)&api;
	ssi_rate_init(&api.rate, 100000, 1);
	load_tokens();
}

static void end_request(void)
{
	ssi_api_end(&request, &api);
	if (!request.answer.constant)
		free(request.answer.data);
	memset(&request, 0, sizeof(request));
}

static void teardown(void)
{
	char command[96];

	end_request();
	ssi_ledger_free(&ledger);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* As http.c and the changing thread do it. */
static enum ssi_step go_on(void)
{
	enum ssi_step step = ssi_api_run(&request, &api);

	if (step != SSI_STEP_CHANGE)
		return step;
	ssi_api_change(&request, &api);
	return ssi_api_run(&request, &api);
}

static void prepare(const char *method, const char *path, const char *body)
{
	end_request();
	request.method = method;
	request.path = path;
	request.authorization = "Bearer one";
	request.content_type = "application/json";
	strcpy(request.from, "192.0.2.9");
	strcpy(request.id, LIFE);
	request.body = (char *)body;
	request.body_len = body ? strlen(body) : 0;
}

static unsigned int serve(void)
{
	if (ssi_api_begin(&request, &api) == SSI_STEP_GO_ON)
		ck_assert_uint_eq(go_on(), SSI_STEP_ANSWER);
	return request.answer.status;
}

static unsigned int ask_for(const char *method, const char *path, const char *body)
{
	prepare(method, path, body);
	return serve();
}

static json_t *answer(void)
{
	return json_loadb(request.answer.data, request.answer.len, 0, NULL);
}

/* The value of a field of the answer, such as "node.state", as text. */
static const char *field(const char *path)
{
	static char text[256], copy[64];
	json_t *root = answer(), *at = root;
	char *rest = strcpy(copy, path), *key;

	while ((key = strsep(&rest, ".")))
		at = json_is_array(at) ? json_array_get(at, atoi(key)) : json_object_get(at, key);
	if (json_is_string(at))
		snprintf(text, sizeof(text), "%s", json_string_value(at));
	else if (json_is_integer(at))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(at));
	else
		snprintf(text, sizeof(text), "%s", at ? "something" : "nothing");
	json_decref(root);
	return text;
}

#define expect(status, method, path, body)                                                       \
	do {                                                                                     \
		unsigned int got_ = ask_for(method, path, body);                                 \
		ck_assert_msg(got_ == (status), "%u: %.*s", got_, (int)request.answer.len,       \
			      request.answer.data);                                              \
	} while (0)

static void make_cluster(void)
{
	expect(201, "POST", "/cluster", "{\"name\":\"lab\",\"lease_ms\":1000}");
	expect(201, "POST", "/nodes", "{\"name\":\"a\",\"share\":1048576}");
	expect(201, "POST", "/nodes", "{\"name\":\"b\",\"share\":1048576}");
	expect(200, "POST", "/nodes/0/endpoint",
	       "{\"incarnation\":\"" LIFE "\",\"address\":\"192.0.2.1:1\"}");
	expect(200, "POST", "/nodes/1/endpoint",
	       "{\"incarnation\":\"" LIFE "\",\"address\":\"192.0.2.2:1\"}");
}

START_TEST(routes__all)
{
	make_cluster();
	ck_assert_str_eq(field("members.1.address"), "192.0.2.2:1");
	ck_assert_str_eq(field("epoch"), "5");
	expect(200, "POST", "/nodes", "{\"name\":\"b\",\"share\":1048576}");
	ck_assert_str_eq(request.answer.location, "/nodes/1");
	expect(200, "GET", "/nodes", NULL);
	ck_assert_str_eq(field("nodes.0.name"), "a");
	expect(200, "GET", "/endpoints", NULL);
	ck_assert_str_eq(field("members.0.incarnation"), LIFE);
	expect(200, "GET", "/nodes/1/endpoint", NULL);
	ck_assert_str_eq(field("endpoint.name"), "b");
	expect(201, "POST", "/regions", "{\"name\":\"r\",\"size\":8192}");
	ck_assert_str_eq(field("region.places.1.bytes"), "4096");
	ck_assert_str_eq(request.answer.location, "/regions/1");
	expect(200, "GET", "/regions/1", NULL);
	expect(200, "GET", "/regions", NULL);
	ck_assert_str_eq(field("regions.0.name"), "r");
	expect(200, "POST", "/nodes/1/drain", NULL);
	ck_assert_str_eq(field("node.state"), "draining");
	expect(200, "POST", "/nodes/1/drain", "{\"draining\":false}");
	ck_assert_str_eq(field("node.state"), "up");
	expect(200, "DELETE", "/regions/1", NULL);
	expect(200, "DELETE", "/nodes/1", NULL);
	expect(404, "GET", "/nodes/1", NULL);
	expect(200, "GET", "/cluster", NULL);
	ck_assert_str_eq(field("cluster.name"), "lab");
	expect(409, "DELETE", "/cluster", NULL);
	expect(200, "GET", "/vms", NULL);
	expect(200, "GET", "/", NULL);
	expect(200, "GET", "/web/page.css", NULL);
	expect(200, "GET", "/health", NULL);
	expect(200, "GET", "/readyz", NULL);
	expect(200, "GET", "/metrics", NULL);
}
END_TEST

static bool told(const char *line)
{
	return memmem(request.answer.data, request.answer.len, line, strlen(line));
}

/* Numbers of nodes become metrics; no node makes a name that is ours. */
START_TEST(metrics__told)
{
	static const char beat[] = "{\"incarnation\":\"" LIFE "\",\"stats\":{\"faults_read\":7,"
				   "\"used_bytes\":4096,\"share_bytes\":1,\"link_answers\":2},"
				   "\"times\":[{\"phase\":\"total\",\"count\":3,\"p50_ns\":1500,"
				   "\"p99_ns\":2000000000}],\"links\":[{\"peer\":0,\"state\":"
				   "\"resuming\",\"tls\":true,\"answers\":9}]}";

	make_cluster();
	expect(200, "POST", "/nodes/1/lease", beat);
	expect(200, "GET", "/metrics", NULL);
	ck_assert(told("\nssi_node_faults_read_total{node=\"1\",name=\"b\"} 7\n"));
	ck_assert(told("\n# TYPE ssi_node_faults_read_total counter\n"));
	ck_assert(told("\nssi_node_used_bytes{node=\"1\",name=\"b\"} 4096\n"));
	ck_assert(told("\n# TYPE ssi_node_used_bytes gauge\n"));
	ck_assert(told("\nssi_node_share_bytes{node=\"1\",name=\"b\"} 1048576\n"));
	ck_assert(!told("\nssi_node_share_bytes{node=\"1\",name=\"b\"} 1\n"));
	ck_assert(!told("ssi_node_link_answers_total{node=\"1\",name=\"b\"}"));
	ck_assert(told("\nssi_node_phase_p50_seconds{node=\"1\",name=\"b\",phase=\"total\"} "
		       "0.000001500\n"));
	ck_assert(told("\nssi_node_phase_p99_seconds{node=\"1\",name=\"b\",phase=\"total\"} "
		       "2.000000000\n"));
	ck_assert(told("\nssi_node_link_up{node=\"1\",name=\"b\",peer=\"0\"} 0\n"));
	ck_assert(told("\nssi_node_link_tls{node=\"1\",name=\"b\",peer=\"0\"} 1\n"));
	ck_assert(told("\nssi_node_link_answers_total{node=\"1\",name=\"b\",peer=\"0\"} 9\n"));
	ck_assert(!told("\nssi_node_link_sent_bytes_total{"));
	ck_assert(told("\nssi_node_report_age_seconds{node=\"1\",name=\"b\"} "));
	ck_assert(!told("\nssi_node_report_age_seconds{node=\"0\""));
}
END_TEST

START_TEST(lease__members_and_epoch)
{
	static const char beat[] = "{\"incarnation\":\"" LIFE "\",\"revision\":5,"
				   "\"stats\":{\"faults_read\":7},\"vms\":[{\"name\":\"g\","
				   "\"region\":\"r\",\"vcpus\":2,\"state\":\"running\"}]}";

	make_cluster();
	expect(200, "POST", "/nodes/1/lease", "{\"incarnation\":\"" LIFE "\"}");
	ck_assert_str_eq(field("members.0.name"), "a");
	expect(200, "POST", "/nodes/1/lease", beat);
	ck_assert_str_eq(field("members"), "nothing");
	ck_assert_uint_eq(ledger.cluster.revision, 5);
	expect(200, "GET", "/nodes/1", NULL);
	ck_assert_str_eq(field("stats.faults_read"), "7");
	expect(200, "GET", "/vms", NULL);
	ck_assert_str_eq(field("vms.0.node"), "1");
	expect(409, "POST", "/nodes/1/lease", "{\"incarnation\":\"" LIFE2 "\"}");
	ck_assert_str_eq(field("type"), "/docs#problem-alive");
	expect(400, "POST", "/nodes/1/lease", "{\"incarnation\":\"" LIFE "\",\"stats\":{\"A\":1}}");
	ledger.leases.heard[1] -= 2000;
	ssi_api_tick(&api);
	expect(410, "POST", "/nodes/1/lease", "{\"incarnation\":\"" LIFE "\"}");
	ck_assert_str_eq(field("type"), "/docs#problem-dead");
	expect(409, "POST", "/nodes/1/lease", "{\"incarnation\":\"" LIFE2 "\"}");
	ck_assert_str_eq(field("type"), "/docs#problem-no-member");
}
END_TEST

/* Asks with a parameter behind the path. */
static unsigned int ask_with(const char *path, const char *key, const char *value)
{
	prepare("GET", path, NULL);
	request.query[0] = (struct ssi_pair){ key, value };
	request.queries = 1;
	return serve();
}

START_TEST(stats__since_and_maps)
{
	static const char beat[] =
		"{\"incarnation\":\"" LIFE "\",\"stats\":{\"faults_local\":7},\"maps\":[{"
		"\"region\":\"r\",\"size\":8192,\"step\":1,\"owned\":[2],\"copies\":[0]}]}";
	char now[32];

	make_cluster();
	expect(200, "GET", "/stats", NULL);
	ck_assert_str_eq(field("nodes.0"), "nothing");
	expect(200, "POST", "/nodes/1/lease", beat);
	expect(200, "GET", "/stats", NULL);
	ck_assert_str_eq(field("nodes.0.node"), "1");
	ck_assert_str_eq(field("nodes.0.regions.0"), "r");
	ck_assert_str_eq(field("nodes.0.samples.faults_local.0"), "7");
	strcpy(now, field("now_ms"));
	ck_assert_uint_eq(ask_with("/stats", "since", now), 200);
	ck_assert_str_eq(field("nodes.0.stats.faults_local"), "7");
	ck_assert_str_eq(field("nodes.0.samples.at_ms.0"), "nothing");
	/* The clock of another machine. */
	ck_assert_uint_eq(ask_with("/stats", "since", "999999999999999999"), 200);
	ck_assert_str_eq(field("nodes.0.samples.faults_local.0"), "7");
	ck_assert_uint_eq(ask_with("/stats", "since", "1234567890123456789"), 400);
	ck_assert_uint_eq(ask_with("/stats", "since", "-1"), 400);
	ck_assert_uint_eq(ask_with("/maps", "region", "r"), 200);
	ck_assert_str_eq(field("maps.0.node"), "1");
	ck_assert_str_eq(field("maps.0.owned.0"), "2");
	ck_assert_uint_eq(ask_with("/maps", "region", "s"), 200);
	ck_assert_str_eq(field("maps.0"), "nothing");
	expect(400, "GET", "/maps", NULL);
	expect(400, "POST", "/nodes/1/lease",
	       "{\"incarnation\":\"" LIFE "\",\"maps\":[{\"region\":\"r\"}]}");
}
END_TEST

/* Others learn who has died, and in which life. */
START_TEST(lease__the_dead)
{
	make_cluster();
	expect(200, "POST", "/nodes/0/lease", "{\"incarnation\":\"" LIFE "\"}");
	ck_assert_str_eq(field("dead.0"), "nothing");
	ledger.leases.heard[1] -= 2000;
	ssi_api_tick(&api);
	expect(200, "POST", "/nodes/0/lease", "{\"incarnation\":\"" LIFE "\"}");
	ck_assert_str_eq(field("dead.0.id"), "1");
	ck_assert_str_eq(field("dead.0.incarnation"), LIFE);
	ck_assert_str_eq(field("members.0.id"), "0");
}
END_TEST

static const struct {
	const char *method;
	const char *path;
	const char *body;
	unsigned int status;
	const char *problem;
} refused[] = {
	{ "GET", "", NULL, 404, "not-found" },
	{ "GET", "/web", NULL, 404, "not-found" },
	{ "GET", "/web/", NULL, 404, "not-found" },
	{ "GET", "/web/a/b", NULL, 404, "not-found" },
	{ "GET", "/web/page.css/", NULL, 404, "not-found" },
	{ "GET", "/nodes/", NULL, 404, "not-found" },
	{ "GET", "/nodes/x", NULL, 404, "not-found" },
	{ "GET", "/nodes/-1", NULL, 404, "not-found" },
	{ "GET", "/nodes/1%00", NULL, 404, "not-found" },
	{ "GET", "/nodes/0/../0", NULL, 404, "not-found" },
	{ "GET", "/nodes/4096", NULL, 404, "not-found" },
	{ "GET", "/nodes/999999999999999999", NULL, 404, "not-found" },
	{ "GET", "/nodes/9999999999999999999", NULL, 404, "not-found" },
	{ "DELETE", "/nodes/4294967296", NULL, 404, "not-found" },
	{ "DELETE", "/regions/4294967297", NULL, 404, "not-found" },
	{ "PUT", "/nodes", NULL, 405, "method" },
	{ "OPTIONS", "/nodes/1", NULL, 405, "method" },
	{ "TRACE", "/cluster", NULL, 405, "method" },
	{ "POST", "/nodes", "[]", 400, "bad-request" },
	{ "POST", "/nodes", "{", 400, "bad-request" },
	{ "POST", "/nodes", "{\"name\":\"x\"}", 400, "bad-request" },
	{ "POST", "/nodes", "{\"name\":\"x\",\"share\":1,\"more\":2}", 400, "bad-request" },
	{ "POST", "/nodes/9/endpoint",
	  "{\"incarnation\":\"" LIFE "\",\"address\":\"192.0.2.1:1\"}", 404, "not-found" },
	{ "POST", "/cluster", "{\"name\":\"b\"}", 409, "exists" },
	{ "POST", "/cluster", "{\"name\":\"b\",\"lease_ms\":1}", 400, "bad-request" },
	{ "POST", "/regions", "{\"name\":\"r\",\"size\":4194304}", 409, "no-room" },
	{ "GET", "/pages/1/0", NULL, 404, "not-found" },
};

START_TEST(serve__refuses)
{
	char type[64];

	make_cluster();
	expect(refused[_i].status, refused[_i].method, refused[_i].path, refused[_i].body);
	snprintf(type, sizeof(type), "/docs#problem-%s", refused[_i].problem);
	ck_assert_str_eq(field("type"), type);
	ck_assert_str_ne(field("remedy"), "");
	ck_assert_str_eq(request.answer.type, "application/problem+json");
	ck_assert_uint_eq(ledger.cluster.revision, 5);
}
END_TEST

START_TEST(serve__needs_cluster)
{
	expect(200, "GET", "/cluster", NULL);
	ck_assert_str_eq(field("cluster"), "something");
	expect(409, "POST", "/nodes", "{\"name\":\"a\",\"share\":1}");
	ck_assert_str_eq(field("type"), "/docs#problem-no-cluster");
}
END_TEST

/* Who may: nobody, the reader, the operator, the administrator; by route. */
START_TEST(roles__each_route)
{
	static const char *const tokens[] = { NULL, "Bearer three", "Bearer two", "Bearer one" };
	const struct ssi_route *route;
	enum ssi_role role;

	for (route = ssi_routes; route->method; route++) {
		for (role = SSI_ROLE_NONE; role <= SSI_ROLE_ADMIN; role++) {
			char path[64];
			enum ssi_step step;

			snprintf(path, sizeof(path), "%s", route->path);
			while (strchr(path, '{'))
				memmove(strchr(path, '{') + 1, strchr(path, '}') + 1,
					strlen(strchr(path, '}'))),
					*strchr(path, '{') = '1';
			prepare(route->method, path, NULL);
			request.authorization = tokens[role];
			step = ssi_api_begin(&request, &api);
			if (role >= route->role)
				ck_assert_msg(step == SSI_STEP_GO_ON, "%s %s", route->method, path);
			else
				ck_assert_uint_eq(request.answer.status, role ? 403 : 401);
		}
	}
}
END_TEST

START_TEST(roles__force)
{
	make_cluster();
	prepare("DELETE", "/nodes/0", NULL);
	request.query[0] = (struct ssi_pair){ "force", "true" };
	request.queries = 1;
	request.authorization = "Bearer two";
	ck_assert_uint_eq(serve(), 403);
	prepare("DELETE", "/nodes/0", NULL);
	request.query[0] = (struct ssi_pair){ "force", "yes" };
	request.queries = 1;
	ck_assert_uint_eq(serve(), 400);
	prepare("DELETE", "/nodes/0", NULL);
	request.query[0] = (struct ssi_pair){ "force", "true" };
	request.queries = 1;
	ck_assert_uint_eq(serve(), 200);
	prepare("GET", "/nodes", NULL);
	request.query[0] = (struct ssi_pair){ "force", "true" };
	request.queries = 1;
	ck_assert_uint_eq(serve(), 400);
}
END_TEST

START_TEST(begin__certificate)
{
	prepare("GET", "/cluster", NULL);
	request.authorization = NULL;
	request.cert_good = true;
	request.caller = (struct ssi_caller){ .role = SSI_ROLE_READ, .name = "someone" };
	ck_assert_uint_eq(serve(), 200);
	prepare("GET", "/cluster", NULL);
	request.authorization = NULL;
	request.cert_good = false;
	/* What was read of a certificate that is refused counts for nothing. */
	request.caller = (struct ssi_caller){ .role = SSI_ROLE_ADMIN, .name = "someone" };
	strcpy(request.cert_why, "revoked");
	ck_assert_uint_eq(serve(), 401);
	ck_assert_msg(strstr(field("detail"), "revoked") != NULL, "%s", field("detail"));
}
END_TEST

START_TEST(begin__limits)
{
	prepare("POST", "/cluster", "{}");
	request.content_type = "text/plain";
	ck_assert_uint_eq(serve(), 415);
	prepare("POST", "/cluster", "{\"name\":\"lab\"}");
	request.content_type = "application/json; charset=utf-8";
	ck_assert_uint_eq(serve(), 201);
	prepare("POST", "/cluster", "{}");
	request.content_type = "application/jsonx";
	ck_assert_uint_eq(serve(), 415);
	prepare("POST", "/cluster", "{}");
	request.length = "65537";
	ck_assert_uint_eq(serve(), 413);
	ssi_rate_init(&api.rate, 1, 1);
	expect(200, "GET", "/health", NULL);
	expect(429, "GET", "/health", NULL);
	ck_assert_uint_eq(request.answer.retry_s, 1);
}
END_TEST

START_TEST(begin__open)
{
	static const char *const good[] = { "localhost", "localhost:7643", "127.0.0.1:1", "[::1]:7" };
	static const char *const bad[] = { NULL, "", "evil.example", "localhost.evil.example",
					   "127.0.0.1.evil", "[::1].x" };
	int i;

	api.open = true;
	for (i = 0; i < COUNT(good); i++) {
		prepare("GET", "/cluster", NULL);
		request.authorization = NULL;
		request.host = good[i];
		ck_assert_uint_eq(serve(), 200);
	}
	for (i = 0; i < COUNT(bad); i++) {
		prepare("GET", "/cluster", NULL);
		request.host = bad[i];
		ck_assert_uint_eq(serve(), 421);
	}
}
END_TEST

START_TEST(run__follows)
{
	make_cluster();
	ledger.lead_until = 0;
	strcpy(ledger.leader, "https://leader");
	expect(200, "GET", "/nodes", NULL);
	ck_assert_str_eq(field("nodes.0.lease_left_ms"), "nothing");
	expect(307, "POST", "/nodes/1/lease", "{\"incarnation\":\"" LIFE "\"}");
	ck_assert_str_eq(request.answer.location, "https://leader/nodes/1/lease");
	prepare("DELETE", "/nodes/1", NULL);
	request.query[0] = (struct ssi_pair){ "force", "true" };
	request.queries = 1;
	ck_assert_uint_eq(serve(), 307);
	ck_assert_str_eq(request.answer.location, "https://leader/nodes/1?force=true");
	*ledger.leader = 0;
	expect(503, "POST", "/nodes/1/drain", NULL);
	ck_assert_str_eq(request.answer.location, "");
	expect(503, "GET", "/readyz", NULL);
}
END_TEST

/* ---- streams ---- */

static char stream[65536];

static void read_all(void)
{
	size_t used = 0;
	ssize_t len;

	while ((len = ssi_api_read(&request, stream + used, 16384, &api)) > 0)
		used += len;
	stream[used] = 0;
	ck_assert_int_eq(len, 0);
}

static void watch_from(const char *revision)
{
	prepare("GET", "/watch", NULL);
	request.query[0] = (struct ssi_pair){ "revision", revision };
	request.queries = revision != NULL;
	ck_assert_uint_eq(ssi_api_begin(&request, &api), SSI_STEP_GO_ON);
}

START_TEST(watch__resumes)
{
	struct ssi_request stream_request;

	make_cluster();
	watch_from("3");
	ck_assert_uint_eq(go_on(), SSI_STEP_STREAM);
	ck_assert_str_eq(request.answer.type, "text/event-stream");
	read_all();
	ck_assert_msg(!strncmp(stream, ": after revision 3\n\nid: 4\nevent: node-joined\ndata: {", 50),
		      "%s", stream);
	ck_assert_ptr_nonnull(strstr(stream, "\n\nid: 5\n"));
	ck_assert_ptr_null(strstr(stream, "id: 3"));
	read_all();
	ck_assert_str_eq(stream, "");
	/* What changes comes, once; and a beat when nothing does. */
	stream_request = request;
	memset(&request, 0, sizeof(request));
	woken = 0;
	expect(200, "POST", "/nodes/1/drain", NULL);
	ck_assert_uint_eq(woken, 1);
	end_request();
	request = stream_request;
	read_all();
	ck_assert_msg(!strncmp(stream, "id: 6\nevent: node-draining\n", 26), "%s", stream);
	api.beat++;
	read_all();
	ck_assert_str_eq(stream, ": revision 6\n\n");
}
END_TEST

START_TEST(watch__now)
{
	make_cluster();
	watch_from(NULL);
	ck_assert_uint_eq(go_on(), SSI_STEP_STREAM);
	read_all();
	ck_assert_str_eq(stream, ": after revision 5\n\n");
	/* The header goes before the parameter: a browser that connects again has both. */
	watch_from("0");
	request.last_event = "5";
	ck_assert_uint_eq(go_on(), SSI_STEP_STREAM);
	read_all();
	ck_assert_str_eq(stream, ": after revision 5\n\n");
}
END_TEST

START_TEST(watch__gone)
{
	make_cluster();
	watch_from("6");
	ck_assert_uint_eq(go_on(), SSI_STEP_ANSWER);
	ck_assert_uint_eq(request.answer.status, 410);
	watch_from("x");
	ck_assert_uint_eq(go_on(), SSI_STEP_ANSWER);
	ck_assert_uint_eq(request.answer.status, 400);
	ledger.oldest = 3;
	watch_from("1");
	ck_assert_uint_eq(go_on(), SSI_STEP_ANSWER);
	ck_assert_uint_eq(request.answer.status, 410);
	watch_from("2");
	ck_assert_uint_eq(go_on(), SSI_STEP_STREAM);
	/* Who falls behind meanwhile is not told half of it. */
	ledger.oldest = 5;
	request.beats = 1;
	ck_assert_int_eq(ssi_api_read(&request, stream, sizeof(stream), &api), -1);
}
END_TEST

/* ---- pages ---- */

static void beat_with(const char *path, const char *answers)
{
	struct ssi_request page = request;
	char body[512];

	memset(&request, 0, sizeof(request));
	snprintf(body, sizeof(body), "{\"incarnation\":\"" LIFE "\",\"answers\":%s}", answers);
	expect(200, "POST", path, body);
	snprintf(stream, sizeof(stream), "%.*s", (int)request.answer.len, request.answer.data);
	end_request();
	request = page;
}

/* What a node says that is not the home: nothing, or that it owns the page. */
static const char *const first_answers[] = {
	"[{\"id\":1,\"home\":1,\"state\":\"invalid\"}]",
	"[{\"id\":1,\"home\":1,\"owner\":0,\"state\":\"owned\"}]",
};

START_TEST(page__asks_the_home)
{
	make_cluster();
	expect(201, "POST", "/regions", "{\"name\":\"r\",\"size\":8192}");
	prepare("GET", "/pages/1/0x1000", NULL);
	ck_assert_uint_eq(ssi_api_begin(&request, &api), SSI_STEP_GO_ON);
	ck_assert_uint_eq(go_on(), SSI_STEP_WAIT);
	beat_with("/nodes/1/lease", "[]");
	ck_assert_ptr_nonnull(strstr(stream, "\"questions\":[]"));
	beat_with("/nodes/0/lease", "[]");
	ck_assert_ptr_nonnull(strstr(stream, "[{\"id\":1,\"region\":\"r\",\"address\":4096}]"));
	beat_with("/nodes/0/lease", first_answers[_i]);
	request.waited = true;
	/* Node 0 is not its home, so node 1 is asked. */
	ck_assert_uint_eq(go_on(), SSI_STEP_WAIT);
	beat_with("/nodes/1/lease",
		  "[{\"id\":2,\"home\":1,\"owner\":0,\"sharers\":[0,1],\"state\":\"shared\"}]");
	request.waited = true;
	ck_assert_uint_eq(go_on(), SSI_STEP_ANSWER);
	ck_assert_uint_eq(request.answer.status, 200);
	ck_assert_str_eq(field("owner"), "0");
	ck_assert_str_eq(field("sharers.1"), "1");
	ck_assert_str_eq(field("answered_by"), "1");
	ck_assert_str_eq(field("address"), "4096");
}
END_TEST

START_TEST(page__no_answer)
{
	int i;

	make_cluster();
	expect(201, "POST", "/regions", "{\"name\":\"r\",\"size\":8192}");
	expect(404, "GET", "/pages/1/8192", NULL);
	prepare("GET", "/pages/1/0", NULL);
	ck_assert_uint_eq(ssi_api_begin(&request, &api), SSI_STEP_GO_ON);
	ck_assert_uint_eq(go_on(), SSI_STEP_WAIT);
	for (i = 0; i < SSI_ASKS_MAX; i++)
		api.asks.at[i].until = 0;
	resumed = NULL;
	ssi_api_tick(&api);
	ck_assert_ptr_eq(resumed, &request);
	ck_assert_uint_eq(go_on(), SSI_STEP_ANSWER);
	ck_assert_uint_eq(request.answer.status, 504);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("api");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, routes__all);
	tcase_add_test(tc, metrics__told);
	tcase_add_test(tc, lease__members_and_epoch);
	tcase_add_test(tc, stats__since_and_maps);
	tcase_add_test(tc, lease__the_dead);
	tcase_add_loop_test(tc, serve__refuses, 0, COUNT(refused));
	tcase_add_test(tc, serve__needs_cluster);
	tcase_add_test(tc, roles__each_route);
	tcase_add_test(tc, roles__force);
	tcase_add_test(tc, begin__certificate);
	tcase_add_test(tc, begin__limits);
	tcase_add_test(tc, begin__open);
	tcase_add_test(tc, run__follows);
	tcase_add_test(tc, watch__resumes);
	tcase_add_test(tc, watch__now);
	tcase_add_test(tc, watch__gone);
	tcase_add_loop_test(tc, page__asks_the_home, 0, COUNT(first_answers));
	tcase_add_test(tc, page__no_answer);
	return run_case("coord_api", tc);
}
