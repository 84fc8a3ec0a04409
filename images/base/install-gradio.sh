#!/bin/sh
# The one install layer of the base image. Called by the Dockerfile: install-gradio.sh UV_VERSION GRADIO_VERSION
set -eu

uv_version=$1
gradio_version=$2
export HOME=/root
settings=/run/synapse-build

if [ -s "$settings/ca.crt" ]; then
    export SSL_CERT_FILE="$settings/ca.crt" REQUESTS_CA_BUNDLE="$settings/ca.crt" PIP_CERT="$settings/ca.crt"
fi
if [ -s "$settings/index.env" ]; then
    while IFS='=' read -r key value; do
        case $key in
            SYNAPSE_INDEX_URL) export PIP_INDEX_URL="$value" UV_DEFAULT_INDEX="$value" ;;
            SYNAPSE_EXTRA_INDEX_URL) export PIP_EXTRA_INDEX_URL="$value" UV_INDEX="$value" ;;
            SYNAPSE_FIND_LINKS) export PIP_FIND_LINKS="$value" UV_FIND_LINKS="$value" ;;
            SYNAPSE_NO_INDEX) [ -z "$value" ] || export PIP_NO_INDEX=1 UV_NO_INDEX=1 ;;
        esac
    done <"$settings/index.env"
fi

python3 -m venv /opt/venv
# pip stays in the environment: plugins may ask for it, and install.sh falls back on it.
/opt/venv/bin/python -m pip install --no-cache-dir --quiet "uv==$uv_version"
rm -f /opt/venv/bin/uvx

# uv writes no byte code unless told to; without it every start compiles some 1,500 modules.
UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy /opt/venv/bin/uv pip install --quiet --python /opt/venv/bin/python \
    --only-binary :all: "gradio==$gradio_version"
# Their own test suites are a tenth of the image; nothing imports them, and both installers replace a package without them.
for package in pandas numpy; do
    find /opt/venv/lib -path "*/site-packages/$package/*" -type d -name tests -prune -exec rm -rf {} +
done
# Byte code of the standard library, where the root image came without it (Debian's python3-minimal compiles a part).
/opt/venv/bin/python -m compileall -q "$(/opt/venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["stdlib"])')" \
    -x '/(test|tests|idlelib|lib2to3|turtledemo|site-packages|dist-packages)/' >/dev/null 2>&1 || true

groupadd --gid 65532 plugin
useradd --uid 65532 --gid 65532 --home-dir /home/plugin --create-home --shell /usr/sbin/nologin plugin
install -d -o 65532 -g 65532 -m 0755 /app /home/plugin/.cache
rm -rf /home/plugin/.bash* /home/plugin/.profile /var/log/lastlog /var/log/faillog /tmp/* /root/.cache/pip

# Nothing in the image may raise its rights.
find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
# uv leaves it behind, writable by everybody.
rm -f /opt/venv/.lock
