#!/bin/sh
# Makes a minimal Debian 12 in DIR by debootstrap (as root), as the first step of trying something in a clean system.
# Mirror and proxy are those of this machine, asked when it runs.
#
#   tools/debian_root.sh DIR
set -eu
dir=$1

mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
	grep -v '^ *#' | grep -oE 'https?://[^ ]+' | grep -E '/debian/?$' | head -n 1)
mirror=${mirror:-http://deb.debian.org/debian}

# apt may have a proxy of its own; debootstrap's wget wants it in the environment.
proxy=$(apt-config dump 2>/dev/null | sed -n 's/^Acquire::http::Proxy "\(.*\)";/\1/p')
[ -z "$proxy" ] || export http_proxy="$proxy"

debootstrap --variant=minbase bookworm "$dir" "$mirror" >"$dir.log" 2>&1 || { tail -n 20 "$dir.log" >&2; exit 1; }
cp /etc/resolv.conf "$dir/etc/resolv.conf"
[ ! -f /etc/hosts ] || cp /etc/hosts "$dir/etc/hosts"
for f in /etc/apt/apt.conf /etc/apt/apt.conf.d/*proxy*; do
	[ ! -f "$f" ] || cp "$f" "$dir$f"
done
[ -z "$proxy" ] || echo "Acquire::http::Proxy \"$proxy\";" >"$dir/etc/apt/apt.conf.d/90proxy"
# No service starts while a package is installed.
printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d"
chmod +x "$dir/usr/sbin/policy-rc.d"
