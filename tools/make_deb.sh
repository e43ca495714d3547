#!/bin/sh
# Builds dist/gatehouse_VERSION_ARCH.deb from the files of the working tree (what git would not ignore).
set -eu
cd "$(dirname "$0")/.."
top=$(pwd)
version=$(sed -n "s/^ *version: '\(.*\)',/\1/p" meson.build | head -n 1)
tree=dist/tree/gatehouse-$version

rm -rf dist/tree
mkdir -p "$tree"
# A copy, so that the packaging leaves nothing in the working tree. In a tarball without git: all but what is built.
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
	git ls-files -co --exclude-standard | while IFS= read -r f; do [ ! -f "$f" ] || echo "$f"; done
else
	find . -type f ! -path './.git/*' ! -path './build*' ! -path './dist/*' ! -path './tests/node_modules/*'
fi | tar -cf - -T - | tar -xf - -C "$tree"

# debhelper wants its folder on top, and takes the unit from there.
mv "$tree/packaging/debian" "$tree/debian"
cp "$tree/packaging/gatehouse.service" "$tree/debian/gatehouse.service"
# One source of the version; one of the date, so that the same commit gives the same package.
date=$(date -u -R -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}")
sed -e "s/@VERSION@/$version/" -e "s/@DATE@/$date/" "$tree/debian/changelog.in" >"$tree/debian/changelog"
rm "$tree/debian/changelog.in"

cd "$tree"
LC_ALL=C dpkg-buildpackage -us -uc -b -rfakeroot >"$top/dist/build.log" 2>&1 </dev/null || {
	tail -n 40 "$top/dist/build.log" >&2
	echo "make_deb: failed; the whole log is dist/build.log" >&2
	exit 1
}
cd "$top"
mv "dist/tree/gatehouse_${version}_"*.deb dist/
rm -rf dist/tree
ls -l "dist/gatehouse_${version}_"*.deb
