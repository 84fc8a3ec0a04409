#!/bin/sh
# Makes the root file system of the base image from Debian packages, for machines that reach no container registry.
#
#   images/base/bootstrap.sh OUT.tar [SUITE]
#   docker import --change 'ENV PATH=...' OUT.tar synapse-gradio-root
#
# The apt sources, keys and settings of this machine are used, so its mirrors and proxies are too. Runs as root; needs
# mmdebstrap or debootstrap. Prints one line with the time and the size.
set -eu

out=${1:?usage: bootstrap.sh OUT.tar [SUITE]}
suite=${2:-bookworm}

# libgomp: torch, scikit-learn, faiss. libglib: opencv (also the headless one). The compiler is not here: wheels are the
# normal case, and an image for source builds is the operator's choice.
packages=python3,python3-venv,ca-certificates,libgomp1,libglib2.0-0,tzdata,media-types
began=$(date +%s)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# Only what has the suite with its component main, as Debian, Ubuntu and every mirror of them has: a machine's other
# repositories have no business in the image.
debian_sources() {
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] && grep -E "^deb .*[ /]$suite[^ ]* (.* )?main( |\$)" "$file" || true
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        if [ -f "$file" ] && grep -q "^Suites:.*$suite" "$file" && grep -q "^Components:.* main" "$file"; then
            cat "$file"
            echo
        fi
    done
}
debian_sources >"$work/debian.sources"
if ! grep -q . "$work/debian.sources"; then
    echo "bootstrap.sh: no apt source of this machine has the suite $suite" >&2
    exit 66
fi

# Removed after the installation: nothing of it is read by a running container.
cat >"$work/clean.sh" <<'CLEAN'
set -eu
root=$1
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/debconf/*-old "$root"/var/log/*.log \
    "$root"/var/log/apt "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/info "$root"/usr/share/lintian \
    "$root"/usr/share/locale "$root"/usr/share/gcc "$root"/usr/share/gdb "$root"/tmp/* "$root"/etc/machine-id
find "$root" -xdev -name __pycache__ -prune -exec rm -rf {} +
find "$root" -xdev -type f -perm /6000 -exec chmod ug-s {} +
# What names this machine, its mirrors and its proxies stays out of the image.
rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/etc/apt/apt.conf.d/99mmdebstrap \
    "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
: >"$root"/etc/hostname
: >"$root"/etc/resolv.conf
CLEAN

failed() {
    tail -n 20 "$work/log" >&2
    exit 1
}

with_mmdebstrap() {
    # A root that has merged /usr from the start needs no usrmerge, and so no perl (46 MiB).
    merged=/usr/share/mmdebstrap/hooks/merged-usr
    if [ -d "$merged" ]; then
        case $suite in
        # Before there was such a package.
        bullseye | focal | jammy) ;;
        *) packages=$packages,usr-is-merged ;;
        esac
        set -- "--hook-dir=$merged"
    fi
    mmdebstrap --quiet "$@" --mode=root --variant=minbase --format=directory --include="$packages" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='APT::Install-Recommends "false"' \
        "$suite" "$work/root" - <"$work/debian.sources" >"$work/log" 2>&1 || failed
}

with_debootstrap() {
    mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\).*/\2/p' "$work/debian.sources" | head -n 1)
    debootstrap --variant=minbase --include="$packages" "$suite" "$work/root" "$mirror" >"$work/log" 2>&1 || failed
}

if command -v mmdebstrap >/dev/null; then
    with_mmdebstrap
elif command -v debootstrap >/dev/null; then
    with_debootstrap
else
    echo "bootstrap.sh: install mmdebstrap (or debootstrap) first" >&2
    exit 69
fi
sh "$work/clean.sh" "$work/root"

# /dev is the container engine's.
tar --numeric-owner --one-file-system --exclude=./dev -C "$work/root" -cf "$out.part" .
mv "$out.part" "$out"
echo "bootstrapped $suite in $(($(date +%s) - began)) s, $(($(stat -c %s "$out") / 1048576)) MiB"
