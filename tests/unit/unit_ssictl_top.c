// SPDX-License-Identifier: Apache-2.0
/* cmd_top.c, on a terminal that the test plays. */
#include "../../ssictl/cmd_top.c"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static int samples, fail_at;

int ssi_sample_take(struct ssi_nl *nl, const char *name, struct ssi_sample *sample)
{
	(void)nl;
	(void)name;
	*sample = (struct ssi_sample){ .ns = ++samples };
	return samples == fail_at ? -EPERM : 0;
}

void ssi_sample_free(struct ssi_sample *sample)
{
	*sample = (struct ssi_sample){ 0 };
}

void ssi_rates_print(FILE *f, const struct ssi_sample *before, struct ssi_sample *now)
{
	fprintf(f, "%cHEADING\nfrom %d to %d and a line that is longer than others\n",
		SSI_RATES_HEADING, (int)before->ns, (int)now->ns);
}

static struct ssi_args args = { .delay_ms = 1000 };

/* ---- the terminal ---- */

static int terminal;
static struct termios mode;
static char output[65536];
static size_t seen;
static pid_t child;

static void start(int columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int inner;

	ck_assert_int_eq(openpty(&terminal, &inner, NULL, NULL, &size), 0);
	ck_assert_int_eq(tcgetattr(terminal, &mode), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(terminal);
		login_tty(inner);
		setenv("TERM", "xterm", 1);
		_exit(ssi_cmd_top(&args));
	}
	close(inner);
}

/* Reads until the terminal was sent @words, or until its end. */
static bool wait_for(const char *words)
{
	ssize_t got = 1;

	while (!strstr(output, words) && got > 0 && seen < sizeof(output) - 1) {
		got = read(terminal, output + seen, sizeof(output) - 1 - seen);
		seen += got > 0 ? got : 0;
		output[seen] = 0;
	}
	return strstr(output, words) != NULL;
}

static void forget_output(void)
{
	seen = 0;
	output[0] = 0;
}

/* The exit code; the terminal is as it was, and shows what it showed. */
static int end(void)
{
	struct termios after;
	int status;

	ck_assert_msg(wait_for("\033[?1049l"), "%s", output);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(tcgetattr(terminal, &after), 0);
	ck_assert_uint_eq(after.c_lflag, mode.c_lflag);
	ck_assert_uint_eq(after.c_iflag, mode.c_iflag);
	return WEXITSTATUS(status);
}

START_TEST(screen__shows_and_ends_with_q)
{
	start(80);
	ck_assert(wait_for("\033[?1049h"));
	ck_assert(wait_for("HEADING"));
	ck_assert(wait_for("longer than others"));
	ck_assert_int_eq(write(terminal, "xq", 2), 2);
	ck_assert_int_eq(end(), SSI_EXIT_OK);
}
END_TEST

START_TEST(screen__restored_after_a_signal)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	start(80);
	ck_assert(wait_for("longer than others"));
	kill(child, signals[_i]);
	ck_assert_int_eq(end(), SSI_EXIT_OK);
}
END_TEST

START_TEST(screen__restored_after_a_failure)
{
	fail_at = 2;
	start(80);
	ck_assert_int_eq(end(), SSI_EXIT_FAIL);
}
END_TEST

START_TEST(screen__follows_the_size)
{
	struct winsize size = { .ws_row = 24, .ws_col = 100 };

	start(20);
	ck_assert(wait_for("and a l"));
	ck_assert_ptr_null(strstr(output, "longer"));
	forget_output();
	ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
	ck_assert(wait_for("longer than others"));
	ck_assert_int_eq(write(terminal, "q", 1), 1);
	ck_assert_int_eq(end(), SSI_EXIT_OK);
}
END_TEST

START_TEST(screen__count)
{
	args.count = (struct ssi_number){ true, 1 };
	start(80);
	ck_assert_int_eq(end(), SSI_EXIT_OK);
	ck_assert_msg(strstr(output, "HEADING") != NULL, "%s", output);
}
END_TEST

START_TEST(screen__of_no_known_kind)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int status;

	child = forkpty(&terminal, NULL, NULL, &size);
	if (child == 0) {
		setenv("TERM", "of-no-known-kind", 1);
		_exit(ssi_cmd_top(&args));
	}
	ck_assert(wait_for("use --batch"));
	waitpid(child, &status, 0);
	ck_assert_int_eq(WEXITSTATUS(status), SSI_EXIT_FAIL);
}
END_TEST

/* ---- without one ---- */

START_TEST(batch__so_many_screens)
{
	const char *first;
	char *text;

	args.batch = true;
	args.count = (struct ssi_number){ true, 2 };
	ck_assert_int_eq(run_to_text(ssi_cmd_top, &args, &text), SSI_EXIT_OK);
	first = strstr(text, "\nHEADING\nfrom 1 to 2 and");
	ck_assert_msg(first && strstr(first, "\nHEADING\nfrom 2 to 3 and"), "%s", text);
	ck_assert_ptr_null(strstr(text, "from 3"));
	ck_assert(text[0] == 's' && !strchr(text, '\033') && !strchr(text, SSI_RATES_HEADING));
	free(text);
}
END_TEST

START_TEST(batch__failure)
{
	args.batch = true;
	fail_at = 2;
	ck_assert_int_eq(ssi_cmd_top(&args), SSI_EXIT_FAIL);
}
END_TEST

START_TEST(screen__needs_a_terminal)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "r", stdin));
	ck_assert_int_eq(ssi_cmd_top(&args), SSI_EXIT_USAGE);
	args.batch = true;
	nl_open_rc = -ENOENT;
	ck_assert_int_eq(ssi_cmd_top(&args), SSI_EXIT_NO_MODULE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("top");

	tcase_add_test(tc, screen__shows_and_ends_with_q);
	tcase_add_loop_test(tc, screen__restored_after_a_signal, 0, 3);
	tcase_add_test(tc, screen__restored_after_a_failure);
	tcase_add_test(tc, screen__follows_the_size);
	tcase_add_test(tc, screen__count);
	tcase_add_test(tc, screen__of_no_known_kind);
	tcase_add_test(tc, batch__so_many_screens);
	tcase_add_test(tc, batch__failure);
	tcase_add_test(tc, screen__needs_a_terminal);
	return run_case("ssictl_top", tc);
}
