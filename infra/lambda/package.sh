#!/usr/bin/env bash
# Makes the function's package: a zip file with the stripped executable `bootstrap` at its root.
#
#   infra/lambda/package.sh [--here] [--bootstrap FILE] [PACKAGE]
#
#   --bootstrap FILE   takes this executable and builds none
#   --here             also takes an executable that starts on this machine, but not on provided.al2023
#   PACKAGE            default: target/lambda/bootstrap.zip
#
# Built with cargo-zigbuild where that is installed (PyPI: cargo-zigbuild), since provided.al2023 has glibc 2.34 and an executable
# that was linked to a newer one does not start there.
set -euo pipefail

zip_bytes_max=$((50 * 1024 * 1024))       # Larger ones cannot be uploaded directly.
unpacked_bytes_max=$((250 * 1024 * 1024)) # Lambda's own limit.
glibc_max=2.34

usage() {
  echo "usage: infra/lambda/package.sh [--here] [--bootstrap FILE] [PACKAGE]" >&2
  exit 2
}

bootstrap=
here=no
package=
while [ $# -gt 0 ]; do
  case $1 in
    --here) here=yes ;;
    --bootstrap) [ $# -gt 1 ] || usage; shift; bootstrap=$(realpath -- "$1") ;;
    -*) usage ;;
    *) [ -z "$package" ] || usage; package=$(realpath -m -- "$1") ;;
  esac
  shift
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
package=${package:-$PWD/target/lambda/bootstrap.zip}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

build() {
  local target=${CARGO_TARGET_DIR:-target} triple
  if cargo zigbuild --version >/dev/null 2>&1; then
    triple=$(uname -m)-unknown-linux-gnu
    cargo zigbuild --profile dist --locked -p tidewell-lambda --target "$triple.$glibc_max"
    bootstrap=$target/$triple/dist/bootstrap
  else
    cargo build --profile dist --locked -p tidewell-lambda
    bootstrap=$target/dist/bootstrap
  fi
}

# The newest glibc that the executable asks for; nothing where it is static or cannot be read.
glibc() {
  { readelf --version-info "$1" 2>/dev/null || true; } | { grep -oE 'GLIBC_[0-9.]+' || true; } | cut -d_ -f2 | sort -uV | tail -n 1
}

if [ -z "$bootstrap" ]; then build; fi
cp "$bootstrap" "$scratch/bootstrap"
chmod 0755 "$scratch/bootstrap"
# A script has nothing to strip, and a foreign architecture's executable is left as it is.
strip "$scratch/bootstrap" 2>/dev/null || true

needs=$(glibc "$scratch/bootstrap")
if [ -n "$needs" ] && [ "$(printf '%s\n' "$needs" "$glibc_max" | sort -V | tail -n 1)" != "$glibc_max" ]; then
  echo "bootstrap needs glibc $needs; provided.al2023 has $glibc_max: install cargo-zigbuild, or build on Amazon Linux 2023" >&2
  [ "$here" = yes ] || exit 1
fi

mkdir -p "$(dirname "$package")"
python3 - "$scratch/bootstrap" "$scratch/package.zip" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
    # The same executable makes the same package, whenever it is made.
    entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    package.writestr(entry, open(sys.argv[1], "rb").read())
PY

zip_bytes=$(stat -c %s "$scratch/package.zip")
unpacked_bytes=$(stat -c %s "$scratch/bootstrap")
printf '%s: %d.%d MiB, unpacked %d.%d MiB\n' "$package" $((zip_bytes >> 20)) $((zip_bytes % 1048576 * 10 >> 20)) \
  $((unpacked_bytes >> 20)) $((unpacked_bytes % 1048576 * 10 >> 20))
if [ "$zip_bytes" -gt "$zip_bytes_max" ] || [ "$unpacked_bytes" -gt "$unpacked_bytes_max" ]; then
  echo "too large: Lambda takes $((zip_bytes_max >> 20)) MiB zipped and $((unpacked_bytes_max >> 20)) MiB unpacked" >&2
  exit 1
fi
mv "$scratch/package.zip" "$package"
