#!/bin/sh
# Sets up a build directory, or sets it up again when the list of sources or of baked files has changed
# (meson looks at its own files only).
#
#   tools/configure.sh build|build-san|build-fuzz|build-cov
set -eu

cd "$(dirname "$0")/.."
dir=$1

case $dir in
build)
	set -- -Db_lto=true
	;;
build-san)
	set -- -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false -Dtests=true
	;;
build-fuzz)
	# libFuzzer is clang's; its warnings are not those that the code is kept free of.
	export CC=clang-14
	set -- -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false -Dfuzzer=true -Dwerror=false
	;;
build-cov)
	set -- -Doptimization=0 -Db_coverage=true -Dtests=true
	;;
*)
	echo "configure: no build directory is named $dir" >&2
	exit 2
	;;
esac

list() {
	tools/sources.sh
	for d in sql ui tables/ops; do
		tools/inputs.sh "$d"
	done
}

if [ ! -f "$dir/build.ninja" ]; then
	meson setup "$dir" "$@"
	list >"$dir/sources.list"
elif ! list | cmp -s - "$dir/sources.list"; then
	echo "configure: files came or went; setting up $dir again"
	meson setup --reconfigure "$dir" "$@" >"$dir/configure.log" || { cat "$dir/configure.log" >&2; exit 1; }
	list >"$dir/sources.list"
fi
