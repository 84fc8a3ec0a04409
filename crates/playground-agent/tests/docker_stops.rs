//! How long the end of an app takes: of one that does not care, and of one that refuses to be asked.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use std::time::{Duration, Instant};

use playground_types::wire::Container;
use support::docker::{field, inspect, statuses};
use support::plugin::Plugin;
use support::table::Table;
use support::{Create, in_turn, median, on_docker};

/// A Gradio app that does not want to end.
const STUBBORN: &str = r#"
import signal

import gradio as gr

signal.signal(signal.SIGTERM, signal.SIG_IGN)
app = gr.Interface(lambda text: text, "text", "text")
"#;
/// Ends measured of each kind.
const ROUNDS: usize = 3;
/// SIGTERM in the masks of `/proc/<pid>/status`.
const SIGTERM: u64 = 1 << (15 - 1);
/// The exit code of what SIGKILL ended.
const KILLED: i64 = 128 + 9;

#[test]
fn docker_item_31_a_stop_takes_less_than_a_second_and_a_delete_less_than_two() {
    let _turn = in_turn();
    on_docker(
        "stop",
        |_| {},
        async |agent| {
            let mut table = Table::new("The end of an app that does not handle SIGTERM");
            for plugin in [Plugin::example("text-tools"), Plugin::mimic("cage-stop")] {
                let upload = Create::of(&plugin);
                let (mut stops, mut deletes) = (Vec::new(), Vec::new());
                for _ in 0..ROUNDS {
                    let app = agent.ready(&upload).await;
                    let clock = Instant::now();
                    agent.set_status(app.pk, "stopped").await;
                    stops.push(clock.elapsed());
                    agent.set_status(app.pk, "running").await;
                    let clock = Instant::now();
                    agent.delete(app.pk).await;
                    deletes.push(clock.elapsed());
                    assert!(support::docker::containers(&agent.id).is_empty());
                }
                let release = plugin.release();
                ended(&mut table, &format!("stop {release}"), &stops, 1);
                ended(&mut table, &format!("delete {release}"), &deletes, 2);
            }
            table.show();
        },
    );
}

#[test]
fn docker_item_31_an_app_that_ignores_sigterm_is_stopped_and_deleted_within_two_seconds() {
    let _turn = in_turn();
    on_docker(
        "stubborn",
        |_| {},
        async |agent| {
            let upload = Create::of(&Plugin::new("stubborn", STUBBORN));
            let (mut stops, mut deletes) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let app = agent.ready(&upload).await;
                assert_ignores_sigterm(&app);
                let clock = Instant::now();
                agent.set_status(app.pk, "stopped").await;
                stops.push(clock.elapsed());
                let raw = inspect(id_of(&app));
                let state = &raw["State"];
                assert_eq!(state["ExitCode"], KILLED, "it ended by itself: {state:#}");
                // Stops that are not ours wait no longer.
                assert_eq!(raw["Config"]["StopTimeout"], 1);

                let again = agent.set_status(app.pk, "running").await;
                assert_ignores_sigterm(&again);
                let clock = Instant::now();
                agent.delete(app.pk).await;
                deletes.push(clock.elapsed());
                assert!(support::docker::containers(&agent.id).is_empty());
            }
            let mut table = Table::new("The end of an app that ignores SIGTERM");
            ended(&mut table, "stop", &stops, 2);
            ended(&mut table, "delete", &deletes, 2);
            table.show();
        },
    );
}

/// Tells of all, and limits the fastest: whatever else the machine does makes single ones slower, never faster.
fn ended(table: &mut Table, what: &str, times: &[Duration], seconds: u64) {
    table.tell(
        &format!("{what}, median of {ROUNDS}"),
        &median(times),
        times,
    );
    let fastest = *times.iter().min().expect("some");
    table.below(
        &format!("{what}, the fastest"),
        fastest,
        Duration::from_secs(seconds),
    );
}

/// Neither the launcher nor Gradio put a handler of their own in the place of the plugin's wish.
fn assert_ignores_sigterm(app: &Container) {
    let all = statuses(id_of(app));
    let apps: Vec<&String> = all
        .iter()
        .filter(|status| field(status, "Name").starts_with("python"))
        .collect();
    assert!(!apps.is_empty(), "{all:#?}");
    for status in apps {
        let mask = |name| u64::from_str_radix(&field(status, name), 16).expect("a mask");
        let (ignored, caught) = (mask("SigIgn"), mask("SigCgt"));
        assert_eq!(ignored & SIGTERM, SIGTERM, "{status}");
        assert_eq!(caught & SIGTERM, 0, "{status}");
    }
}

fn id_of(app: &Container) -> &str {
    app.id.as_deref().expect("an id")
}
