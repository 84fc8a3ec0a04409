//! The Dockerfile: fixed text around the operator's base image.
//!
//! Steps that change least come first. Requirements have a layer of their own that does not depend on the plugin's code,
//! so an edit reinstalls nothing, and the step before it is the same for every plugin.

use super::{BaseImage, Builder, Install, RecipeOptions};

/// The classic builder leaves an image without a name for every stage and for every failed build, and they hold what the
/// install stage was given: these labels of ours are on all of them, so that they are found and removed.
const CLASSIC_LABELS: &str = "\
ARG SYNAPSE_AGENT
LABEL synapse.managed-by=synapse-playground synapse.agent=\"$SYNAPSE_AGENT\"
";

/// Makes any image with Python fit: a `python`, a home and an app folder of the user without rights.
const PREPARE: &str = "\
RUN command -v python >/dev/null || ln -s \"$(command -v python3)\" /usr/local/bin/python \\
        || { echo 'the base image has no python3' >&2; exit 69; }; \\
    for folder in /home/plugin /app; do \\
        [ -d \"$folder\" ] && [ \"$(stat -c %u \"$folder\")\" = 65532 ] \\
            || { mkdir -p \"$folder\" && chown 65532:65532 \"$folder\"; }; \\
    done
";

/// Run where the requirements lie, for relative paths in them are meant from there. Wheels-only steps run no foreign code, so they may share what they downloaded.
const INSTALL_WHEELS: &str = "\
RUN --mount=type=bind,source=.synapse/build,target=/run/synapse-build \\
    --mount=type=cache,id=synapse-uv,target=/root/.cache/uv \\
    cd /run/synapse-build && sh install.sh
";

const INSTALL_SOURCE: &str = "\
RUN --mount=type=bind,source=.synapse/build,target=/run/synapse-build \\
    cd /run/synapse-build && sh install.sh
";

/// Without mounts the settings would stay in a layer, so they stay in a stage; what its installation changed is copied
/// over the same base.
const CLASSIC_STAGE: &str = "\
COPY .synapse/build/ /run/synapse-build/
RUN cd /run/synapse-build && python -IB changes.py before && sh install.sh && python -IB changes.py after
";

const CLASSIC_COPY: &str = "\
COPY --from=install /changes/ /
RUN xargs -0 rm -rf -- </opt/synapse-removed
";

/// Byte code is compiled once here and not at every start; a file that does not compile is the launcher's to report.
/// Isolated, so that no module of the plugin stands in for one of Python's.
const FILES: &str = "\
COPY .synapse/image/ /opt/synapse/
COPY --chown=65532:65532 app/ /app/
RUN { python -I -m compileall -qq /opt/synapse /app; \\
      find /app -name __pycache__ -exec chown -R 65532:65532 {} +; } >/dev/null 2>&1 || true
";

/// The code of a live container comes later, into the container.
const FILES_WITHOUT_CODE: &str = "\
COPY .synapse/image/ /opt/synapse/
RUN python -I -m compileall -qq /opt/synapse >/dev/null 2>&1 || true
";

const RUN_TIME: &str = "\
ENV HOME=/home/plugin LANG=C.UTF-8 PYTHONUNBUFFERED=1
WORKDIR /app
EXPOSE 7860
USER 65532:65532
CMD [\"python\", \"/opt/synapse/launch.py\"]
";

/// The whole text.
pub(super) fn text(
    base: &BaseImage,
    options: &RecipeOptions,
    installs: bool,
    has_code: bool,
) -> String {
    let files = if has_code { FILES } else { FILES_WITHOUT_CODE };
    let from = format!("FROM {}", base.safe_reference());
    let labels = match options.builder {
        Builder::BuildKit => "",
        Builder::Classic => CLASSIC_LABELS,
    };
    let begin = format!("{from}\n{labels}USER 0\n{PREPARE}");
    match (options.builder, options.install) {
        _ if !installs => format!("{begin}{files}{RUN_TIME}"),
        (Builder::BuildKit, Install::Wheels) => format!("{begin}{INSTALL_WHEELS}{files}{RUN_TIME}"),
        (Builder::BuildKit, Install::Source) => format!("{begin}{INSTALL_SOURCE}{files}{RUN_TIME}"),
        (Builder::Classic, _) => {
            format!(
                "{from} AS install\n{labels}USER 0\n{PREPARE}{CLASSIC_STAGE}\n{begin}{CLASSIC_COPY}{files}{RUN_TIME}"
            )
        }
    }
}
