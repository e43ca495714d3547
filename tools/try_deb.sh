#!/bin/sh
# Tries the package where nothing of ours is: a fresh Debian 12 root made by debootstrap. Installs it, looks at
# what it left, starts the daemon as its user, asks it for its metadata, removes it again. Needs root; `make deb` before.
#
#   tools/try_deb.sh [dist/gatehouse_VERSION_ARCH.deb]
# shellcheck disable=SC2016 # what stands in single quotes is for the shell inside
set -eu
cd "$(dirname "$0")/.."
deb=${1:-$(find dist -name 'gatehouse_*.deb' | head -n 1)}
[ -f "$deb" ] || { echo "try_deb: no package; run make deb" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "try_deb: debootstrap and chroot need root" >&2; exit 1; }

base=$(mktemp -d)
root=$base/root
pid=
finish() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	umount "$root/proc" 2>/dev/null || true
	rm -rf "$base"
}
trap finish EXIT
trap 'exit 130' INT TERM

step() { echo "== $*"; }
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@" </dev/null; }
need() {
	what=$1
	shift
	if ! "$@"; then
		echo "FAILED: $what"
		exit 1
	fi
	echo "ok $what"
}

step "a fresh Debian 12"
tools/debian_root.sh "$root"
mount -t proc proc "$root/proc"
inside apt-get update -q >"$base/log" 2>&1

step "install"
cp "$deb" "$root/tmp/gatehouse.deb"
inside apt-get install -y -q --no-install-recommends /tmp/gatehouse.deb >"$base/log" 2>&1 || { tail -n 20 "$base/log"; exit 1; }
need "the user is there, without a shell" inside sh -c 'getent passwd gatehouse | grep -q nologin'
need "/var/lib/gatehouse is 0700 and its user's" inside sh -c '[ "$(stat -c %a:%U /var/lib/gatehouse)" = 700:gatehouse ]'
need "the configuration is not for all to read" inside sh -c '[ "$(stat -c %a:%G /etc/gatehouse/gatehouse.yml)" = 640:gatehouse ]'
need "the unit is there" inside test -f /lib/systemd/system/gatehouse.service
need "no compiler came along" inside sh -c '! command -v cc gcc'
need "it says its version" inside gatehouse version

step "serve"
port=$((20000 + $$ % 10000))
begin=$(date +%s%N)
chroot "$root" setpriv --reuid gatehouse --regid gatehouse --init-groups env -i PATH=/usr/bin:/bin \
	gatehouse serve --config /etc/gatehouse/gatehouse.yml --listen "127.0.0.1:$port" \
	--base-url "http://127.0.0.1:$port" >"$base/serve.log" 2>&1 </dev/null &
pid=$!
answers=
for _ in $(seq 200); do
	if curl -fsS -o "$base/answer" "http://127.0.0.1:$port/.well-known/oauth-authorization-server" 2>/dev/null; then
		answers=yes
		break
	fi
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.05
done
[ -n "$answers" ] || { cat "$base/serve.log"; echo "FAILED: it does not answer within 10 s"; exit 1; }
echo "ok it answers after $((($(date +%s%N) - begin) / 1000000)) ms"
need "the metadata names the issuer" grep -q "http://127.0.0.1:$port" "$base/answer"
kill -TERM "$pid"
need "it ends on SIGTERM" wait "$pid"
pid=

step "remove"
inside apt-get purge -y -q gatehouse >"$base/log" 2>&1
need "the data stays" inside test -d /var/lib/gatehouse
need "nothing else does" inside sh -c '[ ! -e /usr/bin/gatehouse ] && [ ! -e /etc/gatehouse ]'
echo "the package is good"
