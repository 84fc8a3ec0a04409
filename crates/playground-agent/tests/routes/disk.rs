//! A data directory on a disk that is full: answers say so, nothing is lost, and everything goes on once there is space,
//! without a new start.
//!
//! The disk is a memory file system of a few megabytes, which only root may mount. Where this may not be, these tests fail,
//! unless `PLAYGROUND_SKIP_MOUNT=1` says that they may be left out.

#![allow(
    clippy::print_stdout,
    reason = "a skip is told to whoever runs the tests"
)]

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use playground_engine::fake::BuildScript;
use rustix::mount::{MountFlags, UnmountFlags};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::agent::{Answer, TestAgent, plugin, zip_of};

const SIZE: &CStr = c"size=8m";
const DEADLINE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

/// A small disk, mounted as long as this lives.
struct SmallDisk {
    dir: tempfile::TempDir,
}

impl SmallDisk {
    /// None where it may not be mounted and these tests may be left out.
    fn mount(name: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = rustix::mount::mount("tmpfs", dir.path(), "tmpfs", MountFlags::empty(), SIZE);
        let Err(failed) = mounted else {
            return Some(Self { dir });
        };
        let skip = std::env::var("PLAYGROUND_SKIP_MOUNT").is_ok_and(|value| value == "1");
        assert!(
            skip,
            "a small disk cannot be mounted ({failed}): run this as root, or set PLAYGROUND_SKIP_MOUNT=1 to leave it out"
        );
        println!("SKIPPED {name}: a small disk cannot be mounted");
        None
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Takes all of it but so many bytes.
    fn fill(&self, but: u64) {
        let mut filler = File::create(self.filler()).unwrap();
        for part in [1 << 16, 1 << 12, 1] {
            let part = vec![0_u8; part];
            while filler.write_all(&part).is_ok() {}
        }
        let bytes = filler.metadata().unwrap().len();
        filler.set_len(bytes.saturating_sub(but)).unwrap();
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// Everything on it that is no database and no filler.
    fn files(&self) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.starts_with(self.filler()) {
                    files.insert(path);
                }
            }
        }
        files
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = rustix::mount::unmount(self.path(), UnmountFlags::DETACH);
        assert!(unmounted.is_ok() || std::thread::panicking());
    }
}

/// Looks again and again, and tells the last state when there never is what is waited for.
async fn eventually(agent: &TestAgent, path: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let answer = agent.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let body = answer.json();
        if is_it(&body) {
            return body;
        }
        assert!(Instant::now() < deadline, "still not: {body:#}");
        sleep(LOOK).await;
    }
}

/// Until so many builds run.
async fn builds_run(agent: &TestAgent, count: usize) {
    let deadline = Instant::now() + DEADLINE;
    while agent.fake.builds_running() != count {
        assert!(
            Instant::now() < deadline,
            "{} builds run",
            agent.fake.builds_running()
        );
        sleep(LOOK).await;
    }
}

fn assert_full(answer: &Answer) {
    assert_eq!(
        answer.error(),
        "507 insufficient_storage: the Agent's disk is full"
    );
    let body = answer.json();
    let hint = body["hint"].as_str().unwrap();
    assert!(hint.contains("data_dir"), "{hint}");
}

/// Reads need no space.
async fn assert_reads_work(agent: &TestAgent, containers: u64) {
    let list = agent.get("/containers/").await;
    assert_eq!(list.status, StatusCode::OK, "{list:?}");
    assert_eq!(list.json()["count"], containers, "{list:?}");
    for path in ["/health/", "/builds/", "/plugin_releases/"] {
        let answer = agent.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path} {answer:?}");
    }
}

/// A plugin of so many bytes that do not shrink when packed.
fn large_plugin(bytes: usize) -> Vec<u8> {
    let mut seed = 1_u64;
    let text: String = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + u8::try_from((seed >> 33) % 90).unwrap())
    })
    .take(bytes)
    .collect();
    zip_of(&[
        (
            "config.yaml",
            "code: large\nversion: 1.0.0\nactions:\n  gradio:\n    entrypoint: plugin.gradio_interface.app\n",
        ),
        ("plugin/gradio_interface.py", "import gradio\n"),
        ("data.txt", &text),
    ])
}

#[tokio::test]
async fn an_upload_that_finds_the_disk_full_is_told_so_and_leaves_nothing() {
    let Some(disk) = SmallDisk::mount("an_upload") else {
        return;
    };
    let agent = TestAgent::at(disk.path(), |_| {}).await;
    agent.created(&[]).await;
    let archive = large_plugin(600_000);
    let before = disk.files();
    // In the middle of the upload, of unpacking it, of filing what was unpacked, and of writing it down.
    let mut refused = 0;
    for room in (0..).step_by(100_000) {
        disk.fill(room);
        let answer = agent.form("/containers/", &[], Some(&archive)).await;
        if answer.status.is_success() {
            disk.free();
            break;
        }
        refused += 1;
        assert_full(&answer);
        assert_reads_work(&agent, 1).await;
        disk.free();
        let spool = disk.path().join("spool");
        let half: Vec<_> = disk
            .files()
            .into_iter()
            .filter(|path| path.starts_with(&spool))
            .collect();
        assert_eq!(half, Vec::<PathBuf>::new(), "with room for {room} bytes");
    }
    assert!(refused > 5, "{refused}");
    let list = eventually(&agent, "/containers/", |list| {
        list["count"] == 2 && list["results"][0]["status"] == "running"
    });
    list.await;
    let new: Vec<PathBuf> = disk.files().difference(&before).cloned().collect();
    let in_folder = |name: &str| {
        new.iter()
            .filter(|path| path.starts_with(disk.path().join(name)))
            .count()
    };
    assert_eq!(
        (in_folder("sources"), in_folder("spool")),
        (1, 0),
        "{new:?}"
    );
    agent.control.stop().await;
}

#[tokio::test]
async fn a_record_that_cannot_be_written_is_not_lost_and_goes_on_when_there_is_space() {
    let Some(disk) = SmallDisk::mount("a_record") else {
        return;
    };
    let agent = TestAgent::at(disk.path(), |_| {}).await;
    let created = agent.created(&[]).await;
    let (pk, name) = (&created["pk"], created["name"].as_str().unwrap());
    let path = format!("/containers/{pk}/");
    disk.fill(0);
    let wishes = [
        (
            Method::PATCH,
            path.clone(),
            Some(json!({"status": "stopped"})),
        ),
        (Method::POST, format!("/containers/{pk}/restart/"), None),
        (Method::DELETE, path.clone(), None),
        (
            Method::POST,
            "/containers/".to_owned(),
            Some(json!({"plugin_release": "my-plugin@1.0.0", "model": 7})),
        ),
    ];
    for (method, path, body) in wishes {
        let answer = agent.call(method, &path, body).await;
        assert_full(&answer);
    }
    assert_reads_work(&agent, 1).await;
    // Nobody can write down that it crashed, nor that it was started again.
    agent.fake.outside().kill(name, 1);
    sleep(Duration::from_millis(500)).await;
    assert_reads_work(&agent, 1).await;
    disk.free();
    let runs = |body: &Value| body["status"] == "running" && !body["endpoint"].is_null();
    let is_up = |body: &Value| runs(body) && body["attrs"]["State"]["Status"] == "running";
    eventually(&agent, &path, is_up).await;
    let stopped = agent
        .call(Method::PATCH, &path, Some(json!({"status": "stopped"})))
        .await;
    assert_eq!(stopped.json()["status"], "stopped", "{stopped:?}");
    agent.control.stop().await;
}

#[tokio::test]
async fn a_build_that_finds_the_disk_full_ends_when_there_is_space_with_its_whole_log() {
    let Some(disk) = SmallDisk::mount("a_build") else {
        return;
    };
    let agent = TestAgent::at(disk.path(), |_| {}).await;
    agent.fake.build_next(BuildScript {
        takes: Duration::from_secs(3),
        steps: (0..5).map(|step| format!("step {step}")).collect(),
        log: (0..20)
            .map(|line| format!("line {line} {}", "x".repeat(200)))
            .collect(),
        ..BuildScript::default()
    });
    let archive = plugin("my-plugin", "1.0.0", "");
    let create = agent.form("/containers/", &[], Some(&archive));
    let fill_and_free = async {
        builds_run(&agent, 1).await;
        disk.fill(0);
        assert_eq!(agent.fake.builds_running(), 1, "it ended too soon");
        builds_run(&agent, 0).await;
        // It has ended, and its end cannot be written.
        let launches = agent.get("/builds/").await.json();
        assert_eq!(launches["results"][0]["status"], "building", "{launches:#}");
        assert_reads_work(&agent, 1).await;
        disk.free();
    };
    let (created, ()) = tokio::join!(create, fill_and_free);
    let created = created.json();
    let build = created["build_id"].as_str().unwrap();
    let path = format!("/builds/{build}/");
    let ended = eventually(&agent, &path, |launch| launch["status"] == "completed").await;
    assert_eq!(ended["result"]["status"], "running", "{ended:#}");
    let log = agent.get(&format!("/builds/{build}/logs/")).await.text;
    let lines = log.lines().filter(|line| line.contains("line ")).count();
    assert_eq!(lines, 100, "{log}");
    agent.control.stop().await;
}
