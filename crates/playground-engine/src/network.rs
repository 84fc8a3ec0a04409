//! The name of our bridge on the host.

use playground_types::Digest;

/// The host interface of the network `name`, so that host rules can name it before it exists.
///
/// Linux allows 15 characters; a hash keeps two networks apart.
pub fn bridge_name(name: &str) -> String {
    format!("synp-{}", &Digest::of(name.as_bytes()).hex()[..10])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_name_fits_into_linux() {
        let name = bridge_name("synapse-playground");
        assert_eq!(name.len(), 15);
        assert_eq!(name, bridge_name("synapse-playground"));
        assert_ne!(name, bridge_name("synapse-playground-2"));
    }
}
