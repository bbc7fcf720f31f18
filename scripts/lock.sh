#!/usr/bin/env bash
# Writes requirements.txt and requirements-dev.txt from pyproject.toml: every version pinned, no registry named.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
  .venv/bin/pip-compile --quiet --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
    --strip-extras --no-header --no-annotate "$@" pyproject.toml
}
[ -x .venv/bin/pip-compile ] || .venv/bin/pip install --quiet pip-tools
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile --extra postgres --extra sphinx --output-file "$work/run.txt"
compile --extra postgres --extra sphinx --extra dev --constraint "$work/run.txt" --output-file "$work/dev.txt"
{
  echo "# What production installs: every version pinned. Written by scripts/lock.sh."
  cat "$work/run.txt"
  echo "-e ."
} > requirements.txt
{
  echo "# What tests and checks need besides. Written by scripts/lock.sh."
  echo "-r requirements.txt"
  comm -13 <(sort "$work/run.txt") <(sort "$work/dev.txt")
} > requirements-dev.txt
