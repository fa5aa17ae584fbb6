# Read with `.` by conf/run.sh and tests/run.sh: say TEXT; need PACKAGE..., Debian's.

# nice and srtp2 and so on for media, libwebsockets and so on for signalling.
build_packages='cmake ninja-build gcc libc6-dev pkg-config libglib2.0-dev libssl-dev
    libnice-dev libsrtp2-dev libusrsctp-dev
    libwebsockets-dev libwebsockets-evlib-glib libjansson-dev libjwt-dev'
# Intel's; other processors do without.
[ "$(uname -m)" != x86_64 ] || build_packages="$build_packages libipsec-mb-dev"

say() {
    printf '==> %s\n' "$*" >&2
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "This needs root, and sudo is not here: $*"
        return 1
    fi
}

# Installs those that are missing; asks nobody and nothing where all of them are there.
need() {
    missing=
    for package in "$@"; do
        installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        say "These Debian packages are needed, and apt-get is not here:$missing"
        return 1
    fi
    say "Installing$missing"
    as_root apt-get -qq update
    # shellcheck disable=SC2086 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >&2
}
