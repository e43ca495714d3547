#!/bin/sh
# Lists the files below a folder, one path a line: what a bake tool reads, so that its output is made again
# when one of them changes.
set -eu
cd "$(dirname "$0")/.."
[ ! -d "$1" ] || find "$1" -type f ! -name '.*' | LC_ALL=C sort
