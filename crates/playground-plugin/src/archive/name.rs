//! Name bytes -> text.
//!
//! Zips say whether a name is UTF-8; those that Korean Windows makes say nothing and mean CP949.

use encoding_rs::EUC_KR;

use crate::PluginError;
use crate::error::shown;

/// Decodes a name: UTF-8 where the archive says so or the bytes are, else the Info-ZIP Unicode name, else CP949.
pub(crate) fn decode(
    raw: &[u8],
    says_utf8: bool,
    info_zip: Option<&[u8]>,
) -> Result<String, PluginError> {
    if let Ok(name) = std::str::from_utf8(raw) {
        return Ok(name.to_owned());
    }
    let unknown = || PluginError::NameEncoding {
        entry: shown(&String::from_utf8_lossy(raw)),
    };
    if says_utf8 {
        return Err(unknown());
    }
    if let Some(name) = info_zip.and_then(|bytes| std::str::from_utf8(bytes).ok()) {
        return Ok(name.to_owned());
    }
    // What the encoding standard calls EUC-KR is Windows code page 949.
    EUC_KR
        .decode_without_bom_handling_and_without_replacement(raw)
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(unknown)
}

/// The name in an Info-ZIP Unicode Path field (0x7075), if it belongs to these name bytes.
pub(crate) fn info_zip_name<'a>(field: &'a [u8], raw: &[u8]) -> Option<&'a [u8]> {
    let (head, name) = field.split_at_checked(5)?;
    let mut crc = flate2::Crc::new();
    crc.update(raw);
    // A tool that renamed the entry without knowing the field left it stale; its checksum tells.
    (head[0] == 1 && head[1..] == crc.sum().to_le_bytes()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn item_10_names_in_three_encodings_are_read() {
        let cp949 = EUC_KR.encode("플러그인.py").0;
        assert_eq!(decode(&cp949, false, None).unwrap(), "플러그인.py");
        assert_eq!(
            decode("플러그인.py".as_bytes(), false, None).unwrap(),
            "플러그인.py"
        );
        assert_eq!(
            decode(b"\xff\xfe", false, Some("모델.py".as_bytes())).unwrap(),
            "모델.py"
        );
    }

    #[test]
    fn item_10_bytes_in_no_encoding_are_refused() {
        assert_eq!(
            decode(b"\xff\xff.py", false, None).unwrap_err().code(),
            "archive_name_encoding"
        );
        assert_eq!(
            decode(b"\xb0\xa1.py", true, None).unwrap_err().code(),
            "archive_name_encoding"
        );
    }

    #[test]
    fn a_stale_unicode_name_is_ignored() {
        let mut field = vec![1, 0, 0, 0, 0];
        field.extend_from_slice(b"other.py");
        assert_eq!(info_zip_name(&field, b"name.py"), None);
    }
}
