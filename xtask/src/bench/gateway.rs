//! The gateway beside the app itself, nginx and HAProxy, all in one run: one thread each, the same app behind them.
//!
//! On a machine with few cores whoever measures, the app and the gateway take time from each other, so what a gateway costs is
//! read from the system's account of its process as well: CPU time for each request.

mod rivals;
mod wrk;

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::command::{command, output, run as run_command};
use crate::step::{say, step};
use crate::{programs, repo};
use wrk::Measured;

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds of each measurement
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

/// A way to the app.
struct Way {
    name: &'static str,
    /// Everything before the body's name.
    url: String,
    /// The process that costs; none where nothing is between.
    process: Option<Ended>,
}

/// A process that ends with us.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    step("Tools", || {
        programs::ensure(&[programs::WRK, programs::NGINX, programs::HAPROXY])
    })?;
    let sides = sides()?;
    let folder = repo::cache().join("bench-gateway");
    std::fs::create_dir_all(&folder)?;
    let (_app, port) = side(&sides, &["app"])?;
    let ways = ways(&sides, port, &folder)?;
    let time = Duration::from_secs(options.seconds);
    for body in ["small", "large"] {
        for connections in [1, 32, 256] {
            say(&format!("\n{body} body, {connections} connections"));
            say(&Measured::header());
            let mut direct = None;
            for way in &ways {
                let process = way.process.as_ref().map(|process| process.0.id());
                let url = format!("{}{body}", way.url);
                let measured = wrk::measure(&url, connections, time, process)?;
                say(&measured.line(way.name, direct.as_ref()));
                direct.get_or_insert(measured);
            }
        }
    }
    Ok(())
}

/// The program with both sides, as fast as it is delivered.
fn sides() -> anyhow::Result<std::path::PathBuf> {
    let build = [
        "build",
        "--locked",
        "--release",
        "--package",
        "playground-proxy",
        "--example",
        "sides",
    ];
    run_command(&mut command(env!("CARGO"), &build))?;
    Ok(repo::target().join("release/examples/sides"))
}

fn ways(sides: &Path, app: u16, folder: &Path) -> anyhow::Result<Vec<Way>> {
    let (ours, port) = side(sides, &["gateway", &app.to_string()])?;
    let mut ways = vec![
        Way {
            name: "direct",
            url: format!("http://127.0.0.1:{app}/"),
            process: None,
        },
        Way {
            name: "ours",
            url: format!("http://127.0.0.1:{port}/play/app/"),
            process: Some(ours),
        },
    ];
    for (name, start) in rivals::ALL {
        let (process, port) =
            start(app, folder).with_context(|| format!("{name} does not start"))?;
        ways.push(Way {
            name,
            url: format!("http://127.0.0.1:{port}/"),
            process: Some(process),
        });
    }
    Ok(ways)
}

/// One of our own sides, and the port it told.
fn side(program: &Path, arguments: &[&str]) -> anyhow::Result<(Ended, u16)> {
    use std::io::BufRead as _;
    let mut child = command(program, arguments).stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("it has an output")?;
    let child = Ended(child);
    let mut line = String::new();
    std::io::BufReader::new(stdout).read_line(&mut line)?;
    let port = line.trim().parse().context("it tells its port")?;
    Ok((child, port))
}
