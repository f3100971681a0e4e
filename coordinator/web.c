// SPDX-License-Identifier: Apache-2.0
/* Pages, which are files inside of the program: nothing is fetched from elsewhere. */
#include "api.h"

#include <string.h>

#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "            \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* The linker makes these of files. */
#define FILE_OF(name) _binary_##name##_start[], _binary_##name##_end[]
extern char FILE_OF(docs_html), FILE_OF(docs_css), FILE_OF(docs_js), FILE_OF(openapi_json);

static const struct {
	const char *path;
	const char *type;
	char *start;
	char *end;
} pages[] = {
	{ "/docs", "text/html; charset=utf-8", _binary_docs_html_start, _binary_docs_html_end },
	{ "/docs.css", "text/css; charset=utf-8", _binary_docs_css_start, _binary_docs_css_end },
	{ "/docs.js", "text/javascript; charset=utf-8", _binary_docs_js_start,
	  _binary_docs_js_end },
	{ "/openapi.json", "application/json", _binary_openapi_json_start,
	  _binary_openapi_json_end },
};

enum ssi_step ssi_api_page(struct ssi_api *api, struct ssi_request *request)
{
	unsigned int i = 0;

	(void)api;
	/* The routes that lead here are these, no others. */
	while (strcmp(pages[i].path, request->path) != 0)
		i++;
	request->answer = (struct ssi_answer){
		.status = 200,
		.type = pages[i].type,
		.data = pages[i].start,
		.len = pages[i].end - pages[i].start,
		.constant = true,
		.policy = POLICY,
	};
	return SSI_STEP_ANSWER;
}
