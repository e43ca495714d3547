#!/bin/sh
# Compares the C sources with .clang-format, or mends them with --fix.
set -eu
cd "$(dirname "$0")/.."

case ${1:-} in
--fix) set -- -i ;;
*) set -- --dry-run -Werror ;;
esac

# Another version of the formatter has another opinion: ask for the one that deps.sh installs.
for d in src tools tests/unit tests/fuzz; do
	[ ! -d "$d" ] || find "$d" -name '*.[ch]' -type f
done | LC_ALL=C sort | xargs -r clang-format-14 "$@"
