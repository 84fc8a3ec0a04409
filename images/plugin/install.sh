#!/bin/sh
# Installs a plugin's requirements: the one install layer of the Dockerfile that the Agent generates. Runs as root.
#
#   RUN --mount=type=bind,source=.synapse/build,target=/run/synapse-build \
#       --mount=type=cache,target=/root/.cache/uv  sh /run/synapse-build/install.sh
#
# /run/synapse-build has install.sh, explain.py, requirements.txt, and if wanted: ca.crt, index.env, policy
# (wheels|source), exclude_newer (a date), constraints.txt, wheels/. README.md says what each one means.
# A failure ends with one line: SYNAPSE {"event":"install_error",...}
set -u

here=${SYNAPSE_BUILD_DIR:-/run/synapse-build}
export HOME=/root
log=$(mktemp)
status_file=$(mktemp)
borrowed=
trap 'rm -rf "$log" "$status_file" "$borrowed"' EXIT

say() { echo "synapse: $*"; }

# A mounted file that is empty or absent means "not wanted".
has() { [ -s "$here/$1" ]; }

find_python() {
    for candidate in "${VIRTUAL_ENV:-/nonexistent}/bin/python" "$(command -v python || true)" "$(command -v python3 || true)"; do
        if [ -n "$candidate" ] && [ -x "$candidate" ]; then
            echo "$candidate"
            return
        fi
    done
}

# The company's CA for every client there is. Only in this process: nothing is written to the image.
trust_ca() {
    has ca.crt || return 0
    export SSL_CERT_FILE="$here/ca.crt" REQUESTS_CA_BUNDLE="$here/ca.crt" PIP_CERT="$here/ca.crt" \
        CURL_CA_BUNDLE="$here/ca.crt" GIT_SSL_CAINFO="$here/ca.crt"
}

# KEY=VALUE lines are read, never executed.
read_index_settings() {
    has index.env || return 0
    while IFS='=' read -r key value || [ -n "$key" ]; do
        [ -n "$value" ] || continue
        case $key in
            SYNAPSE_INDEX_URL) export PIP_INDEX_URL="$value" UV_DEFAULT_INDEX="$value" ;;
            SYNAPSE_EXTRA_INDEX_URL) export PIP_EXTRA_INDEX_URL="$value" UV_INDEX="$value" ;;
            SYNAPSE_FIND_LINKS) export PIP_FIND_LINKS="$value" UV_FIND_LINKS="$value" ;;
            SYNAPSE_NO_INDEX) export PIP_NO_INDEX=1 UV_NO_INDEX=1 ;;
        esac
    done <"$here/index.env"
}

# Runs a command, shows its output as it comes and keeps it for explain.py. POSIX sh has no pipefail.
run_logged() {
    : >"$log"
    { "$@" 2>&1; echo $? >"$status_file"; } | tee "$log"
    # Killed, as processes are that run out of memory: what comes after would be, too, and the Agent knows the code.
    [ "$(cat "$status_file")" != 137 ] || exit 137
    return "$(cat "$status_file")"
}

# The platform promises gradio, so it is asked for even where the plugin does not: a resolver that knows of it refuses
# requirements under which it could not be imported. Without the limit it would go back to a Gradio of years ago.
run_with_requirements() {
    set -- "$@" -r "$here/requirements.txt"
    grep -qiE '^[[:space:]]*gradio([^a-z0-9_.-]|$)' "$here/requirements.txt" || set -- "$@" 'gradio>=5'
    [ "$policy" != wheels ] || set -- "$@" --only-binary :all:
    ! has constraints.txt || set -- "$@" -c "$here/constraints.txt"
    [ ! -d "$here/wheels" ] || set -- "$@" --find-links "$here/wheels"
    run_logged "$@"
}

install_with_uv() {
    set -- "$uv" pip install --python "$python"
    [ -z "$outside" ] || set -- "$@" --break-system-packages
    # What the base image has already may be too new for a Gradio of that date, and uv would keep it.
    [ -z "$date_limit" ] || set -- "$@" --exclude-newer "$date_limit" --reinstall
    # uv writes no byte code unless asked, and every start of the app would take seconds longer.
    UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never run_with_requirements "$@"
}

install_with_pip() {
    set -- "$python" -m pip install --no-cache-dir --disable-pip-version-check --no-input --progress-bar off
    [ -z "$outside" ] || set -- "$@" --break-system-packages
    PIP_ROOT_USER_ACTION=ignore run_with_requirements "$@"
}

# Old Gradio needs packages of its own time, and only uv can choose by date. It goes to a folder that is thrown away.
borrow_uv() {
    say "this image has no uv; borrowing it for the date limit $date_limit"
    borrowed=$(mktemp -d)
    run_logged "$python" -m pip install --no-cache-dir --disable-pip-version-check --no-input --progress-bar off \
        --target "$borrowed" "uv>=0.9,<0.14" || return 1
    uv=$borrowed/bin/uv
    [ -x "$uv" ]
}

explained() { "$python" "$here/explain.py" "$log" "$@"; }

# Is it worth asking pip after uv has failed? It takes requirements that uv does not read, and builds in its own way. But
# uv's resolver is complete: what contradicts itself for uv, pip would only try for minutes.
pip_may_know_better() {
    [ -z "$date_limit" ] || return 1
    "$python" -m pip --version >/dev/null 2>&1 || return 1
    case $(explained --field kind) in
        no_such_package | no_such_version | needs_source_build | version_conflict | broken_package | network | tls | disk_full | python_version) return 1 ;;
    esac
}

# pip says "no such version" for a package that only has source code; the index knows better.
ask_index_for_sources() {
    case $(explained --field kind) in
        no_such_package | no_such_version) ;;
        *) return 0 ;;
    esac
    name=$(explained --field package)
    [ -z "$name" ] || "$python" -m pip index versions "$name" >>"$log" 2>/dev/null || true
}

fail() {
    explained
    exit 1
}

policy=$(head -n 1 "$here/policy" 2>/dev/null | tr -d '[:space:]')
case ${policy:=wheels} in
    wheels | source) ;;
    *) say "unknown policy '$policy'"; exit 64 ;;
esac
date_limit=$(head -n 1 "$here/exclude_newer" 2>/dev/null | tr -d '[:space:]')
uv=$(command -v uv || true)
python=$(find_python)
if [ -z "$python" ]; then
    echo 'SYNAPSE {"event": "install_error", "kind": "python_version", "message": "The base image has no Python."}'
    exit 1
fi
# Debian's own Python refuses installs outside of a virtual environment.
outside=$("$python" -c 'import os, sys, sysconfig
managed = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
print("yes" if sys.prefix == sys.base_prefix and os.path.exists(managed) else "")')

trust_ca
read_index_settings
[ -f "$here/requirements.txt" ] || { say "no requirements.txt"; exit 64; }
[ -n "$uv" ] || [ -z "$date_limit" ] || borrow_uv || fail

say "installing with $([ -n "$uv" ] && echo uv || echo pip), policy $policy, $("$python" --version 2>&1)"
if [ -n "$uv" ]; then
    if ! install_with_uv; then
        pip_may_know_better || fail
        uv_kind=$(explained --field kind) uv_event=$(explained)
        say "uv could not install the requirements; trying once more with pip"
        if ! install_with_pip; then
            [ "$uv_kind" != unknown ] || fail
            echo "$uv_event"
            exit 1
        fi
    fi
elif ! install_with_pip; then
    [ "$policy" != wheels ] || ask_index_for_sources
    fail
fi
# uv leaves it behind, writable by everybody.
rm -f "$("$python" -c 'import sys; print(sys.prefix)')/.lock"
say "installed"
