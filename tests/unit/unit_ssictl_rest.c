// SPDX-License-Identifier: Apache-2.0
/* rest.c against servers on loopback that answer what a coordinator never would. */
#include "../../ssictl/rest.c"

#include <sys/stat.h>

#include "unit_ssictl_run.h"
#include "unit_ssictl_web.h"

static struct web one, two;
static struct ssi_rest_answer answer;
static char why[300];
static char token_file[] = "/tmp/unit_ssictl_rest.XXXXXX";

#define NOBODY "http://127.0.0.1:9" /* discard; nothing listens there */

static void setup(void)
{
	int fd = mkstemp(token_file);

	ck_assert_int_eq(write(fd, "secret-word\n", 12), 12);
	close(fd);
	web_start(&one);
	web_start(&two);
}

static void teardown(void)
{
	json_decref(answer.body);
	web_stop(&one);
	web_stop(&two);
	unlink(token_file);
}

static struct ssi_rest *open_urls(const char *urls)
{
	const struct ssi_rest_cfg cfg = {
		.urls = urls, .token_file = token_file, .timeout_ms = 1000,
	};

	return ssi_rest_open(&cfg, why, sizeof(why));
}

/* One request to the coordinators at @urls; the answer is in @answer. */
static int call(const char *urls)
{
	struct ssi_rest *rest = open_urls(urls);
	int rc;

	ck_assert_msg(rest != NULL, "%s", why);
	json_decref(answer.body);
	rc = ssi_rest_call(rest, "POST", "/nodes", json_pack("{s:i}", "share", 1), &answer);
	ssi_rest_close(rest);
	return rc;
}

static const char *both(void)
{
	static char urls[140];

	snprintf(urls, sizeof(urls), "%s,%s", one.url, two.url);
	return urls;
}

START_TEST(call__answer)
{
	web_say(&one, WEB_OK("{\"revision\":7}"));
	ck_assert_int_eq(call(one.url), 0);
	ck_assert_uint_eq(answer.status, 200);
	ck_assert_int_eq(json_integer_value(json_object_get(answer.body, "revision")), 7);
	ck_assert_ptr_nonnull(strstr(one.asked, "POST /nodes HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(one.asked, "Authorization: Bearer secret-word\r\n"));
	ck_assert_ptr_nonnull(strstr(one.asked, "Content-Type: application/json\r\n"));
	ck_assert_ptr_nonnull(strstr(one.asked, "\r\n\r\n{\"share\":1}"));
}
END_TEST

START_TEST(call__problem)
{
	web_say(&one, WEB_PROBLEM("410 Gone", "{\"type\":\"/docs#problem-dead\",\"detail\":"
				  "\"node one was declared dead\",\"remedy\":\"join again\","
				  "\"request_id\":\"beef\"}"));
	ck_assert_int_eq(call(one.url), -1);
	ck_assert_uint_eq(answer.status, 410);
	ck_assert_str_eq(answer.request_id, "beef");
	ck_assert_str_eq(answer.problem, "dead");
	ck_assert_str_eq(answer.why, "node one was declared dead");
	ck_assert_str_eq(answer.remedy, "join again");
	ck_assert_ptr_null(answer.body);
}
END_TEST

/* What comes instead of an answer, the status it counts as, and what is said. */
static const struct {
	const char *text;
	unsigned int status;
	const char *why;
} malformed[] = {
	{ "", 0, "Server returned nothing" },
	{ "\r\n\r\n", 0, "" },
	{ "{\"revision\":7}", 0, "" },
	{ "HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", 0, "not JSON" },
	{ WEB_OK(""), 0, "not JSON" },
	{ WEB_OK("{"), 0, "not JSON" },
	{ WEB_OK("[]"), 0, "not JSON" },
	{ WEB_OK("7"), 0, "not JSON" },
	{ WEB_OK("null"), 0, "not JSON" },
	{ WEB_OK("{\"a\":1}{}"), 0, "not JSON" },
	{ WEB_OK("{\"a\":1,\"a\":2}"), 0, "not JSON" },
	{ WEB_OK("{\"a\":\"\xff\"}"), 0, "not JSON" },
	{ WEB_JSON("200 OK", "text/html", "{}"), 0, "not JSON" },
	{ WEB_JSON("200 OK", "application/jsonp", "{}"), 0, "not JSON" },
	{ WEB_JSON("204 No Content", "application/json", ""), 0, "not JSON" },
	{ "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}", 0,
	  "" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}", 0, "" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0, "" },
	{ WEB_JSON("404 Not Found", "text/html", "<html>"), 404, "status 404 without a reason" },
	{ WEB_JSON("404 Not Found", "application/json", "{\"detail\":\"x\"}"), 404,
	  "status 404 without a reason" },
	{ WEB_PROBLEM("409 Conflict", "{\"detail\":7,\"type\":[]}"), 409,
	  "status 409 without a reason" },
	{ WEB_PROBLEM("409 Conflict", "no"), 409, "status 409 without a reason" },
	{ WEB_PROBLEM("409 Conflict", "{\"detail\":\"a\\u001b[31mb\\nc\"}"), 409, "a?[31mb?c" },
	{ WEB_JSON("307 Temporary Redirect", "text/plain", ""), 307, "leader is said to be at ''" },
};

START_TEST(call__malformed)
{
	web_say(&one, malformed[_i].text);
	ck_assert_int_eq(call(one.url), -1);
	ck_assert_uint_eq(answer.status, malformed[_i].status);
	ck_assert_str_ne(answer.why, "");
	ck_assert_msg(strstr(answer.why, malformed[_i].why) != NULL, "said: %s", answer.why);
	ck_assert_ptr_null(answer.body);
	ck_assert_ptr_null(strstr(answer.why, "secret-word"));
}
END_TEST

START_TEST(call__too_long)
{
	size_t size = SSI_REST_ANSWER_MAX + 200;
	char *text = malloc(size + 1);
	int len = sprintf(text, "%s", WEB_OK("{\"a\":\""));

	memset(text + len, 'x', size - len);
	text[size] = 0;
	web_say(&one, text);
	ck_assert_int_eq(call(one.url), -1);
	ck_assert_ptr_nonnull(strstr(answer.why, "the answer is too long"));
	web_say(&one, NULL);
	free(text);
}
END_TEST

START_TEST(call__silence)
{
	ck_assert_int_eq(call(one.url), -1);
	ck_assert_uint_eq(answer.status, 0);
	ck_assert_ptr_nonnull(strstr(answer.why, "Timeout was reached"));
}
END_TEST

START_TEST(timeout__of_the_next)
{
	struct ssi_rest *rest = open_urls(one.url);

	rest->timeout_ms = 3600000;
	ssi_rest_timeout(rest, 100);
	ck_assert_int_eq(ssi_rest_call(rest, "GET", "/nodes", NULL, &answer), -1);
	ck_assert_ptr_nonnull(strstr(answer.why, "Timeout was reached"));
	ssi_rest_close(rest);
}
END_TEST

START_TEST(call__next_one)
{
	static const char *const first[] = {
		"", WEB_OK("["), WEB_PROBLEM("503 Service Unavailable", "{\"detail\":\"full\"}"),
	};
	struct ssi_rest *rest = open_urls(both());
	unsigned int i;

	web_say(&one, first[_i]);
	web_say(&two, WEB_OK("{}"));
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(ssi_rest_call(rest, "GET", "/nodes", NULL, &answer), 0);
		json_decref(answer.body);
	}
	answer.body = NULL;
	/* Who answered is asked first from then on. */
	ck_assert_uint_eq(one.count, 1);
	ck_assert_uint_eq(two.count, 3);
	ck_assert_ptr_null(strstr(two.asked, "{"));
	ssi_rest_close(rest);
}
END_TEST

START_TEST(call__no_coordinator)
{
	ck_assert_int_eq(call(NOBODY "," NOBODY), -1);
	ck_assert_uint_eq(answer.status, 0);
	ck_assert_ptr_nonnull(strstr(answer.why, NOBODY "/nodes: "));
}
END_TEST

/* What one coordinator decided another one would, too. */
START_TEST(call__refusal_is_final)
{
	web_say(&one, WEB_PROBLEM("401 Unauthorized", "{\"detail\":\"who are you\"}"));
	web_say(&two, WEB_OK("{}"));
	ck_assert_int_eq(call(both()), -1);
	ck_assert_str_eq(answer.why, "who are you");
	ck_assert_uint_eq(two.count, 0);
}
END_TEST

#define LEADER(url)                                                                                \
	"HTTP/1.1 307 Temporary Redirect\r\nConnection: close\r\nLocation: " url "\r\n\r\n"

START_TEST(call__leader)
{
	char text[200];

	snprintf(text, sizeof(text), LEADER("%s/nodes"), two.url);
	web_say(&one, text);
	web_say(&two, WEB_OK("{}"));
	ck_assert_int_eq(call(one.url), 0);
	ck_assert_uint_eq(two.count, 1);
	ck_assert_ptr_nonnull(strstr(two.asked, "POST /nodes HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(two.asked, "Bearer secret-word\r\n"));
	ck_assert_ptr_nonnull(strstr(two.asked, "{\"share\":1}"));
}
END_TEST

/* Nobody listens at these: that they are not even tried is what is told. */
START_TEST(call__leader_in_the_open)
{
	static const char *const texts[] = {
		LEADER("http://192.0.2.1:9/nodes"), LEADER("http://localhost.example/nodes"),
		LEADER("http://127.0.0.1@192.0.2.1/nodes"), LEADER("ftp://127.0.0.1/nodes"),
		LEADER("file:///etc/passwd"),
	};

	web_say(&one, texts[_i]);
	ck_assert_int_eq(call(one.url), -1);
	ck_assert_msg(strstr(answer.why, "the leader is said to be at") != NULL, "%s", answer.why);
}
END_TEST

START_TEST(call__leaders_in_a_circle)
{
	char first[200], second[200];

	snprintf(first, sizeof(first), LEADER("%s/nodes"), two.url);
	snprintf(second, sizeof(second), LEADER("%s/nodes"), one.url);
	web_say(&one, first);
	web_say(&two, second);
	ck_assert_int_eq(call(one.url), -1);
	ck_assert_ptr_nonnull(strstr(answer.why, "none leads"));
	ck_assert_uint_eq(one.count + two.count, LEADERS_MAX);
}
END_TEST

static const char *const bad_urls[] = {
	"", ",", "http://", "192.0.2.1:7643", "http://192.0.2.1:7643", "ftp://127.0.0.1",
	"https://me:word@192.0.2.1", "https://192.0.2.1/?a=b", "https://192.0.2.1#a",
	"http://127.0.0.1:99999", "https://a b", "https://127.0.0.1:1,http://[2001:db8::1]:1",
};

START_TEST(open__bad_url)
{
	ck_assert_ptr_null(open_urls(bad_urls[_i]));
	ck_assert_msg(strstr(why, "coordinator '") != NULL, "%s", why);
}
END_TEST

START_TEST(open__good_urls)
{
	struct ssi_rest *rest = open_urls("https://192.0.2.1:7643/,http://localhost:1,"
					  "http://[::1]:1,https://[2001:db8::1]:7643");

	ck_assert_msg(rest != NULL, "%s", why);
	ck_assert_uint_eq(rest->urls, 4);
	ck_assert_str_eq(rest->url[0], "https://192.0.2.1:7643");
	ssi_rest_close(rest);
}
END_TEST

static void put_token(const char *text, size_t len)
{
	FILE *f = fopen(token_file, "w");

	fwrite(text, 1, len, f);
	fclose(f);
}

START_TEST(open__token)
{
	static const struct {
		const char *text;
		size_t len;
	} bad[] = { { "", 0 }, { "\n", 1 }, { "a b", 3 }, { "a\nb", 3 }, { "a\r\n", 3 }, { "a\0b", 3 } };
	int i;

	for (i = 0; i < COUNT(bad); i++) {
		put_token(bad[i].text, bad[i].len);
		ck_assert_ptr_null(open_urls(NOBODY));
		ck_assert_ptr_nonnull(strstr(why, "not a token"));
	}
	chmod(token_file, 0640);
	ck_assert_ptr_null(open_urls(NOBODY));
	ck_assert_ptr_nonnull(strstr(why, "chmod 600"));
	unlink(token_file);
	ck_assert_ptr_null(open_urls(NOBODY));
	ck_assert_ptr_nonnull(strstr(why, "umask 077"));
}
END_TEST

START_TEST(call__token_is_read_anew)
{
	struct ssi_rest *rest = open_urls(one.url);

	web_say(&one, WEB_OK("{}"));
	put_token("another", 7);
	ck_assert_int_eq(ssi_rest_call(rest, "GET", "/nodes", NULL, &answer), 0);
	ck_assert_ptr_nonnull(strstr(one.asked, "Bearer another\r\n"));
	ssi_rest_close(rest);
}
END_TEST

START_TEST(open__certificate)
{
	struct ssi_rest_cfg cfg = { .urls = NOBODY, .cert = "/none/cert", .timeout_ms = 100 };

	ck_assert_ptr_null(ssi_rest_open(&cfg, why, sizeof(why)));
	ck_assert_str_eq(why, "a certificate and its key go together");
	cfg.key = "/none/key";
	ck_assert_ptr_null(ssi_rest_open(&cfg, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "/none/key: No such file"));
	chmod(token_file, 0644);
	cfg.key = token_file;
	ck_assert_ptr_null(ssi_rest_open(&cfg, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "chmod 600"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("rest");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, call__answer);
	tcase_add_test(tc, call__problem);
	tcase_add_loop_test(tc, call__malformed, 0, COUNT(malformed));
	tcase_add_test(tc, call__too_long);
	tcase_add_test(tc, call__silence);
	tcase_add_test(tc, timeout__of_the_next);
	tcase_add_loop_test(tc, call__next_one, 0, 3);
	tcase_add_test(tc, call__no_coordinator);
	tcase_add_test(tc, call__refusal_is_final);
	tcase_add_test(tc, call__leader);
	tcase_add_loop_test(tc, call__leader_in_the_open, 0, 5);
	tcase_add_test(tc, call__leaders_in_a_circle);
	tcase_add_loop_test(tc, open__bad_url, 0, COUNT(bad_urls));
	tcase_add_test(tc, open__good_urls);
	tcase_add_test(tc, open__token);
	tcase_add_test(tc, call__token_is_read_anew);
	tcase_add_test(tc, open__certificate);
	return run_case("ssictl_rest", tc);
}
