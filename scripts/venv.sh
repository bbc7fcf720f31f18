#!/bin/sh
# Makes .venv and installs a requirements file into it, unless what is there is already that.
#   scripts/venv.sh requirements.txt
set -eu
cd "$(dirname "$0")/.."
wanted=$1

fail() { printf '\n%s\n' "$*" >&2; exit 1; }

find_python() {
  for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  fail "Python 3.11 or newer is needed and was not found.
  Debian, Ubuntu:  sudo apt install python3 python3-venv
  macOS:           brew install python@3.13
Or name one:       make run PYTHON=/path/to/python3"
}

make_venv() {
  python=$(find_python)
  echo "Making .venv with $python …"
  rm -rf .venv
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv .venv && return
  elif "$python" -m venv --without-pip .venv 2>/dev/null; then
    # Debian keeps ensurepip in a package of its own; a pip of the machine can bring one as well.
    "$python" -m pip --python .venv/bin/python install --quiet pip 2>/dev/null && return
    echo "Fetching pip, since this Python has no ensurepip …"
    .venv/bin/python - <<'PY' && return
import pathlib, subprocess, sys, tempfile, urllib.request
with tempfile.TemporaryDirectory() as folder:
    script = pathlib.Path(folder, "get-pip.py")
    try:
        script.write_bytes(urllib.request.urlopen("https://bootstrap.pypa.io/get-pip.py", timeout=30).read())
    except OSError:
        sys.exit(1)
    sys.exit(subprocess.call([sys.executable, str(script), "--quiet"]))
PY
  fi
  rm -rf .venv
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  fail "This Python can make no virtual environment: its venv or ensurepip module is missing.
  Debian, Ubuntu:  sudo apt install python$version-venv    (or python3-venv)
Then run the same command again."
}

[ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 || make_venv

stamp=.venv/.installed-${wanted%.txt}
fresh=$(cat requirements.txt "$wanted" pyproject.toml | cksum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$fresh" ]; then
  echo "Installing $wanted …"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$wanted" ||
    fail "The packages of $wanted could not be installed (see above). Check that this machine reaches a package index."
  echo "$fresh" > "$stamp"
fi
