//! Our bridge: how far it reaches, and its name on the host.

use playground_types::Digest;

/// How far the containers of a bridge reach. Its own host reaches them either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Wherever their host does.
    Everywhere,
    /// No further than the host's end of the bridge; what listens there is a matter of host rules.
    Host,
}

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
