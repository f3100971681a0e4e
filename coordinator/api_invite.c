// SPDX-License-Identifier: Apache-2.0
/*
 * Routes of certificates: an administrator has a token made for a node, and whoever
 * shows it once gets that node's certificate for a key of his own.
 */
#include "api.h"

#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>

#include "../ssictl/identity.h"

#define MINUTES_DEFAULT 60
#define MINUTES_MAX	10080
#define DAYS		365
/* Clocks of nodes may differ by this when a certificate is new. */
#define EARLIER_S 3600
#define REQUEST_MAX 8192
#define NODE_ROLE   "operate"

#define WITH(field) offsetof(struct ssi_wish, with.field)
#define END { NULL, 0, 0, false, 0, 0 }

static void as_hex(const unsigned char *bytes, unsigned int count, char *text)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static void from_hex(const char *text, unsigned char *bytes, unsigned int count)
{
	gnutls_datum_t hex = { .data = (void *)text, .size = strlen(text) };
	size_t len = count;

	gnutls_hex_decode(&hex, bytes, &len);
}

/* What the store has of a token: nobody makes the token of it. */
static int digest(const char *token, char *text)
{
	unsigned char hash[32];
	int rc = gnutls_hash_fast(GNUTLS_DIG_SHA256, token, strlen(token), hash);

	as_hex(hash, (SSI_HEX_SIZE - 1) / 2, text);
	return rc;
}

static int need_authority(struct ssi_api *api, struct ssi_request *request)
{
	if (api->issuer.key)
		return 0;
	return ssi_refuse(&request->why, SSI_PROBLEM_NOT_FOUND,
			  "start the coordinators with --ca-key",
			  "this coordinator signs no certificates");
}

static int no_random(struct ssi_request *request)
{
	return ssi_refuse(&request->why, SSI_PROBLEM_MEMORY, "try again",
			  "the library has no random numbers");
}

/* ---- POST /invites ---- */

static int make_token(struct ssi_request *request)
{
	unsigned char bytes[(SSI_TOKEN_SIZE - 1) / 2];

	if (gnutls_rnd(GNUTLS_RND_KEY, bytes, sizeof(bytes)) < 0)
		return no_random(request);
	as_hex(bytes, sizeof(bytes), request->token);
	explicit_bzero(bytes, sizeof(bytes));
	return digest(request->token, request->wish.with.invite) < 0 ? no_random(request) : 0;
}

enum ssi_step ssi_api_invite(struct ssi_api *api, struct ssi_request *request)
{
	/* It becomes the time of the end. */
	static const struct ssi_field fields[] = {
		{ "name", SSI_FIELD_NAME, WITH(name), true, 0, 0 },
		{ "id", SSI_FIELD_U32, WITH(node), false, 0, SSI_CLUSTER_NODES - 1 },
		{ "minutes", SSI_FIELD_U64, WITH(expires), false, 1, MINUTES_MAX },
		END,
	};
	struct ssi_change *with = &request->wish.with;
	json_t *body;

	if (need_authority(api, request) < 0)
		return SSI_STEP_GO_ON;
	with->expires = MINUTES_DEFAULT;
	body = ssi_api_body(request, fields, &request->wish);
	if (!body)
		return SSI_STEP_GO_ON;
	with->expires = (time(NULL) + with->expires * 60) * 1000;
	request->wish.type = SSI_WISH_INVITE;
	request->wish.node_given = json_object_get(body, "id") != NULL;
	json_decref(body);
	return make_token(request) < 0 ? SSI_STEP_GO_ON : SSI_STEP_CHANGE;
}

enum ssi_step ssi_api_invited(struct ssi_api *api, struct ssi_request *request)
{
	const struct ssi_change *made = &request->made;
	json_t *root = json_pack("{s:I, s:I, s:s, s:s, s:I}", "revision",
				 (json_int_t)made->revision, "node", (json_int_t)made->node,
				 "name", made->name, "token", request->token, "expires",
				 (json_int_t)made->expires);

	(void)api;
	explicit_bzero(request->token, sizeof(request->token));
	return ssi_api_json(request, 201, root);
}

/* ---- POST /credentials ---- */

/**
 * struct asked - the body of a request for a certificate
 * @token: of an invitation, or NULL
 * @pem: the request
 */
struct asked {
	const char *token;
	const char *pem;
};

/* Return: the body, which @asked borrows from; NULL with the refusal set. */
static json_t *read_body(struct ssi_request *request, struct asked *asked, gnutls_x509_crq_t *crq)
{
	static const struct ssi_field fields[] = {
		{ "token", SSI_FIELD_LONG, offsetof(struct asked, token), false, 0,
		  SSI_TOKEN_SIZE - 1 },
		{ "request", SSI_FIELD_LONG, offsetof(struct asked, pem), true, 0, REQUEST_MAX },
		END,
	};
	json_t *body = ssi_api_body(request, fields, asked);
	char why[160];

	if (!body)
		return NULL;
	if (ssi_issue_read_request(asked->pem, strlen(asked->pem), crq, why, sizeof(why)) == 0)
		return body;
	json_decref(body);
	ssi_refuse(&request->why, SSI_PROBLEM_BAD_REQUEST, "ssictl cluster join makes one",
		   "request: %s", why);
	return NULL;
}

/* Who has a token may be anybody; who has none must be a node already. */
static int take_claim(struct ssi_request *request, const struct asked *asked)
{
	struct ssi_change *with = &request->wish.with;

	if (asked->token) {
		/* For the record: nobody else is known. */
		if (!*request->caller.name)
			strcpy(request->caller.name, "token");
		request->wish.type = SSI_WISH_CERTIFY;
		return digest(asked->token, with->invite) < 0 ? no_random(request) : 0;
	}
	if (!request->caller.of_node || request->caller.role < SSI_ROLE_OPERATE)
		return ssi_refuse(&request->why, SSI_PROBLEM_UNAUTHORIZED,
				  "send the token of an invitation, or show a node's certificate",
				  *request->cert_why ? "certificate: %s" :
						       "neither a token nor a node's certificate came%s",
				  request->cert_why);
	request->wish.type = SSI_WISH_RECERTIFY;
	with->node = request->caller.node;
	strcpy(with->name, request->caller.name);
	return 0;
}

enum ssi_step ssi_api_certify(struct ssi_api *api, struct ssi_request *request)
{
	unsigned char serial[SSI_SERIAL_BYTES];
	struct asked asked = { 0 };
	gnutls_x509_crq_t crq;
	json_t *body;
	int rc;

	if (need_authority(api, request) < 0)
		return SSI_STEP_GO_ON;
	body = read_body(request, &asked, &crq);
	if (!body)
		return SSI_STEP_GO_ON;
	rc = take_claim(request, &asked);
	if (rc == 0 && ssi_issue_serial(serial) < 0)
		rc = no_random(request);
	if (rc == 0)
		as_hex(serial, sizeof(serial), request->wish.with.serial);
	gnutls_x509_crq_deinit(crq);
	json_decref(body);
	return rc < 0 ? SSI_STEP_GO_ON : SSI_STEP_CHANGE;
}

/* A certificate and that of its authority, as text; NULL without. */
static json_t *as_pem(gnutls_x509_crt_t cert)
{
	gnutls_datum_t text;
	json_t *value;

	if (!cert || gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &text) < 0)
		return NULL;
	value = json_stringn((char *)text.data, text.size);
	gnutls_free(text.data);
	return value;
}

/* NULL where nobody said what is revoked. */
static json_t *read_crl(const char *path)
{
	gnutls_datum_t text;
	json_t *value;

	if (!path || gnutls_load_file(path, &text) < 0)
		return NULL;
	value = json_stringn((char *)text.data, text.size);
	gnutls_free(text.data);
	return value;
}

static gnutls_x509_crt_t sign(struct ssi_api *api, const struct ssi_request *request,
			      const char *name, gnutls_x509_crq_t crq)
{
	unsigned char serial[SSI_SERIAL_BYTES];
	const time_t now = time(NULL);
	const struct ssi_issue what = {
		.name = name,
		.role = NODE_ROLE,
		.node = request->made.node,
		.server = true,
		.client = true,
		.serial = serial,
		.from = now - EARLIER_S,
		.until = now + DAYS * 86400,
	};
	gnutls_x509_crt_t cert = NULL;

	from_hex(request->made.serial, serial, sizeof(serial));
	ssi_issue(&api->issuer, &what, crq, &cert);
	return cert;
}

static bool find_name(struct ssi_api *api, uint32_t id, char *name)
{
	const struct ssi_node *node;

	pthread_mutex_lock(&api->ledger->lock);
	node = ssi_cluster_node(&api->ledger->cluster, id);
	if (node)
		strcpy(name, node->name);
	pthread_mutex_unlock(&api->ledger->lock);
	return node;
}

/* The token is used up whether or not the answer gets there. */
enum ssi_step ssi_api_certified(struct ssi_api *api, struct ssi_request *request)
{
	char name[SSI_NAME_SIZE];
	gnutls_x509_crt_t cert = NULL;
	struct asked asked = { 0 };
	gnutls_x509_crq_t crq;
	json_t *body = read_body(request, &asked, &crq), *root;

	if (!body)
		return SSI_STEP_GO_ON;
	if (find_name(api, request->made.node, name))
		cert = sign(api, request, name, crq);
	root = json_pack("{s:I, s:I, s:s, s:o, s:o, s:o*}", "revision",
			 (json_int_t)request->made.revision, "node",
			 (json_int_t)request->made.node, "name", cert ? name : "", "certificate",
			 as_pem(cert), "ca", as_pem(api->issuer.cert), "crl",
			 read_crl(api->crl));
	if (cert)
		gnutls_x509_crt_deinit(cert);
	gnutls_x509_crq_deinit(crq);
	json_decref(body);
	if (root)
		return ssi_api_json(request, 201, root);
	ssi_refuse(&request->why, SSI_PROBLEM_MEMORY, "ask an administrator for another invitation",
		   "the certificate could not be made");
	return SSI_STEP_GO_ON;
}
