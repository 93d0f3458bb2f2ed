#!/usr/bin/env bash
# Builds the image's contents in a folder and starts them there as the image would: same paths, same user, same variables.
# For machines where no Docker runs; needs root for chroot.
#
#   infra/docker/try.sh BINARY [PORT]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

binary=$1
port=${2:-18086}
root=$(mktemp -d)
server=

finish() {
  local code=$?
  trap - EXIT
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$root"
  exit "$code"
}
trap finish EXIT

bash infra/docker/rootfs.sh "$binary" "$root"
echo "image: $(du -sh "$root" | cut -f1), $(find "$root" -type f | wc -l) files"

# The image's own ENV, USER and entry point, but for the port.
variables=(TIDEWELL_BIND="127.0.0.1:$port" TIDEWELL_STORE=/data/store TIDEWELL_WAL_DIR=/data/wal
  SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt)
run=(env -i "${variables[@]}" "$(command -v chroot)" --userspec=65532:65532 "$root" /usr/bin/tidewell)

"${run[@]}" --version
"${run[@]}" serve 2>"$root/tmp/log" &
server=$!

for _ in $(seq 100); do
  if curl -fsS "http://127.0.0.1:$port/ready" >/dev/null 2>&1; then ready=yes; break; fi
  sleep 0.1
done
if [ -z "${ready:-}" ]; then
  cat "$root/tmp/log"
  echo "the image's contents did not start"
  exit 1
fi

curl -fsS "http://127.0.0.1:$port/write?db=try" --data-binary 'climate,room=kitchen temp=21.5'
answer=$(curl -fsS --get "http://127.0.0.1:$port/api/v3/query_sql" -d db=try --data-urlencode 'q=SELECT temp FROM climate')
[ "$answer" = '[{"temp":21.5}]' ] || { echo "unexpected answer: $answer"; exit 1; }

# The health check of the image, where the binary has the verb.
if "${run[@]}" health --help >/dev/null 2>&1; then
  "${run[@]}" health --host "http://127.0.0.1:$port"
  ! "${run[@]}" health --host "http://127.0.0.1:1" 2>/dev/null || { echo "health passes without a server"; exit 1; }
else
  echo "skipped: this binary has no verb health"
fi

kill -TERM "$server"
code=0
wait "$server" || code=$?
server=
[ "$code" -eq 0 ] || { cat "$root/tmp/log"; echo "exit code $code after SIGTERM"; exit 1; }
[ -n "$(find "$root/data/store" -name '*.parquet')" ] || { echo "nothing was folded at the exit"; exit 1; }
echo "the image's contents start as 65532, answer, and fold at the exit"
