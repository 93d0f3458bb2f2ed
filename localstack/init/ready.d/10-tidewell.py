"""Makes what infra/terraform makes on AWS, in LocalStack: bucket, queues, functions, URL, schedule, S3 notification.

Runs as LocalStack's init hook in its container, and from localstack/run.sh where no Docker runs. There LocalStack cannot run
functions: S3's notifications and the schedules go to a queue, from which localstack/bridge.py hands them to `bootstrap`.
Running it again changes nothing.
"""
import json
import os
import platform
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

ENDPOINT = os.environ.get("AWS_ENDPOINT_URL", "http://localhost:4566")
REGION = os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
ACCOUNT = "000000000000"
BUCKET = "tidewell"
PACKAGE = Path(os.environ.get("TIDEWELL_PACKAGE", "/nowhere"))
# Often enough to watch it work; infra/terraform is calmer.
SCHEDULES = {
    "tidewell-fold": ("rate(1 minute)", {"tidewell": {"verbs": ["fold", "rollup"]}}),
    "tidewell-upkeep": ("rate(5 minutes)", {"tidewell": {"verbs": ["compact", "tier", "expire", "gc"]}}),
}


def client(service):
    return boto3.client(
        service, endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )


def unless_there(call, *codes):
    """Makes something that may be there already."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise
        return None


def queue(name, attributes=None):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes or {})["QueueUrl"]
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def function(role, memory_mb, timeout_s):
    """One of the two functions, once it can be called; returns its ARN."""
    functions = client("lambda")
    name = f"tidewell-{role}"
    unless_there(
        lambda: functions.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=f"arn:aws:iam::{ACCOUNT}:role/tidewell",
            Architectures=["arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"],
            MemorySize=memory_mb,
            Timeout=timeout_s,
            Code={"ZipFile": PACKAGE.read_bytes()},
            Environment={
                "Variables": {
                    "TIDEWELL_STORE": f"s3://{BUCKET}/store",
                    "TIDEWELL_WAL_MODE": "object",
                    "TIDEWELL_LAMBDA_RESULTS": f"s3://{BUCKET}/results",
                    "TIDEWELL_LAMBDA_IMPORT_PREFIX": "import/",
                }
            },
        ),
        "ResourceConflictException",
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def notify(target):
    """New files below import/ go to a function or a queue."""
    kind, key = ("LambdaFunctionConfigurations", "LambdaFunctionArn") if ":lambda:" in target else ("QueueConfigurations", "QueueArn")
    rules = [{"Name": "prefix", "Value": "import/"}]
    client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={
            kind: [{key: target, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}]
        },
    )


def schedule(target):
    # Rules and not EventBridge Scheduler, whose schedules LocalStack keeps but never starts. The input is the same.
    events = client("events")
    for name, (rate, event) in SCHEDULES.items():
        events.put_rule(Name=name, ScheduleExpression=rate)
        events.put_targets(Rule=name, Targets=[{"Id": "tidewell", "Arn": target, "Input": json.dumps(event)}])


def main():
    unless_there(lambda: client("s3").create_bucket(Bucket=BUCKET), "BucketAlreadyOwnedByYou", "BucketAlreadyExists")
    dead = queue("tidewell-dead")
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 5})
    ingest = queue("tidewell-ingest", {"VisibilityTimeout": "60", "RedrivePolicy": redrive})

    if not PACKAGE.exists():
        target = queue("tidewell-events", {"VisibilityTimeout": "600", "RedrivePolicy": redrive})
        notify(target)
        schedule(target)
        print("tidewell: bucket, queues, notification and schedules; functions are run by localstack/bridge.py")
        return

    functions = client("lambda")
    function("api", 1024, 60)
    work = function("work", 2048, 600)
    for principal in ("s3", "events"):
        unless_there(
            lambda principal=principal: functions.add_permission(
                FunctionName="tidewell-work",
                StatementId=f"from-{principal}",
                Action="lambda:InvokeFunction",
                Principal=f"{principal}.amazonaws.com",
            ),
            "ResourceConflictException",
        )
    notify(work)
    schedule(work)
    unless_there(
        lambda: functions.create_event_source_mapping(
            EventSourceArn=ingest,
            FunctionName="tidewell-api",
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        ),
        "ResourceConflictException",
    )
    unless_there(
        lambda: functions.create_function_url_config(FunctionName="tidewell-api", AuthType="NONE"), "ResourceConflictException"
    )
    url = functions.get_function_url_config(FunctionName="tidewell-api")["FunctionUrl"]
    print(f"tidewell: {url}")


if __name__ == "__main__":
    main()
