#!/bin/sh
# Install what the tests need beside Python: a browser, a JRE, tmux, strace, rsync, rclone, and the npm packages of tests/js.
#
# Debian's packages are installed where this may be done (root, or sudo that asks nothing); npm's
# go into a folder of the user's cache, named after the lock file, and are linked from tests/js. What
# cannot be installed is said, and the tests that need it skip with the reason; with CI set they fail.
set -eu
cd "$(dirname "$0")/../tests/js"

say() { printf '%s\n' "$@" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

missing=
want() { missing="$missing $1"; }
have chromium || have chromium-browser || have google-chrome || have google-chrome-stable || want chromium
have java || want default-jre-headless
have tmux || want tmux
have git || want git
have rsync || want rsync
have rclone || want rclone
have node || want nodejs
have npm || want npm
have g++ || want build-essential
if have apt-get; then
  have strace || want strace
  [ -d /usr/share/fonts/truetype/dejavu ] || want fonts-dejavu-core
  # Headers of Debian's own Node.js; other builds bring theirs or fetch them.
  { have node && [ "$(command -v node)" != /usr/bin/node ]; } || [ -e /usr/include/node/node.h ] || want libnode-dev
fi

if [ -n "$missing" ]; then
  root=
  [ "$(id -u)" = 0 ] || root="sudo -n"
  if have apt-get && { [ -z "$root" ] || sudo -n true 2>/dev/null; }; then
    say "Installing with apt-get:$missing"
    log=$(mktemp)
    get() { $root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >"$log" 2>&1; }
    $root apt-get update -q >"$log" 2>&1 || say "apt-get update failed; what it knew before is used."
    # shellcheck disable=SC2086 # the list is made of words
    get $missing || for package in $missing; do # one by one: a name this release lacks must not stop the others
      get "$package" || {
        tail -n 5 "$log" >&2
        say "$package could not be installed; the tests that need it will say so."
      }
    done
    rm -f "$log"
  else
    say "Not here, and not to be installed by us:$missing" "The tests that need them will say so."
  fi
fi

have node && have npm || exit 0
key=$(cat package-lock.json | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/curate-tests/js-$key-node$(node -p process.versions.modules)-$(uname -sm | tr ' ' -)
if [ ! -d "$cache" ]; then
  say "Installing the npm packages of tests/js (about a minute, once) …"
  mkdir -p "$(dirname "$cache")"
  fresh=$(mktemp -d "$cache.XXXXXX")
  cp package.json package-lock.json "$fresh"
  [ -z "${npm_config_nodedir:-}" ] && [ "$(command -v node)" = /usr/bin/node ] && [ -e /usr/include/node/node.h ] &&
    export npm_config_nodedir=/usr
  # One package is compiled (SQLite for the Bluesky server); unoptimised it is fast enough and built in a third of the time.
  if (cd "$fresh" && npm ci --ignore-scripts --no-audit --no-fund &&
    CFLAGS=-O0 CXXFLAGS=-O0 npm_config_build_from_source=true npm rebuild better-sqlite3) >"$fresh/log" 2>&1; then
    mv "$fresh" "$cache" 2>/dev/null || rm -rf "$fresh" # somebody else was faster
  else
    tail -n 20 "$fresh/log" >&2
    rm -rf "$fresh"
    say "The npm packages could not be installed; the tests that need them will say so."
    exit 0
  fi
fi
[ -d node_modules ] && [ ! -L node_modules ] && rm -rf node_modules
ln -sfn "$cache/node_modules" node_modules
