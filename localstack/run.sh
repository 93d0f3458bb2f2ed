#!/usr/bin/env bash
# Tidewell's functions on LocalStack: in Docker where it runs, else with LocalStack from PyPI and the runtime interface emulator.
#
#   localstack/run.sh BOOTSTRAP       until Ctrl-C; the function's executable, or its package as infra/lambda/package.sh makes it
#   localstack/run.sh --install       LocalStack and the emulator, both from PyPI, into the cache folder
#
# Settings: TIDEWELL_STATE   folder for the package, the venv and logs (default: below the cache folder)
set -euo pipefail
given=$(realpath -- "${1:-.}") # Before the folder changes.
cd "$(dirname "${BASH_SOURCE[0]}")"

state=${TIDEWELL_STATE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidewell/localstack}
export TIDEWELL_STATE=$state
mkdir -p "$state/package" "$state/log"
pids=()
# The image's version too: later images want an account, later packages Python 3.13. They need older companions.
localstack_version=4.9.2

finish() {
  local code=$?
  trap - EXIT INT TERM
  # Backwards: the bridge before the function, the function before the store.
  local at
  for ((at = ${#pids[@]} - 1; at >= 0; at--)); do kill "${pids[$at]}" 2>/dev/null || true; done
  for at in "${pids[@]}"; do wait "$at" 2>/dev/null || true; done
  exit "$code"
}

install() {
  [ -x "$state/venv/bin/pip" ] || python3 -m venv "$state/venv"
  "$state/venv/bin/pip" install --quiet --disable-pip-version-check "localstack-core[runtime]==$localstack_version" "cbor2<6" "pyopenssl<26" service-identity
  ../infra/lambda/rie.sh
}

await() {
  local what=$1 url=$2 _
  for _ in $(seq 240); do
    if curl -fsS -o /dev/null "$url" 2>/dev/null; then return 0; fi
    sleep 0.5
  done
  echo "$what does not answer at $url; see $state/log" >&2
  return 1
}

in_docker() {
  case $1 in
    *.zip) cp "$1" "$state/package/bootstrap.zip" ;;
    *) ../infra/lambda/package.sh --bootstrap "$1" "$state/package/bootstrap.zip" ;;
  esac
  exec docker compose up --force-recreate
}

on_this_machine() {
  local bootstrap=$1
  local python=$state/venv/bin/python rie
  case $bootstrap in
    *.zip)
      python3 -m zipfile -e "$bootstrap" "$state/package"
      bootstrap=$state/package/bootstrap
      chmod 0755 "$bootstrap"
      ;;
  esac
  rie=$(../infra/lambda/rie.sh)
  [ -x "$python" ] || { echo "no LocalStack: localstack/run.sh --install" >&2; exit 1; }
  trap finish EXIT INT TERM
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1

  # Names and certificates of localhost.localstack.cloud are not needed, nor is anything from the network.
  SERVICES=s3,sqs,events,iam,sts,logs GATEWAY_LISTEN=127.0.0.1:4566 DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 DNS_ADDRESS=0 \
    SQS_ENDPOINT_STRATEGY=path LOCALSTACK_VOLUME_DIR="$state/volume" FILESYSTEM_ROOT="$state/volume" \
    "$python" -m localstack.runtime.main >"$state/log/localstack" 2>&1 &
  pids+=($!)
  await LocalStack http://127.0.0.1:4566/_localstack/health

  export AWS_ENDPOINT_URL=http://127.0.0.1:4566
  "$python" init/ready.d/10-tidewell.py

  AWS_LAMBDA_FUNCTION_NAME=tidewell AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1024 AWS_LAMBDA_FUNCTION_TIMEOUT=60 \
    TIDEWELL_STORE=s3://tidewell/store TIDEWELL_WAL_MODE=object \
    TIDEWELL_LAMBDA_RESULTS=s3://tidewell/results TIDEWELL_LAMBDA_IMPORT_PREFIX=import/ \
    "$rie" --runtime-interface-emulator-address 127.0.0.1:8080 "$bootstrap" >"$state/log/function" 2>&1 &
  pids+=($!)
  "$python" bridge.py --function http://127.0.0.1:8080 --listen 127.0.0.1:9086 &
  pids+=($!)
  await "the function" http://127.0.0.1:9086/ping
  echo "ready: curl 'http://127.0.0.1:9086/write?db=home' --data-binary 'climate,room=kitchen temp=21.5'"
  wait -n "${pids[@]}"
}

case ${1:-} in
  --install) install ;;
  "" | -*) echo "usage: localstack/run.sh BOOTSTRAP | --install" >&2; exit 2 ;;
  *)
    if [ ! -f "$given" ] || { [ ! -x "$given" ] && [ "${given%.zip}" = "$given" ]; }; then
      echo "$1 is no executable and no package" >&2
      exit 2
    fi
    if docker info >/dev/null 2>&1; then in_docker "$given"; else on_this_machine "$given"; fi
    ;;
esac
