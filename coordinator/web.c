// SPDX-License-Identifier: Apache-2.0
/* Pages, which are files inside of the program: nothing is fetched from elsewhere. */
#include "api.h"

#include <string.h>

#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "                \
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

#define HTML   "text/html; charset=utf-8"
#define STYLE  "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"

/* The linker makes two symbols of each file, named after it. */
#define FILES(X)                                                                                   \
	X("/", HTML, index_html)                                                                   \
	X("/web/page.css", STYLE, page_css)                                                        \
	X("/web/uPlot.min.css", STYLE, uPlot_min_css)                                              \
	X("/web/icon.svg", "image/svg+xml", icon_svg)                                              \
	X("/web/api.js", SCRIPT, api_js)                                                           \
	X("/web/charts.js", SCRIPT, charts_js)                                                     \
	X("/web/dom.js", SCRIPT, dom_js)                                                           \
	X("/web/events.js", SCRIPT, events_js)                                                     \
	X("/web/format.js", SCRIPT, format_js)                                                     \
	X("/web/maps.js", SCRIPT, maps_js)                                                         \
	X("/web/page.js", SCRIPT, page_js)                                                         \
	X("/web/series.js", SCRIPT, series_js)                                                     \
	X("/web/theme.js", SCRIPT, theme_js)                                                       \
	X("/web/traffic.js", SCRIPT, traffic_js)                                                   \
	X("/web/uPlot.esm.js", SCRIPT, uPlot_esm_js)                                               \
	X("/web/view_events.js", SCRIPT, view_events_js)                                           \
	X("/web/view_faults.js", SCRIPT, view_faults_js)                                           \
	X("/web/view_map.js", SCRIPT, view_map_js)                                                 \
	X("/web/view_nodes.js", SCRIPT, view_nodes_js)                                             \
	X("/web/view_traffic.js", SCRIPT, view_traffic_js)                                         \
	X("/docs", HTML, docs_html)                                                                \
	X("/docs.css", STYLE, docs_css)                                                            \
	X("/docs.js", SCRIPT, docs_js)                                                             \
	X("/openapi.json", "application/json", openapi_json)

#define DECLARE(path, type, name) extern char _binary_##name##_start[], _binary_##name##_end[];
#define PAGE(path, type, name) { path, type, _binary_##name##_start, _binary_##name##_end },

FILES(DECLARE)

static const struct {
	const char *path;
	const char *type;
	char *start;
	char *end;
} pages[] = { FILES(PAGE) };

enum ssi_step ssi_api_page(struct ssi_api *api, struct ssi_request *request)
{
	unsigned int i = 0;

	(void)api;
	while (i < sizeof(pages) / sizeof(*pages) && strcmp(pages[i].path, request->path) != 0)
		i++;
	if (i == sizeof(pages) / sizeof(*pages)) {
		ssi_refuse(&request->why, SSI_PROBLEM_NOT_FOUND, "/ is the page, /docs lists all paths",
			   "there is no such file");
		return SSI_STEP_GO_ON;
	}
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
