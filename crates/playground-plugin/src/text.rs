//! Bytes of a text file, as editors of all systems save it, -> text.

use encoding_rs::{Encoding, UTF_8};

/// Decodes UTF-8, or whatever a byte-order mark announces (Windows editors write UTF-16). `None` for other encodings.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    let (encoding, bom) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[bom..])?;
    Some(text.into_owned())
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
}
