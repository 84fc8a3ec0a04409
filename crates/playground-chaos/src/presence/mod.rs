//! Visitors at random of apps that fall asleep after seconds: is ever an app put to sleep under somebody, does it always
//! wake, and does every app sleep in the end?
//!
//! The apps are real Gradio. What visitors saw and what the engine did are written down apart and compared afterwards: the
//! engine's own command line tells when it froze, stopped or ended a container.

mod visitor;
mod watch;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use playground_client::{Archive, Client, CreateRequest};
use playground_testkit::Plugin;
use playground_types::wire::Container;
use playground_types::{ContainerStatus, Tier};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::Place;
use crate::chaos::report::Report;
use crate::random::Random;
use crate::stage::Stage;
use crate::tell::say;
use visitor::{Door, Saw, Visitor};
use watch::Watch;

const RELEASE: &str = "presence@1.0.0";
/// Ticks on demand, a quarter of a second apart; the last one says how many there were.
const APP: &str = "\
import time

import gradio as gr


def ticks(count):
    for tick in range(int(count)):
        yield 'tick %d' % tick
        time.sleep(0.25)
    yield 'told %d' % int(count)


with gr.Blocks() as demo:
    count = gr.Number(3)
    said = gr.Textbox()
    gr.Button('Tick').click(ticks, count, said, api_name='ticks')
";
/// Sleeps so soon, so that a run of minutes has many sleeps in it.
const SLEEPY: [&str; 6] = [
    "--idle-pause=2",
    "--idle-stop=5",
    "--idle-remove=9",
    "--gateway-hold=60",
    "--start-concurrency=4",
    "--health-interval=5",
];
/// Until an app is ready.
const READY: Duration = Duration::from_secs(120);
/// Until every app sleeps as deep as it can, after the last visitor left: the longest time, connections that are kept for a
/// while, and the deed.
const ALL_ASLEEP: Duration = Duration::from_secs(45);

/// What can be chosen.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) place: Place,
    /// How long visitors come and go
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Repeats a run's plan
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Visitors at the same time
    #[arg(long, default_value_t = 12)]
    visitors: u64,
    /// Apps, a model of the same plugin each
    #[arg(long, default_value_t = 8)]
    apps: u64,
}

/// Runs it and prints the comparison. True when nothing was amiss.
pub(crate) async fn run(options: Options) -> anyhow::Result<bool> {
    let length = Duration::from_secs_f64(options.minutes * 60.0);
    let Options {
        visitors,
        seed,
        apps,
        ..
    } = options;
    let title =
        format!("Presence for {length:.0?}: {visitors} visitors of {apps} apps, --seed {seed}");
    say(&title);
    let mut stage = Stage::set_with(&options.place, &SLEEPY).await?;
    let doors = Arc::new(open(&stage.client, apps).await?);
    let watch = Watch::begin(&stage.dockerd.docker)?;
    let saw = Arc::new(Mutex::new(Vec::new()));
    let random = Random::new(seed);
    let until = Instant::now() + length;
    let mut tasks = JoinSet::new();
    for number in 0..visitors {
        let visitor = Visitor::new(random.fork(number), doors.clone(), saw.clone())?;
        tasks.spawn(visitor.come_and_go(until));
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    let mut report = Report::default();
    all_sleep(&stage, &mut report).await?;
    let saw = std::mem::take(&mut *saw.lock().expect("no visitor panicked"));
    compare(&saw, &watch.end().await, &doors, &mut report);
    let status = stage.agent.stop().await?;
    report.check(status.success(), || {
        format!("asked to end, the Agent ended with {status}")
    });
    say(&report.text(&title));
    Ok(report.holds())
}

/// The apps, all of them ready.
async fn open(client: &Client, apps: u64) -> anyhow::Result<Vec<Door>> {
    let plugin = Plugin::new("presence", "1.0.0").with("plugin/gradio_app.py", APP);
    client
        .upload_release(Archive::from_bytes("plugin.zip", plugin.zip()), |_| ())
        .await?;
    let mut doors = Vec::new();
    for model in 0..apps {
        let request = CreateRequest {
            model: Some(i64::try_from(model)?),
            ..CreateRequest::of(RELEASE)
        };
        let created = client.create_container(&request).await?;
        let launch = client.wait_for_build(&created.build_id, READY).await?;
        let ready = launch
            .result
            .with_context(|| format!("{:?}", launch.failure))?;
        doors.push(Door::of(&ready.container));
    }
    Ok(doors)
}

/// Nobody is there any more: every app sleeps as deep as it can, and keeps its port.
async fn all_sleep(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let sleeps = |app: &Container| {
        app.asleep == Some(Tier::Removed)
            && app.status == ContainerStatus::Stopped
            && app.host_port.is_some()
            && app.attempts == 0
    };
    let deadline = Instant::now() + ALL_ASLEEP;
    let mut apps;
    loop {
        apps = stage
            .client
            .containers(&Default::default(), 1, 500)
            .await?
            .results;
        if apps.iter().all(sleeps) || Instant::now() > deadline {
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    ensure!(!apps.is_empty(), "no records are left");
    for app in &apps {
        report.check(sleeps(app), || {
            format!(
                "{} is {} and asleep as {:?}, {} crashes",
                app.name, app.status, app.asleep, app.attempts
            )
        });
    }
    let left = stage
        .dockerd
        .docker
        .inspect_all("container", &["--all"])
        .await?;
    report.check(left.is_empty(), || {
        format!("{} containers are left", left.len())
    });
    Ok(())
}

/// Whether the engine ever touched an app while somebody saw it at work.
fn compare(saw: &[Saw], deeds: &[watch::Deed], doors: &[Door], report: &mut Report) {
    for visit in saw {
        report.note(visit.what, visit.heard);
        report.check(visit.complaint.is_none(), || {
            format!(
                "{} of {}: {}",
                visit.what,
                doors[visit.door].name,
                visit.complaint.clone().unwrap_or_default()
            )
        });
        let under = deeds
            .iter()
            .find(|deed| deed.container == doors[visit.door].name && visit.lasted_over(deed.at));
        report.check(under.is_none(), || {
            format!(
                "{} of {} while {:?}",
                visit.what, doors[visit.door].name, under
            )
        });
    }
    for action in watch::DEEDS {
        let count = deeds.iter().filter(|deed| deed.action == action).count();
        report.line(format!("{action:<10} {count:>6} times"));
    }
    let slept = deeds
        .iter()
        .filter(|deed| ["pause", "stop"].contains(&deed.action.as_str()))
        .count();
    report.check(slept >= doors.len(), || {
        format!("the apps slept only {slept} times")
    });
    let mut waits: Vec<Duration> = saw.iter().map(|visit| visit.waited).collect();
    waits.sort_unstable();
    if let (Some(middle), Some(longest)) = (waits.get(waits.len() / 2), waits.last()) {
        report.line(format!(
            "first answer after {middle:.1?} (median), {longest:.1?} at most"
        ));
    }
}
