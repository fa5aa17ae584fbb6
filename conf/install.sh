# Read with `.` by conf/run.sh and tests/run.sh: say TEXT; need PACKAGE..., Debian's.
# shellcheck shell=sh

# nice and srtp2 and so on for media, libwebsockets and so on for signalling, vpx for the load tester.
build_packages='cmake ninja-build gcc libc6-dev pkg-config libglib2.0-dev libssl-dev
    libnice-dev libsrtp2-dev libusrsctp-dev
    libwebsockets-dev libwebsockets-evlib-uv libwebsockets-evlib-glib libuv1-dev libjansson-dev libjwt-dev
    libvpx-dev'
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
    else
        sudo "$@"
    fi
}

# Installs those that are missing; asks nobody and nothing where all of them are there.
need() {
    missing=
    for package in "$@"; do
        case " $missing " in *" $package "*) continue ;; esac
        installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        say "These Debian packages are missing, and apt-get is not here to install them:$missing"
        return 1
    fi
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        say "Packages are missing, and sudo is not here. As root: apt-get install --no-install-recommends$missing"
        return 1
    fi
    say "Installing$missing"
    # shellcheck disable=SC2086 # a list of words
    as_root apt-get -qq update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >&2
}
