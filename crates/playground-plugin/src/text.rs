//! Bytes of a text file, as editors of all systems save it, -> text.

use encoding_rs::{Encoding, UTF_8};

/// Decodes UTF-8, or whatever a byte-order mark announces (Windows editors write UTF-16). `None` for other encodings.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    let (encoding, bom) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[bom..])?;
    Some(text.into_owned())
}

/// The first line of a text that [`decode`] refuses, counted from 1, at which it is no UTF-8; 0 where it is another
/// encoding altogether.
pub(crate) fn first_bad_line(bytes: &[u8]) -> u64 {
    if Encoding::for_bom(bytes).is_some_and(|(encoding, _)| encoding != UTF_8) {
        return 0;
    }
    let Err(error) = std::str::from_utf8(bytes) else {
        return 0;
    };
    let before = &bytes[..error.valid_up_to()];
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_windows_editors_are_understood() {
        assert_eq!(decode(b"\xef\xbb\xbfgradio").as_deref(), Some("gradio"));
        assert_eq!(decode(b"\xff\xfeg\0r\0").as_deref(), Some("gr"));
        assert_eq!(decode(b"\xfe\xff\0g\0r").as_deref(), Some("gr"));
        assert_eq!(decode(b"\xb0\xa1"), None);
    }

    #[test]
    fn the_line_that_is_no_text_is_found() {
        assert_eq!(first_bad_line(b"\xb0\xa1"), 1);
        assert_eq!(first_bad_line(b"a\nb\n\xed\x95\x9c\xb0\xa1\n"), 3);
        assert_eq!(first_bad_line(b"\xff\xfeg"), 0);
    }
}
