#!/usr/bin/env python3
"""Compares the Grafana dashboard with the metrics and labels in the server's source, and parses each PromQL expression.

Fails for a name or label that no source file exposes, and for an exposed metric that no panel shows.
"""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ["metrics.rs", "traffic.rs"]
# What Prometheus adds to a histogram's name, and to each sample.
HISTOGRAM_ENDS = ("_bucket", "_sum", "_count")
OWN_LABELS = {"instance", "job", "le"}


def exposed():
    """The names and the labels that the server's source exposes."""
    names, labels, histograms = set(), set(OWN_LABELS), set()
    for source in SOURCES:
        text = (ROOT / "crates/tidewell-server/src" / source).read_text()
        names |= set(re.findall(r'"(tidewell_[a-z_]+)"', text))
        labels |= set(re.findall(r'\("([a-z_]+)", (?!")[^()]', text))
        for constant, name in re.findall(r'const (\w+): &str = "(tidewell_[a-z_]+)"', text):
            if re.search(rf'family\({constant}, "histogram"', text):
                histograms.add(name)
    for name in histograms:
        names |= {name + end for end in HISTOGRAM_ENDS}
    return names - histograms, labels


def expressions(dashboard):
    """Every PromQL text of the dashboard, with the place that it stands in."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def problems(dashboard):
    names, labels = exposed()
    if len(names) < 10:
        yield f"only {len(names)} metrics found in the source: has it moved?"
    try:
        import promql_parser
    except ImportError:
        promql_parser = None
        print("skipped: promql-parser is not installed, so expressions are only searched for names")
    shown = set()
    for title, expr in expressions(dashboard):
        plain = expr.replace("$__rate_interval", "5m").replace("$instance", "x").replace("$database", "x")
        if promql_parser:
            try:
                promql_parser.parse(plain)
            except ValueError as error:
                yield f"{title}: {error} in {expr}"
        used = set(re.findall(r"\btidewell_[a-z_]+", plain))
        shown |= used
        for name in sorted(used - names):
            yield f"{title}: no source exposes {name}"
        grouped = [label for group in re.findall(r"by \(([^)]*)\)", plain) for label in group.split(", ")]
        matched = re.findall(r"[{,]([a-z_]+)(?:=~|!~|!=|=)", plain)
        for label in sorted(set(grouped + matched) - labels):
            yield f"{title}: no metric has the label {label}"
    for variable in dashboard["templating"]["list"]:
        for name in re.findall(r"tidewell_[a-z_]+", str(variable.get("query"))):
            if name not in names:
                yield f"variable {variable['name']}: no source exposes {name}"
    for name in sorted(names - shown):
        yield f"no panel shows {name}"
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(ids) != len(set(ids)):
        yield "two panels have one id"


def main():
    found = list(problems(json.loads((ROOT / "infra/grafana/tidewell.json").read_text())))
    for problem in found:
        print(f"infra/grafana/tidewell.json: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
