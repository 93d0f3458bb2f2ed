#!/usr/bin/env python3
"""Every TIDEWELL_* variable that a deployment sets is one that the program reads.

A variable counts when the Rust source names it, or, for those of the Lambda function, when docs/lambda.md has a row for it.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Settings of the checks and of compose files themselves.
OWN = {"TIDEWELL_TERRAFORM_PLUGINS", "TIDEWELL_BIN", "TIDEWELL_TAG", "TIDEWELL_STATE", "TIDEWELL_PACKAGE"}
# Stems in prose and patterns, such as TIDEWELL_FOLD_*.
STEMS = {"TIDEWELL_", "TIDEWELL_FOLD_", "TIDEWELL_LAMBDA_"}
SKIPPED = {".png", ".zip"}


def deployed():
    """Each file of a deployment, with its text."""
    for folder in ("infra", "localstack"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in SKIPPED and not any(part.startswith(".") for part in path.parts[len(ROOT.parts):]):
                yield path, path.read_text()


def known():
    """The variables of the source, and those that the Lambda page documents."""
    source = "\n".join(path.read_text() for path in (ROOT / "crates").glob("*/src/**/*.rs"))
    page = (ROOT / "docs/lambda.md").read_text()
    return set(re.findall(r'"(TIDEWELL_[A-Z0-9_]+)"', source)) | set(re.findall(r"^\| `(TIDEWELL_LAMBDA_[A-Z_]+)`", page, re.M))


def main():
    names = known() | OWN | STEMS
    bad = 0
    for path, text in deployed():
        if path.name == Path(__file__).name:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for name in re.findall(r"TIDEWELL_[A-Z0-9_]*", line):
                if name not in names:
                    print(f"{path.relative_to(ROOT)}:{number}: nothing reads {name}")
                    bad += 1
    if len(names) < 25:
        print(f"only {len(names)} variables found in the source: has it moved?")
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
