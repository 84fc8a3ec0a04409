//! What a manifest may say, and what it may not.

use playground_plugin::RequirementPolicy::Permissive;
use playground_plugin::{PluginError, PluginFacts, Requested};

use crate::pack::*;

fn with_config(config: &str) -> Result<PluginFacts, PluginError> {
    facts(
        &[("config.yaml", config), ("plugin/gradio_interface.py", APP)],
        &Requested::default(),
    )
}

fn facts(files: &[(&str, &str)], requested: &Requested) -> Result<PluginFacts, PluginError> {
    check_with(&zip_of(files), requested, Permissive).map(|plugin| plugin.facts)
}

fn requested(code: &str, version: &str) -> Requested {
    Requested {
        code: Some(code.parse().unwrap()),
        version: Some(version.parse().unwrap()),
        entrypoint: None,
    }
}

#[test]
fn item_14_a_manifest_must_be_there() {
    let error = facts(
        &[("a/b/config.yaml", CONFIG), ("readme", "x")],
        &Requested::default(),
    )
    .unwrap_err();
    assert_eq!(error.code(), "manifest_missing");
    assert!(error.to_string().contains("a/b/config.yaml"), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn item_14_a_manifest_is_small() {
    let large = format!("{CONFIG}description: {}\n", "x".repeat(64 * 1024));
    let error = with_config(&large).unwrap_err();
    assert_eq!(
        (error.code(), error.is_too_large()),
        ("manifest_too_large", false)
    );
}

#[test]
fn item_14_an_alias_bomb_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![alias; 9].join(", "));
    }
    assert_eq!(with_config(&bomb).unwrap_err().code(), "manifest_invalid");
}

#[test]
fn item_14_deep_nesting_is_refused() {
    for deep in [
        "[".repeat(10_000),
        format!("a: {}", "{b: ".repeat(5_000)),
        "- ".repeat(10_000),
    ] {
        assert_eq!(with_config(&deep).unwrap_err().code(), "manifest_invalid");
    }
}

#[test]
fn item_14_request_and_manifest_must_agree() {
    let files = plugin();
    let error = facts(&files, &requested("other", "1.2.3")).unwrap_err();
    assert_eq!(error.code(), "release_mismatch");
    assert!(
        error.to_string().contains("other") && error.to_string().contains("test-plugin"),
        "{error}"
    );
    assert_eq!(
        facts(&files, &requested("test-plugin", "9"))
            .unwrap_err()
            .code(),
        "release_mismatch"
    );
    assert!(facts(&files, &requested("test-plugin", "1.2.3")).is_ok());
}

#[test]
fn item_14_without_an_app_there_is_nothing_to_start() {
    let config = "code: a\nactions:\n  train:\n    entrypoint: plugin.train\n";
    let error = facts(
        &[("config.yaml", config), ("plugin/train.py", "x")],
        &Requested::default(),
    )
    .unwrap_err();
    assert_eq!(error.code(), "gradio_action_missing");
    assert!(error.hint().unwrap().contains("gradio:\n    entrypoint:"));
}

#[test]
fn mistakes_are_told_with_their_line() {
    let error = with_config("code: a\nname: b\n  c: [\n").unwrap_err();
    assert_eq!(error.code(), "manifest_invalid");
    assert!(error.to_string().contains("config.yaml, line 3"), "{error}");
    assert_eq!(
        with_config("- a list\n").unwrap_err().code(),
        "manifest_invalid"
    );
    assert_eq!(
        with_config("code: [a]\n").unwrap_err().code(),
        "manifest_invalid"
    );
}

#[test]
fn versions_stay_as_they_are_written() {
    for (written, want) in [
        ("1.0", "1.0"),
        ("1.10", "1.10"),
        ("'2'", "2"),
        ("3", "3"),
        ("~", "0.1.0"),
        ("''", "0.1.0"),
        ("2.0.7+cu121", "2.0.7+cu121"),
    ] {
        let facts = with_config(&format!("code: a\nversion: {written}\n")).unwrap();
        assert_eq!(facts.release.version().as_str(), want, "{written}");
    }
}

#[test]
fn gaps_and_oddities_do_no_harm() {
    let config = "code: 42\nname: ~\ncategory: [x]\ndescription: 3.50\nrequires: none\nunknown: {a: [1]}\nactions: ~\ncode: a\n";
    let facts = with_config(config).unwrap();
    assert_eq!(
        (facts.release.to_string().as_str(), facts.name.as_str()),
        ("a@0.1.0", "a")
    );
    assert_eq!((facts.category, facts.python), (None, None));
    let facts = with_config("code: a\nrequires:\n  sdk: '>=1'\n  python: '>=3.10,<3.13'\nactions: [{name: gradio, entrypoint: 'plugin/gradio_interface.py:demo'}]").unwrap();
    assert_eq!(facts.python.as_deref(), Some(">=3.10,<3.13"));
    assert_eq!(facts.entrypoint.to_string(), "plugin.gradio_interface:demo");
    let facts = with_config("code: a\nactions:\n  gradio: plugin.gradio_interface:demo\n").unwrap();
    assert_eq!(facts.entrypoint.to_string(), "plugin.gradio_interface:demo");
}

#[test]
fn item_17_codes_and_versions_that_carry_instructions_are_refused() {
    for version in ["\"1.0\\\"\\nRUN touch /pwned\"", "$(id)", "'`id`'", "../1"] {
        assert_eq!(
            with_config(&format!("code: a\nversion: {version}\n"))
                .unwrap_err()
                .code(),
            "version_invalid",
            "{version}"
        );
    }
    assert_eq!(
        with_config("code: \"a b\"\n").unwrap_err().code(),
        "code_invalid"
    );
    assert_eq!(
        with_config("name: x\n").unwrap_err().code(),
        "manifest_code_missing"
    );
}

#[test]
fn the_request_fills_the_gaps() {
    let facts = facts(
        &[
            ("config.yaml", "name: x\n"),
            ("plugin/gradio_interface.py", APP),
        ],
        &requested("a", "2"),
    )
    .unwrap();
    assert_eq!(facts.release.to_string(), "a@2");
}

#[test]
fn both_manifests_are_compared() {
    let app = ("plugin/gradio_interface.py", APP);
    let differ = facts(
        &[("config.yaml", CONFIG), ("synapse.yaml", "code: b"), app],
        &Requested::default(),
    )
    .unwrap();
    assert_eq!(differ.release.code().as_str(), "test-plugin");
    assert!(
        differ.warnings[0].contains("config.yaml is used"),
        "{:?}",
        differ.warnings
    );
    let same = facts(
        &[("config.yaml", CONFIG), ("synapse.yaml", CONFIG), app],
        &Requested::default(),
    )
    .unwrap();
    assert!(same.warnings.is_empty());
    assert!(facts(&[("synapse.yaml", CONFIG), app], &Requested::default()).is_ok());
}

#[test]
fn the_entrypoint_is_found_in_this_order() {
    let config =
        |entrypoint: &str| format!("code: a\nactions:\n  gradio:\n    entrypoint: {entrypoint}\n");
    let with = |config: &str, files: &[&str], asked: Option<&str>| {
        let mut all = vec![("config.yaml", config)];
        all.extend(files.iter().map(|file| (*file, APP)));
        let requested = Requested {
            entrypoint: asked.map(str::to_owned),
            ..Requested::default()
        };
        match facts(&all, &requested) {
            Ok(facts) => format!("{}{}", facts.entrypoint, "!".repeat(facts.warnings.len())),
            Err(error) => error.code().to_owned(),
        }
    };
    let default = "plugin/gradio_interface.py";
    assert_eq!(
        with(&config("ui.app"), &["ui.py", default], Some("ui.py")),
        "ui:app"
    );
    assert_eq!(with("code: a", &["ui.py", default], Some("ui.py")), "ui");
    assert_eq!(
        with("code: a", &[default], Some("plugin.py")),
        "plugin.gradio_interface"
    );
    assert_eq!(with("code: a", &["x.py"], None), "gradio_action_missing");
    assert_eq!(
        with(&config("plugin.ui.app"), &["plugin/x.py"], None),
        "entrypoint_not_found"
    );
    assert_eq!(
        with(&config("plugin.ui.app"), &[default], None),
        "plugin.ui.app!"
    );
    assert_eq!(
        with(&config("some_package.app:demo"), &["x.py"], None),
        "some_package.app:demo"
    );
    assert_eq!(
        with(&config("'rm -rf /'"), &[default], None),
        "entrypoint_invalid"
    );
}
