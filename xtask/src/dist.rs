//! `cargo xtask dist`: what is given to people who do not build it.
//!
//! ```text
//! page ─▶ static binary ─┬▶ archive (with completions, manual pages)
//!                        ├▶ wheel of the command line      SDK ─▶ wheel
//!                        └▶ image of the Agent, compose.yaml
//! each is tried as its user would, then summed up in SHA256SUMS
//! ```

mod archive;
mod wheels;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::command::{command, output, run as run_command};
use crate::step::{say, step};
use crate::{docker, image, python, repo, web};

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where it goes
    #[arg(long, default_value = "dist")]
    out: PathBuf,
}

/// The platform that is built for: this machine's.
fn triple() -> anyhow::Result<String> {
    let told = output(&mut command("rustc", &["--version", "--verbose"]))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}

/// Makes everything.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let out = repo::root().join(&options.out);
    begin(&out)?;
    let triple = triple()?;
    step("Python", python::ensure)?;
    step("Docker Engine", docker::ensure)?;
    let node = web::tools()?;
    web::build(&node)?;
    let mut binary = PathBuf::new();
    step("Static binary", || {
        binary = build(&triple)?;
        let megabytes = fs::metadata(&binary)?.len() / 1_000_000;
        Ok(format!("{megabytes} MB, needs no library"))
    })?;
    let version = env!("CARGO_PKG_VERSION");
    step("Archive", || {
        archive::make(&binary, &out, &format!("playground-{version}-{triple}"))
    })?;
    wheels::make(&out, &triple)?;
    step("Image", || {
        let tag = format!("{}:{version}", image::NAME);
        image::make(&binary, &tag)?;
        let latest = format!("{}:latest", image::NAME);
        run_command(&mut command("docker", &["tag", &tag, &latest]))?;
        let told = output(&mut command("docker", &["run", "--rm", &tag, "--version"]))?;
        ensure!(told.contains(version), "the image says {told:?}");
        // Under the name that compose.yaml has for it.
        image::save(
            &latest,
            &out.join(format!("playground-agent-{version}.tar")),
        )?;
        Ok(tag)
    })?;
    fs::copy(
        repo::root().join("deploy/compose.yaml"),
        out.join("compose.yaml"),
    )?;
    step("Sums", || sums(&out))?;
    say(&format!("\nall of it is in {}", out.display()));
    Ok(())
}

/// An empty folder. Only what an earlier run made is removed: the folder may be anybody's.
fn begin(out: &Path) -> anyhow::Result<()> {
    let is_empty = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    ensure!(
        is_empty || out.join(SUMS).is_file(),
        "{} holds other things than a distribution: name a new folder with --out",
        out.display()
    );
    drop(fs::remove_dir_all(out));
    fs::create_dir_all(out)?;
    // Present from the beginning, so that a run that was interrupted is known for one.
    fs::write(out.join(SUMS), "")?;
    Ok(())
}

/// A binary that any Linux of this platform runs. Static with glibc: since 2.34 the C library has the look-up of names by files
/// and DNS inside, so that nothing is loaded for it.
fn build(triple: &str) -> anyhow::Result<PathBuf> {
    let mut build = command(
        env!("CARGO"),
        &[
            "build",
            "--locked",
            "--package",
            "playground-cli",
            "--profile",
            "dist",
            "--target",
            triple,
        ],
    );
    run_command(build.env("RUSTFLAGS", STATIC))?;
    let binary = repo::target().join(triple).join("dist/playground");
    let told = command("ldd", &[&binary.to_string_lossy()]).output()?;
    let told =
        String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
    ensure!(
        told.contains("statically linked") || told.contains("not a dynamic executable"),
        "the binary is not static: {told}"
    );
    binary.canonicalize().context("the binary was not built")
}

/// What is in the folder, as `sha256sum --check` reads it.
const SUMS: &str = "SHA256SUMS";
/// With a target named, build scripts and macros are left as they are.
const STATIC: &str = "-C target-feature=+crt-static";

fn sums(out: &Path) -> anyhow::Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(out)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| name != SUMS);
    names.sort();
    let mut sum = command("sha256sum", &[]);
    let told = output(sum.args(&names).current_dir(out))?;
    fs::write(out.join(SUMS), told)?;
    Ok(names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_left_as_it_is() -> anyhow::Result<()> {
        let folder = std::env::temp_dir().join(format!("playground-dist-{}", std::process::id()));
        begin(&folder)?;
        begin(&folder)?;
        fs::remove_file(folder.join(SUMS))?;
        fs::write(folder.join("thesis.tex"), "mine")?;
        let refused = begin(&folder).map_err(|error| error.to_string());
        let kept = fs::read_to_string(folder.join("thesis.tex"))?;
        fs::remove_dir_all(&folder)?;
        assert!(refused.is_err_and(|why| why.contains("holds other things")));
        assert_eq!(kept, "mine");
        Ok(())
    }
}
