#!/bin/sh
# sh conf/run.sh [ARGUMENT...]
# Installs what is missing (Debian 12), builds Plenum and starts it with conf/plenum.ini. Arguments go to the
# server; try --help, or --set http.port=8000.
set -eu
cd "$(dirname "$0")/.."
. conf/install.sh

# shellcheck disable=SC2086 # a list of words
need $build_packages
say 'Building (build/release)'
cmake --preset release -DPLENUM_TESTS=OFF >/dev/null
cmake --build --preset release --target plenum >&2
say "Starting build/release/plenum --config conf/plenum.ini $*"
exec build/release/plenum --config conf/plenum.ini "$@"
