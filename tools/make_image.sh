#!/bin/sh
# Builds the container image gatehouse:VERSION with podman or docker, whichever is there.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n "s/^ *version: '\(.*\)',/\1/p" meson.build | head -n 1)
for engine in podman docker; do
	if command -v "$engine" >/dev/null 2>&1; then
		exec "$engine" build -f Containerfile -t "gatehouse:$version" -t gatehouse:latest .
	fi
done
echo "make_image: neither podman nor docker is here; 'apt install podman' on Debian" >&2
exit 1
