#!/bin/sh
# Lists the C sources that the build and the checks see, one path a line, in a fixed order.
# Meson has no glob: meson.build takes this list, and the Makefile configures again when it has changed.
set -eu
cd "$(dirname "$0")/.."
for d in src tests/unit tests/fuzz tools; do
	[ ! -d "$d" ] || find "$d" -name '*.c' -type f
done | LC_ALL=C sort
