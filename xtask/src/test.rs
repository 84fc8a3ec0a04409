//! `cargo xtask test`: cheap checks first, then level by level, and a table of what ran.
//!
//! The Rust tests are built once; each test binary is then run by itself, so that its tests can be counted at their
//! level. Nothing is skipped silently: what a level needs is installed, or the run fails. All that is printed and logged
//! is kept, and searched for the tokens of the tests.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use crate::command::{command, exists, is_root, output, run as run_command};
use crate::node::Node;
use crate::reasons::{explanation, reasons};
use crate::report::{Counts, Level, Report};
use crate::step::{say, step};
use crate::{canary, docker, programs, python, repo, web};

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these levels, such as L0,L2
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Leave out formatting and lints
    #[arg(long)]
    no_lint: bool,
    /// The long form of suites that have one (every Gradio major for the launcher)
    #[arg(long)]
    full: bool,
}

/// A test binary, as cargo built it.
#[derive(Debug)]
struct Suite {
    package: String,
    target: String,
    executable: PathBuf,
    folder: PathBuf,
}

/// Runs everything that was chosen.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let wanted = wanted(options)?;
    if !options.no_lint {
        lint()?;
    }
    let node = web::tools()?;
    if !options.no_lint {
        web::check(&node)?;
    }
    web::build(&node)?;
    let mut report = Report::default();
    // What an earlier run said is no part of this one; there may be nothing of it.
    drop(std::fs::remove_dir_all(repo::test_output()));
    let suites = build_tests()?;
    let (docker_suites, plain): (Vec<Suite>, Vec<Suite>) = suites
        .into_iter()
        .partition(|suite| suite.level() == Level::L5);
    run_suites(&plain, &wanted, &mut report)?;
    if wanted.contains(&Level::L0) {
        pure_parts(&node, &mut report)?;
    }
    if wanted
        .iter()
        .any(|level| matches!(level, Level::L5 | Level::L6 | Level::L7 | Level::L8))
    {
        let binary = prepare_engine()?;
        run_suites(&docker_suites, &wanted, &mut report)?;
        real_parts(&wanted, options, &binary, &mut report)?;
        if wanted.contains(&Level::L8) {
            worlds(&binary, &mut report)?;
        }
    }
    search_output(&wanted, &mut report)?;
    say(&format!("\n{}", report.text(&wanted)));
    if report.has_failures() {
        say(&what_failed(&report)?);
        bail!("some tests failed");
    }
    Ok(())
}

fn wanted(options: &Options) -> anyhow::Result<Vec<Level>> {
    if options.only.is_empty() {
        return Ok(Level::ALL.to_vec());
    }
    let level = |name: &String| {
        Level::ALL
            .into_iter()
            .find(|level| format!("{level:?}").eq_ignore_ascii_case(name))
            .with_context(|| format!("there is no level {name}"))
    };
    // Whatever runs, its output is searched.
    options
        .only
        .iter()
        .map(level)
        .chain([Ok(Level::Output)])
        .collect()
}

fn lint() -> anyhow::Result<()> {
    let cargo = env!("CARGO");
    step("Formatting", || {
        run_command(&mut command(cargo, &["fmt", "--all", "--check"]))?;
        Ok("clean")
    })?;
    step("Lints", || {
        let all = [
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "--deny",
            "warnings",
        ];
        run_command(&mut command(cargo, &all))?;
        Ok("clean")
    })?;
    step("Dependencies", || {
        if !exists("cargo-deny") {
            return Ok("not checked: cargo-deny is not installed");
        }
        run_command(&mut command(
            cargo,
            &["deny", "--offline", "check", "bans", "licenses", "sources"],
        ))?;
        Ok("clean")
    })?;
    Ok(())
}

fn build_tests() -> anyhow::Result<Vec<Suite>> {
    let mut suites = Vec::new();
    step("Tests are built", || {
        let arguments = [
            "test",
            "--locked",
            "--workspace",
            "--no-run",
            "--quiet",
            "--message-format=json",
        ];
        let messages = output(&mut command(env!("CARGO"), &arguments))?;
        suites = messages
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter_map(Suite::of)
            .collect();
        suites.sort_by(|a, b| {
            (a.level(), &a.package, &a.target).cmp(&(b.level(), &b.package, &b.target))
        });
        Ok(format!("{} test binaries", suites.len()))
    })?;
    Ok(suites)
}

impl Suite {
    /// The test binary in a message of cargo's, if it is about one.
    fn of(message: Value) -> Option<Self> {
        if !message["profile"]["test"].as_bool()? {
            return None;
        }
        let executable = PathBuf::from(message["executable"].as_str()?);
        let folder = Path::new(message["manifest_path"].as_str()?)
            .parent()?
            .to_owned();
        let package = folder.file_name()?.to_string_lossy().into_owned();
        let target = message["target"]["name"].as_str()?.to_owned();
        Some(Self {
            package,
            target,
            executable,
            folder,
        })
    }

    /// Where its tests belong.
    fn level(&self) -> Level {
        let is_lib = self.target == self.package.replace('-', "_");
        match self.package.as_str() {
            _ if self.target.starts_with("docker") => Level::L5,
            "playground-store" => Level::L1,
            "playground-control" if !is_lib => Level::L2,
            "playground-proxy" if !is_lib => Level::L4,
            "playground-agent" | "playground-client" | "playground-cli" | "playground-testkit" => {
                Level::L3
            }
            _ => Level::L0,
        }
    }

    fn run(&self) -> anyhow::Result<Counts> {
        // What passes is shown too: it is searched.
        let mut test = command(&self.executable, &["--show-output"]);
        test.current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env("RUST_LOG", canary::RUST_LOG);
        if self.level() == Level::L5 {
            // Two at a time: each brings up containers of its own on a machine with few cores.
            test.arg("--test-threads=2");
        }
        counted(&mut test, &kept(self.level(), &self.name())?)
    }

    fn name(&self) -> String {
        format!("{}/{}", self.package, self.target)
    }
}

fn run_suites(suites: &[Suite], wanted: &[Level], report: &mut Report) -> anyhow::Result<()> {
    for suite in suites
        .iter()
        .filter(|suite| wanted.contains(&suite.level()))
    {
        suite_step(suite.level(), &suite.name(), report, || suite.run())?;
    }
    Ok(())
}

/// What needs no engine and is not built by cargo for a test binary.
fn pure_parts(node: &Node, report: &mut Report) -> anyhow::Result<()> {
    let name = "the page's own tests";
    suite_step(Level::L0, name, report, || {
        counted(&mut web::tests(node), &kept(Level::L0, name)?)
    })?;
    let name = "examples in the client's documentation";
    suite_step(Level::L0, name, report, || {
        let arguments = [
            "test",
            "--locked",
            "--doc",
            "--package",
            "playground-client",
        ];
        counted(
            &mut command(env!("CARGO"), &arguments),
            &kept(Level::L0, name)?,
        )
    })?;
    step("Python", python::ensure)?;
    script(
        Level::L0,
        "launcher and install parts",
        "images/launcher/tests/run.py",
        &["--parts"],
        report,
    )
}

/// Agent and engine in a machine of their own, killed and visited at random for a bounded time.
fn worlds(binary: &Path, report: &mut Report) -> anyhow::Result<()> {
    let few = ["--minutes=0.5", "--apps=4", "--visitors=8"];
    for (name, verb, options) in [
        (
            "chaos for a minute, things compared",
            "chaos",
            &["--minutes=1"][..],
        ),
        (
            "visitors of sleeping apps, things compared",
            "presence",
            &few,
        ),
    ] {
        suite_step(Level::L8, name, report, || {
            of_a_world(name, || crate::chaos::short(verb, options, binary))
        })?;
    }
    Ok(())
}

/// Docker, the binary under test, and the base image.
fn prepare_engine() -> anyhow::Result<PathBuf> {
    step("Docker Engine", docker::ensure)?;
    step("What killed tests left is removed", docker::sweep)?;
    let mut binary = PathBuf::new();
    step("Binary", || {
        binary = crate::binary::build(crate::binary::Profile::Debug)?;
        Ok("built")
    })?;
    crate::binary::base_image(&binary)?;
    step("Python", python::ensure)?;
    // Tests make a machine of another network.
    step("ip", || programs::ensure(&[programs::IP]))?;
    Ok(binary)
}

fn real_parts(
    wanted: &[Level],
    options: &Options,
    binary: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    if wanted.contains(&Level::L5) {
        let majors: &[&str] = if options.full {
            &["--shapes"]
        } else {
            &["--shapes", "--no-timing", "--majors", "6"]
        };
        script(
            Level::L5,
            "launcher shapes on real Gradio",
            "images/launcher/tests/run.py",
            majors,
            report,
        )?;
    }
    if wanted.contains(&Level::L6) {
        step("nginx", || programs::ensure(&[programs::NGINX]))?;
        step("Compose", || programs::ensure(&[programs::COMPOSE]))?;
        contract(Level::L6, "contract", &[], binary, report)?;
    }
    if wanted.contains(&Level::L7) {
        step("Chromium", || programs::ensure(&programs::BROWSER))?;
        contract(Level::L7, "browser", &["--browser"], binary, report)?;
    }
    Ok(())
}

/// The Python suites, or those of them that drive a browser.
fn contract(
    level: Level,
    name: &str,
    options: &[&str],
    binary: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let binary = binary.to_string_lossy();
    let logs = repo::test_output().join(format!("{level:?}/{name}"));
    let logs = logs.to_string_lossy();
    let mut arguments = vec!["--binary", &binary, "--output", &logs];
    arguments.extend_from_slice(options);
    script(level, name, "python/contract/run.py", &arguments, report)
}

/// A run in a machine of its own: what was done and found is printed whether it holds or not.
fn of_a_world(
    name: &str,
    prepared: impl FnOnce() -> anyhow::Result<Command>,
) -> anyhow::Result<Counts> {
    if !is_root() && std::env::var_os("CI").is_none() {
        say("SKIPPED: this makes namespaces and a Docker Engine in them, which needs root");
        return Ok(Counts {
            skipped: 1,
            ..Counts::default()
        });
    }
    let ran = prepared()?
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()?;
    std::fs::write(kept(Level::L8, name)?, &ran.stdout)?;
    let text = String::from_utf8_lossy(&ran.stdout);
    say(&text);
    let mut counts = Counts::in_text(&text);
    if !ran.status.success() {
        counts.failed = counts.failed.max(1);
    }
    Ok(counts)
}

fn script(
    level: Level,
    name: &str,
    path: &str,
    arguments: &[&str],
    report: &mut Report,
) -> anyhow::Result<()> {
    suite_step(level, name, report, || {
        counted(
            command("python3", &[path])
                .args(arguments)
                .env("PLAYGROUND_CACHE", repo::cache()),
            &kept(level, name)?,
        )
    })
}

fn suite_step(
    level: Level,
    name: &str,
    report: &mut Report,
    work: impl FnOnce() -> anyhow::Result<Counts>,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut counts = Counts::default();
    step(&format!("{level:?} {name}"), || {
        counts = work()?;
        let Counts {
            passed,
            failed,
            skipped,
        } = counts;
        Ok(format!("{passed} passed, {failed} failed, {skipped} skipped").replace(',', " ·"))
    })?;
    report.add(level, name, counts, begun.elapsed());
    Ok(())
}

/// Where all that a suite prints is kept.
fn kept(level: Level, name: &str) -> anyhow::Result<PathBuf> {
    let folder = repo::test_output().join(format!("{level:?}"));
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("{}.log", name.replace(['/', ' '], "-"))))
}

/// Runs a test runner and counts what it says. One that fails without saying so failed all the same.
fn counted(test: &mut Command, kept: &Path) -> anyhow::Result<Counts> {
    let file = File::create(kept)?;
    let status = test.stdout(file.try_clone()?).stderr(file).status()?;
    let bytes = std::fs::read(kept)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut counts = Counts::in_text(&text);
    if !status.success() {
        say(&explanation(&text));
        say(&format!("all that it printed: {}", kept.display()));
        counts.failed = counts.failed.max(1);
    }
    if counts == Counts::default() && !text.contains("running 0 tests") {
        say(&text);
        bail!("{test:?} ran no test");
    }
    Ok(counts)
}

/// The reasons once more, at the end, where whoever reads only the end of a long output finds them.
fn what_failed(report: &Report) -> anyhow::Result<String> {
    let mut text = String::new();
    for (level, name) in report.failures() {
        let log = std::fs::read(kept(level, name)?).unwrap_or_default();
        let reasons = reasons(&String::from_utf8_lossy(&log));
        text.push_str(&format!("failed: {level:?} {name}\n{reasons}\n"));
    }
    Ok(text)
}

/// Looks for the tests' tokens in all that was kept.
fn search_output(wanted: &[Level], report: &mut Report) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut searched = canary::Searched::default();
    step("Token canary", || {
        searched = canary::search(&repo::test_output(), wanted)?;
        Ok(searched.to_string())
    })?;
    for complaint in searched.complaints() {
        say(&complaint);
    }
    let name = format!("token canary: {searched}");
    report.add(Level::Output, &name, searched.counts(), begun.elapsed());
    Ok(())
}
