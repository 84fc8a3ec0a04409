//! The gateway beside the app itself, nginx and HAProxy, all in one run: one thread each, the same app behind them.
//!
//! On a machine with few cores whoever measures, the app and the gateway take time from each other, so what a gateway costs is
//! read from the system's account of its process as well: CPU time for each request.

mod rivals;
mod wrk;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::side::{self, Ended, Side};
use crate::command::{command, output};
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

/// Measures and prints.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    step("Tools", || {
        programs::ensure(&[programs::WRK, programs::NGINX, programs::HAPROXY])
    })?;
    side::build()?;
    let folder = repo::cache().join("bench-gateway");
    std::fs::create_dir_all(&folder)?;
    let mut app = Side::start("sides", &["app"])?;
    let ways = ways(app.port()?, &folder)?;
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

fn ways(app: u16, folder: &Path) -> anyhow::Result<Vec<Way>> {
    let mut ours = Side::start("sides", &["gateway", &app.to_string()])?;
    let port = ours.port()?;
    let mut ways = vec![
        Way {
            name: "direct",
            url: format!("http://127.0.0.1:{app}/"),
            process: None,
        },
        Way {
            name: "ours",
            url: format!("http://127.0.0.1:{port}/play/app/"),
            process: Some(ours.into()),
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
