//! Ctrl-C while something is packed or sent.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;

use crate::faults::plugin;
use crate::run::Running;

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
