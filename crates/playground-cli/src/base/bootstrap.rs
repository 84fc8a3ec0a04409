//! A root file system from this machine's own packages, for sites that reach no registry.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use playground_types::Digest;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::recipe::BOOTSTRAP;
use crate::human::size;
use crate::language::say;
use crate::progress::{Progress, Step};

const OS_RELEASE: &str = "/etc/os-release";
const TOOL: &str = "mmdebstrap";

/// What this machine is.
#[derive(Debug)]
pub(super) struct Host {
    name: String,
    family: String,
    suite: Option<String>,
    is_root: bool,
}

impl Host {
    pub(super) fn look() -> Self {
        let text = std::fs::read_to_string(OS_RELEASE).unwrap_or_default();
        Self::of(&text, is_root())
    }

    fn of(os_release: &str, is_root: bool) -> Self {
        let field = |name: &str| {
            os_release
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                .map(|value| value.trim().trim_matches('"').to_owned())
                .filter(|value| !value.is_empty())
        };
        Self {
            name: field("PRETTY_NAME")
                .unwrap_or_else(|| say("an unknown system", "알 수 없는 시스템")),
            family: format!(
                " {} {} ",
                field("ID").unwrap_or_default(),
                field("ID_LIKE").unwrap_or_default()
            ),
            suite: field("VERSION_CODENAME"),
            is_root,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The release of its packages, such as `bookworm`.
    pub(super) fn suite(&self) -> &str {
        self.suite.as_deref().unwrap_or("none")
    }

    /// Whether a root can be made here, or why not.
    pub(super) fn can_bootstrap(&self) -> Result<(), String> {
        let is_debian = [" debian ", " ubuntu "]
            .iter()
            .any(|family| self.family.contains(family));
        if !is_debian || self.suite.is_none() {
            let name = &self.name;
            return Err(say(
                format!("a root is made from Debian's or Ubuntu's packages, and this is {name}"),
                format!(
                    "루트 파일 시스템은 Debian이나 Ubuntu의 패키지로만 만들 수 있습니다(이 시스템: {name})"
                ),
            ));
        }
        if !self.is_root {
            return Err(say(
                "making a root from packages needs root",
                "패키지로 루트 파일 시스템을 만들려면 root 권한이 필요합니다",
            ));
        }
        Ok(())
    }
}

/// The tar of a root, made now or earlier.
pub(super) async fn root(
    host: &Host,
    cache: &Path,
    progress: &Progress,
) -> anyhow::Result<PathBuf> {
    let digest = Digest::of(BOOTSTRAP.as_bytes());
    let tar = cache.join(format!("root-{}-{}.tar", host.suite(), &digest.hex()[..12]));
    if tar.is_file() {
        let shown = tar.display();
        progress.line(&say(
            format!("using the root in {shown}"),
            format!("만들어 둔 루트 파일 시스템을 씁니다: {shown}"),
        ));
        return Ok(tar);
    }
    std::fs::create_dir_all(cache).with_context(|| {
        let shown = cache.display();
        say(
            format!("{shown} cannot be made"),
            format!("디렉터리를 만들 수 없습니다: {shown}"),
        )
    })?;
    ensure_tool(progress).await?;
    let script = tempfile::NamedTempFile::new()?;
    std::fs::write(script.path(), BOOTSTRAP)?;
    let suite = host.suite();
    let mut step = progress.step(say(
        format!("bootstrapping a root of {suite}"),
        format!("루트 파일 시스템 만들기({suite})"),
    ));
    let mut command = Command::new("sh");
    command.arg(script.path()).arg(&tar).arg(host.suite());
    run(command, &mut step).await.with_context(|| {
        say(
            "no root could be made from packages",
            "패키지로 루트 파일 시스템을 만들지 못했습니다",
        )
    })?;
    let (bytes, shown) = (size(std::fs::metadata(&tar)?.len()), tar.display());
    step.done(&say(
        format!("{bytes} in {shown}"),
        format!("{bytes}, {shown}"),
    ));
    Ok(tar)
}

/// Installs the tool where it is missing. Only root comes this far.
async fn ensure_tool(progress: &Progress) -> anyhow::Result<()> {
    let is_there = |tool: &str| {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(tool).is_file()))
    };
    if is_there(TOOL) || is_there("debootstrap") {
        return Ok(());
    }
    let mut step = progress.step(say(
        format!("installing {TOOL} on this machine with apt"),
        format!("apt로 이 컴퓨터에 설치하기: {TOOL}"),
    ));
    let install = || {
        let mut command = Command::new("apt-get");
        command
            .args([
                "install",
                "--yes",
                "--quiet",
                "--no-install-recommends",
                TOOL,
            ])
            .env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    if run(install(), &mut step).await.is_err() {
        // A fresh machine has no package lists yet.
        let mut update = Command::new("apt-get");
        update.args(["update", "--quiet"]);
        run(update, &mut step).await?;
        run(install(), &mut step).await.with_context(|| {
            say(
                format!("{TOOL} cannot be installed: install it by hand"),
                format!("설치할 수 없습니다: {TOOL}. 직접 설치하세요"),
            )
        })?;
    }
    step.done("");
    Ok(())
}

/// Runs a command and shows what it prints.
async fn run(mut command: Command, step: &mut Step) -> anyhow::Result<()> {
    let name = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| {
            say(
                format!("{name} cannot be run"),
                format!("실행할 수 없습니다: {name}"),
            )
        })?;
    let mut out = child.stdout.take().map(|out| BufReader::new(out).lines());
    let mut err = child.stderr.take().map(|err| BufReader::new(err).lines());
    let mut last = String::new();
    while out.is_some() || err.is_some() {
        // Cancel-safe: reading lines keeps what it has read when another branch wins.
        let line = tokio::select! {
            line = next(&mut out), if out.is_some() => line,
            line = next(&mut err), if err.is_some() => line,
        };
        if let Some(line) = line {
            step.log(&line);
            last = line;
        }
    }
    let status = child.wait().await?;
    if !status.success() {
        bail!(say(
            format!("{name} ended with {status}: {last}"),
            format!("{name} 실패({status}): {last}"),
        ));
    }
    Ok(())
}

type Lines<R> = tokio::io::Lines<BufReader<R>>;

/// The next line; the reader is put away at its end.
async fn next<R: tokio::io::AsyncRead + Unpin>(lines: &mut Option<Lines<R>>) -> Option<String> {
    let line = match lines {
        Some(lines) => lines.next_line().await.ok().flatten(),
        None => None,
    };
    if line.is_none() {
        *lines = None;
    }
    line
}

/// Whether this process may do everything: the owner of its own entry in `/proc`.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBIAN: &str =
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_CODENAME=bookworm\n";

    #[test]
    fn only_root_on_debian_and_its_kin_can_bootstrap() {
        let debian = Host::of(DEBIAN, true);
        assert_eq!(
            (debian.suite(), debian.can_bootstrap()),
            ("bookworm", Ok(()))
        );
        assert!(
            Host::of(DEBIAN, false)
                .can_bootstrap()
                .unwrap_err()
                .contains("root")
        );
        let mint = "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_CODENAME=wilma\n";
        assert_eq!(Host::of(mint, true).can_bootstrap(), Ok(()));
        let fedora = Host::of("PRETTY_NAME=\"Fedora Linux 43\"\nID=fedora\n", true);
        assert!(
            fedora
                .can_bootstrap()
                .unwrap_err()
                .contains("Fedora Linux 43")
        );
        assert!(Host::of("", true).can_bootstrap().is_err());
    }
}
