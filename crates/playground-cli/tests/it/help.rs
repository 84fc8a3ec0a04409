use insta::assert_snapshot;

use crate::run::playground;

#[test]
fn every_verb_explains_itself() {
    for verb in [
        "",
        "init",
        "check",
        "pack",
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
