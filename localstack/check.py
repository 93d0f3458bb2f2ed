#!/usr/bin/env python3
"""Starts localstack/run.sh with a `bootstrap`, goes the ways in (URL, queue, file in the bucket), waits for the schedule, and ends it.

usage: localstack/check.py BOOTSTRAP      with the Python of the venv that `localstack/run.sh --install` made
"""
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3

URL = "http://127.0.0.1:9086"
HOUR_NS = 3_600_000_000_000
START_NS = 472_222 * HOUR_NS  # 2023-11-14T22:00:00Z
FIRST_START_S = 240
# The schedule of folds and rollups comes each minute.
SCHEDULED_S = 240


def request(method, path, body=None):
    data = None if body is None else body.encode()
    with urllib.request.urlopen(urllib.request.Request(URL + path, data=data, method=method), timeout=60) as reply:
        return reply.read().decode()


def query(sql):
    rows = json.loads(request("POST", "/api/v3/query_sql", json.dumps({"db": "home", "q": sql, "format": "json"})))
    return [tuple(row.values()) for row in rows]


def awaited(what, seconds, look):
    """Looks again and again until it finds something."""
    until, last = time.monotonic() + seconds, None
    while time.monotonic() < until:
        try:
            if found := look():
                print(f"ok: {what}")
                return found
        except (urllib.error.URLError, ConnectionError) as error:
            last = error.read().decode() if isinstance(error, urllib.error.HTTPError) else error
        time.sleep(1)
    raise SystemExit(f"not within {seconds} s: {what}; {last}")


def client(service):
    return boto3.client(
        service,
        endpoint_url="http://127.0.0.1:4566",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def walk():
    awaited("the function answers by its URL", FIRST_START_S, lambda: request("GET", "/ping") is not None)
    request("POST", "/write?db=home", f"climate,room=kitchen temp=20 {START_NS}\nclimate,room=kitchen temp=22 {START_NS + 1}")
    definition = {"name": "hours", "from": "climate", "into": "climate_1h", "every": "1h", "aggregates": ["mean", "count"]}
    request("POST", "/api/v1/rollups?db=home", json.dumps(definition))
    count = "SELECT count(*) AS n FROM climate WHERE room = '{}'"
    awaited("rows that were written by URL", 30, lambda: query(count.format("kitchen")) == [(2,)])

    sqs = client("sqs")
    ingest = sqs.get_queue_url(QueueName="tidewell-ingest")["QueueUrl"]
    attributes = {"db": {"StringValue": "home", "DataType": "String"}}
    for line in range(10):
        sqs.send_message(QueueUrl=ingest, MessageBody=f"climate,room=hall temp=18 {START_NS + line}", MessageAttributes=attributes)
    awaited("rows of ten messages of the queue", 60, lambda: query(count.format("hall")) == [(10,)])

    csv = "time,room,temp\n2023-11-14T22:30:00Z,attic,15.0\n2023-11-14T22:31:00Z,attic,16.0\n"
    client("s3").put_object(Bucket="tidewell", Key="import/home/attic/today.csv", Body=csv.encode())
    awaited("rows of a file that was put into the bucket", 60, lambda: query("SELECT count(*) AS n FROM attic") == [(2,)])

    means = "SELECT room, mean_temp, count_temp FROM climate_1h ORDER BY room"
    expected = [("hall", 18.0, 10), ("kitchen", 21.0, 2)]
    awaited("hours that the schedule has rolled up", SCHEDULED_S, lambda: query(means) == expected)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    run = subprocess.Popen([Path(__file__).with_name("run.sh"), sys.argv[1]], start_new_session=True)
    try:
        walk()
    finally:
        os.killpg(run.pid, signal.SIGTERM)
        run.wait(timeout=60)


if __name__ == "__main__":
    main()
