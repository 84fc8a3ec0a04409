//! The seed's literal way: an image from its three Dockerfile lines with pip, the app run as a plain script.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;

use super::ready::wait_until_ready;
use super::{copy, try_docker};
use crate::command::{command, output, run as run_command};

/// Port of the plain container, outside the Agent's range.
const PLAIN_PORT: u16 = 18790;
/// The plain image, and the base it is made from.
const PLAIN_IMAGE: &str = "playground-bench-plain";
const PLAIN_BASE: &str = "playground-bench-python";

/// The seed's literal way.
#[derive(Debug)]
pub(super) struct Plain {
    folder: PathBuf,
}

impl Plain {
    pub(super) fn prepare(work: &Path, example: &Path) -> anyhow::Result<Self> {
        let folder = copy(example, &work.join("plain"))?;
        let requirements = folder.join("requirements.txt");
        let named = std::fs::read_to_string(&requirements).unwrap_or_default();
        // The seed: gradio is included automatically. The same version as in our base, so that the work is the same.
        std::fs::write(&requirements, format!("{named}\n{}\n", gradio_of_base()?))?;
        // The seed's three lines, to the letter.
        std::fs::write(
            folder.join("Dockerfile"),
            format!(
                "FROM {PLAIN_BASE}\n\nCOPY . .\nRUN pip install --no-cache-dir -r requirements.txt\n"
            ),
        )?;
        plain_base(work)?;
        Ok(Self { folder })
    }

    /// What its author edits.
    pub(super) fn app(&self) -> PathBuf {
        self.folder.join("plugin/gradio_interface.py")
    }

    /// As its author builds it again: what Docker has cached is used.
    pub(super) fn build_again(&self) -> anyhow::Result<()> {
        docker_build(&self.folder, PLAIN_IMAGE, &[])
    }

    /// Nothing cached but the base, as the first create of a plugin meets it.
    pub(super) fn build(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        docker_build(&self.folder, PLAIN_IMAGE, &["--no-cache"])?;
        Ok(begun.elapsed())
    }

    /// From `docker run` to the first HTTP answer. Its end is no part of it.
    pub(super) fn start(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let publish = format!("127.0.0.1:{PLAIN_PORT}:7860");
        let environment = [
            "--env",
            "GRADIO_SERVER_NAME=0.0.0.0",
            "--env",
            "GRADIO_SERVER_PORT=7860",
            "--env",
            "PYTHONPATH=/app",
        ];
        let mut arguments = vec!["run", "--detach", "--rm", "--publish", &publish];
        arguments.extend(environment);
        arguments.extend([PLAIN_IMAGE, "python", "plugin/gradio_interface.py"]);
        let id = output(&mut command("docker", &arguments))?;
        let ready = wait_until_ready(PLAIN_PORT);
        let took = begun.elapsed();
        run_command(command("docker", &["kill", id.trim()]).stdout(Stdio::null()))?;
        ready?;
        Ok(took)
    }
}

/// A base with Python and pip and nothing else, which trusts what this machine trusts. Making it is not measured.
fn plain_base(work: &Path) -> anyhow::Result<()> {
    let folder = work.join("plain-base");
    std::fs::create_dir_all(&folder)?;
    let certificates = std::fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    std::fs::write(folder.join("ca.crt"), &certificates)?;
    let trust = if certificates.is_empty() {
        ""
    } else {
        "ENV PIP_CERT=/ca.crt\n"
    };
    let root = root_image()?;
    std::fs::write(
        folder.join("Dockerfile"),
        format!(
            "FROM {root}\nCOPY ca.crt /ca.crt\n{trust}RUN python3 -m venv /venv\nENV PATH=/venv/bin:/usr/bin:/bin\nWORKDIR /app\n"
        ),
    )?;
    docker_build(&folder, PLAIN_BASE, &[])
}

fn docker_build(folder: &Path, tag: &str, more: &[&str]) -> anyhow::Result<()> {
    let folder = folder.to_string_lossy();
    let arguments = [&["build", "--quiet", "--tag", tag, &folder], more].concat();
    // The builder that every engine has, whatever plugins the command line lacks.
    run_command(
        command("docker", &arguments)
            .env("DOCKER_BUILDKIT", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )
}

/// Removes both images.
pub(super) fn forget() {
    try_docker(&["rmi", "--force", PLAIN_IMAGE, PLAIN_BASE]);
}

/// `gradio==...` of our base image.
fn gradio_of_base() -> anyhow::Result<String> {
    let label = inspect(
        "synapse-gradio-base:latest",
        "{{ index .Config.Labels \"synapse.base.packages\" }}",
    )?;
    let packages: Value =
        serde_json::from_str(&label).context("the base image names no packages")?;
    Ok(format!(
        "gradio=={}",
        packages["gradio"]
            .as_str()
            .context("the base image has no gradio")?
    ))
}

/// The image that our base was made from: Python and nothing else.
fn root_image() -> anyhow::Result<String> {
    for repository in ["python:3.12-slim", "synapse-gradio-root"] {
        let arguments = ["images", "--quiet", repository];
        let images = output(&mut command("docker", &arguments))?;
        if let Some(id) = images.lines().next() {
            return Ok(id.to_owned());
        }
    }
    anyhow::bail!("the image that the base was made from is not there")
}

fn inspect(image: &str, format: &str) -> anyhow::Result<String> {
    output(
        command("docker", &["image", "inspect", "--format", format, image]).stderr(Stdio::null()),
    )
}
