#!/bin/sh
# Every shell script passes shellcheck.
set -eu
cd "$(dirname "$0")/.."
find .ci tools packaging bench tests/story -type f ! -path '*/node_modules/*' 2>/dev/null | LC_ALL=C sort |
	while IFS= read -r f; do
		case $(head -c 32 "$f" | tr -d '\0' | head -n 1) in
		'#!/bin/sh'* | '#!/bin/bash'*) echo "$f" ;;
		esac
	done | xargs -r shellcheck
