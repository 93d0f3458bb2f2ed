#!/usr/bin/env bash
# Prints the path of AWS's runtime interface emulator, and installs it below the cache folder first where there is none: by
# `go install`, else out of SAM's package on PyPI, which ships it.
#
#   infra/lambda/rie.sh
#
# Settings: TIDEWELL_LAMBDA_RIE   the emulator to use
set -euo pipefail

name=aws-lambda-rie
module=github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie
bin=${XDG_CACHE_HOME:-$HOME/.cache}/tidewell/bin
go_wait_s=300
pip_wait_s=300

say() { echo "rie: $*" >&2; }

found() {
  local folders=$bin
  if command -v go >/dev/null; then
    local gobin
    gobin=$(go env GOBIN)
    folders=${gobin:-$(go env GOPATH)/bin}:$folders
  fi
  PATH=$PATH:$folders command -v "$name"
}

by_go() {
  command -v go >/dev/null || return 1
  GOBIN=$scratch timeout "$go_wait_s" nice -n 19 go install "$module@latest" >"$scratch/go.log" 2>&1 || {
    say "go install: $(tail -n 1 "$scratch/go.log")"
    return 1
  }
}

by_pip() {
  local machine
  machine=$(uname -m)
  if [ "$machine" = aarch64 ]; then machine=arm64; fi
  timeout "$pip_wait_s" python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    -d "$scratch" aws-sam-cli >"$scratch/pip.log" 2>&1 || {
    say "pip download aws-sam-cli: $(tail -n 1 "$scratch/pip.log")"
    return 1
  }
  python3 - "$scratch" "$name" "$machine" <<'PY'
import pathlib, sys, zipfile
folder, name, machine = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
(wheel,) = folder.glob("*.whl")
(folder / name).write_bytes(zipfile.ZipFile(wheel).read(f"samcli/local/rapid/{name}-{machine}"))
PY
}

if [ -n "${TIDEWELL_LAMBDA_RIE:-}" ]; then
  echo "$TIDEWELL_LAMBDA_RIE"
  exit 0
fi
if found; then exit 0; fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
by_go || by_pip || { say "not installed"; exit 1; }
mkdir -p "$bin"
# Under its name at once or not at all: others may be looking.
install -m 0755 "$scratch/$name" "$bin/.$name.$$"
mv "$bin/.$name.$$" "$bin/$name"
echo "$bin/$name"
