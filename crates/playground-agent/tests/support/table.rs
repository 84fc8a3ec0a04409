//! A table of checks: printed whole, then failed when something in it does not hold.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// What was looked at, what was wanted, and what was found.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    rows: Vec<[String; 3]>,
    broken: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            rows: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Wanted and found are the same.
    pub(crate) fn same(&mut self, check: &str, wanted: impl Serialize, found: impl Serialize) {
        let (wanted, found) = (text(wanted), text(found));
        let holds = wanted == found;
        self.holds(check, &wanted, &found, holds);
    }

    pub(crate) fn holds(&mut self, check: &str, wanted: &str, found: &str, holds: bool) {
        if !holds {
            self.broken
                .push(format!("{check}: wanted {wanted:?}, found {found:?}"));
        }
        self.rows
            .push([check.to_owned(), wanted.to_owned(), found.to_owned()]);
    }

    pub(crate) fn below(&mut self, check: &str, took: Duration, most: Duration) {
        self.holds(
            check,
            &format!("< {most:?}"),
            &format!("{took:.2?}"),
            took < most,
        );
    }

    /// Only told.
    pub(crate) fn tell(&mut self, check: &str, median: &Duration, all: &[Duration]) {
        let all: Vec<String> = all
            .iter()
            .map(|time| format!("{:.2}", time.as_secs_f64()))
            .collect();
        self.holds(
            check,
            "-",
            &format!("{:.2} s ({})", median.as_secs_f64(), all.join(" ")),
            true,
        );
    }

    /// Prints the table, then fails when something did not hold.
    pub(crate) fn show(self) {
        let mut out = format!("\n{}\n\n", self.title);
        let head = ["check", "wanted", "found"].map(str::to_owned);
        let rows: Vec<&[String; 3]> = std::iter::once(&head).chain(&self.rows).collect();
        let width = |column: usize| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let (first, second) = (width(0), width(1));
        for row in rows {
            let [check, wanted, found] = row
                .each_ref()
                .map(|cell| if cell.is_empty() { "none" } else { cell });
            out.push_str(&format!("{check:first$} | {wanted:second$} | {found}\n"));
        }
        println!("{out}");
        assert!(self.broken.is_empty(), "{:#?}", self.broken);
    }
}

/// Docker writes nothing, an empty list and an empty text for the same thing.
fn text(value: impl Serialize) -> String {
    match serde_json::to_value(value).expect("JSON") {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Array(list) if list.is_empty() => String::new(),
        other => other.to_string(),
    }
}
