//! Links that open one app for whoever has them, until they expire.
//!
//! Nothing is stored for a link: it carries what it allows, signed with a key that only this Agent has. The cookie that a
//! link leaves behind is the same thing again.

use std::io;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use playground_types::Timestamp;
use sha2::Sha256;

use crate::private_file;

/// The file in the data directory that holds the key. Who removes it ends all links.
const KEY_FILE: &str = "link-key";
const KEY_BYTES: usize = 32;
/// A ticket lasts for one to two of these: 30 days.
const TICKET_MILLIS: i64 = 30 * 24 * 3600 * 1000;

/// Makes links and reads them.
pub struct Links {
    key: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links")
    }
}

impl Links {
    /// With the key that is kept, or with a new one.
    ///
    /// # Errors
    /// When the key can be neither read nor kept.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        let file = data_dir.join(KEY_FILE);
        let kept = match std::fs::read_to_string(&file) {
            Ok(text) => from_hex(text.trim()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if let Some(key) = kept {
            return Ok(Self { key });
        }
        let key: [u8; KEY_BYTES] = rand::random();
        private_file::write(&file, &to_hex(&key))?;
        Ok(Self { key })
    }

    /// What opens the app of this record until then: `{milliseconds}.{signature}`.
    pub(crate) fn make(&self, pk: i64, until: Timestamp) -> String {
        signed(until, self.signature("app", pk, until))
    }

    /// Until when this opens the app of this record; none when it does not, or does no more.
    pub(crate) fn read(&self, pk: i64, link: &str, now: Timestamp) -> Option<Timestamp> {
        self.verified("app", pk, link, now)
    }

    /// What a page of an app that everybody may see has in its path: it opens nothing that is not open. It is the same for a
    /// month, so that a browser finds again what it keeps of the page.
    pub(crate) fn ticket(&self, pk: i64, now: Timestamp) -> String {
        let until = Timestamp((now.0 / TICKET_MILLIS + 2) * TICKET_MILLIS);
        signed(until, self.signature("page", pk, until))
    }

    /// Whether this is a ticket of such a page.
    pub(crate) fn is_ticket(&self, pk: i64, ticket: &str, now: Timestamp) -> bool {
        self.verified("page", pk, ticket, now).is_some()
    }

    fn verified(&self, kind: &str, pk: i64, text: &str, now: Timestamp) -> Option<Timestamp> {
        let (until, signature) = text.split_once('.')?;
        let until = Timestamp(until.parse().ok()?);
        let signature: [u8; KEY_BYTES] = from_hex(signature)?;
        // Compared in constant time.
        self.signature(kind, pk, until)
            .verify_slice(&signature)
            .ok()?;
        (now < until).then_some(until)
    }

    fn signature(&self, kind: &str, pk: i64, until: Timestamp) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any length is a key");
        mac.update(format!("{kind} {pk} until {}", until.0).as_bytes());
        mac
    }
}

fn signed(until: Timestamp, signature: Hmac<Sha256>) -> String {
    let signature = to_hex(&signature.finalize().into_bytes());
    format!("{}.{signature}", until.0)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let mut bytes = [0; KEY_BYTES];
    if text.len() != 2 * KEY_BYTES || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const LATER: Timestamp = Timestamp(2_000_000);

    #[test]
    fn a_ticket_is_no_link_and_a_link_is_no_ticket() {
        let folder = tempfile::tempdir().expect("a folder");
        let links = Links::open(folder.path()).expect("a key");
        let ticket = links.ticket(7, NOW);
        assert!(links.is_ticket(7, &ticket, NOW));
        assert!(!links.is_ticket(8, &ticket, NOW), "of another app");
        assert_eq!(ticket, links.ticket(7, LATER), "the same for a month");
        assert!(!links.is_ticket(7, &ticket, Timestamp(2 * TICKET_MILLIS)));
        assert_eq!(links.read(7, &ticket, NOW), None);
        assert!(!links.is_ticket(7, &links.make(7, LATER), NOW));
    }

    #[test]
    fn a_link_opens_its_own_app_until_it_expires() {
        let folder = tempfile::tempdir().expect("a folder");
        let links = Links::open(folder.path()).expect("a key");
        let link = links.make(7, LATER);
        assert_eq!(links.read(7, &link, NOW), Some(LATER));
        assert_eq!(links.read(8, &link, NOW), None, "of another app");
        assert_eq!(links.read(7, &link, LATER), None, "expired");
        let longer = link.replacen('2', "9", 1);
        assert_eq!(links.read(7, &longer, NOW), None, "made longer");
        for broken in [
            "",
            ".",
            "2000000.",
            "2000000.zz",
            "x.y",
            &link[..link.len() - 1],
        ] {
            assert_eq!(links.read(7, broken, NOW), None, "{broken:?}");
        }
    }

    #[test]
    fn links_outlive_the_agent_and_mean_nothing_to_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = Links::open(folder.path()).expect("a key").make(7, LATER);
        let again = Links::open(folder.path()).expect("the same key");
        assert_eq!(again.read(7, &link, NOW), Some(LATER));
        let other = tempfile::tempdir().expect("a folder");
        let other = Links::open(other.path()).expect("another key");
        assert_eq!(other.read(7, &link, NOW), None);
    }
}
