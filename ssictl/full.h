/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that need more than netlink (TLS, HTTP, kmod, curses) are in a program
 * of their own. Their libraries take eight of the nine milliseconds that a command
 * would take to start, and scripts start many that need none of them.
 */
#ifndef SSICTL_FULL_H
#define SSICTL_FULL_H

/**
 * ssi_full_run - go on as the program that has all commands
 * @link: a symbolic link to the program that runs, which tells where the other is:
 *	/proc/self/exe
 * @argv: its arguments, from its name on
 *
 * Return: only if that fails: the exit code, after a line of error.
 */
int ssi_full_run(const char *link, char **argv);

#endif /* SSICTL_FULL_H */
