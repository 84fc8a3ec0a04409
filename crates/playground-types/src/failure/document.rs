//! The table of kinds in docs/errors-and-logging.md.

use std::fmt::Write as _;
use std::path::Path;

use super::FailureKind;

const BEGIN: &str =
    "<!-- kinds: made by the tests of playground-types, UPDATE_DOCS=1 remakes it -->\n";
const END: &str = "<!-- end of kinds -->\n";

/// `UPDATE_DOCS=1 cargo test -p playground-types` writes the table anew.
#[test]
fn the_committed_table_of_kinds_is_that_of_the_code() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors-and-logging.md");
    let committed = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = committed.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let text = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap();
    assert!(
        committed == text,
        "docs/errors-and-logging.md is not what the code says: run this test with UPDATE_DOCS=1"
    );
}

fn table() -> String {
    let mut text = "\n| kind | English | 한국어 |\n|---|---|---|\n".to_owned();
    for kind in FailureKind::ALL {
        let (english, korean) = (kind.usual(), kind.usual_ko());
        writeln!(
            text,
            "| `{}` | {}. {} | {} {} |",
            kind.as_str(),
            english.message,
            english.hint.unwrap(),
            korean.message,
            korean.hint.unwrap()
        )
        .unwrap();
    }
    text.push('\n');
    text
}
