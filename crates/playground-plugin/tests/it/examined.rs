//! All mistakes of a plugin at once, each with its place.

use std::io::Cursor;

use playground_plugin::manifest::Manifest;
use playground_plugin::{
    ArchiveLimits, Examined, Place, Requested, RequirementPolicy, Severity, examine,
};

use crate::pack::{APP, CONFIG, check_bytes, refused, zip_of};

const MANY: &str =
    "name: Test\ncode: 1 2\nversion: 1 2\nactions:\n  gradio:\n    entrypoint: a b\n";

fn examined(bytes: &[u8], policy: RequirementPolicy) -> Examined {
    examine(
        Cursor::new(bytes),
        &Requested::default(),
        &ArchiveLimits::default(),
        policy,
        &std::env::temp_dir(),
    )
    .unwrap()
}

fn told(plugin: &Examined) -> Vec<String> {
    let findings = plugin.findings().into_iter();
    findings
        .map(|finding| format!("{}: {}", finding.place.unwrap(), finding.code))
        .collect()
}

#[test]
fn every_mistake_is_found_and_intake_refuses_with_the_first() {
    let files = [
        ("config.yaml", MANY),
        ("plugin/gradio_interface.py", APP),
        (
            "requirements.txt",
            "gradio\n-r base.txt\n--pre\nnumpy\n-r more.txt\n",
        ),
        ("more.txt", "git+https://example.com/a.git\n"),
    ];
    let bytes = zip_of(&files);
    let plugin = examined(&bytes, RequirementPolicy::Strict);
    assert_eq!(
        told(&plugin),
        [
            "config.yaml, line 2, column 7: code_invalid",
            "config.yaml, line 3, column 10: version_invalid",
            "config.yaml, line 6, column 17: entrypoint_invalid",
            "requirements.txt, line 2: requirement_not_allowed",
            "requirements.txt, line 3: requirement_not_allowed",
            "requirements.txt, line 5: requirement_not_allowed",
            "requirements.txt, line 2: requirements_invalid",
            "more.txt, line 1: requirement_not_allowed",
        ]
    );
    assert_eq!(refused(&bytes).code(), plugin.errors()[0].code());
}

#[test]
fn an_unreadable_manifest_keeps_nothing_else_from_being_looked_at() {
    let bytes = zip_of(&[
        ("config.yaml", "code: [\n"),
        ("plugin/gradio_interface.py", APP),
        ("requirements.txt", "-r base.txt\n"),
    ]);
    let plugin = examined(&bytes, RequirementPolicy::Permissive);
    let codes: Vec<_> = plugin.errors().iter().map(|error| error.code()).collect();
    assert_eq!(codes, ["manifest_invalid", "requirements_invalid"]);
    assert!(plugin.release().is_none() && plugin.entrypoint().is_none());
}

#[test]
fn a_warning_refuses_nothing_and_an_upload_hears_of_few() {
    let manifest = "code: test-plugin\nactions:\n  gradio:\n    entrypoint: other.app:demo\n";
    let bytes = zip_of(&[
        ("config.yaml", manifest),
        ("plugin/gradio_interface.py", APP),
    ]);
    let plugin = examined(&bytes, RequirementPolicy::Permissive);
    assert!(plugin.errors().is_empty());
    assert_eq!(
        told(&plugin),
        [
            "config.yaml, line 1: version_missing",
            "config.yaml, line 4, column 17: entrypoint_foreign",
        ]
    );
    assert!(
        plugin
            .findings()
            .iter()
            .all(|finding| finding.severity == Severity::Warning)
    );
    assert!(check_bytes(&bytes).unwrap().facts.warnings.is_empty());
}

#[test]
fn places_are_those_of_the_values_wherever_an_action_is_written() {
    let place = |text: &str| {
        let manifest = Manifest::parse("config.yaml", text.as_bytes()).unwrap();
        manifest.places.entrypoint.to_string()
    };
    assert_eq!(
        place("actions:\n  - name: train\n  - name: gradio\n    entrypoint: a.b\n"),
        "config.yaml, line 4, column 17"
    );
    assert_eq!(
        place("actions:\n  gradio: a.b\n"),
        "config.yaml, line 2, column 11"
    );
    assert_eq!(place("code: a\n"), "config.yaml, line 1");
}

#[test]
fn a_key_that_is_twice_is_found_where_it_is_the_second_time() {
    let twice = |text: &str| Manifest::key_twice("config.yaml", text.as_bytes());
    assert_eq!(twice(CONFIG), None);
    assert_eq!(twice("code: ["), None);
    assert_eq!(
        twice("code: a\nname: b\ncode: c\n"),
        Some((
            "code".to_owned(),
            Place::file("config.yaml").line(3).column(1)
        ))
    );
}
