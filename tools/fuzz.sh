#!/bin/sh
# Runs each libFuzzer target of build-fuzz/ for FUZZ_SECONDS (60). New inputs stay in build-fuzz/corpus/; what
# crashes is left in build-fuzz/found/. `tools/fuzz.sh json url` runs these two only.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
bad=0

for program in build-fuzz/tests/fuzz_*; do
	case $program in *.p | *'*') continue ;; esac
	name=${program##*/fuzz_}
	case " ${*:-$name} " in
	*" $name "*) ;;
	*) continue ;;
	esac
	mkdir -p "build-fuzz/corpus/$name" "build-fuzz/found/$name"
	options="-max_total_time=$seconds -timeout=10 -rss_limit_mb=2048 -print_final_stats=1"
	[ ! -f "tests/fuzz/dict/$name.dict" ] || options="$options -dict=tests/fuzz/dict/$name.dict"
	echo "== fuzz $name, $seconds s"
	# shellcheck disable=SC2086 # a list of options
	if "$program" $options "-artifact_prefix=build-fuzz/found/$name/" "build-fuzz/corpus/$name" \
		"tests/fuzz/corpus/$name" >"build-fuzz/$name.log" 2>&1 </dev/null; then
		grep -E 'stat::number_of_executed_units|cov: .*DONE' "build-fuzz/$name.log" || tail -n 1 "build-fuzz/$name.log"
	else
		tail -n 40 "build-fuzz/$name.log"
		echo "FAILED fuzz $name; the input is in build-fuzz/found/$name/"
		bad=1
	fi
done
exit "$bad"
