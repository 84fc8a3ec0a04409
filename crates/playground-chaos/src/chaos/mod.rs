//! Chaos: random work from several clients while the Agent is killed every few seconds and the engine taken away twice;
//! then the clients stop, and once the Agent is at rest, everything that should be is compared with everything that is.

pub(crate) mod clients;
mod compare;
mod find;
mod killer;
mod ledger;
mod plan;
pub(crate) mod report;
mod settle;
mod steady;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use playground_client::wire::Container;
use playground_client::{Archive, Client};
use playground_types::{ContainerStatus, LaunchStatus};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::clients::{Shared, Worker};
use self::compare::{Comparison, Contents};
use self::find::{Caller, find};
use self::report::Report;
use self::settle::{Said, settle};
use crate::Place;
use crate::agent::Agent;
use crate::dockerd::Dockerd;
use crate::random::Random;
use crate::stage::Stage;
use crate::tell::say;

/// What can be chosen.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) place: Place,
    /// How long clients work and things are killed
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// Repeats a run's plan; drawn by lot when absent
    #[arg(long)]
    seed: Option<u64>,
    /// Clients at the same time
    #[arg(long, default_value_t = 4)]
    clients: u64,
}

/// Runs it all and prints what was done and found. True when nothing differs.
pub(crate) async fn run(options: Options) -> anyhow::Result<bool> {
    let seed = options.seed.unwrap_or_else(lot);
    let length = Duration::from_secs_f64(options.minutes * 60.0);
    let clients = options.clients;
    let title = format!("Chaos for {length:.0?} with {clients} clients, --seed {seed}");
    say(&title);
    let Stage {
        mut dockerd,
        mut agent,
        client,
        data_dir,
    } = Stage::set(&options.place).await?;
    let contents = upload_all(&client).await?;
    let shared = Arc::new(Shared::default());

    disturb(&mut agent, &mut dockerd, &shared, &options, seed, length).await?;

    say("clients have stopped: waiting until the Agent is at rest");
    let settling = Instant::now();
    let (said, unsettled) = settle(&client, loops).await?;
    let took = settling.elapsed();
    shared
        .report()
        .line(format!("at rest {took:.1?} after the last operation"));
    for sentence in unsettled {
        shared.report().differs(sentence);
    }
    let found = find(&data_dir, &dockerd.docker).await?;
    let mut report = std::mem::take(&mut *shared.report());
    let ledger = std::mem::take(&mut *shared.ledger());
    let mut comparison = Comparison {
        found: &found,
        said: &said.containers,
        contents: &contents,
        report: &mut report,
    };
    comparison.wishes(&ledger);
    comparison.engine();
    comparison.ports();
    comparison.endpoints(&Caller::new()?).await;
    builds(&client, &ledger.launches, &mut report).await;
    report.line(amounts(&said, &ledger.launches));
    delete_all(&client, &said, &mut report).await?;
    let status = agent.stop().await?;
    report.check(status.success(), || {
        format!("asked to end, the Agent ended with {status}")
    });
    let left = find(&data_dir, &dockerd.docker).await?;
    nothing_left(&left, &mut report);
    say(&report.text(&title));
    Ok(report.holds())
}

/// Works and kills for so long; returns when all of it has ended and the Agent runs.
async fn disturb(
    agent: &mut Agent,
    dockerd: &mut Dockerd,
    shared: &Arc<Shared>,
    options: &Options,
    seed: u64,
    length: Duration,
) -> anyhow::Result<()> {
    let random = Random::new(seed);
    let endpoint = steady::begin().await?;
    let begun = Instant::now();
    let until = begun + length;
    let (engine_is_there, watched) = watch::channel(true);
    let mut tasks = JoinSet::new();
    for number in 0..options.clients {
        let worker = Worker::new(random.fork(number), shared.clone())?;
        tasks.spawn(async move {
            worker.work(until).await;
            Ok(())
        });
    }
    tasks.spawn(steady::watch(
        endpoint.clone(),
        shared.clone(),
        watched,
        until,
    ));
    let killing = killer::kill_agent(agent, random.fork(1000), shared.clone(), until);
    let taking = killer::take_engine_away(
        dockerd,
        shared.clone(),
        &engine_is_there,
        &endpoint,
        begun..until,
    );
    tokio::try_join!(killing, taking)?;
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// Every archive once, so that names alone can be created too, and checksums have a name.
pub(crate) async fn upload_all(client: &Client) -> anyhow::Result<Contents> {
    let mut contents = Contents::new();
    for code in plan::CODES {
        for content in plan::CONTENTS {
            let archive = Archive::from_bytes("plugin.zip", plan::archive(code, content));
            let release = client.upload_release(archive, |_| ()).await?;
            contents.insert(release.checksum, content);
        }
    }
    let steady = client.upload_release(steady::archive(), |_| ()).await?;
    contents.insert(steady.checksum, steady::CONTENT);
    Ok(contents)
}

/// An app that ends again and again looks well in between.
fn loops(container: &Container) -> bool {
    container.status == ContainerStatus::Running && container.params.get("exit_after_ms").is_some()
}

/// Every launch that a client was given is known, and has ended.
async fn builds(client: &Client, launches: &[String], report: &mut Report) {
    for id in launches {
        match client.build(id).await {
            Ok(launch) => {
                report.check(launch.status.is_final(), || {
                    format!("launch {id} is lost: it stays {}", launch.status)
                });
                let is_completed = launch.status == LaunchStatus::Completed;
                report.check(!is_completed || launch.result.is_some(), || {
                    format!("launch {id} is completed and has no result")
                });
            }
            Err(error) => report.differs(format!("launch {id} is lost: {error}")),
        }
    }
}

/// Deletes every container and waits until they are gone.
async fn delete_all(client: &Client, said: &Said, report: &mut Report) -> anyhow::Result<()> {
    for container in &said.containers {
        client.delete_container(&container.pk.to_string()).await?;
    }
    let (said, _) = settle(client, |_| true).await?;
    let left = said.containers.len();
    report.check(left == 0, || format!("{left} containers cannot be deleted"));
    Ok(())
}

fn nothing_left(left: &find::Found, report: &mut Report) {
    let mut gone = |what: &str, left: Vec<String>| {
        report.check(left.is_empty(), || {
            format!("everything was deleted, and there is {what} left: {left:?}")
        });
    };
    let text = |container: &find::Engine| container.short().to_owned();
    gone(
        "a record",
        left.rows.iter().map(|row| row.pk.to_string()).collect(),
    );
    gone("a container", left.containers.iter().map(text).collect());
    gone(
        "an open port",
        left.open_ports.iter().map(u16::to_string).collect(),
    );
    gone("an upload", left.spooled.clone());
}

fn amounts(said: &Said, launches: &[String]) -> String {
    let mut statuses = std::collections::BTreeMap::<&str, u64>::new();
    for container in &said.containers {
        *statuses.entry(container.status.as_str()).or_default() += 1;
    }
    let (records, told, all) = (said.containers.len(), launches.len(), said.launches.len());
    format!(
        "{records} records {statuses:?}; {told} launches were given to clients, {all} are known"
    )
}

fn lot() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |time| time.as_secs() % 1_000_000)
}
