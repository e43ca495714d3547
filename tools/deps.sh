#!/bin/sh
# Installs what a step needs, and only what is missing.
#
#   tools/deps.sh build    compiler, meson and the libraries of the program
#   tools/deps.sh test     that, and everything `make test` uses
#   tools/deps.sh bench    that, and what `make bench` compares with and looks through
#   tools/deps.sh package  that of build, and what `make deb` and tools/try_deb.sh use
#
# Debian and Ubuntu. When everything is there this asks dpkg once and ends, without network and without sudo.
set -eu

cd "$(dirname "$0")/.."
what=${1:-build}

build='gcc libc6-dev make pkg-config meson ninja-build libuv1-dev libssl-dev libsodium-dev libsqlite3-dev
	libpq-dev libyaml-dev libcurl4-openssl-dev libseccomp-dev libnghttp2-dev ca-certificates'

# The LLVM tools carry their version: two versions of a formatter disagree about the same file.
tests='libcmocka-dev libjansson-dev clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 cppcheck jose
	postgresql sqlite3 openssl curl nghttp2-client procps chromium gcovr shellcheck git python3
	dnsmasq-base iproute2 mount util-linux'

bench='nginx-light strace'

packages='build-essential debhelper fakeroot debootstrap'

say() { printf '%s\n' "deps: $*" >&2; }

have_dpkg() { command -v dpkg-query >/dev/null 2>&1; }

# Prints those of its arguments that are not installed.
missing() {
	for p in "$@"; do
		case " $installed " in
		*" $p "*) ;;
		*) printf '%s ' "$p" ;;
		esac
	done
}

list_installed() {
	dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Provides}\n' 2>/dev/null |
		awk '$1 == "ii" { sub(/^ii +/, ""); gsub(/\([^)]*\)|,/, " "); print }' | tr -s ' \n' '  '
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		say "root is needed to run: $*"
		exit 1
	fi
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
		-o Dpkg::Use-Pty=0 "$@" </dev/null
}

install_missing() {
	# shellcheck disable=SC2046,SC2086 # lists of words
	set -- $(missing $1)
	[ $# -gt 0 ] || return 0
	say "installing: $*"

	# A test cluster is made by initdb in a temporary directory; the package need not start one of its own.
	hold=
	case " $* " in
	*" postgresql "*)
		hold=/etc/postgresql-common/createcluster.d/gatehouse-deps.conf
		as_root mkdir -p "${hold%/*}"
		echo 'create_main_cluster = false' | as_root tee "$hold" >/dev/null
		;;
	esac

	status=0
	# The package lists may be absent (a fresh image) or stale (a version gone from the mirror): then fetch them once.
	if ! apt_install "$@" >"$log" 2>&1; then
		say "updating the package lists"
		as_root apt-get update -q >"$log" 2>&1 || say "apt-get update failed in part; going on"
		apt_install "$@" >"$log" 2>&1 || status=$?
	fi
	[ -z "$hold" ] || as_root rm -f "$hold"
	if [ "$status" != 0 ]; then
		tail -n 20 "$log" >&2
		say "apt-get could not install: $*"
		exit 1
	fi
}

node_major() {
	command -v node >/dev/null 2>&1 || { echo 0; return; }
	node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0
}

# The clients that the stories drive. What runs them is the Node of tests/node_modules (package.json pins it),
# so any system Node that can run `npm ci` will do.
node_packages() {
	[ -f tests/package-lock.json ] || return 0
	stamp=tests/node_modules/.installed
	if [ -f "$stamp" ] && cmp -s tests/package-lock.json "$stamp"; then
		return 0
	fi
	say "npm ci in tests/"
	if ! (cd tests && npm ci --no-audit --no-fund --loglevel=error </dev/null >"$log" 2>&1); then
		tail -n 20 "$log" >&2
		say "npm ci failed"
		exit 1
	fi
	# Some versions of npm forget to link the program of an optional package.
	for node in tests/node_modules/node-linux-*/bin/node; do
		[ ! -x "$node" ] || ln -sf "../${node#tests/node_modules/}" tests/node_modules/.bin/node
	done
	cp tests/package-lock.json "$stamp"
}

if ! have_dpkg; then
	say "this is not Debian or Ubuntu; please install the equivalents of:"
	say "$build"
	[ "$what" = build ] || say "$tests nodejs npm"
	exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM
installed=$(list_installed)

case $what in
build)
	install_missing "$build"
	;;
test | bench)
	[ "$(node_major)" -ge 18 ] && command -v npm >/dev/null 2>&1 || tests="$tests nodejs npm"
	[ "$what" = bench ] || bench=
	install_missing "$build $tests $bench"
	node_packages
	;;
package)
	install_missing "$build $packages"
	;;
*)
	echo "usage: tools/deps.sh build|test|bench|package" >&2
	exit 2
	;;
esac
