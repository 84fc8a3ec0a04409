//! What a test runner's output says of a failure.

/// What explains a failure: nothing of the tests that passed, and of the log what matters.
pub(crate) fn explanation(text: &str) -> String {
    let failures = text.find("\nfailures:\n").map_or(text, |at| &text[at..]);
    failures
        .lines()
        .filter(|line| !line.contains(" TRACE ") && !line.contains(" DEBUG "))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What failed and with which words: panics without the stacks below them, and the closing lines of pytest and vitest.
pub(crate) fn reasons(log: &str) -> String {
    const MOST_LINES: usize = 12;
    let lines: Vec<&str> = log.lines().collect();
    let words = lines.iter().enumerate().flat_map(|(at, line)| {
        let most = match line.trim_start() {
            line if line.contains("panicked at ") => MOST_LINES,
            line if ["FAILED ", "ERROR ", "FAIL "]
                .iter()
                .any(|it| line.starts_with(it)) =>
            {
                1
            }
            _ => 0,
        };
        lines[at..]
            .iter()
            .take_while(|line| !line.starts_with("stack backtrace:") && !line.starts_with("note: "))
            .take(most)
    });
    words.map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::reasons;

    #[test]
    fn reasons_are_the_words_of_what_failed_without_stacks() {
        let log = "thread 'a' (7) panicked at src/a.rs:1:2:\nleft: 1\nright: 2\nstack backtrace:\n  0: main\nmore\n";
        assert_eq!(
            reasons(log),
            "    thread 'a' (7) panicked at src/a.rs:1:2:\n    left: 1\n    right: 2\n"
        );
        let closing = "FAILED test_a.py::test_b - AssertionError: no\n1 failed\n FAIL  src/a.test.ts > says no\n";
        assert_eq!(
            reasons(closing),
            "    FAILED test_a.py::test_b - AssertionError: no\n     FAIL  src/a.test.ts > says no\n"
        );
        assert_eq!(reasons("all is well"), "");
    }
}
