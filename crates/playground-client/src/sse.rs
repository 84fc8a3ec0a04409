//! Server-sent events out of the parts that a stream comes in.

/// Longest line. Log lines are far below it.
const LINE_BYTES: usize = 1024 * 1024;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The id that resumes the stream after it.
    pub(crate) id: Option<String>,
    /// The data, its lines joined.
    pub(crate) data: String,
}

/// A line was longer than any event of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Collects parts, which may end anywhere, and gives out whole events.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    /// A carriage return ended the last line: a line feed after it belongs to it.
    returned: bool,
    id: Option<String>,
    data: Option<String>,
}

impl Parser {
    /// Takes in a part and gives out the events that it completes.
    pub(crate) fn push(&mut self, part: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in part {
            match byte {
                b'\n' if self.returned => self.returned = false,
                b'\n' | b'\r' => {
                    self.returned = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.line(&String::from_utf8_lossy(&line)));
                }
                _ if self.line.len() == LINE_BYTES => return Err(TooLong),
                _ => {
                    self.returned = false;
                    self.line.push(byte);
                }
            }
        }
        Ok(events)
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        if line.is_empty() {
            let data = self.data.take()?;
            return Some(Event {
                id: self.id.clone(),
                data,
            });
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => {
                self.id = Some(value.to_owned()).filter(|id| !id.is_empty());
            }
            // Comments have an empty name; the rest means nothing here.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\u{feff}: hello\n\ndata: 하나\nid: 7\n\nid\ndata:two\r\ndata:  lines\r\n\r\nevent: x\rdata\r\rid: 9\n\ndata: half";

    fn expected() -> Vec<Event> {
        let event = |id: Option<&str>, data: &str| Event {
            id: id.map(str::to_owned),
            data: data.to_owned(),
        };
        vec![
            event(Some("7"), "하나"),
            event(None, "two\n lines"),
            event(None, ""),
        ]
    }

    #[test]
    fn events_are_the_same_wherever_the_parts_end() {
        let bytes = STREAM.as_bytes();
        assert_eq!(Parser::default().push(bytes).unwrap(), expected());
        for cut in 0..bytes.len() {
            let mut parser = Parser::default();
            let mut events = parser.push(&bytes[..cut]).unwrap();
            events.extend(parser.push(&bytes[cut..]).unwrap());
            assert_eq!(events, expected(), "cut at {cut}");
        }
        let mut parser = Parser::default();
        let events: Vec<_> = bytes
            .iter()
            .flat_map(|byte| parser.push(&[*byte]).unwrap())
            .collect();
        assert_eq!(events, expected(), "byte by byte");
    }

    #[test]
    fn a_line_without_an_end_is_not_collected_for_ever() {
        let mut parser = Parser::default();
        parser.push(&vec![b'x'; LINE_BYTES]).unwrap();
        assert_eq!(parser.push(b"x"), Err(TooLong));
    }
}
