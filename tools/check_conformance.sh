#!/bin/sh
# What docs/CONFORMANCE.md says is proven must be so. One line per finding, `file:line: what`.
#
#   * every requirement that is in scope stands there once, as met, partly or missing;
#   * so is each section of a standard (`§ 4.2`);
#   * `FILE: WORDS` is a proof: the file is a story or a unit test, and the words stand in it. What is met or partly met
#     has one; what is missing has none;
#   * each attack id in a row is quoted in the file that the row names.
set -eu
cd "$(dirname "$0")/.."
doc=docs/CONFORMANCE.md
scope='A 1-15 28-29 31-39;B 2-5 9-13 18-20 60-66;U 1-15 25-42;S 3-20 22-43;M 82-91'
found=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

say() {
	printf '%s\n' "$1"
	found=1
}

# A test by its short name.
file_of() {
	for f in "tests/story/$1.mjs" "tests/unit/$1.c"; do
		if [ -f "$f" ]; then
			printf '%s' "$f"
			return
		fi
	done
}

printf '%s\n' "$scope" | tr ';' '\n' | while read -r letter ranges; do
	for r in $ranges; do
		seq "${r%-*}" "${r#*-}" | while read -r n; do printf '%s-%02d\n' "$letter" "$n"; done
	done
done | sort >"$tmp/asked"
grep -oE '^\| [ABUSM]-[0-9]+ \|' "$doc" | tr -d '| ' | sort >"$tmp/told"
comm -23 "$tmp/asked" "$tmp/told" >"$tmp/none"
while read -r id; do say "$doc:1: $id does not stand here"; done <"$tmp/none"
uniq -d "$tmp/told" >"$tmp/twice"
while read -r id; do say "$doc:1: $id stands here twice"; done <"$tmp/twice"

# Requirements, and sections of standards: line, id, state, and each proof.
awk -F' [|] ' '/^\| ([ABUSM]-[0-9]+|§ [^|]+) \|/ {
	sub(/^\| /, "", $1)
	n = 0
	rest = $4
	while (match(rest, /`[^`]+: [^`]+`/)) {
		print NR "\t" $1 "\t" $3 "\t" substr(rest, RSTART + 1, RLENGTH - 2)
		rest = substr(rest, RSTART + RLENGTH)
		n++
	}
	if (!n)
		print NR "\t" $1 "\t" $3 "\t"
}' "$doc" >"$tmp/proofs"
while IFS='	' read -r line id state proof; do
	case $state:$proof in
	met: | partly:) say "$doc:$line: $id is $state, and nothing proves it" ;;
	met:?* | partly:?* | missing:) ;;
	missing:*) say "$doc:$line: $id is missing, and yet proven" ;;
	*) say "$doc:$line: $id is neither met, partly nor missing" ;;
	esac
	[ -n "$proof" ] || continue
	file=$(file_of "${proof%%: *}")
	if [ -z "$file" ]; then
		say "$doc:$line: there is no test ${proof%%: *}"
	elif ! grep -qF -e "${proof#*: }" "$file"; then
		say "$doc:$line: $file does not say \"${proof#*: }\""
	fi
done <"$tmp/proofs"

# Attacks: `SESS-09` is quoted so, or as sess09 or sess_09 in the name of a C function.
awk -F' [|] ' '
	/^## Attacks/ { on = 1 }
	on && /^\| [^|]+ \| `/ {
		gsub(/`/, "", $2)
		sub(/ \|$/, "", $3)
		print NR "\t" $2 "\t" $3
	}' "$doc" >"$tmp/attacks"
[ -s "$tmp/attacks" ] || say "$doc:1: no attacks are listed"
while IFS='	' read -r line short ids; do
	file=$(file_of "$short")
	if [ -z "$file" ]; then
		say "$doc:$line: there is no test $short"
		continue
	fi
	for id in $ids; do
		grep -qiE "(^|[^A-Za-z0-9])${id%-*}[-_]?${id#*-}([^0-9]|\$)" "$file" || say "$doc:$line: $file does not quote $id"
	done
done <"$tmp/attacks"

exit "$found"
