#!/bin/sh
# Looks at the built program, not at the flags: is it hardened, and does it stay small?
#
#   tools/check_hardening.sh [build/gatehouse]
set -eu
cd "$(dirname "$0")/.."
program=${1:-build/gatehouse}
max_bytes=$((3 * 1024 * 1024))
bad=0

say() {
	echo "$program: $1"
	bad=1
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
LC_ALL=C readelf -hldnW "$program" >"$tmp/elf"
LC_ALL=C readelf --dyn-syms -W "$program" >"$tmp/syms"

grep -q 'Type: *DYN (Position-Independent Executable' "$tmp/elf" || say "not a position-independent executable"
grep -q GNU_RELRO "$tmp/elf" || say "no RELRO"
grep -qE '\(FLAGS(_1)?\).*(BIND_NOW|NOW)' "$tmp/elf" || say "not bound at start (-z now)"
grep -E 'GNU_STACK' "$tmp/elf" | grep -q 'RWE' && say "the stack is executable"
grep -E '^ +LOAD' "$tmp/elf" | grep -q 'RWE' && say "a segment is writable and executable"
grep -qE '\((RPATH|RUNPATH)\)' "$tmp/elf" && say "it carries a run path"
grep -q '__stack_chk_fail' "$tmp/syms" || say "no stack protector"
grep -qE '__(memcpy|snprintf|vsnprintf|read|memset|printf|fprintf|vfprintf)_chk' "$tmp/syms" || say "no _FORTIFY_SOURCE"
case $(uname -m) in
x86_64)
	# The mark in the file is lost with Debian's start-up objects, which lack it; so look at the code itself.
	[ "$(objdump -d --no-show-raw-insn "$program" | grep -c endbr64)" -gt 50 ] || say "no control-flow protection"
	;;
esac

cp "$program" "$tmp/stripped"
strip "$tmp/stripped"
size=$(wc -c <"$tmp/stripped")
[ "$size" -le "$max_bytes" ] || say "stripped it has $size bytes, more than $max_bytes"
[ "$bad" = 1 ] || echo "$program: hardened, $size bytes stripped"
exit "$bad"
