//! Every state that a look can find, in both languages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use insta::assert_snapshot;
use playground_client::ClientError;
use playground_control::{DiskSpace, LABEL_BASE_PACKAGES, LABEL_BASE_PYTHON};
use playground_engine::{EngineError, EngineVersion, ImageView};
use playground_types::wire::Health;
use serde_json::json;

use super::data_dir::DataDir;
use super::disk::Disk;
use super::engine::Door;
use super::index::{Asked, Times, Trouble};
use super::line::{Line, shown, summary};
use super::networks::Networks;
use super::registry::Origin;
use super::*;

const SOCKET: &str = "unix:///var/run/docker.sock";
const GIB: u64 = 1 << 30;

fn both(lines: &[Line]) -> String {
    let told = [Language::English, Language::Korean]
        .map(|language| format!("{}\n{}", shown(lines, language), summary(lines, language)));
    told.join("\n\n")
}

fn version() -> EngineVersion {
    EngineVersion {
        version: "20.10.24".into(),
        api_version: "1.41".into(),
        security_options: Vec::new(),
        seccomp: true,
        cgroup_version: Some("2".into()),
        os: "Debian GNU/Linux 12".into(),
        kernel: "6.1.0".into(),
        storage_driver: "overlay2".into(),
        cpus: 4,
        memory_bytes: 8 * GIB,
        root_dir: Some("/var/lib/docker".into()),
        runc: Some("1.1.5".into()),
        runtimes: vec!["runc".into()],
    }
}

fn away<T>() -> Result<T, EngineError> {
    Err(EngineError::unreachable("refused"))
}

#[test]
fn the_engine_is_there_or_why_it_is_not() {
    let old = EngineVersion {
        api_version: "1.40".into(),
        version: "19.03.1".into(),
        ..version()
    };
    let doors = [Door::Open, Door::Denied, Door::Missing, Door::Elsewhere];
    let mut lines: Vec<_> = doors.map(|door| engine::judge_socket(SOCKET, door)).into();
    let hung = Err(EngineError::TimedOut("version"));
    lines.extend([
        engine::judge(SOCKET, Door::Open, &Ok(version())),
        engine::judge(SOCKET, Door::Open, &Ok(old)),
        engine::judge(SOCKET, Door::Open, &hung),
        engine::judge(SOCKET, Door::Denied, &away()),
        engine::judge(SOCKET, Door::Missing, &away()),
        engine::judge(SOCKET, Door::Deserted, &away()),
        engine::judge("tcp://10.0.0.9:2375", Door::Elsewhere, &away()),
        versions::judge("0.1.0", &Ok(version())),
        versions::judge("0.1.0", &away()),
    ]);
    assert_snapshot!("engine", both(&lines));
}

#[test]
fn api_versions_are_numbers() {
    let line = |api: &str| {
        let found = EngineVersion {
            api_version: api.into(),
            ..version()
        };
        engine::judge(SOCKET, Door::Open, &Ok(found)).state
    };
    assert_eq!(line("1.100"), State::Ok);
    assert_eq!(line("2.0"), State::Ok);
    assert_eq!(line("1.9"), State::Bad);
    assert_eq!(line("new"), State::Bad);
}

fn disk(free: u64, total: u64) -> Disk {
    let space = DiskSpace {
        free_bytes: free,
        total_bytes: total,
    };
    Disk {
        path: "/data".into(),
        space: Ok(space),
    }
}

#[test]
fn room_on_disks() {
    let root = Ok(Some(PathBuf::from("/data")));
    let vfs = EngineVersion {
        storage_driver: "vfs".into(),
        ..version()
    };
    let gone = Disk {
        path: "/gone".into(),
        space: Err("No such file or directory".into()),
    };
    let lines = [
        storage::judge(&Ok(version())),
        storage::judge(&Ok(vfs)),
        storage::judge(&away()),
        disk::judge_images(&root, Some(&disk(100 * GIB, 200 * GIB))),
        disk::judge_images(&root, Some(&disk(5 * GIB, 200 * GIB))),
        disk::judge_images(&root, Some(&disk(GIB, 200 * GIB))),
        disk::judge_images(&Ok(None), None),
        disk::judge_images(&away(), None),
        // A twentieth of a small disk is enough, unless the Agent is told more.
        disk::judge(disk::DATA, &disk(4 * GIB, 20 * GIB), None),
        disk::judge(disk::DATA, &disk(4 * GIB, 20 * GIB), Some(8 * GIB)),
        disk::judge(disk::DATA, &gone, None),
    ];
    assert_snapshot!("disks", both(&lines));
}

#[test]
fn the_data_directory() {
    let found = |mode: Option<u32>, refused: Option<&str>| {
        data_dir::judge(&DataDir {
            path: "playground-data".into(),
            mode,
            open_secrets: Vec::new(),
            refused: refused.map(str::to_owned),
        })
    };
    let secret = data_dir::judge(&DataDir {
        path: "playground-data".into(),
        mode: Some(0o700),
        open_secrets: vec![
            "playground-data/token".into(),
            "playground-data/link-key".into(),
        ],
        refused: None,
    });
    let lines = [
        found(None, None),
        found(Some(0o700), None),
        found(Some(0o755), None),
        found(Some(0o770), None),
        secret,
        found(Some(0o700), Some("Read-only file system (os error 30)")),
    ];
    assert_snapshot!("data-dir", both(&lines));
}

#[test]
fn ports_that_are_left() {
    let usual = PortRange::default();
    let last: PortRange = "65000-65535".parse().unwrap();
    let lines = [
        ports::judge(usual, 3),
        ports::judge(usual, 950),
        ports::judge(usual, 1001),
        ports::judge(last, 536),
    ];
    assert_snapshot!("ports", both(&lines));
}

#[test]
fn the_base_image() {
    let image = |labels: &[&str]| ImageView {
        id: "sha256:1".into(),
        tags: Vec::new(),
        labels: labels
            .iter()
            .map(|name| ((*name).to_owned(), "3.12.1".to_owned()))
            .collect::<BTreeMap<_, _>>(),
        env: Vec::new(),
        cmd: Vec::new(),
        size_bytes: 1,
        created_at: None,
    };
    let ours = image(&[LABEL_BASE_PYTHON, LABEL_BASE_PACKAGES]);
    let lines = [
        base_image::judge("base:latest", &Ok(Some(ours))),
        base_image::judge("base:latest", &Ok(Some(image(&[])))),
        base_image::judge("base:latest", &Ok(None)),
        base_image::judge("base:latest", &away()),
    ];
    assert_snapshot!("base-image", both(&lines));
}

#[test]
fn a_registry_is_needed_only_where_nothing_is_here_to_begin_from() {
    let refused = |status, message: &str| EngineError::Refused {
        status,
        message: message.into(),
    };
    let asked = |answer| registry::judge("base:latest", &Ok(Origin::Registry(answer)));
    let silent = "Get \"https://registry-1.docker.io/v2/\": no such host";
    let lines = [
        registry::judge("base:latest", &Ok(Origin::Here("base:latest".into()))),
        asked(Ok(())),
        asked(Err(refused(500, silent))),
        asked(Err(EngineError::TimedOut("ask registry"))),
        asked(Err(refused(401, "unauthorized: authentication required"))),
        asked(Err(EngineError::NoSuchImage("x".into()))),
        registry::judge("base:latest", &away()),
    ];
    assert_snapshot!("registry", both(&lines));
}

#[test]
fn ranges_of_addresses() {
    let full = || EngineError::Refused {
        status: 404,
        message:
            "could not find an available, non-overlapping IPv4 address pool among the defaults"
                .into(),
    };
    let judged = |has_ours, one_more| {
        let found = Networks { has_ours, one_more };
        networks::judge("synapse-playground", &found)
    };
    let refused = EngineError::Refused {
        status: 403,
        message: "not allowed".into(),
    };
    let foreign = EngineError::ForeignNetwork("synapse-playground".into());
    let lines = [
        judged(Ok(false), Ok(())),
        judged(Ok(true), Ok(())),
        judged(Ok(true), Err(full())),
        judged(Ok(false), Err(full())),
        judged(Ok(false), Err(refused)),
        judged(Err(foreign), Ok(())),
        judged(away(), Ok(())),
    ];
    assert_snapshot!("networks", both(&lines));
}

fn asked(answer: Result<u16, Trouble>) -> Asked {
    Asked {
        shown: "https://index.example/simple/".into(),
        is_https: true,
        answer,
        times: None,
    }
}

#[test]
fn the_package_index_and_its_certificate() {
    let plain = Asked {
        is_https: false,
        ..asked(Ok(200))
    };
    let answers = [
        Ok(200),
        Ok(401),
        Ok(404),
        Ok(503),
        Err(Trouble::Untrusted("UnknownIssuer".into())),
        Err(Trouble::OutOfDate("certificate expired".into())),
        Err(Trouble::NoAddress),
        Err(Trouble::Silent("Connection refused (os error 111)".into())),
    ];
    let bundle = Path::new("/etc/ssl/ca.crt");
    let mut lines = vec![certificate::judge(&plain, None)];
    for answer in answers {
        let asked = asked(answer);
        lines.extend([
            index::judge(&asked),
            certificate::judge(&asked, Some(bundle)),
        ]);
    }
    assert_snapshot!("index", both(&lines));
}

#[test]
fn a_clock_may_be_a_minute_off() {
    let here = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let off = |seconds: i64| {
        let apart = Duration::from_secs(seconds.unsigned_abs());
        let there = match seconds < 0 {
            true => here + apart,
            false => here - apart,
        };
        clock::judge(Some(Times { there, here }))
    };
    let lines = [
        off(0),
        off(60),
        off(-60),
        off(61),
        off(-3600),
        clock::judge(None),
    ];
    assert_snapshot!("clock", both(&lines));
}

#[test]
fn cards_and_their_runtime() {
    let with = EngineVersion {
        runtimes: vec!["nvidia".into(), "runc".into()],
        ..version()
    };
    let cards = ["NVIDIA A100".to_owned(), "NVIDIA A100".to_owned()];
    let lines = [
        gpu::judge(&[], &Ok(version())),
        gpu::judge(&[], &away()),
        gpu::judge(&cards, &Ok(with.clone())),
        gpu::judge(&cards, &Ok(version())),
        gpu::judge(&[], &Ok(with)),
    ];
    assert_snapshot!("gpu", both(&lines));
}

fn health(status: &str, version: &str, problems: &[&str]) -> Health {
    serde_json::from_value(json!({
        "status": status, "version": version, "agent_id": "a",
        "docker": {"available": true, "version": null, "api_version": null, "error": null},
        "base_image": {"reference": "base", "available": true, "gradio": null},
        "ports": {"range": "7860-8860", "used": 0, "total": 1001}, "containers": {},
        "isolation": {"profile": "standard", "inter_container_traffic_off": true, "host_rules": true, "seccomp": true},
        "problems": problems,
    }))
    .unwrap()
}

#[test]
fn the_agent_where_one_answers() {
    let judged = |found| agent::judge("http://agent:8000", "0.1.0", &found);
    let lines = [
        judged(Ok(health("ok", "0.1.0", &[]))),
        judged(Ok(health("ok", "0.0.9", &[]))),
        judged(Ok(health("starting", "0.1.0", &[]))),
        judged(Ok(health("degraded", "0.1.0", &["Docker does not answer"]))),
        judged(Err(ClientError::Unauthorized {
            detail: "no token".into(),
        })),
        judged(Err(ClientError::Unreachable {
            url: "http://agent:8000".into(),
            source: "refused".into(),
        })),
        judged(Err(ClientError::Protocol {
            url: "http://agent:8000".into(),
            reason: "no JSON".into(),
        })),
        limit::too_long("ports"),
    ];
    assert_snapshot!("agent", both(&lines));
}
