//! Numbers and texts as people read them.

use std::time::Duration;

use playground_types::Timestamp;

use crate::language::say;

/// A text without anything that a terminal would obey: what plugins print is not ours.
pub(crate) fn plain(text: &str) -> String {
    console::strip_ansi_codes(text)
        .chars()
        .filter(|c| !c.is_control() || *c == '\t')
        .collect()
}

/// The beginning of a text, in one line: names of build steps are whole commands.
pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 100;
    let text = plain(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text,
    }
}

/// How long ago a time was, in one unit.
pub(crate) fn age(time: &str) -> String {
    let Some(time) = Timestamp::parse(time) else {
        return "-".to_owned();
    };
    let seconds = Timestamp::now().millis_since(time).max(0) / 1000;
    match seconds {
        0..=119 => counted(seconds, "s", "초"),
        120..=7199 => counted(seconds / 60, "min", "분"),
        7200..=172_799 => counted(seconds / 3600, "h", "시간"),
        _ => counted(seconds / 86_400, "d", "일"),
    }
}

fn counted(number: i64, unit: &str, korean: &str) -> String {
    say(format!("{number} {unit}"), format!("{number}{korean}"))
}

/// A duration with a tenth of a second.
pub(crate) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    say(format!("{seconds:.1} s"), format!("{seconds:.1}초"))
}

/// Bytes in the unit that fits.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

/// A value that may not be there.
pub(crate) fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_that_a_plugin_printed() {
        assert_eq!(
            plain("\x1b[31m빨강\x1b[0m\x1b]0;title\x07\r\x08\tend"),
            "빨강\tend"
        );
    }

    #[test]
    fn a_long_command_is_one_short_line() {
        assert_eq!(short("RUN  a &&\n     b"), "RUN a && b");
        assert_eq!(
            short(&"가".repeat(101)),
            format!("{} ...", "가".repeat(100))
        );
    }

    #[test]
    fn ages_have_one_unit() {
        let ago = |seconds: i64| age(&Timestamp::now().plus_millis(-seconds * 1000).to_string());
        assert_eq!(ago(5), "5 s");
        assert_eq!(ago(300), "5 min");
        assert_eq!(ago(3 * 3600), "3 h");
        assert_eq!(ago(3 * 86_400), "3 d");
        assert_eq!(ago(-60), "0 s");
        assert_eq!(age("x"), "-");
    }
}
