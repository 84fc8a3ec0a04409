//! What shells and packages get: completions and manual pages.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::run::{command, playground, ran};

#[test]
fn every_shell_gets_a_script_with_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = playground(&["completion", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{shell}");
        for verb in ["doctor", "login", "prune", "cancel", "--port-range"] {
            let option = verb.trim_start_matches('-');
            assert!(ran.out.contains(option), "{shell}: {verb}");
        }
    }
    assert_eq!(playground(&["completion", "elvish"]).code, Some(2));
}

/// Sources the script and asks bash what it would offer after `playground do`.
#[test]
fn bash_completes_a_verb() {
    let script = playground(&["completion", "bash"]).out;
    let ask = "COMP_WORDS=(playground do); COMP_CWORD=1; _playground playground do playground; echo \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash")
        .args(["--norc", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = bash.stdin.take().unwrap();
    writeln!(input, "{script}\n{ask}").unwrap();
    drop(input);
    let output = bash.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "doctor\n");
}

#[test]
fn every_verb_has_a_manual_page() {
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("share/man1");
    let output = command(&["man", "--dir"]).arg(&pages).output().unwrap();
    assert_eq!(ran(&output).code, Some(0));
    let names: BTreeSet<String> = std::fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for verb in [
        "",
        "-doctor",
        "-login",
        "-builds-cancel",
        "-base-build",
        "-agent",
    ] {
        assert!(
            names.contains(&format!("playground{verb}.1")),
            "{verb}: {names:?}"
        );
    }
    let page = std::fs::read_to_string(pages.join("playground.1")).unwrap();
    assert!(page.contains("Exit codes"), "{page}");
    // Nothing for people who do not make packages.
    assert!(!names.contains("playground-man.1"), "{names:?}");
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let output = command(&["man", "--dir"]).arg(&file).output().unwrap();
    let ran = ran(&output);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err
            .starts_with("error: manual pages cannot be written to "),
        "{ran}"
    );
}
