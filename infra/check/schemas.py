#!/usr/bin/env python3
"""Files that their tools would accept, and that must fit together all the same."""
import json
import re
import sys
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
VERBS = {"fold", "rollup", "compact", "tier", "expire", "gc"}


class Template(yaml.SafeLoader):
    """YAML with CloudFormation's short functions, whose meaning does not matter here."""


def any_tag(loader, _, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Template.add_multi_constructor("!", any_tag)


def chart():
    """The schema is one, the chart's own values and the variants fit it, and those to be refused do not (but for what
    templates refuse)."""
    folder = INFRA / "helm/tidewell"
    schema = json.loads((folder / "values.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    check = jsonschema.Draft7Validator(schema)
    defaults = yaml.safe_load((folder / "values.yaml").read_text())

    def merged(base, over):
        both = isinstance(base, dict) and isinstance(over, dict)
        return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}} if both else over

    for path in sorted((folder / "ci").glob("*.yaml")):
        for error in check.iter_errors(merged(defaults, yaml.safe_load(path.read_text()))):
            yield f"{path.name}: {error.json_path}: {error.message}"
    for name in ("no-store", "local-log", "unknown-key", "bare-number"):
        values = merged(defaults, yaml.safe_load((folder / f"ci/refused/{name}.yaml").read_text()))
        if check.is_valid(values):
            yield f"the schema does not refuse {name}.yaml"
    for key in defaults:
        if key not in schema["properties"]:
            yield f"values.schema.json has no {key}"


def schedules():
    """Terraform, SAM and the timers run the same verbs at the same rates."""
    text = (INFRA / "terraform/variables_events.tf").read_text()
    block = text[text.index("default = {") :]
    block = block[: block.index("\n  }\n")]
    terraform = {verb: when for when, verb in re.findall(r'expression = "([^"]+)", verbs = \["(\w+)"\]', block)}
    template = yaml.load((INFRA / "sam/template.yaml").read_text(), Template)
    sam = {}
    for event in template["Resources"]["WorkFunction"]["Properties"]["Events"].values():
        (verb,) = json.loads(event["Properties"]["Input"])["tidewell"]["verbs"]
        sam[verb] = event["Properties"]["ScheduleExpression"]
    timers = {path.stem.removeprefix("tidewell-") for path in (INFRA / "systemd").glob("*.timer")}
    if terraform != sam:
        yield f"schedules differ: Terraform {terraform}, SAM {sam}"
    if timers != set(terraform):
        yield f"timers are {sorted(timers)}, schedules {sorted(terraform)}"
    if not set(terraform) <= VERBS:
        yield f"unknown verbs in {sorted(terraform)}"


def deletes():
    """Nothing but the seven kinds of objects that gc collects may be deleted, and not by the function of requests."""
    template = yaml.load((INFRA / "sam/template.yaml").read_text(), Template)
    for name, resource in template["Resources"].items():
        text = json.dumps(resource)
        if "s3:DeleteObject" in text and name != "WorkFunction":
            yield f"SAM: {name} may delete"
        if re.search(r'"s3:\*"', text) and name != "BucketPolicy":
            yield f"SAM: {name} may do anything"
    kinds = set(re.findall(r"/db/\*/(\w+)/\*", json.dumps(template["Resources"]["WorkFunction"])))
    pages = (ROOT / "docs/formats/bucket.md").read_text()
    collected = set(re.findall(r"`(log|ckpt|idx|gen|wal|hot|cold)/", pages[pages.index("## When an object goes") :]))
    if kinds != collected:
        yield f"SAM deletes {sorted(kinds)}, gc collects {sorted(collected)}"
    iam = (INFRA / "terraform/iam.tf").read_text()
    listed = re.search(r"for kind in \[([^\]]+)\]", iam)
    if not listed or set(re.findall(r'"(\w+)"', listed[1])) != collected:
        yield "Terraform's Collect differs from what gc collects"


def compose():
    """Tidewell waits for a healthy MinIO and for its bucket."""
    services = yaml.safe_load((INFRA / "docker-compose.yml").read_text())["services"]
    waits = services["tidewell"]["depends_on"]
    if waits["minio"]["condition"] != "service_healthy" or waits["bucket"]["condition"] != "service_completed_successfully":
        yield "docker-compose.yml: tidewell does not wait for its bucket"
    stores = {services[name]["environment"]["TIDEWELL_STORE"] for name in ("bucket", "tidewell")}
    if services["bucket"]["command"] != ["bucket", "init"] or len(stores) != 1:
        yield "docker-compose.yml: the store is in another bucket than the one that is made"
    for path in (INFRA / "docker-compose.yml", ROOT / "localstack/docker-compose.yml"):
        for name, service in yaml.safe_load(path.read_text())["services"].items():
            if service.get("image", "").endswith(":latest"):
                yield f"{path.name}: {name} has no fixed version"


def main():
    found = [problem for part in (chart, schedules, deletes, compose) for problem in part()]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
