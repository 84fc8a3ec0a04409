//! Whole lines out of the parts that a stream comes in.

/// The longest line that is kept; the rest of a longer one is dropped.
pub(super) const MAX_LINE_BYTES: usize = 8 * 1024;
/// What stands at the end of a line that was cut.
const CUT: &str = " [cut]";

/// Collects bytes and gives out whole lines.
///
/// A carriage return starts the line anew, as on a terminal: of a progress bar only its last state is left.
#[derive(Debug, Default)]
pub(super) struct Lines {
    line: Vec<u8>,
    is_cut: bool,
    returned: bool,
}

impl Lines {
    /// Takes in a part and gives out the lines that it completes.
    pub(super) fn push(&mut self, part: &[u8]) -> Vec<String> {
        let mut out = Vec::new();
        for &byte in part {
            match byte {
                b'\n' => out.push(self.take()),
                b'\r' => self.returned = true,
                _ => self.add(byte),
            }
        }
        out
    }

    /// The line that no end came for.
    pub(super) fn finish(&mut self) -> Option<String> {
        (!self.is_empty()).then(|| self.take())
    }

    /// Whether no line is begun.
    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    fn add(&mut self, byte: u8) {
        if self.returned {
            self.line.clear();
            self.is_cut = false;
            self.returned = false;
        }
        if self.line.len() < MAX_LINE_BYTES {
            self.line.push(byte);
        } else {
            self.is_cut = true;
        }
    }

    fn take(&mut self) -> String {
        let mut text = String::from_utf8_lossy(&self.line).into_owned();
        if self.is_cut {
            text.push_str(CUT);
        }
        *self = Self::default();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_however_the_parts_fall() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"one\ntw"), ["one"]);
        assert_eq!(lines.push(b"o\r\n\nthr"), ["two", ""]);
        assert_eq!(lines.finish().as_deref(), Some("thr"));
        assert_eq!(lines.finish(), None);
    }

    #[test]
    fn of_a_progress_bar_only_the_last_state_is_left() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b" 10%\r 55%\r100%\ndone\n"), ["100%", "done"]);
        assert_eq!(lines.push(b"50%\r").len(), 0);
        assert_eq!(lines.push(b"\n"), ["50%"]);
    }

    #[test]
    fn a_letter_split_between_two_parts_is_whole() {
        let mut lines = Lines::default();
        let text = "안녕".as_bytes();
        assert_eq!(lines.push(&text[..2]).len(), 0);
        assert_eq!(lines.push(&text[2..]).len(), 0);
        assert_eq!(lines.push(b"\xff\n"), ["안녕\u{fffd}"]);
    }

    #[test]
    fn a_very_long_line_is_cut() {
        let mut lines = Lines::default();
        let long = vec![b'x'; 3 * MAX_LINE_BYTES];
        assert_eq!(lines.push(&long).len(), 0);
        let got = lines.push(b"\nnext\n");
        assert_eq!(got[0].len(), MAX_LINE_BYTES + CUT.len());
        assert!(got[0].ends_with(CUT));
        assert_eq!(got[1], "next");
    }
}
