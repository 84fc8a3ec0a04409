//! A build's log: a file of lines that is bounded, survives the build, and can be followed while it grows.
//!
//! The beginning is written as it comes. What passes the bound, or finds the disk full, is kept in memory, the newest part
//! of it only, and appended when the build ends: the end of a log is what explains a failure.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use playground_types::BuildId;
use tokio::io::{AsyncBufReadExt as _, AsyncSeekExt as _, BufReader};

use crate::{Control, ControlConfig};

/// The last lines kept in memory to explain a failure.
const LAST_LINES: usize = 200;
/// Bytes of the end of a log that are kept when it passes its bound.
const END_BYTES: usize = 64 * 1024;
/// Longest line.
const LINE_BYTES: usize = 8 * 1024;

/// The writing side. A log that cannot be written never fails a build.
#[derive(Debug)]
pub(super) struct BuildLog {
    path: PathBuf,
    file: Option<File>,
    /// Bytes of whole lines in the file.
    written: u64,
    left: u64,
    last: VecDeque<String>,
    end: VecDeque<String>,
    end_bytes: usize,
    dropped: u64,
}

/// One line, and where the next one begins: what a reader asks for to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildLogLine {
    /// Offset of the next line, in bytes.
    pub next: u64,
    /// The line.
    pub text: String,
}

/// The reading side.
#[derive(Debug)]
pub struct BuildLogReader {
    path: PathBuf,
    offset: u64,
}

impl BuildLog {
    pub(super) fn create(folder: &Path, id: BuildId, bytes: u64) -> Self {
        Self {
            path: file_of(folder, id),
            file: None,
            written: 0,
            left: bytes,
            last: VecDeque::new(),
            end: VecDeque::new(),
            end_bytes: 0,
            dropped: 0,
        }
    }

    /// Takes one line in.
    pub(super) fn line(&mut self, line: &str) {
        let mut cut = line.len().min(LINE_BYTES);
        while !line.is_char_boundary(cut) {
            cut -= 1;
        }
        let line = line[..cut].trim_end_matches(['\r', '\n']);
        if self.last.len() == LAST_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line.to_owned());
        let bytes = line.len() as u64 + 1;
        if self.left >= bytes && self.end.is_empty() && self.write(line) {
            self.left -= bytes;
        } else {
            self.keep_for_the_end(line);
        }
    }

    /// The last lines there were.
    pub(super) fn last_lines(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }

    /// Appends what was kept. What finds the disk full stays for the next try.
    pub(super) fn finish(&mut self) {
        let dropped = self.dropped;
        if dropped > 0 && self.write(&format!("... {dropped} lines are left out here ...")) {
            self.dropped = 0;
        }
        while let Some(line) = self.end.pop_front() {
            if !self.write(&line) {
                self.end.push_front(line);
                return;
            }
            self.end_bytes -= line.len();
        }
    }

    fn keep_for_the_end(&mut self, line: &str) {
        self.end_bytes += line.len();
        self.end.push_back(line.to_owned());
        while self.end_bytes > END_BYTES {
            let Some(first) = self.end.pop_front() else {
                break;
            };
            self.end_bytes -= first.len();
            self.dropped += 1;
        }
    }

    /// Whether the whole line is in the file now; none of it is when not.
    fn write(&mut self, line: &str) -> bool {
        match self.try_write(line) {
            Ok(bytes) => {
                self.written += bytes;
                true
            }
            Err(error) => {
                tracing::warn!(%error, file = %self.path.display(), "a build log could not be written");
                false
            }
        }
    }

    fn try_write(&mut self, line: &str) -> io::Result<u64> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::create(&self.path)?,
        };
        let file = self.file.insert(file);
        let text = format!("{line}\n");
        file.write_all_at(text.as_bytes(), self.written)
            .inspect_err(|_| {
                // Half a line is none. Readers stop before one, should even this fail.
                drop(file.set_len(self.written));
            })?;
        Ok(text.len() as u64)
    }
}

impl BuildLogReader {
    /// The lines from here on that are whole by now.
    pub async fn read(&mut self) -> io::Result<Vec<BuildLogLine>> {
        let mut file = match tokio::fs::File::open(&self.path).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        file.seek(io::SeekFrom::Start(self.offset)).await?;
        let mut reader = BufReader::new(file);
        let mut lines = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).await?;
            if line.last() != Some(&b'\n') {
                return Ok(lines);
            }
            self.offset += read as u64;
            line.pop();
            lines.push(BuildLogLine {
                next: self.offset,
                text: String::from_utf8_lossy(&line).into_owned(),
            });
        }
    }
}

impl ControlConfig {
    /// Where a build's log is.
    pub(crate) fn build_log_file(&self, id: BuildId) -> PathBuf {
        file_of(&self.builds_dir(), id)
    }
}

impl Control {
    /// Reads a build's log from an offset on, which a reader got as [`BuildLogLine::next`].
    pub fn build_log(&self, id: BuildId, offset: u64) -> BuildLogReader {
        BuildLogReader {
            path: self.config.build_log_file(id),
            offset,
        }
    }
}

fn file_of(folder: &Path, id: BuildId) -> PathBuf {
    folder.join(format!("{id}.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(folder: &Path, id: BuildId) -> Vec<String> {
        let mut reader = BuildLogReader {
            path: file_of(folder, id),
            offset: 0,
        };
        reader
            .read()
            .await
            .unwrap()
            .into_iter()
            .map(|line| line.text)
            .collect()
    }

    #[tokio::test]
    async fn a_reader_goes_on_where_it_was_and_never_sees_half_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let id = BuildId::generate();
        let mut log = BuildLog::create(dir.path(), id, 1000);
        log.line("one");
        let mut reader = BuildLogReader {
            path: file_of(dir.path(), id),
            offset: 0,
        };
        let first = reader.read().await.unwrap();
        assert_eq!(
            first,
            [BuildLogLine {
                next: 4,
                text: "one".into()
            }]
        );
        let file = log.file.as_ref().unwrap();
        file.write_all_at(b"hal", 4).unwrap();
        assert!(reader.read().await.unwrap().is_empty());
        file.write_all_at(b"f\n", 7).unwrap();
        assert_eq!(reader.read().await.unwrap()[0].text, "half");
    }

    /// docs/security.md, item 20.
    #[tokio::test]
    async fn item_20_a_flood_keeps_the_beginning_and_the_end_and_stays_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let id = BuildId::generate();
        let mut log = BuildLog::create(dir.path(), id, 10_000);
        for number in 0..1_000_000 {
            log.line(&format!("line {number}"));
        }
        log.finish();
        let lines = read_all(dir.path(), id).await;
        assert_eq!(lines.first().map(String::as_str), Some("line 0"));
        assert_eq!(lines.last().map(String::as_str), Some("line 999999"));
        assert!(lines.iter().any(|line| line.contains("left out")));
        let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
        assert!(bytes < 10_000 + 2 * END_BYTES, "{bytes}");
        assert_eq!(log.last_lines().len(), LAST_LINES);
    }
}
