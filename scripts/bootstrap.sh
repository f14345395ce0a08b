#!/usr/bin/env bash
# Finds out what this machine lacks to build, measure and report, and installs it from the
# distribution's packages. What counts is whether a thing can be used, not which package it came
# from: a Boost or a Go installed by hand is as good. When nothing is missing nothing is touched.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly cxx=${CXX:-c++}

usage() {
    cat <<'END'
usage: scripts/bootstrap.sh [--no-install] [--dev] [--help]

  --no-install  only say what is missing and the command that installs it
  --dev         also the tools of the checks: git, ccache, clang-format, clang-tidy, gdb,
                shellcheck, mypy, black, flake8, doxygen, pkg-config, a compiler for aarch64, and
                nginx where no systemd would start it

Exit status: 0 nothing required is missing (any more), 1 an installation failed,
2 something required is missing, or the command line is wrong.
END
}

say() { printf 'bootstrap: %s\n' "$*" >&2; }

# --- probes: is it there, and does it work? ------------------------------------------------------

at_least() { # at_least WANTED FOUND
    [[ -n $2 ]] && [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]
}

compiles() { # compiles SOURCE LINKER_FLAG...
    local source=$1
    shift
    "$cxx" -std=c++20 -x c++ - -o /dev/null "$@" <<<"$source" 2>/dev/null
}

links() { # links HEADER LIBRARY...
    local header=$1
    shift
    compiles "#if !__has_include(<$header>)
#error
#endif
int main() {}" "${@/#/-l}"
}

has_compiler() {
    compiles '#include <version>
#if defined(__clang__) ? __clang_major__ < 14 : __GNUC__ < 12
#error
#endif
int main() {}'
}

has_boost() { # has_boost LIBRARY
    compiles '#include <boost/version.hpp>
#if BOOST_VERSION < 107400
#error
#endif
int main() {}' "-lboost_$1"
}

has_cmake() { at_least 3.25 "$(cmake --version 2>/dev/null | sed -n '1s/.* //p')"; }

has_go() {
    local go version
    for go in go /usr/local/go/bin/go /usr/lib/go-*/bin/go; do
        version=$(GOTOOLCHAIN=local "$go" env GOVERSION 2>/dev/null) || continue
        at_least 1.19 "${version#go}" && return
    done
    return 1
}

has_cargo() {
    at_least 1.85 "$(PATH=$PATH:~/.cargo/bin cargo --version 2>/dev/null | awk '{ print $2 }')"
}

# As it is loaded: in malloc's place, without its development package.
has_jemalloc() { compiles 'int main() {}' -l:libjemalloc.so.2; }

has_command() { command -v "$1" >/dev/null; }

has_nginx() { has_command nginx || [[ -x /usr/sbin/nginx ]]; }

# --- what is needed ------------------------------------------------------------------------------

# Debian 12's own Boost is 1.74; its 1.81 stands beside it under numbered names. Whichever version's
# headers are installed already decides, because the versions exclude each other.
boost_version() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'libboost1.*-dev' 2>/dev/null |
        sed -nE 's/^installed libboost(1\.[0-9]+)-dev$/\1/p' | sort -V | tail -n 1) || true
    if [[ -n $installed ]]; then
        echo "$installed"
    elif [[ ${ID:-}:${VERSION_ID:-} == debian:12 ]]; then
        echo 1.81
    fi
}

missing=()          # in words
packages=()         # their names on Debian and Ubuntu
optional_missing=() # the same for what the main job can do without
optional_packages=()

need() { # need WORDS PACKAGE PROBE...
    "${@:3}" || { missing+=("$1") packages+=("$2"); }
}

want() { # want WORDS PACKAGE PROBE...
    "${@:3}" || { optional_missing+=("$1") optional_packages+=("$2"); }
}

need_python() {
    "$here/find_python.sh" >/dev/null && return
    missing+=("Python 3.11 or newer with matplotlib, jinja2 and numpy")
    packages+=(python3 python3-matplotlib python3-jinja2 python3-numpy)
}

has_jsonschema() {
    local python
    python=$("$here/find_python.sh") && "$python" -c 'import jsonschema' 2>/dev/null
}

want_cargo() {
    has_cargo && return
    optional_missing+=("Rust 1.85 or newer (without it Tokio's rows are empty)")
    # Debian 12's is older: nothing that could be installed would help.
    [[ ${ID:-}:${VERSION_ID:-} == debian:12 ]] || optional_packages+=(cargo)
}

look() {
    missing=() packages=() optional_missing=() optional_packages=()
    local boost
    boost=$(boost_version)
    need "a C++20 compiler (GCC 12, Clang 14 or newer)" g++ has_compiler
    need "CMake 3.25 or newer" cmake has_cmake
    need "Ninja" ninja-build has_command ninja
    need "Boost.Context 1.74 or newer" "libboost-context$boost-dev" has_boost context
    need "Boost.Fiber 1.74 or newer" "libboost-fiber$boost-dev" has_boost fiber
    need "oneTBB" libtbb-dev links oneapi/tbb/version.h tbb
    need "Google Benchmark" libbenchmark-dev links benchmark/benchmark.h benchmark
    need "GoogleTest" libgtest-dev links gtest/gtest.h gtest gtest_main
    need "nlohmann::json" nlohmann-json3-dev links nlohmann/json.hpp
    need_python
    want "Go 1.19 or newer (without it Go's rows are empty)" golang-go has_go
    want_cargo
    want "Python's jsonschema (without it \`harness verify\` checks no schemas)" \
        python3-jsonschema has_jsonschema
    want "jemalloc (without it the rows with another malloc are empty)" libjemalloc2 has_jemalloc
    if [[ $dev == yes ]]; then
        local tool
        for tool in git ccache clang-format clang-tidy gdb shellcheck mypy black flake8 doxygen; do
            want "$tool" "$tool" has_command "$tool"
        done
        want "a C++ compiler for aarch64" g++-aarch64-linux-gnu \
            has_command aarch64-linux-gnu-g++
        want "pkg-config" pkgconf has_command pkg-config
        # Under systemd its package would put a web server on the machine for good.
        [[ -d /run/systemd/system ]] || want "nginx" nginx has_nginx
    fi
}

# --- what to do about it -------------------------------------------------------------------------

list_missing() {
    local thing
    for thing in "${missing[@]}"; do say "missing: $thing"; done
    for thing in "${optional_missing[@]}"; do say "missing, optional: $thing"; done
}

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# A package may bring a service; a test needs the program and nobody the service.
start_no_services() {
    local policy=/usr/sbin/policy-rc.d
    [[ ! -e $policy ]] || return 0
    printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "$@" >&2
}

install_packages() {
    say "installing with apt-get: ${packages[*]} ${optional_packages[*]}"
    as_root apt-get update >&2 || return
    [[ " ${optional_packages[*]} " != *" nginx "* ]] || start_no_services
    if ((${#packages[@]} > 0)); then
        apt_install "${packages[@]}" || return
    fi
    if ((${#optional_packages[@]} > 0)); then
        apt_install "${optional_packages[@]}" ||
            say "not installed: ${optional_packages[*]} (going on without)"
    fi
}

can_install() { has_command apt-get && { [[ $EUID -eq 0 ]] || has_command sudo; }; }

has_packages() { ((${#packages[@]} + ${#optional_packages[@]} > 0)); }

say_how() {
    if ! has_packages; then
        say "no package of this system has it"
    elif has_command apt-get; then
        say "to install: apt-get install ${packages[*]} ${optional_packages[*]} (as root)"
    else
        say "this is not a Debian or Ubuntu system: install the above with its own package manager"
    fi
}

main() {
    local install=yes
    dev=no
    while (($# > 0)); do
        case $1 in
            --no-install) install=no ;;
            --dev) dev=yes ;;
            --help | -h) usage && return 0 ;;
            *) say "unknown option '$1'" && usage >&2 && return 2 ;;
        esac
        shift
    done
    if [[ -r /etc/os-release ]]; then
        # shellcheck source=/dev/null
        . /etc/os-release
    fi
    look
    ((${#missing[@]} + ${#optional_missing[@]} > 0)) || return 0
    list_missing
    if [[ $install == yes ]] && can_install && has_packages; then
        install_packages || { say "apt-get failed" && return 1; }
        look
        list_missing
    else
        say_how
    fi
    ((${#missing[@]} == 0)) || return 2
}

main "$@"
