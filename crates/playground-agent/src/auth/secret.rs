//! Secrets that we make. They are random and long, so a fast digest of one is enough to know it by: an expensive one would
//! only let strangers keep us busy.

use playground_types::Digest;
use subtle::ConstantTimeEq as _;

/// 160 random bits as 40 hex digits, the form the platform's own agent tokens have.
pub(super) fn generate() -> String {
    use std::fmt::Write as _;
    let bytes: [u8; 20] = rand::random();
    bytes
        .iter()
        .fold(String::with_capacity(40), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
}

/// What is stored of a secret.
pub(super) fn digest(secret: &str) -> Digest {
    Digest::of(secret.as_bytes())
}

/// Whether this is the stored digest. The time that it takes says nothing about how close it was.
pub(super) fn is_same(presented: &Digest, stored: &str) -> bool {
    presented.hex().as_bytes().ct_eq(stored.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_has_the_platforms_form() {
        let secret = generate();
        assert!(secret.len() == 40 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(secret, generate());
    }

    #[test]
    fn only_the_same_digest_is_the_same() {
        let stored = digest("a");
        assert!(is_same(&digest("a"), stored.hex()));
        assert!(!is_same(&digest("b"), stored.hex()));
        assert!(!is_same(&digest("a"), &stored.hex()[..63]));
    }
}
