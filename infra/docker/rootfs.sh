#!/usr/bin/env bash
# Puts together the image's root file system in a folder: the binary, what it loads, certificates, a user, and /data.
#
#   infra/docker/rootfs.sh BINARY FOLDER
set -euo pipefail

binary=$1
root=$2
uid=65532 # As in the images known as "distroless": no user of any host by accident.

mkdir -p "$root"
chmod 0755 "$root"
mkdir -p "$root"/{usr/bin,etc/ssl/certs,data/store,data/wal,tmp}
install -m 0755 "$binary" "$root/usr/bin/tidewell"

# Each shared library under the path at which the loader looks for it, and the loader; none where the binary is static.
{ ldd "$binary" 2>/dev/null || true; } | grep -oE '/[^ ]+' | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf 'root:x:0:0:root:/:/sbin/nologin\ntidewell:x:%s:%s:tidewell:/data:/sbin/nologin\n' "$uid" "$uid" >"$root/etc/passwd"
printf 'root:x:0:\ntidewell:x:%s:\n' "$uid" >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

chmod 1777 "$root/tmp"
if [ "$(id -u)" -eq 0 ]; then chown -R "$uid:$uid" "$root/data"; fi
