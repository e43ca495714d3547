#!/bin/sh
# Who may include whom. Reads tools/layers.txt and every source below src/, and says what breaks the rules:
#
#   * a folder includes only itself and what its line in layers.txt names, and that graph has no cycle;
#   * sockets, files and children are the business of net/, cmd/ and store/db_*.c (the core is sans-I/O);
#   * the clock is read once per request: what decides gets it as an argument;
#   * OpenSSL, libsodium, SQLite, libpq and the others have one includer each;
#   * functions that cannot be used safely are not used.
#
# One line per finding, `file:line: what`; exit status 1 if there is one.
set -eu
cd "$(dirname "$0")/.."

# shellcheck disable=SC2016 # the dollars are awk's
find src -name '*.[ch]' -type f | LC_ALL=C sort | xargs -r awk '
function find(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what
	bad = 1
}

# Strings and comments are not code. Keeps the line count.
function code_of(line,   out, a) {
	gsub(/\047(\\.|[^\\\047])\047/, "0", line)
	out = ""
	while (line != "") {
		if (in_comment) {
			a = index(line, "*/")
			if (!a)
				return out
			line = substr(line, a + 2)
			in_comment = 0
		}
		if (!match(line, /"|\/\*|\/\//))
			return out line
		out = out substr(line, 1, RSTART - 1)
		if (substr(line, RSTART, 1) == "\"") {
			line = substr(line, RSTART + 1)
			if (!match(line, /^(\\.|[^\\"])*"/))
				return out
			line = substr(line, RLENGTH + 1)
			out = out "\"\""
		} else if (substr(line, RSTART, 2) == "//") {
			return out
		} else {
			line = substr(line, RSTART + 2)
			in_comment = 1
		}
	}
	return out
}

# The one includer of a foreign library, or of a kind of I/O, as a pattern of paths below src/.
function owner_of(header) {
	if (header ~ /^openssl\//) return "^(crypto/|net/tls)"
	if (header ~ /^sodium(\.h|\/)/) return "^(crypto/|net/tls)"
	if (header ~ /^sqlite3\.h$/) return "^store/db_sqlite"
	if (header ~ /^libpq/) return "^store/db_pgsql"
	if (header ~ /^yaml\.h$/) return "^base/yaml"
	if (header ~ /^curl\//) return "^net/"
	if (header ~ /^(uv|seccomp|linux\/.*)\.h$/ || header ~ /^uv\//) return "^net/"
	if (header ~ /^sys\/(socket|un|epoll|eventfd|timerfd|signalfd|inotify|select|poll|sendfile|uio|stat|statvfs|file|wait|ioctl|prctl)\.h$/ ||
	    header ~ /^(fcntl|netdb|resolv|poll|dirent|spawn|termios|glob|ftw|syslog|arpa\/nameser)\.h$/)
		return "^(net/|cmd/|store/db_)"
	return ""
}

BEGIN {
	while ((getline line < "tools/layers.txt") > 0) {
		n++
		sub(/#.*/, "", line)
		if (line !~ /:/)
			continue
		split(line, half, ":")
		folder = half[1]
		gsub(/[ \t]/, "", folder)
		known[folder] = 1
		may[folder, folder] = 1
		count = split(half[2], names, /[ \t]+/)
		for (i = 1; i <= count; i++) {
			if (names[i] == "")
				continue
			# A folder may only name folders above it in the file: so there is no cycle.
			if (!(names[i] in known)) {
				printf "tools/layers.txt:%d: %s names %s, which does not stand above it\n", n, folder, names[i]
				bad = 1
			}
			may[folder, names[i]] = 1
		}
	}
}

FNR == 1 {
	in_comment = 0
	path = FILENAME
	sub(/^src\//, "", path)
	here = path
	sub(/\/.*/, "", here)
	if (path == here)
		find("a source belongs into a folder of src/")
	else if (!(here in known))
		find("src/" here " is not in tools/layers.txt")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	header = $0
	sub(/^[^"]*"/, "", header)
	sub(/".*/, "", header)
	if (header ~ /\.def$/ || header ~ /_gen\.h$/)
		next
	if (header !~ /\//) {
		find("\"" header "\": write the folder too, as in \"" here "/" header "\"")
		next
	}
	there = header
	sub(/\/.*/, "", there)
	if (!(there in known))
		find("\"" header "\": no folder of this name in tools/layers.txt")
	else if (!((here, there) in may))
		find(here "/ may not include " there "/ (\"" header "\"); see tools/layers.txt")
	next
}

/^[ \t]*#[ \t]*include[ \t]*</ {
	header = $0
	sub(/^[^<]*</, "", header)
	sub(/>.*/, "", header)
	owner = owner_of(header)
	if (owner != "" && path !~ owner)
		find("<" header "> may only be included by files matching " owner)
	next
}

{
	code = code_of($0)
	if (match(code, /(^|[^A-Za-z0-9_])(strcpy|strcat|strncpy|strncat|stpcpy|sprintf|vsprintf|gets|strtok|strtok_r|alloca|atoi|atol|atoll|atof|scanf|sscanf|fscanf|vsscanf|tmpnam|mktemp|system|popen)[ \t]*\(/)) {
		word = substr(code, RSTART, RLENGTH)
		gsub(/[^a-z_]/, "", word)
		find(word "() is banned")
	}
	# The two words of C that read a clock or sleep.
	if (here !~ /^(net|cmd|app|base|store)$/ &&
	    match(code, /(^|[^A-Za-z0-9_])(time|clock_gettime|gettimeofday|usleep|sleep|nanosleep)[ \t]*\(/)) {
		word = substr(code, RSTART, RLENGTH)
		gsub(/[^a-z_]/, "", word)
		find(word "(): the time is ctx->now, an argument")
	}
}

END { exit bad }
'
