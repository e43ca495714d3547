#!/bin/sh
# What the documents promise must be there. One line per finding, `file:line: what`.
#
#   * relative links of every Markdown file lead somewhere;
#   * each `make X` and `gatehouse VERB` written as code exists;
#   * no file holds a path of the machine it was written on, or a note to do something later;
#   * what docs/CONFORMANCE.md calls proven is (tools/check_conformance.sh).
#
# That the commands of the README and the guides do what is said, a story proves by running them.
set -eu
cd "$(dirname "$0")/.."
found=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# All files of the project; in a tarball without git, all files.
git ls-files -co --exclude-standard >"$tmp/files" 2>/dev/null ||
	find . -type f ! -path './.git/*' ! -path './build*' ! -path './tests/node_modules/*' | sed 's,^\./,,' >"$tmp/files"
# A listed file may be gone from the working tree.
while IFS= read -r f; do
	[ ! -f "$f" ] || printf '%s\n' "$f"
done <"$tmp/files" >"$tmp/present"
grep '\.md$' "$tmp/present" >"$tmp/md" || true

say() {
	printf '%s\n' "$1"
	found=1
}

# Links: [text](target), without fences and code spans.
while IFS= read -r f; do
	awk -v f="$f" '
		/^[ \t]*```/ { fence = !fence; next }
		fence { next }
		{
			gsub(/`[^`]*`/, "")
			while (match($0, /\]\([^) ]+/)) {
				print FNR "\t" substr($0, RSTART + 2, RLENGTH - 2)
				$0 = substr($0, RSTART + RLENGTH)
			}
		}' "$f" >"$tmp/links"
	while IFS='	' read -r line target; do
		case $target in
		*://* | mailto:* | '#'*) continue ;;
		esac
		path=${target%%#*}
		[ -e "$(dirname "$f")/$path" ] || say "$f:$line: the link $target leads nowhere"
	done <"$tmp/links"
done <"$tmp/md"

# Code: fences and spans of what people read first.
grep -E '^(README|CONTRIBUTING|AGENTS|SECURITY)\.md$|^docs/' "$tmp/md" >"$tmp/guides" || true
while IFS= read -r f; do
	awk -v f="$f" '
		function words(text, line,   m) {
			while (match(text, /(^|[ \t;&|(])(make|(build\/)?gatehouse) +[a-z][a-z_-]*/)) {
				m = substr(text, RSTART, RLENGTH)
				text = substr(text, RSTART + RLENGTH)
				sub(/^[ \t;&|(]+/, "", m)
				sub(/^build\//, "", m)
				sub(/ +/, "\t", m)
				print f ":" line "\t" m
			}
		}
		/^[ \t]*```/ { fence = !fence; next }
		fence { sub(/[ \t]#.*/, ""); words($0, FNR); next }
		{
			while (match($0, /`[^`]+`/)) {
				# Both before words(), which matches too.
				span = substr($0, RSTART + 1, RLENGTH - 2)
				$0 = substr($0, RSTART + RLENGTH)
				words(span, FNR)
			}
		}' "$f"
done <"$tmp/guides" >"$tmp/commands"

sed -n 's/^\.PHONY://p' Makefile | tr -s ' ' '\n' >"$tmp/targets"
verbs=
if [ -x build/gatehouse ] && build/gatehouse help >"$tmp/help" 2>&1; then
	verbs=yes
	tr -cs 'a-z_-' '\n' <"$tmp/help" >"$tmp/verbs"
	# Each management operation is a verb too.
	for op in tables/ops/*.json; do
		[ ! -f "$op" ] || tr ',' '\n' <"$op" | sed -n 's/.*"name" *: *"\([a-z_]*\)".*/\1/p'
	done >>"$tmp/verbs"
fi
while IFS='	' read -r where program word; do
	case $program in
	make) grep -qx -e "$word" "$tmp/targets" || say "$where: there is no \`make $word\`" ;;
	gatehouse) [ -z "$verbs" ] || grep -qx -e "$word" "$tmp/verbs" || say "$where: there is no \`gatehouse $word\`" ;;
	esac
done <"$tmp/commands"

# Paths of this machine, notes for later. (Spelled apart, so that this file passes.)
search() {
	tr '\n' '\0' <"$tmp/present" | xargs -0 grep -InH "$@" -- 2>/dev/null |
		grep -v '^tests/fuzz/corpus/' | cut -c -160 || true
}
search -wE -e 'TO''DO|FIX''ME|X''XX' >"$tmp/notes"
while IFS= read -r hit; do say "$hit"; done <"$tmp/notes"
for dir in "$(pwd)" "${HOME:-}"; do
	case $dir in
	/*/* | /root) search -F -e "$dir/" ;;
	esac
done >"$tmp/paths"
while IFS= read -r hit; do say "$hit (a path of this machine)"; done <"$tmp/paths"

tools/check_conformance.sh || found=1

exit "$found"
