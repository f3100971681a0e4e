// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include "xport.h"

/**
 * ssi_xport_error_text() - why a transport ended, for people
 * @error: of xport_user->broken()
 *
 * Return: a constant string; NULL where the error says nothing by itself.
 */
const char *ssi_xport_error_text(int error)
{
	switch (error) {
	case -ESHUTDOWN:
		return "peer closed";
	case -ECONNRESET:
		return "connection reset";
	case -ECONNABORTED:
		return "connection aborted";
	case -EPIPE:
		return "connection closed";
	case -ETIMEDOUT:
		return "connection timed out";
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		return "peer unreachable";
	case -EBADMSG:
		return "a TLS record is forged or damaged";
	default:
		return NULL;
	}
}
