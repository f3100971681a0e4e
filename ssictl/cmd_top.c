// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ncurses.h>

#include "rates.h"
#include "sample.h"

static volatile sig_atomic_t stopped;

/**
 * struct top - the view under way
 * @args: the command line
 * @nl: connection
 * @before: the sample that rates count from
 * @now: the sample that is shown
 * @screens: shown so far
 * @text: the screen as text, and @size, its bytes
 */
struct top {
	const struct ssi_args *args;
	struct ssi_nl *nl;
	struct ssi_sample before;
	struct ssi_sample now;
	uint32_t screens;
	char *text;
	size_t size;
};

static void handle_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* What waits for a key or sleeps is to see them: no SA_RESTART. */
static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = handle_stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* ---- one screen ---- */

static void print_title(FILE *f, const struct top *t)
{
	const time_t now = time(NULL);
	char clock[16] = "";

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	fprintf(f, "ssictl top  %s  every %" PRIu32 " s%s\n\n", clock, t->args->delay_ms / 1000,
		t->now.node_count ? "" : "  no node has joined here");
}

static int make_text(struct top *t)
{
	FILE *f;

	free(t->text);
	t->text = NULL;
	f = open_memstream(&t->text, &t->size);
	if (!f)
		return -ENOMEM;
	print_title(f, t);
	ssi_rates_print(f, &t->before, &t->now);
	return fclose(f) ? -ENOMEM : 0;
}

/* Takes a sample and makes the text that compares it with the one before. */
static int next_screen(struct top *t)
{
	int rc;

	ssi_sample_free(&t->before);
	t->before = t->now;
	t->now = (struct ssi_sample){ 0 };
	rc = ssi_sample_take(t->nl, t->args->node, &t->now);
	return rc ? rc : make_text(t);
}

static bool is_last(const struct top *t)
{
	return stopped || (t->args->count.given && t->screens >= t->args->count.value);
}

/* ---- without a terminal ---- */

static void wait_a_turn(const struct top *t)
{
	struct timespec left = { .tv_sec = t->args->delay_ms / 1000 };

	/* A signal that ends us ends the sleep. */
	nanosleep(&left, NULL);
}

static int print_text(const struct top *t)
{
	const char *c;

	if (t->screens)
		putchar('\n');
	for (c = t->text; *c; c++) {
		if (*c != SSI_RATES_HEADING)
			putchar(*c);
	}
	return fflush(stdout) || ferror(stdout) ? -EIO : 0;
}

static int run_batch(struct top *t)
{
	int rc = 0;

	for (; rc == 0 && !is_last(t); t->screens++) {
		wait_a_turn(t);
		if (stopped)
			break;
		rc = next_screen(t);
		if (rc == 0)
			rc = print_text(t);
	}
	return rc;
}

/* ---- on a terminal ---- */

static void draw_line(int row, const char *line, int len)
{
	bool heading = *line == SSI_RATES_HEADING;

	if (heading)
		attron(A_REVERSE);
	mvaddnstr(row, 0, line + heading, len - heading < COLS ? len - heading : COLS);
	if (heading)
		attroff(A_REVERSE);
}

static void draw(const struct top *t)
{
	const char *line = t->text;
	int row;

	erase();
	for (row = 0; row < LINES && line && *line; row++) {
		int len = strcspn(line, "\n");

		draw_line(row, line, len);
		line += len + (line[len] == '\n');
	}
	refresh();
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

/* Shows the text until @until; a key or a signal may end it all. */
static void wait_for_keys(const struct top *t, uint64_t until)
{
	uint64_t now;
	int key;

	while (!stopped && (now = now_ms()) < until) {
		timeout(until - now);
		key = getch();
		if (key == 'q' || key == 'Q')
			stopped = 1;
		else if (key == KEY_RESIZE)
			draw(t);
	}
}

static int watch(struct top *t)
{
	uint64_t next = now_ms();
	int rc = 0;

	while (rc == 0) {
		draw(t);
		next += t->args->delay_ms;
		wait_for_keys(t, next);
		if (is_last(t))
			break;
		rc = next_screen(t);
		t->screens++;
	}
	return rc;
}

static int run_screen(struct top *t)
{
	SCREEN *screen = newterm(NULL, stdout, stdin);
	int rc;

	if (!screen) {
		fputs("ssictl: top: this kind of terminal is not known: set TERM, or use --batch\n",
		      stderr);
		return -ENOTTY;
	}
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	rc = watch(t);
	endwin();
	delscreen(screen);
	return rc;
}

/* ---- the command ---- */

static int run(struct top *t)
{
	int rc;

	catch_signals();
	rc = ssi_sample_take(t->nl, t->args->node, &t->now);
	if (rc == 0)
		rc = t->args->batch ? run_batch(t) : make_text(t);
	if (rc == 0 && !t->args->batch) {
		rc = run_screen(t);
		/* It has said why. */
		if (rc == -ENOTTY)
			return SSI_EXIT_FAIL;
	}
	return rc ? ssi_cmd_fail("top", t->nl, rc, NULL) : SSI_EXIT_OK;
}

int ssi_cmd_top(const struct ssi_args *args)
{
	struct top t = { .args = args };
	int rc;

	if (!args->batch && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))) {
		fputs("ssictl: top: there is no terminal; --batch does without\n", stderr);
		return SSI_EXIT_USAGE;
	}
	rc = ssi_cmd_open("top", &t.nl);
	if (rc)
		return rc;
	rc = run(&t);
	free(t.text);
	ssi_sample_free(&t.before);
	ssi_sample_free(&t.now);
	ssi_nl_close(t.nl);
	return rc;
}
