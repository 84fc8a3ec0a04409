//! `login`: a token that is kept, used, and never printed.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agent::{FakeAgent, page};
use crate::run::{Ran, TOKEN, command, ran};

fn agent() -> FakeAgent {
    let health = json!({
        "status": "ok", "version": "0.1.0", "agent_id": "a1",
        "docker": {"available": true, "version": null, "api_version": null, "error": null},
        "base_image": {"reference": "base", "available": true, "gradio": null},
        "ports": {"range": "7860-8860", "used": 0, "total": 1001}, "containers": {},
        "isolation": {"profile": "standard", "inter_container_traffic_off": true, "host_rules": false, "seccomp": true},
        "problems": []
    });
    FakeAgent::new().on("GET /health/", 200, &health).on(
        "GET /containers/",
        200,
        &page(Vec::<Value>::new(), 0),
    )
}

/// A user's home, and what is typed there.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0
            .path()
            .join(".config/synapse-playground/credentials.toml")
    }

    fn write(&self, text: &str, mode: u32) {
        fs::create_dir_all(self.file().parent().unwrap()).unwrap();
        fs::write(self.file(), text).unwrap();
        fs::set_permissions(self.file(), Permissions::from_mode(mode)).unwrap();
    }

    fn run(&self, agent: &FakeAgent, args: &[&str], input: &str) -> Ran {
        let mut child = command(args)
            .env("HOME", self.0.path())
            .env("PLAYGROUND_URL", &agent.url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that reads no input may have ended already.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let mut ran = ran(&child.wait_with_output().unwrap());
        let home = self.0.path().display().to_string();
        ran.err = ran.err.replace(&agent.url, "AGENT").replace(&home, "HOME");
        assert!(!format!("{ran}").contains(TOKEN), "a token was printed");
        ran
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_token_is_kept_for_its_address_used_and_forgotten() {
    let (home, first, second) = (Home::new(), agent(), agent());
    assert_eq!(home.run(&first, &["ls"], "").code, Some(4));
    assert_snapshot!(home.run(&first, &["login", "--token-stdin"], &format!("{TOKEN}\n")), @"
    exit 0
    --- stdout
    --- stderr
    logged in to AGENT; its token is kept in HOME/.config/synapse-playground/credentials.toml
    ");
    assert_eq!(
        (mode(&home.file()), mode(home.file().parent().unwrap())),
        (0o600, 0o700)
    );
    assert_eq!(home.run(&first, &["ls"], "").code, Some(0));
    // Not sent to another Agent.
    assert_eq!(home.run(&second, &["ls"], "").code, Some(4));
    home.run(&second, &["login", "--token-stdin"], TOKEN);
    assert_eq!(home.run(&second, &["ls"], "").code, Some(0));
    // A slash at the end is the same address.
    let with_slash = format!("{}/", first.url);
    assert_eq!(
        home.run(&first, &["ls", "--url", &with_slash], "").code,
        Some(0)
    );
    assert_snapshot!(home.run(&first, &["login", "--forget"], ""), @"
    exit 0
    --- stdout
    --- stderr
    the token of AGENT is forgotten
    ");
    assert_snapshot!(home.run(&first, &["login", "--forget"], ""), @"
    exit 0
    --- stdout
    --- stderr
    no token of AGENT was kept
    ");
    assert_eq!(home.run(&first, &["ls"], "").code, Some(4));
    assert_eq!(home.run(&second, &["ls"], "").code, Some(0));
}

#[test]
fn what_became_of_a_token_is_an_object_for_programs() {
    let (home, agent) = (Home::new(), agent());
    for (args, status) in [
        (&["login", "--token-stdin"][..], "kept"),
        (&["login", "--forget"], "forgotten"),
        (&["login", "--forget"], "unknown"),
    ] {
        let args = [args, &["--output", "json"]].concat();
        let ran = home.run(&agent, &args, TOKEN);
        let told: Value = serde_json::from_str(&ran.out).unwrap();
        let want = json!({"url": agent.url, "status": status, "file": home.file()});
        assert_eq!((told, ran.err.as_str()), (want, ""));
    }
}

#[test]
fn a_token_that_the_agent_refuses_is_not_kept() {
    let (home, agent) = (Home::new(), agent());
    let ran = home.run(&agent, &["login", "--token-stdin"], "another");
    assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{ran}");
    assert!(!home.file().exists());
    assert_snapshot!(home.run(&agent, &["login"], ""), @"
    exit 2
    --- stdout
    --- stderr
    error: there is nobody to ask for the token
    hint: send it to `playground login --token-stdin`
    ");
    assert_snapshot!(home.run(&agent, &["login", "--token-stdin"], " \n"), @"
    exit 2
    --- stdout
    --- stderr
    error: the token is empty
    ");
    assert!(!home.file().exists());
}

#[test]
fn a_token_that_is_given_beats_the_one_that_is_kept() {
    let (home, agent) = (Home::new(), agent());
    home.write(
        &format!("[tokens]\n\"{}\" = \"{TOKEN}\"\n", agent.url),
        0o600,
    );
    assert_eq!(home.run(&agent, &["ls"], "").code, Some(0));
    assert_eq!(
        home.run(&agent, &["ls", "--token", "another"], "").code,
        Some(4)
    );
}

#[test]
fn a_kept_token_beats_the_one_in_the_data_directory() {
    let (home, agent) = (Home::new(), agent());
    let data = home.0.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("token"), TOKEN).unwrap();
    let data = data.display().to_string();
    assert_eq!(
        home.run(&agent, &["ls", "--data-dir", &data], "").code,
        Some(0)
    );
    home.write(
        &format!("[tokens]\n\"{}\" = \"another\"\n", agent.url),
        0o600,
    );
    assert_eq!(
        home.run(&agent, &["ls", "--data-dir", &data], "").code,
        Some(4)
    );
}

#[test]
fn a_file_that_others_may_read_or_that_does_not_parse_is_refused() {
    let (home, agent) = (Home::new(), agent());
    home.write(
        &format!("[tokens]\n\"{}\" = \"{TOKEN}\"\n", agent.url),
        0o644,
    );
    assert_snapshot!(home.run(&agent, &["ls"], ""), @"
    exit 1
    --- stdout
    --- stderr
    error: HOME/.config/synapse-playground/credentials.toml has tokens, and others may read or change it (mode 644)
    hint: chmod 600 HOME/.config/synapse-playground/credentials.toml
    ");
    home.write(&format!("[tokens]\n\"{}\" = {TOKEN}\n", agent.url), 0o600);
    fs::set_permissions(home.file(), Permissions::from_mode(0o600)).unwrap();
    assert_snapshot!(home.run(&agent, &["ls"], ""), @"
    exit 1
    --- stdout
    --- stderr
    error: HOME/.config/synapse-playground/credentials.toml, line 2 is not what `playground login` writes
    hint: mend it, or remove it and log in again: rm HOME/.config/synapse-playground/credentials.toml
    ");
    assert_eq!(
        home.run(&agent, &["login", "--token-stdin"], TOKEN).code,
        Some(1)
    );
    // Whoever gives a token does not need the file.
    let output = command(&["ls", "--token", TOKEN, "--url", &agent.url])
        .env("HOME", home.0.path())
        .output()
        .unwrap();
    assert_eq!(ran(&output).code, Some(0));
}

#[test]
fn a_user_without_a_home_is_told_so() {
    let agent = agent();
    let output = command(&["login", "--token", TOKEN, "--url", &agent.url]).output();
    assert_snapshot!(ran(&output.unwrap()), @"
    exit 1
    --- stdout
    --- stderr
    error: there is no place for the token: neither XDG_CONFIG_HOME nor HOME is a directory
    hint: use PLAYGROUND_TOKEN instead
    ");
}
