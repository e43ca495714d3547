#!/bin/sh
# How much of a module its kept corpus reaches. A target says what it covers in a comment line
# `covers: src/base/json.c src/base/x.c`; without one, src/*/NAME.c. Below 85 % of the lines is a failure.
set -eu
cd "$(dirname "$0")/.."
bad=0

for program in build-cov/tests/fuzz_*; do
	case $program in *.p | *'*') continue ;; esac
	name=${program##*/fuzz_}
	covers=$(sed -n 's/.*covers: *//p' "tests/fuzz/targets/fuzz_$name.c" | sed 's,\*/.*,,' | tr -s ' ' '\n')
	[ -n "$covers" ] || covers=$(find src -path "src/*/$name.c")
	[ -n "$covers" ] || { echo "FAILED fuzz $name: its target does not say what it covers"; bad=1; continue; }

	find build-cov -name '*.gcda' -delete
	"$program" "tests/fuzz/corpus/$name" >/dev/null </dev/null || { echo "FAILED fuzz $name"; bad=1; continue; }
	set --
	for f in $covers; do
		set -- "$@" --filter "$f\$"
	done
	line=$(gcovr --root . "$@" build-cov 2>/dev/null | awk '/^TOTAL/ { print $2, $3, $4 }')
	percent=${line##* }
	percent=${percent%\%}
	verdict=ok
	[ "${percent:-0}" -ge 85 ] || { verdict=FAILED; bad=1; }
	echo "$verdict fuzz $name: ${percent:-0} % of the lines of $(echo "$covers" | tr '\n' ' ')"
done
exit "$bad"
