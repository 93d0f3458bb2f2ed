#!/usr/bin/env python3
"""Applies examples/complete of the Terraform module to moto, a simulated AWS, and looks at what came of it.

Needs terraform, moto_server, boto3, and the provider (TIDEWELL_TERRAFORM_PLUGINS where no registry is reached). Two minutes.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "tidewell-apply"
REGION = "eu-central-1"
ACCOUNT = "123456789012"
PROVIDER = """
provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def await_port(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("moto_server does not listen")


def apply(folder, endpoint):
    package = folder / "package.zip"
    with zipfile.ZipFile(package, "w") as file:
        file.writestr("bootstrap", "")
    shutil.copytree(ROOT / "infra/terraform", folder / "module", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    example = folder / "module/examples/complete"
    (example / "override.tf").write_text(PROVIDER)
    environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint}
    plugins = os.environ.get("TIDEWELL_TERRAFORM_PLUGINS")
    for arguments in (
        ["init", "-backend=false", *([f"-plugin-dir={plugins}"] if plugins else [])],
        ["apply", "-auto-approve", f"-var=bucket_name={BUCKET}", f"-var=package_path={package}", "-var=mail=a@example.org"],
    ):
        subprocess.run(["terraform", f"-chdir={example}", *arguments, "-no-color"], check=True, env=environment)


def problems(endpoint):
    def client(service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **keys)

    iam = client("iam")
    rights = {}
    for role in ("api", "work"):
        policy = iam.get_role_policy(RoleName=f"tidewell-live-{role}", PolicyName="store")["PolicyDocument"]
        policy = policy if isinstance(policy, dict) else json.loads(policy)
        rights[role] = {statement["Sid"]: statement for statement in policy["Statement"]}
    if any("Delete" in str(statement["Action"]) and "sqs" not in str(statement["Action"]) for statement in rights["api"].values()):
        yield "api may delete objects"
    deletable = rights["work"]["Collect"]["Resource"]
    root = f"arn:aws:s3:::{BUCKET}/live/metrics/"
    for name in ("meta/format", "db/a/hint", "db/a/floor"):
        if any(matches(pattern, root + name) for pattern in deletable):
            yield f"work may delete {name}"
    for name in ("db/a/log/1", "db/a/wal/1/2-3/4", "db/a/hot/1/t/d/s.parquet"):
        if not any(matches(pattern, root + name) for pattern in deletable):
            yield f"work may not delete {name}"

    scheduler = client("scheduler")
    verbs = set()
    for name in ("fold", "upkeep", "gc", "archive"):
        target = scheduler.get_schedule(Name=name, GroupName="tidewell-live")["Target"]
        verbs |= set(json.loads(target["Input"])["tidewell"]["verbs"])
        if not target["Arn"].endswith("function:tidewell-live-work"):
            yield f"schedule {name} starts {target['Arn']}"
    if verbs != {"fold", "rollup", "compact", "expire", "tier", "gc"}:
        yield f"the schedules run {sorted(verbs)}"

    notified = client("s3").get_bucket_notification_configuration(Bucket=BUCKET)["LambdaFunctionConfigurations"]
    prefixes = {rule["Value"] for entry in notified for rule in entry["Filter"]["Key"]["FilterRules"] if rule["Name"].lower() == "prefix"}
    if prefixes != {"inbox/"}:
        yield f"notifications for {sorted(prefixes)}"

    functions = client("lambda")
    settings = functions.get_function_configuration(FunctionName="tidewell-live-api")["Environment"]["Variables"]
    if settings["TIDEWELL_STORE"] != f"s3://{BUCKET}/live/metrics" or settings["TIDEWELL_COLD_AFTER"] != "30d":
        yield f"settings are {settings}"
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    if not mapping["FunctionArn"].endswith("tidewell-live-api") or mapping["FunctionResponseTypes"] != ["ReportBatchItemFailures"]:
        yield "messages do not fail one by one"


def matches(pattern, text):
    """IAM's wildcards: a star stands for anything, slashes included."""
    head, *rest = pattern.split("*")
    if not text.startswith(head):
        return False
    at = len(head)
    for part in rest[:-1]:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return not rest or text[at:].endswith(rest[-1])


def main():
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen(["moto_server", "-H", "127.0.0.1", "-p", str(port)], **quiet)
        try:
            await_port(port)
            apply(Path(folder), endpoint)
            found = list(problems(endpoint))
        finally:
            server.terminate()
            server.wait()
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
