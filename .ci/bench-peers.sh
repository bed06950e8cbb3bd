#!/bin/sh
# Install the programs `make bench` measures curate against: what requirements-bench.lock pins, into
# .venv-bench, and newsboat by apt-get where this may be done. What cannot be had is said; the bench
# then leaves its row out.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$@" >&2; }

if ! command -v newsboat >/dev/null 2>&1; then
  root=
  [ "$(id -u)" = 0 ] || root="sudo -n"
  if command -v apt-get >/dev/null 2>&1 && { [ -z "$root" ] || sudo -n true 2>/dev/null; }; then
    say "Installing newsboat with apt-get …"
    $root apt-get update -q >/dev/null 2>&1 || true
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends newsboat >/dev/null 2>&1 ||
      say "newsboat could not be installed; it is left out."
  else
    say "newsboat is not here and not to be installed by us; it is left out."
  fi
fi

ready=.venv-bench/ready-to-bench
[ -e "$ready" ] && [ ! requirements-bench.lock -nt "$ready" ] && exit 0
say "Installing the packages of requirements-bench.lock into .venv-bench …"
rm -rf .venv-bench
if .venv/bin/python -m venv .venv-bench &&
  .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps \
    -r requirements-bench.lock >&2; then
  touch "$ready"
else
  rm -rf .venv-bench
  say "The packages from PyPI could not be installed; they are left out."
fi
