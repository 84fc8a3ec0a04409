use std::path::Path;

use insta::assert_snapshot;

use crate::run::playground;

#[test]
fn every_verb_explains_itself() {
    for verb in [
        "",
        "init",
        "check",
        "pack",
        "run",
        "dev",
        "create",
        "ls",
        "show",
        "logs",
        "stop",
        "start",
        "restart",
        "rm",
        "builds",
        "builds ls",
        "builds show",
        "builds logs",
        "builds cancel",
        "releases",
        "releases ls",
        "releases show",
        "releases add",
        "releases rm",
        "cancel",
        "prune",
        "orphans",
        "orphans ls",
        "orphans adopt",
        "orphans rm",
        "health",
        "doctor",
        "login",
        "open",
        "completion",
        "base",
        "base build",
    ] {
        let mut args: Vec<_> = verb.split_whitespace().collect();
        args.push("--help");
        let ran = playground(&args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{verb}");
        let name = format!(
            "help-{}",
            args.join("-")
                .replace("---help", "")
                .replace("--help", "playground")
        );
        assert_snapshot!(name, ran.out);
    }
}

#[test]
fn the_agents_help_offers_nothing_of_its_clients() {
    let ran = playground(&["agent", "--help"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.contains("--port-range") && ran.out.contains("--token"));
    assert!(
        !ran.out.contains("--url") && !ran.out.contains("--output"),
        "{}",
        ran.out
    );
}

#[test]
fn the_documents_name_only_verbs_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = [
        "README.md",
        "README.ko.md",
        "docs/guide.md",
        "docs/guide.ko.md",
        "docs/operating.md",
        "docs/page.md",
    ];
    let help = playground(&["--help"]).out;
    let is_verb = |word: &str| {
        help.contains(&format!("\n  {word} ")) || help.contains(&format!("[alias: {word}]"))
    };
    let mut named = 0;
    for file in files {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let spans = text.split('`').skip(1).step_by(2);
        let said = spans
            .chain(text.lines())
            .filter_map(|text| text.strip_prefix("playground "));
        for word in said.filter_map(|rest| rest.split_whitespace().next()) {
            assert!(is_verb(word), "{file}: playground {word}");
            named += 1;
        }
    }
    assert!(named > 30, "{named}");
}
