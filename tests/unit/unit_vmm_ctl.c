// SPDX-License-Identifier: Apache-2.0
#include "unit_vmm_common.h"

#include "../../vmm/ctl.c"

/* What the requests did to the guest. */
void pause_begin(struct pause *pause, enum pause_reason reason)
{
	pause->reasons |= reason;
}

void pause_end(struct pause *pause, enum pause_reason reason)
{
	pause->reasons &= ~reason;
}

uint64_t pause_stalled(const struct pause *pause)
{
	return pause->stalled_at;
}

static struct ctl ctl;
static struct pause pause_state;
static char folder[] = "/tmp/unit-ctl-XXXXXX";
static char path[64];

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	pause_state = (struct pause){ .reasons = 0 };
	ck_assert_int_eq(ctl_open(&ctl, path), 0);
}

static void teardown(void)
{
	ctl_close(&ctl);
	ck_assert(access(path, F_OK));
	ck_assert_int_eq(rmdir(folder), 0);
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

static int dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(connect(fd, (void *)&address, sizeof(address)), 0);
	return fd;
}

/* Handles all that has come. Returns whether somebody said quit. */
static bool settle(void)
{
	struct pollfd fds[CTL_FDS];
	bool quit = false;

	for (ctl_poll(&ctl, fds); !quit && poll(fds, CTL_FDS, 0) > 0;
	     ctl_poll(&ctl, fds))
		quit = ctl_handle(&ctl, fds, &pause_state);
	return quit;
}

static bool tell(int fd, const char *text)
{
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	return settle();
}

/* What was replied: empty when nothing, "end" when the connection is over. */
static const char *heard(int fd)
{
	static char text[1024];
	ssize_t got = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[got > 0 ? got : 0] = '\0';
	return got == 0 ? "end" : text;
}

#define UNKNOWN "{\"ok\":false,\"error\":\"a request is one of pause, resume, status, quit\"}\n"

START_TEST(ctl_parse__all)
{
	static const struct {
		const char *line;
		enum ctl_request request;
	} rows[] = {
		{ "pause", CTL_PAUSE },	    { "resume", CTL_RESUME },
		{ "status", CTL_STATUS },   { "quit", CTL_QUIT },
		{ "", CTL_UNKNOWN },	    { "Pause", CTL_UNKNOWN },
		{ "pause ", CTL_UNKNOWN },  { " pause", CTL_UNKNOWN },
		{ "paus", CTL_UNKNOWN },    { "pauses", CTL_UNKNOWN },
		{ "quit\r", CTL_UNKNOWN },  { "help", CTL_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(ctl_parse(rows[i].line) == rows[i].request,
			      "\"%s\"", rows[i].line);
}
END_TEST

START_TEST(ctl_handle__requests)
{
	int fd;

	setup();
	fd = dial();
	ck_assert(!tell(fd, "pause\n"));
	ck_assert_str_eq(heard(fd), "{\"ok\":true,\"paused\":true,\"stalled\":0,\"behind_ms\":0}\n");
	ck_assert_uint_eq(pause_state.reasons, PAUSE_USER);
	pause_state.stalled_at = 17;
	pause_state.behind_ns = 40123999999;
	ck_assert(!tell(fd, "resume\n"));
	ck_assert_str_eq(heard(fd), "{\"ok\":true,\"paused\":false,\"stalled\":17,\"behind_ms\":40123}\n");
	ck_assert_uint_eq(pause_state.reasons, 0);
	ck_assert(!tell(fd, "frob\n"));
	ck_assert_str_eq(heard(fd), UNKNOWN);
	ck_assert(tell(fd, "quit\n"));
	ck_assert_int_eq(strncmp(heard(fd), "{\"ok\":true", 10), 0);
	close(fd);
	teardown();
}
END_TEST

START_TEST(ctl_handle__lines)
{
	int fd;

	setup();
	fd = dial();
	/* In pieces, then several at once. */
	tell(fd, "pa");
	tell(fd, "use");
	ck_assert_str_eq(heard(fd), "");
	tell(fd, "\nfrob\n\nsta");
	ck_assert_str_eq(heard(fd), "{\"ok\":true,\"paused\":true,\"stalled\":0,\"behind_ms\":0}\n" UNKNOWN UNKNOWN);
	tell(fd, "tus\n");
	ck_assert_int_eq(strncmp(heard(fd), "{\"ok\":true", 10), 0);
	/* What follows quit is not looked at. */
	ck_assert(tell(fd, "quit\nresume\n"));
	ck_assert_uint_eq(pause_state.reasons, PAUSE_USER);
	close(fd);
	teardown();
}
END_TEST

START_TEST(ctl_handle__line_too_long)
{
	char line[CTL_LINE + 1];
	int fd;

	setup();
	fd = dial();
	memset(line, 'x', CTL_LINE);
	line[CTL_LINE] = '\0';
	tell(fd, line);
	ck_assert_str_eq(heard(fd), UNKNOWN);
	ck_assert_str_eq(heard(fd), "end");
	close(fd);
	teardown();
}
END_TEST

START_TEST(ctl_handle__many)
{
	int fd[CTL_CLIENTS + 1];

	setup();
	for (int i = 0; i <= CTL_CLIENTS; i++) {
		fd[i] = dial();
		tell(fd[i], "status\n");
	}
	/* The last one waits until another one goes. */
	ck_assert_str_ne(heard(fd[CTL_CLIENTS - 1]), "");
	ck_assert_str_eq(heard(fd[CTL_CLIENTS]), "");
	close(fd[3]);
	settle();
	ck_assert_str_ne(heard(fd[CTL_CLIENTS]), "");
	for (int i = 0; i <= CTL_CLIENTS; i++)
		if (i != 3)
			close(fd[i]);
	teardown();
}
END_TEST

START_TEST(ctl_handle__client_gone)
{
	int fd;

	setup();
	fd = dial();
	tell(fd, "");
	ck_assert_int_eq(write(fd, "pause\n", 6), 6);
	close(fd);
	ck_assert(!settle());
	ck_assert_uint_eq(pause_state.reasons, PAUSE_USER);
	for (int i = 0; i < CTL_CLIENTS; i++)
		ck_assert_int_eq(ctl.client[i].fd, -1);
	teardown();
}
END_TEST

START_TEST(ctl_open__taken)
{
	struct ctl second;
	struct stat file;

	setup();
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_uint_eq(file.st_mode & 0777, 0600);
	ck_assert_int_eq(ctl_open(&second, path), -1);
	ck_assert_said("in use; name another path");
	ctl_close(&second);
	ck_assert_int_eq(access(path, F_OK), 0);
	/* What a dead program left is replaced. */
	close(ctl.fd);
	ck_assert_int_eq(ctl_open(&ctl, path), 0);
	close(dial());
	teardown();
}
END_TEST

START_TEST(ctl_open__no_socket)
{
	struct ctl other;
	char file[80];
	FILE *made;

	setup();
	snprintf(file, sizeof(file), "%s/file", folder);
	made = fopen(file, "w");
	ck_assert_ptr_nonnull(made);
	fclose(made);
	ck_assert_int_eq(ctl_open(&other, file), -1);
	ck_assert_said("in use");
	ctl_close(&other);
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(ctl_open(&other, "/none/there"), -1);
	ck_assert_said("--control /none/there: No such file");
	ctl_close(&other);
	ck_assert_int_eq(ctl_open(&other, NULL), 0);
	ctl_close(&other);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		ctl_parse__all,
		ctl_handle__requests,
		ctl_handle__lines,
		ctl_handle__line_too_long,
		ctl_handle__many,
		ctl_handle__client_gone,
		ctl_open__taken,
		ctl_open__no_socket,
		NULL,
	};

	return run_tests("vmm_ctl", tests);
}
