#!/bin/sh
# Make .venv, install into it what a lock file pins, then curate itself, linked to this checkout.
#
#   .ci/venv.sh LOCK        PYTHON=… chooses another Python than the first good one on the PATH
#
# The network is used for the package index alone. What the machine lacks is said in words.
set -eu
lock=$1
cd "$(dirname "$0")/.."

stop() {
  printf '%s\n' "$@" >&2
  exit 1
}

good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
  if good "$candidate"; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || stop \
  "curate needs Python 3.11 or newer, and ${PYTHON:-python3} is not one." \
  "Debian, Ubuntu: apt install python3 python3-venv   macOS: brew install python" \
  "Another one than the first on the PATH: make PYTHON=/path/to/python3.11 …"

if [ -x .venv/bin/python ] && ! good .venv/bin/python; then
  echo "The Python of .venv is gone or too old; .venv is made anew." >&2
  rm -rf .venv
fi
if [ ! -x .venv/bin/pip ]; then
  rm -rf .venv
  "$python" -c 'import venv, ensurepip' 2>/dev/null || stop \
    "This Python cannot make virtual environments: its venv and ensurepip modules are missing." \
    "Debian, Ubuntu: apt install python3-venv"
  "$python" -m venv .venv || {
    rm -rf .venv
    stop "Python could not make .venv; its own words are above."
  }
fi

log=.venv/install.log
install() {
  .venv/bin/python -m pip install --disable-pip-version-check --no-input "$@" >"$log" 2>&1 && return
  tail -n 30 "$log" >&2
  if grep -qiE 'gcc|clang|cc1|Python\.h|unable to execute|compiler|rustc|cargo' "$log"; then
    stop "" "A package had to be compiled for this system, and that failed." \
      "Debian, Ubuntu: apt install build-essential python3-dev   macOS: xcode-select --install" \
      "Then run the same again; all of pip's words are in $log."
  fi
  stop "" "Installing the packages failed; nothing else was touched. All of pip's words are in $log." \
    "Is the package index reachable? Then run the same again."
}
echo "Installing the packages of $lock into .venv …" >&2
# The lock names everything. Left to look for dependencies, older pips ask for newer releases than it pins.
install --require-hashes --no-deps -r "$lock"
install --no-index --no-deps --no-build-isolation --editable .
# hatchling copies the theme even when it only links; in a checkout its own folder is the theme.
rm -rf "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/curate"
