#!/usr/bin/env python3
"""What AWS does between its services and a function, for one `bootstrap` behind the Lambda runtime interface emulator.

- a Function URL: HTTP requests become events of version 2.0, and answers HTTP again
- the queue tidewell-events: S3's notifications and scheduled inputs, each handed on as it is
- the queue tidewell-ingest: batches of messages, of which those that the function reports as failed stay

usage: bridge.py --function http://127.0.0.1:8080 --listen 127.0.0.1:9086
"""
import argparse
import base64
import http.server
import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from urllib.parse import urlsplit

import boto3

EVENT_BYTES_MAX = 6 * 1024 * 1024
INVOKE = "/2015-03-31/functions/function/invocations"


class FunctionError(Exception):
    """The function, or the emulator, reported an error."""


class Function:
    """One environment: it runs one invocation at a time, as Lambda's do."""

    def __init__(self, url):
        self.url = url + INVOKE
        self.turn = threading.Lock()

    def invoke(self, event):
        body = json.dumps(event).encode()
        request = urllib.request.Request(self.url, data=body, headers={"content-type": "application/json"})
        with self.turn, urllib.request.urlopen(request, timeout=900) as reply:
            answer = json.loads(reply.read() or b"null")
        if isinstance(answer, dict) and "errorType" in answer:
            raise FunctionError(f"{answer['errorType']}: {answer.get('errorMessage')}")
        return answer


class UrlHandler(http.server.BaseHTTPRequestHandler):
    """A Function URL of payload version 2.0."""

    protocol_version = "HTTP/1.1"
    function = None

    def do_GET(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        # Base64 counts: Lambda refuses such events itself.
        if len(body) * 4 // 3 > EVENT_BYTES_MAX:
            self.answer(413, {"content-type": "application/json"}, b'{"Message":"Request Entity Too Large"}')
            return
        try:
            reply = self.function.invoke(self.event(body))
        except (FunctionError, OSError, ValueError) as error:
            self.log_error("%s", error)
            self.answer(502, {"content-type": "application/json"}, b'{"Message":"Internal Server Error"}')
            return
        if not isinstance(reply, dict) or "statusCode" not in reply:
            self.answer(200, {"content-type": "application/json"}, json.dumps(reply).encode())
            return
        text = (reply.get("body") or "").encode()
        content = base64.b64decode(text) if reply.get("isBase64Encoded") else text
        self.answer(reply["statusCode"], reply.get("headers") or {}, content, reply.get("cookies") or [])

    do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = do_GET

    def event(self, body):
        parts = urlsplit(self.path)
        now_ms = int(time.time() * 1000)
        headers = {}
        for name, value in self.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
        cookies = headers.pop("cookie", None)
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": parts.path,
            "rawQueryString": parts.query,
            "headers": headers,
            "requestContext": {
                "accountId": "anonymous",
                "apiId": "localstack",
                "domainName": headers.get("host", ""),
                "http": {
                    "method": self.command,
                    "path": parts.path,
                    "protocol": self.request_version,
                    "sourceIp": self.client_address[0],
                    "userAgent": headers.get("user-agent", ""),
                },
                "requestId": str(uuid.uuid4()),
                "routeKey": "$default",
                "stage": "$default",
                "timeEpoch": now_ms,
            },
            "isBase64Encoded": bool(body),
        }
        if cookies:
            event["cookies"] = cookies.split("; ")
        if body:
            event["body"] = base64.b64encode(body).decode()
        return event

    def answer(self, status, headers, content, cookies=()):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        for cookie in cookies:
            self.send_header("set-cookie", cookie)
        if status != 204:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(content)


def record(message, arn):
    """A message as Lambda's poller shows it."""
    kinds = {"StringValue": "stringValue", "BinaryValue": "binaryValue", "DataType": "dataType"}
    attributes = {
        name: {kinds[key]: value for key, value in given.items() if key in kinds}
        for name, given in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "us-east-1",
    }


class Poller(threading.Thread):
    """Takes messages of one queue; what the function did not take stays and comes back."""

    def __init__(self, function, queue, is_batch):
        super().__init__(daemon=True)
        self.function, self.is_batch = function, is_batch
        self.sqs = boto3.client("sqs")
        self.url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = found["Attributes"]["QueueArn"]

    def run(self):
        while True:
            try:
                self.turn()
            except Exception as error:  # A queue that is away for a while is no reason to end.
                print(f"{self.url}: {error}", flush=True)
                time.sleep(1)

    def turn(self):
        messages = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=2,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return
        done = self.as_batch(messages) if self.is_batch else self.one_by_one(messages)
        for message in done:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def as_batch(self, messages):
        reply = self.function.invoke({"Records": [record(message, self.arn) for message in messages]})
        failed = {failure["itemIdentifier"] for failure in (reply or {}).get("batchItemFailures", [])}
        return [message for message in messages if message["MessageId"] not in failed]

    def one_by_one(self, messages):
        done = []
        for message in messages:
            try:
                self.function.invoke(json.loads(message["Body"]))
                done.append(message)
            except (FunctionError, OSError, ValueError) as error:
                print(f"event {message['MessageId']}: {error}", flush=True)
        return done


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--function", default="http://127.0.0.1:8080")
    arguments.add_argument("--listen", default="127.0.0.1:9086")
    given = arguments.parse_args()
    function = Function(given.function)
    Poller(function, "tidewell-events", is_batch=False).start()
    Poller(function, "tidewell-ingest", is_batch=True).start()
    UrlHandler.function = function
    host, port = given.listen.rsplit(":", 1)
    print(f"Function URL: http://{given.listen}/", flush=True)
    http.server.ThreadingHTTPServer((host, int(port)), UrlHandler).serve_forever()


if __name__ == "__main__":
    main()
