// SPDX-License-Identifier: Apache-2.0
/*
 * link.c from dial to hand-over. The TLS cases need a kernel with TLS; where it
 * has none they say so and pass, and a virtual machine runs them.
 */
#include "../../ssictl/link.c"

#include <arpa/inet.h>
#include <fcntl.h>

#include "unit_ssictl_run.h"

/* One node: what its agent would hold. */
struct side {
	struct ssi_link_self self;
	int done_fd;
};

static struct side dialer, acceptor;
static struct ssi_addr addr;
static int listener;

static void make_side(struct side *s, uint32_t id)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	s->done_fd = ends[0];
	s->self = (struct ssi_link_self){
		.hello = { .protocol = 1, .page_bytes = 4096, .chunk_bytes = 2 << 20,
			   .plain = true, .from = id },
		.credentials = { .key = "a key for tests" },
		.done_fd = ends[1],
	};
	memset(s->self.hello.incarnation, id, sizeof(s->self.hello.incarnation));
}

static void listen_on(const char *text)
{
	socklen_t len = sizeof(addr.ss);

	memset(&addr, 0, sizeof(addr));
	ck_assert_ptr_null(ssi_opts_addr(text, &addr));
	/* Any free port: sin_port and sin6_port are at the same place. */
	((struct sockaddr_in *)&addr.ss)->sin_port = 0;
	listener = ssi_link_listen(&addr);
	ck_assert_msg(listener >= 0, "%s", strerror(-listener));
	getsockname(listener, (struct sockaddr *)&addr.ss, &len);
}

static void setup(void)
{
	make_side(&dialer, 2);
	make_side(&acceptor, 4);
	listen_on("127.0.0.1:1");
}

static struct ssi_link_job *finished(struct side *s)
{
	struct pollfd p = { .fd = s->done_fd, .events = POLLIN };
	struct ssi_link_job *job;

	ck_assert_int_eq(poll(&p, 1, 8000), 1);
	ck_assert_int_eq(read(s->done_fd, &job, sizeof(job)), sizeof(job));
	return job;
}

static void accept_one(void)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_eq(ssi_link_accept(&acceptor.self, listener), 0);
}

static void connect_both(struct ssi_link_job **d, struct ssi_link_job **a)
{
	ck_assert_int_eq(ssi_link_dial(&dialer.self, &addr, 4, SSI_MEM_CHANNEL_DATA), 0);
	accept_one();
	*d = finished(&dialer);
	*a = finished(&acceptor);
	ck_assert_msg((*d)->ok, "%s", (*d)->hs.why);
	ck_assert_msg((*a)->ok, "%s", (*a)->hs.why);
}

static void carry(int from, int to, unsigned int seed)
{
	uint8_t out[20000], in[sizeof(out)];
	struct pollfd p = { .fd = to, .events = POLLIN };
	size_t have = 0, i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = rand_r(&seed);
	ck_assert_int_eq(write(from, out, sizeof(out)), sizeof(out));
	while (have < sizeof(in)) {
		ssize_t got;

		ck_assert_int_eq(poll(&p, 1, 5000), 1);
		got = read(to, in + have, sizeof(in) - have);
		ck_assert_msg(got > 0 || errno == EAGAIN, "%s", strerror(errno));
		have += got > 0 ? got : 0;
	}
	ck_assert_mem_eq(in, out, sizeof(in));
}

static void carry_both_ways(struct ssi_link_job *d, struct ssi_link_job *a)
{
	int round;

	for (round = 0; round < 5; round++) {
		carry(d->hs.fd, a->hs.fd, 2 * round);
		carry(a->hs.fd, d->hs.fd, 2 * round + 1);
	}
}

static int get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	ck_assert_int_eq(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void expect_tuned(int fd)
{
	ck_assert_int_ne(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	ck_assert_int_ne(get_int(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	ck_assert_int_eq(get_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), SILENCE_MS);
}

START_TEST(dial__plain)
{
	struct ssi_link_job *d, *a;

	connect_both(&d, &a);
	ck_assert_uint_eq(a->hs.theirs.from, 2);
	ck_assert_uint_eq(a->hs.mine.channel, SSI_MEM_CHANNEL_DATA);
	ck_assert_msg(!strncmp(a->addr.text, "127.0.0.1:", 10), "%s", a->addr.text);
	expect_tuned(d->hs.fd);
	expect_tuned(a->hs.fd);
	carry_both_ways(d, a);
	ssi_link_free(d);
	ssi_link_free(a);
}
END_TEST

START_TEST(dial__ipv6)
{
	struct ssi_link_job *d, *a;

	close(listener);
	listen_on("[::1]:1");
	connect_both(&d, &a);
	ck_assert_msg(!strncmp(a->addr.text, "[::1]:", 6), "%s", a->addr.text);
	carry_both_ways(d, a);
	ssi_link_free(d);
	ssi_link_free(a);
}
END_TEST

START_TEST(dial__nobody_listens)
{
	struct ssi_link_job *job;

	close(listener);
	ck_assert_int_eq(ssi_link_dial(&dialer.self, &addr, 4, SSI_MEM_CHANNEL_CTL), 0);
	job = finished(&dialer);
	ck_assert(!job->ok);
	ck_assert_str_eq(job->hs.why, "connect: Connection refused");
	ssi_link_free(job);
}
END_TEST

START_TEST(accept__nobody_calls)
{
	ck_assert_int_eq(ssi_link_accept(&acceptor.self, listener), -EAGAIN);
}
END_TEST

START_TEST(listen__address_in_use)
{
	struct ssi_addr taken = addr;

	ck_assert_int_eq(ssi_link_listen(&taken), -EADDRINUSE);
}
END_TEST

static bool has_ktls(void)
{
	if (ssi_link_tls_check() == 0)
		return true;
	printf("no TLS in this kernel: skipped\n");
	return false;
}

static void expect_ktls(int fd)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_ULP, name, &len), 0);
	ck_assert_str_eq(name, "tls");
}

START_TEST(ktls__carries_both_ways)
{
	struct ssi_link_job *d, *a;

	if (!has_ktls())
		return;
	dialer.self.hello.plain = acceptor.self.hello.plain = false;
	connect_both(&d, &a);
	expect_ktls(d->hs.fd);
	expect_ktls(a->hs.fd);
	carry_both_ways(d, a);
	ssi_link_free(d);
	ssi_link_free(a);
}
END_TEST

/* Carries bytes from @in to @out and back; upwards it holds them back for 100 ms. */
static void *run_relay(void *arg)
{
	struct pollfd p[2];
	char buf[65536];
	int *fds = arg;
	int i;

	for (;;) {
		for (i = 0; i < 2; i++)
			p[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
		if (poll(p, 2, 5000) <= 0)
			return NULL;
		for (i = 0; i < 2; i++) {
			ssize_t got;

			if (!p[i].revents)
				continue;
			if (i == 0)
				usleep(100000);
			got = read(fds[i], buf, sizeof(buf));
			if (got <= 0 || write(fds[!i], buf, got) != got)
				return NULL;
		}
	}
}

/*
 * The dialer's kernel sends behind the verdict before the acceptor has turned
 * its own socket over: the record waits in the queue and must be decrypted.
 */
START_TEST(ktls__bytes_before_the_switch)
{
	static const char early[] = "early bird";
	struct ssi_link_job *d, *a;
	struct ssi_addr front;
	char buf[64] = "";
	int fds[2], back = listener;
	pthread_t relay;

	if (!has_ktls())
		return;
	dialer.self.hello.plain = acceptor.self.hello.plain = false;
	front = addr;
	listen_on("127.0.0.1:1");
	ck_assert_int_eq(ssi_link_dial(&dialer.self, &addr, 4, SSI_MEM_CHANNEL_CTL), 0);
	while ((fds[0] = accept(listener, NULL, NULL)) < 0)
		usleep(1000);
	listener = back;
	fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fds[1], (struct sockaddr *)&front.ss, front.len), 0);
	pthread_create(&relay, NULL, run_relay, fds);
	accept_one();
	d = finished(&dialer);
	ck_assert_msg(d->ok, "%s", d->hs.why);
	ck_assert_int_eq(write(d->hs.fd, early, sizeof(early)), sizeof(early));
	a = finished(&acceptor);
	ck_assert_msg(a->ok, "%s", a->hs.why);
	ck_assert_int_eq(recv(a->hs.fd, buf, sizeof(buf), MSG_DONTWAIT), sizeof(early));
	ck_assert_str_eq(buf, early);
	carry_both_ways(d, a);
	ssi_link_free(d);
	ssi_link_free(a);
	pthread_join(relay, NULL);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("link");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, dial__plain);
	tcase_add_test(tc, dial__ipv6);
	tcase_add_test(tc, dial__nobody_listens);
	tcase_add_test(tc, accept__nobody_calls);
	tcase_add_test(tc, listen__address_in_use);
	tcase_add_test(tc, ktls__carries_both_ways);
	tcase_add_test(tc, ktls__bytes_before_the_switch);
	return run_case("ssictl_link", tc);
}
