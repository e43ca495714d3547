#!/bin/sh
# cppcheck over src/, remembering what it has seen in build-san/cppcheck/.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build-san/cppcheck
# The system's headers are not given to it: it knows the standard library by itself.
# Whatever is suppressed here is said to be wrong or a matter of taste; single places say `cppcheck-suppress` inline.
exec cppcheck --quiet --std=c11 --language=c --library=tools/cppcheck.cfg --enable=warning,performance,portability --inline-suppr \
	--error-exitcode=1 -j "$(nproc)" --cppcheck-build-dir=build-san/cppcheck \
	-D_GNU_SOURCE -D__x86_64__ -D__linux__ -D__GNUC__=12 -Isrc -Itables -Ibuild-san \
	--suppress=missingIncludeSystem --suppress=unusedStructMember --suppress=preprocessorErrorDirective \
	--suppress=unmatchedSuppression \
	--template='{file}:{line}: {severity}: {message} [{id}]' src
