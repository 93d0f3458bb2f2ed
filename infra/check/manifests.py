#!/usr/bin/env python3
"""Checks rendered Kubernetes manifests: against the API's schemas, and for what holds each other up by name.

usage: manifests.py FILE
"""
import sys

import kubernetes_validate
import yaml

VERSION = "1.33"


def problems(objects):
    names = set()
    for item in objects:
        place = f"{item['kind']}/{item['metadata']['name']}"
        if place in names:
            yield f"{place} is there twice"
        names.add(place)
        # The operator's own kinds are no part of the API.
        if item["apiVersion"].startswith("monitoring.coreos.com/"):
            continue
        try:
            kubernetes_validate.validate(item, VERSION, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{place}: {error.message} at {list(error.path)}"

    pods = [item["spec"]["template"] for item in objects if item["kind"] == "Deployment"]
    if not pods:
        yield "no deployment"
    for item in objects:
        if item["kind"] in ("Service", "PodDisruptionBudget"):
            selector = item["spec"]["selector"]
            selector = selector.get("matchLabels", selector)
            matched = [pod for pod in pods if selector.items() <= pod["metadata"]["labels"].items()]
            if len(matched) != 1:
                yield f"{item['kind']}/{item['metadata']['name']} selects {len(matched)} deployments"
    for pod in pods:
        container = pod["spec"]["containers"][0]
        ports = {port["name"] for port in container["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if container[probe]["httpGet"]["port"] not in ports:
                yield f"{probe} asks a port that is not there"
        if not pod["spec"]["securityContext"].get("runAsNonRoot"):
            yield "a pod may run as root"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        objects = [item for item in yaml.safe_load_all(file) if item]
    found = list(problems(objects))
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
