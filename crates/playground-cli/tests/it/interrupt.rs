//! Ctrl-C while something is packed or sent.

use std::fs::{self, File};
use std::io::Read as _;
use std::net::TcpListener;
use std::thread;

use crate::agent::{FakeAgent, container, created};
use crate::faults::plugin;
use crate::run::Running;

/// Zeros that were never written: they take no room on the disk, and far longer to be packed than anything is waited for.
const ENDLESS: u64 = 1 << 40;

#[test]
fn an_upload_that_is_interrupted_leaves_no_archive() {
    for verb in [
        &["create", "--file"] as &[&str],
        &["run"],
        &["dev"],
        &["releases", "add"],
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let [dir, temporary] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        plugin(dir.path());
        let mut args = verb.to_vec();
        args.push(dir.path().to_str().unwrap());
        let settings = [("TMPDIR", temporary.path().to_str().unwrap())];
        let running = Running::begin(&url, &args, &settings);
        // On its way, and never answered.
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1);
        let ran = running.interrupt();
        assert_eq!(ran.code, Some(130), "{verb:?}: {ran}");
        assert!(ran.err.ends_with("error: interrupted\n"), "{verb:?}: {ran}");
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_packing_that_is_interrupted_ends_at_once_and_leaves_no_archive() {
    let agent = FakeAgent::new();
    for verb in [
        &["check"] as &[&str],
        &["pack"],
        &["create", "--file"],
        &["run"],
        &["dev"],
        &["releases", "add"],
    ] {
        let [dir, temporary] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        plugin(dir.path());
        let weights = File::create(dir.path().join("weights.bin")).unwrap();
        weights.set_len(ENDLESS).unwrap();
        let mut args = verb.to_vec();
        args.push(dir.path().to_str().unwrap());
        let settings = [("TMPDIR", temporary.path().to_str().unwrap())];
        let running = Running::begin(&agent.url, &args, &settings);
        let archives = || fs::read_dir(temporary.path()).unwrap().count();
        while archives() == 0 {
            thread::yield_now();
        }
        let ran = running.interrupt();
        assert_eq!(ran.code, Some(130), "{verb:?}: {ran}");
        assert!(ran.err.ends_with("error: interrupted\n"), "{verb:?}: {ran}");
        assert_eq!(archives(), 0, "{verb:?}");
        assert!(!dir.path().join("dist").exists(), "{verb:?}");
    }
    assert!(agent.asked().is_empty());
}

#[test]
fn a_launch_that_the_agent_says_nothing_of_can_be_interrupted() {
    for verb in ["run", "dev"] {
        let agent = FakeAgent::new()
            .on("POST /containers/", 202, &created(container(1, "building")))
            .on_silence("GET /builds/b1/");
        let dir = tempfile::tempdir().unwrap();
        plugin(dir.path());
        let folder = dir.path().to_str().unwrap();
        let running = Running::begin(&agent.url, &[verb, "--no-open", folder], &[]);
        agent.hears("GET /builds/b1/");
        let ran = running.interrupt();
        assert_eq!(ran.code, Some(130), "{verb}: {ran}");
        assert!(ran.err.ends_with("error: interrupted\n"), "{verb}: {ran}");
    }
}
