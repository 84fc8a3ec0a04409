//! Streams through the gateway that are open for long and say little, as Gradio's are: what each of them costs in memory,
//! how much later its events come than without a gateway, and whether all of it is given back.

mod account;

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::side::{self, Side};
use crate::docker::pause;
use crate::step::say;
use account::Account;

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Streams open at the same time
    #[arg(long, default_value_t = 10_000)]
    streams: u64,

    /// How long they stay open
    #[arg(long, default_value_t = 5)]
    minutes: u32,

    /// Seconds between two events of one stream
    #[arg(long, default_value_t = 10)]
    pause: u32,
}

/// Streams beside them that go to the app directly.
const DIRECT: u64 = 200;
/// Files that a gateway has open beside its streams.
const OTHER_FILES: u64 = 64;
/// How long everything may take to be given back.
const PATIENCE: Duration = Duration::from_secs(10);

/// What visitors tell of their events, in microseconds.
struct Events {
    count: u64,
    p50: u64,
    p99: u64,
    most: u64,
    lost: u64,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    side::build()?;
    let streams = room_for(options.streams);
    let mut app = Side::start("streams", &["app", &options.pause.to_string()])?;
    let app_port = app.port()?;
    let mut gateway = Side::start("sides", &["gateway", &app_port.to_string()])?;
    let gateway_port = gateway.port()?;
    let mut direct = visitors(app_port, DIRECT, "/")?;
    let before = Account::of(gateway.id())?;
    say(&format!("\nbefore the first stream: {before}"));

    let begun = Instant::now();
    let mut through = visitors(gateway_port, streams, "/play/app/")?;
    let with = Account::of(gateway.id())?;
    say(&format!(
        "{streams} streams, opened in {:.1} s: {with}, {:.2} KiB each",
        begun.elapsed().as_secs_f64(),
        with.kib_each(&before, streams)
    ));
    watch(options, &gateway, &mut through, &mut direct, &with)?;

    drop(through);
    let after = given_back(&mut gateway, &before)?;
    say(&format!("after the last stream: {after}, none open"));
    let _again = visitors(gateway_port, streams, "/play/app/")?;
    let again = Account::of(gateway.id())?;
    say(&format!("{streams} streams once more: {again}"));
    Ok(())
}

/// As many streams as the system lets a gateway have: each is a file towards the visitor and one towards the app. What we
/// start inherits our limit.
fn room_for(streams: u64) -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        say(&format!("the limit of open files stays as it is: {error}"));
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = files.saturating_sub(OTHER_FILES) / 2;
    if room < streams {
        say(&format!(
            "\nthis system lets a process have {files} files open (ulimit -Hn): {room} streams instead of {streams}"
        ));
    }
    room.min(streams)
}

fn visitors(port: u16, streams: u64, path: &str) -> anyhow::Result<Side> {
    let arguments = ["view", &port.to_string(), &streams.to_string(), path];
    let mut visitors = Side::start("streams", &arguments)?;
    if visitors.line()? != "open" {
        bail!("the visitors did not get their {streams} streams");
    }
    Ok(visitors)
}

/// Looks at everything every ten seconds, and prints what it sees.
fn watch(
    options: &Options,
    gateway: &Side,
    through: &mut Side,
    direct: &mut Side,
    begin: &Account,
) -> anyhow::Result<()> {
    const TURN: Duration = Duration::from_secs(10);
    say(&format!(
        "    {:>6} {:>9} {:>10} {:>27} {:>27} {:>9} {:>9}",
        "s", "RSS MiB", "events", "p50/p99/most ms through", "direct", "added p50", "added p99"
    ));
    let mut last = *begin;
    for turn in 1..=options.minutes * 6 {
        pause(TURN);
        let (ours, theirs) = (Events::of(through)?, Events::of(direct)?);
        last = Account::of(gateway.id())?;
        if ours.lost > 0 {
            bail!("{} streams ended by themselves", ours.lost);
        }
        let ms = |micros: u64| Duration::from_micros(micros).as_secs_f64() * 1e3;
        let three = |of: &Events| format!("{:.3}/{:.3}/{:.3}", ms(of.p50), ms(of.p99), ms(of.most));
        say(&format!(
            "    {:>6} {:>9.1} {:>10} {:>27} {:>27} {:>+9.3} {:>+9.3}",
            turn * 10,
            last.mib(),
            ours.count,
            three(&ours),
            three(&theirs),
            ms(ours.p50) - ms(theirs.p50),
            ms(ours.p99) - ms(theirs.p99),
        ));
    }
    let grown = last.mib() - begin.mib();
    say(&format!(
        "grown by {grown:+.2} MiB in {} minutes",
        options.minutes
    ));
    Ok(())
}

/// Waits until nothing is open any more and all files are closed.
fn given_back(gateway: &mut Side, before: &Account) -> anyhow::Result<Account> {
    let begun = Instant::now();
    loop {
        let open = gateway.ask()?;
        let now = Account::of(gateway.id())?;
        if open == "0" && now.files <= before.files {
            return Ok(now);
        }
        if begun.elapsed() > PATIENCE {
            bail!("{open} streams are still open after {PATIENCE:?}: {now}");
        }
        pause(Duration::from_millis(20));
    }
}

impl Events {
    fn of(visitors: &mut Side) -> anyhow::Result<Self> {
        let told = visitors.ask()?;
        let numbers: Vec<u64> = told
            .split(' ')
            .filter_map(|number| number.parse().ok())
            .collect();
        let [count, p50, p99, most, lost] = numbers[..]
            .try_into()
            .context("the visitors tell five numbers")?;
        Ok(Self {
            count,
            p50,
            p99,
            most,
            lost,
        })
    }
}
