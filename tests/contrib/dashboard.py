#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard and the alert rules, beside what a coordinator really tells.

usage: dashboard.py METRICS FOLDER

METRICS is an answer of GET /metrics. What can be checked here is: findings are
printed, and fail. What Prometheus has to say is left to promtool: FOLDER gets
dashboard-test.yml, for promtool test rules, in which every query of the
dashboard runs on series named like those of METRICS and has to find some."""

import json
import re
import sys

import yaml

DASHBOARD = "contrib/grafana/ssi-hv.json"
ALERTS = "contrib/prometheus/alerts.yml"
# What Grafana puts in place of these; the last two are of the dashboard.
VARIABLES = {"$__rate_interval": "1m", "$__interval": "15s", "$node": ".*"}
NAME = re.compile(r"\b(?:ssi_[a-z0-9_]+|up)\b")
SAMPLE = re.compile(r"^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$")
# Counters grow by so much from one scrape to the next, so that the figures of
# some queries are known: each fault kind is a rate of 1/s, local ones are 50/s.
GROWTH = {"ssi_node_faults_local_total": 750}
FIGURES = {
    "Members": "{} 2",
    "Miss ratio": '{name="one"} 0.06; {name="two"} 0.06',
    "Remote faults": '{name="one"} 3; {name="two"} 3',
    "Links down": "{} 1",
    "Time of a remote fault": '{name="one"} 0.0002; {name="two"} 0.0002',
    "Share in use": '{name="one"} 0.5; {name="two"} 0.5',
}

findings = []


def check(fine, what):
    """A line for what is wrong."""
    if not fine:
        findings.append(what)


def panels_of(dashboard):
    """All panels, also those inside of rows."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries_of(dashboard):
    """(title of the panel, number of the query in it, query) of each."""
    for panel in panels_of(dashboard):
        for number, target in enumerate(panel.get("targets", [])):
            yield panel["title"], number, target["expr"]


def cells_of(panel):
    """The cells of the grid that a panel covers."""
    pos = panel["gridPos"]
    return {(x, y) for x in range(pos["x"], pos["x"] + pos["w"])
            for y in range(pos["y"], pos["y"] + pos["h"])}


def check_panel(panel, used):
    """What Grafana would take silently, and show wrong."""
    title = panel["title"]
    cells = cells_of(panel)
    check(all(x < 24 for x, _ in cells), f"{title}: wider than the grid")
    check(not cells & used, f"{title}: over another panel")
    used |= cells
    if panel["type"] == "row":
        return
    check(panel["description"], f"{title}: no description")
    check(panel["targets"], f"{title}: no query")
    refs = [target["refId"] for target in panel["targets"]]
    check(len(set(refs)) == len(refs), f"{title}: a refId stands twice")
    for thing in (panel, *panel["targets"]):
        check(thing["datasource"]["uid"] == "${datasource}",
              f"{title}: a source of its own")


def check_dashboard(dashboard):
    """Ids, places and sources of its panels, and its variables."""
    used = set()
    ids = [panel["id"] for panel in panels_of(dashboard)]
    check(len(set(ids)) == len(ids), "an id of a panel stands twice")
    check(dashboard["id"] is None, "it has an id of some Grafana's database")
    check({panel["type"] for panel in panels_of(dashboard)} <=
          {part["id"] for part in dashboard["__requires"]} | {"row"},
          "__requires does not name all kinds of panels")
    for panel in panels_of(dashboard):
        check_panel(panel, used)
    known = {f"${item['name']}" for item in dashboard["templating"]["list"]}
    for title, _, query in queries_of(dashboard):
        for variable in re.findall(r"\$\w+", query):
            check(variable in known or variable in VARIABLES,
                  f"{title}: nobody sets {variable}")


def check_alerts(groups, documents):
    """Each says what is wrong and what to do, and stands in the documents."""
    for rule in (rule for group in groups for rule in group["rules"]):
        name, notes = rule["alert"], rule["annotations"]
        check(set(notes) == {"summary", "description"}, f"{name}: other annotations")
        check(len(notes["description"].split()) >= 15, f"{name}: hardly a remedy")
        check(rule["labels"]["severity"] in ("info", "warning", "critical"),
              f"{name}: another severity")
        check(f"`{name}`" in documents, f"{name}: not in docs/operations.md")


def samples_of(text):
    """(name, labels, value) of each line of an answer."""
    for line in text.splitlines():
        if match := SAMPLE.match(line):
            yield match.group(1), match.group(2) or "", float(match.group(3))


def check_names(names, dashboard, groups):
    """Nothing is asked for that no coordinator tells."""
    asked = [query for _, _, query in queries_of(dashboard)]
    asked += [item["definition"] for item in dashboard["templating"]["list"]
              if item["type"] == "query"]
    asked += [rule["expr"] for group in groups for rule in group["rules"]]
    for query in asked:
        for name in NAME.findall(query):
            check(name in names | {"up"}, f"no coordinator tells {name}: {query}")


def series_of(samples):
    """What promtool shall take for the samples of half an hour."""
    for name, labels, value in samples:
        step = GROWTH.get(name, 15) if name.endswith("_total") else 0
        labels = ",".join(filter(None, (labels, 'job="ssi-hv",instance="one:7643"')))
        yield {"series": f"{name}{{{labels}}}", "values": f"{value:.9g}+{step}x120"}


def substituted(query):
    """As Grafana sends it."""
    for variable, value in VARIABLES.items():
        query = query.replace(variable, value)
    return query


def expected(text):
    """Samples as promtool wants them."""
    for sample in text.split("; "):
        labels, value = sample.rsplit(" ", 1)
        yield {"labels": labels, "value": float(value)}


def tests_of(dashboard):
    """Every query finds something; of some it is known what."""
    for title, number, query in queries_of(dashboard):
        query = substituted(query)
        yield {"expr": f"count({query}) > bool 0", "eval_time": "20m",
               "exp_samples": [{"labels": "{}", "value": 1}]}
        if title in FIGURES and number == 0:
            yield {"expr": f"round({query}, 0.0001)", "eval_time": "20m",
                   "exp_samples": list(expected(FIGURES[title]))}


def main(metrics, folder):
    """See above."""
    with open(metrics, encoding="utf-8") as file:
        samples = list(samples_of(file.read()))
    with open(DASHBOARD, encoding="utf-8") as file:
        dashboard = json.load(file)
    with open(ALERTS, encoding="utf-8") as file:
        groups = yaml.safe_load(file)["groups"]
    with open("docs/operations.md", encoding="utf-8") as file:
        documents = file.read()
    check_dashboard(dashboard)
    check_alerts(groups, documents)
    check_names({name for name, _, _ in samples}, dashboard, groups)
    titles = {title for title, _, _ in queries_of(dashboard)}
    check(set(FIGURES) <= titles, f"no panel: {set(FIGURES) - titles}")
    test = {"evaluation_interval": "15s", "rule_files": [],
            "tests": [{"interval": "15s", "input_series": list(series_of(samples)),
                       "promql_expr_test": list(tests_of(dashboard))}]}
    with open(f"{folder}/dashboard-test.yml", "w", encoding="utf-8") as file:
        yaml.safe_dump(test, file)
    print(f"{len(list(queries_of(dashboard)))} queries, {len(findings)} findings", *findings,
          sep="\n")
    sys.exit(bool(findings))


main(*sys.argv[1:])
