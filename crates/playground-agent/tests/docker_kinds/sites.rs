//! The Agents: one with usual settings, and one for each kind that needs others.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::time::Duration;

use playground_control::ControlConfig;
use playground_types::{Failure, FailureKind};
use reqwest::Method;
use reqwest::multipart::{Form, Part};

use crate::support::Create;
use crate::support::plugin::Plugin;
use crate::{Case, Site, builds, runs};

/// Ports of the site with many plugins; the others have a few each, below.
const MANY_PORTS: &str = "24100-24149";
/// An address that belongs to documents (RFC 5737) and so to no machine.
const NOT_OURS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));

/// What is to fail at a site, and with which settings.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) change: fn(&mut ControlConfig),
    pub(crate) cases: &'static [Case],
}

/// All of them.
pub(crate) const ALL: &[Plan] = &[
    Plan {
        name: "kinds-builds",
        change: |config| {
            config.build.concurrent = 4;
            config.build.allow_source = false;
        },
        cases: builds::CASES,
    },
    Plan {
        name: "kinds-runs",
        change: |config| {
            config.port_range = MANY_PORTS.parse().expect("a range");
            config.crash_attempts = 1;
        },
        cases: runs::CASES,
    },
    Plan {
        name: "kinds-unreachable",
        // Long enough for Python to begin to listen beside all the others.
        change: |config| config.start_timeout = Duration::from_secs(40),
        cases: runs::UNREACHABLE,
    },
    Plan {
        name: "kinds-silenced",
        change: |config| {
            config.health_checks.interval = Duration::from_secs(1);
            config.health_checks.timeout = Duration::from_secs(2);
            config.health_checks.misses = 1;
            config.health_checks.restart_misses = Some(2);
            config.crash_attempts = 0;
        },
        cases: &[Case::new(
            FailureKind::Unresponsive,
            "falls-silent",
            |_, site| Box::pin(runs::falls_silent(site)),
        )],
    },
    Plan {
        name: "kinds-source",
        change: |config| config.build.allow_source = true,
        cases: &[Case::new(
            FailureKind::SourceBuildFailed,
            "unbuildable",
            |case, site| Box::pin(builds::requires(case, site, "sourced")),
        )],
    },
    Plan {
        name: "kinds-silent",
        // What comes before the step that is silent takes its time on a busy machine.
        change: |config| config.build.silence = Duration::from_secs(15),
        cases: &[Case::new(
            FailureKind::BuildSilent,
            "silent",
            |case, site| Box::pin(builds::requires(case, site, "slow")),
        )],
    },
    Plan {
        name: "kinds-slow",
        change: |config| config.build.timeout = Duration::from_secs(15),
        cases: &[Case::new(
            FailureKind::BuildTimeout,
            "slow",
            |case, site| Box::pin(builds::requires(case, site, "slow")),
        )],
    },
    Plan {
        name: "kinds-memory",
        change: |config| {
            config.build.classic = true;
            config.build.memory_bytes = Some(8 << 20);
        },
        cases: &[Case::new(FailureKind::BuildOom, "greedy", |case, site| {
            Box::pin(builds::requires(case, site, "alpha"))
        })],
    },
    Plan {
        name: "kinds-baseless",
        change: |config| config.base_image = "synapse-test-base:never-made".to_owned(),
        cases: &[Case::new(FailureKind::BaseImageMissing, "baseless", plain)],
    },
    Plan {
        name: "kinds-emptied",
        change: |_| {},
        cases: &[Case::new(
            FailureKind::SourceMissing,
            "emptied",
            |case, site| Box::pin(emptied(case, site)),
        )],
    },
    Plan {
        name: "kinds-full",
        change: |config| {
            let first = config.port_range.first();
            config.port_range = format!("{first}-{first}").parse().expect("a range");
        },
        cases: &[Case::new(
            FailureKind::PortsExhausted,
            "full",
            |case, site| Box::pin(full(case, site)),
        )],
    },
    Plan {
        name: "kinds-elsewhere",
        change: |config| config.publish_address = NOT_OURS,
        cases: &[Case::new(FailureKind::EngineError, "elsewhere", plain)],
    },
];

/// Nothing is wrong with the plugin.
fn plain<'a>(
    case: &'a Case,
    site: &'a Site<'a>,
) -> std::pin::Pin<Box<dyn Future<Output = Failure> + 'a>> {
    Box::pin(async { site.failed(&Create::of(&Plugin::mimic(case.name))).await })
}

/// Somebody emptied the Agent's folder of contents after the upload.
async fn emptied(case: &Case, site: &Site<'_>) -> Failure {
    let plugin = Plugin::mimic(case.name);
    let archive = Part::bytes(plugin.zip()).file_name("plugin.zip");
    let request = site.agent.request(Method::POST, "plugin_releases/");
    let (status, body) = site
        .agent
        .send(request.multipart(Form::new().part("file", archive)))
        .await;
    assert!(status.is_success(), "{status} {body:#}");
    let contents = site.agent.control.config().data_dir.join("sources");
    for content in std::fs::read_dir(contents).expect("a folder").flatten() {
        std::fs::remove_file(content.path()).expect("it is removed");
    }
    site.failed(&Create::again(&plugin)).await
}

/// Somebody else has the only port.
async fn full(case: &Case, site: &Site<'_>) -> Failure {
    let port = site.agent.ports.first().0;
    let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port");
    // Answered with 507 when it is known in time; the launch is kept in any case.
    site.agent.ask(&Create::of(&Plugin::mimic(case.name))).await;
    let request = site.agent.request(Method::GET, "builds/");
    let (_, list) = site.agent.send(request).await;
    site.ended(list["results"][0]["build_id"].as_str().expect("one"))
        .await
}
