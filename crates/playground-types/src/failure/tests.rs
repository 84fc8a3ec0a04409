use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use utoipa::PartialSchema as _;

use super::*;

/// One of each, and of each form that a sentence of it has.
fn causes() -> Vec<Cause> {
    let text = |text: &str| text.to_owned();
    let some = |text: &str| Some(text.to_owned());
    let place = |line| {
        Some(Place {
            file: text("plugin/model.py"),
            line,
        })
    };
    vec![
        Cause::BadRequirement {
            line: text("numpy =="),
        },
        Cause::NoSuchPackage {
            package: text("nunpy"),
        },
        Cause::NoSuchVersion {
            requirement: text("numpy==99"),
        },
        Cause::VersionConflict {
            requirements: some("a==1 and b==1"),
        },
        Cause::VersionConflict { requirements: None },
        Cause::NeedsSourceBuild {
            package: text("pycocotools"),
        },
        Cause::SourceBuildFailed {
            package: some("pycocotools"),
        },
        Cause::SourceBuildFailed { package: None },
        Cause::PythonVersion {
            package: text("tensorflow"),
        },
        Cause::NoPython,
        Cause::IndexUnreachable,
        Cause::IndexUntrusted,
        Cause::BuildDiskFull,
        Cause::BaseImageMissing {
            image: text("base:latest"),
        },
        Cause::BuildTooLong { seconds: 900 },
        Cause::BuildSilent { seconds: 300 },
        Cause::BuildKilled,
        Cause::BuildCancelled,
        Cause::BrokenPackage {
            package: text("numpy"),
        },
        Cause::InstallFailed,
        Cause::BuildFailed {
            said: text("exit code: 1"),
        },
        Cause::ImageMissing,
        Cause::BuildNotRun {
            why: text("the stream broke"),
        },
        Cause::NoBuilder,
        Cause::EngineRefused { why: text("no") },
        Cause::NoAddresses,
        Cause::PortsExhausted {
            range: text("7861-7862"),
        },
        Cause::MissingModule {
            module: text("cv2"),
            package: text("opencv-python-headless"),
        },
        Cause::MissingOwnModule {
            module: text("plugin.mdoel"),
        },
        Cause::BadImport {
            module: some("numpy"),
            text: text("cannot import name 'x' from 'numpy'"),
        },
        Cause::BadImport {
            module: None,
            text: text("attempted relative import"),
        },
        Cause::MissingLibrary {
            library: text("libGL.so.1"),
        },
        Cause::MissingLibrary {
            library: text("libgomp.so.1"),
        },
        Cause::SyntaxError {
            place: place(Some(3)),
            text: text("invalid syntax"),
        },
        Cause::MissingEnv {
            name: text("API_KEY"),
        },
        Cause::MissingFile {
            text: text("[Errno 2] No such file or directory: 'weights.pt'"),
        },
        Cause::Raised {
            exception: text("ValueError"),
            place: place(Some(2)),
            text: text("no weights"),
        },
        Cause::Raised {
            exception: text("ValueError"),
            place: place(None),
            text: text("no weights"),
        },
        Cause::Raised {
            exception: text("ValueError"),
            place: None,
            text: text("no weights"),
        },
        Cause::NoGpu {
            text: text("No CUDA GPUs are available"),
        },
        Cause::Permission {
            text: text("[Errno 13] Permission denied: '/opt/x'"),
        },
        Cause::PluginOffline {
            text: text("[Errno 111] Connection refused"),
        },
        Cause::PluginDiskFull {
            text: text("[Errno 28] No space left on device"),
        },
        Cause::WroteTooMuch {
            written: 50_000_000,
            limit: 33_554_432,
        },
        Cause::EntrypointMissing {
            entrypoint: text("elsewhere.app"),
            found: text("plugin, config.yaml"),
        },
        Cause::BadEntrypoint {
            entrypoint: text("a..b"),
        },
        Cause::NothingToServe {
            file: text("plugin/gradio_interface.py"),
        },
        Cause::LaunchFailed {
            text: text("auth must be a tuple"),
        },
        Cause::FactoryGaveNoApp {
            name: text("create_app"),
            returned: text("NoneType"),
        },
        Cause::EndedItself { status: text("3") },
        Cause::Exited { code: 139 },
        Cause::Gone,
        Cause::NotRun {
            why: text("exec format error"),
        },
        Cause::Killed,
        Cause::Stopped,
        Cause::OutOfMemory,
        Cause::MemoryRefused,
        Cause::NotListening { seconds: 300 },
        Cause::LoopbackOnly {
            address: text("127.0.0.1:7860"),
        },
        Cause::WrongPort { port: 8080 },
        Cause::NotAnswering {
            address: text("0.0.0.0:7860"),
            seconds: 300,
        },
        Cause::SourceMissing {
            release: text("echo@1.0.0"),
        },
        Cause::Unresponsive {
            misses: 20,
            restarts: 5,
        },
        Cause::Crashing {
            times: 6,
            last: Box::new(Failure::of(&Cause::Exited { code: 1 })),
        },
        Cause::Crashing {
            times: 1,
            last: Box::new(Failure::of(&Cause::OutOfMemory)),
        },
    ]
}

#[test]
fn every_kind_is_listed_under_its_own_word() {
    let words: Vec<Value> = FailureKind::ALL
        .iter()
        .map(|kind| serde_json::to_value(kind).unwrap())
        .collect();
    for (kind, word) in FailureKind::ALL.iter().zip(&words) {
        assert_eq!(word, kind.as_str());
    }
    let schema = serde_json::to_value(FailureKind::schema()).unwrap();
    let declared: BTreeSet<String> = schema["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(declared, words.iter().map(Value::to_string).collect());
}

#[test]
fn every_kind_has_a_cause_that_makes_it() {
    let made: BTreeSet<&str> = causes().iter().map(|cause| cause.kind().as_str()).collect();
    let all: BTreeSet<&str> = FailureKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(made, all);
}

#[test]
fn every_cause_is_told_in_both_languages() {
    let mut told = BTreeMap::new();
    for cause in causes() {
        let failure = Failure::of(&cause);
        let name = format!("{} {}", failure.kind.as_str(), failure.message);
        for text in [Some(&failure.ko.message), failure.ko.hint.as_ref()] {
            let text = text.expect("both have a hint");
            assert!(text.chars().any(is_hangul), "{text}");
        }
        for text in [Some(&failure.message), failure.hint.as_ref()] {
            let text = text.expect("both have a hint");
            assert!(!text.chars().any(is_hangul), "{text}");
        }
        // A better hint than the usual one is better in every language.
        let usual = (failure.kind.usual().hint, failure.kind.usual_ko().hint);
        assert_eq!(
            failure.hint == usual.0,
            failure.ko.hint == usual.1,
            "{failure:#?}"
        );
        told.insert(name, failure);
    }
    insta::assert_json_snapshot!(told);
}

#[test]
fn a_failure_that_was_stored_in_english_only_still_reads() {
    let old = json!({"kind": "no_such_package", "message": "The package index has no package named nunpy.", "log_tail": ["x"]});
    let failure: Failure = serde_json::from_value(old).unwrap();
    assert_eq!(
        failure.message,
        "The package index has no package named nunpy."
    );
    assert_eq!(failure.ko, FailureKind::NoSuchPackage.usual_ko());
    let again: Failure = serde_json::from_str(&serde_json::to_string(&failure).unwrap()).unwrap();
    assert_eq!(again, failure);
}

#[test]
fn crashing_for_want_of_memory_is_a_want_of_memory() {
    let crashing = |last: &Cause| {
        Failure::of(&Cause::Crashing {
            times: 3,
            last: Box::new(Failure::of(last)),
        })
    };
    assert_eq!(crashing(&Cause::OutOfMemory).kind, FailureKind::OutOfMemory);
    assert_eq!(crashing(&Cause::Killed).kind, FailureKind::CrashLoop);
}

fn is_hangul(sign: char) -> bool {
    ('가'..='힣').contains(&sign)
}

#[test]
fn an_engine_without_addresses_is_told_as_that() {
    let old = "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network";
    let new = "all predefined address pools have been fully subnetted";
    for said in [old, new] {
        assert_eq!(Cause::of_refusal(said), Cause::NoAddresses);
    }
    let other = "OCI runtime create failed";
    let why = other.to_owned();
    assert_eq!(Cause::of_refusal(other), Cause::EngineRefused { why });
}
