//! Why something is refused, in both languages side by side, so that neither lags behind.

use std::fmt;

/// A fixed text in both languages. It stands after a colon and ends without a full stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// In English; also what `Display` shows.
    pub en: &'static str,
    /// In Korean.
    pub ko: &'static str,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.en)
    }
}

/// Which rule a name in an archive breaks. `Display` is English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// It has no letters at all.
    Empty,
    /// It has control characters.
    Control,
    /// It has a backslash, in an archive whose other names have slashes.
    Backslash,
    /// It is longer than this many bytes.
    TooLong(usize),
    /// A part of it is longer than this many bytes.
    PartTooLong(usize),
    /// It is more than this many folders deep.
    TooDeep(usize),
}

impl NameFault {
    /// The same in Korean.
    pub fn ko(self) -> String {
        match self {
            Self::Empty => "비어 있습니다".to_owned(),
            Self::Control => "제어 문자가 있습니다".to_owned(),
            Self::Backslash => "다른 이름은 '/'를 쓰는데 역슬래시가 있습니다".to_owned(),
            Self::TooLong(limit) => format!("{limit}바이트보다 깁니다"),
            Self::PartTooLong(limit) => format!("이름의 한 부분이 {limit}바이트보다 깁니다"),
            Self::TooDeep(limit) => format!("폴더가 {limit}단계보다 깊습니다"),
        }
    }
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::Control => f.write_str("it has control characters"),
            Self::Backslash => f.write_str("it has a backslash while other names use slashes"),
            Self::TooLong(limit) => write!(f, "it is longer than {limit} bytes"),
            Self::PartTooLong(limit) => write!(f, "a part of it is longer than {limit} bytes"),
            Self::TooDeep(limit) => write!(f, "it is more than {limit} folders deep"),
        }
    }
}
