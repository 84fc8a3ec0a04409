//! What a container is created from.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use playground_types::{HostPort, Limits};
use serde::{Deserialize, Serialize};

/// Everything that Docker fixes when a container is created: changing any of it means creating anew.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerSpec {
    /// Docker's name of the container.
    pub name: String,
    /// The image reference or id.
    pub image: String,
    /// Environment variables, in order.
    pub env: Vec<(String, String)>,
    /// All labels, ours included.
    pub labels: BTreeMap<String, String>,
    /// The host port that leads to the app.
    pub host_port: HostPort,
    /// The host address that the port is published on; none: the engine publishes nothing, and whoever wants to reach the
    /// app goes to its own address.
    pub publish_address: Option<IpAddr>,
    /// The network, from [`Engine::ensure_network`](crate::Engine::ensure_network).
    pub network: String,
    /// What the container may use.
    pub limits: Limits,
    /// What the app may write to.
    pub profile: Profile,
    /// A stronger runtime, such as `runsc`; `None` is the engine's default.
    pub runtime: Option<String>,
    /// Time between asking the app to end and ending it, where a stop names none.
    pub stop_grace: Duration,
}

/// What the app in a container may write to. Chosen by the operator only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Its own directory, home and `/tmp`, by ownership; the writable layer is watched against the disk limit.
    #[default]
    Standard,
    /// Only memory-backed `/tmp`, home and the few places Gradio writes to; the root is read-only.
    Strict,
}

/// A text that names no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a profile: write standard or strict")]
pub struct NotAProfile(String);

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::Strict => "strict",
        })
    }
}

impl FromStr for Profile {
    type Err = NotAProfile;

    fn from_str(text: &str) -> Result<Self, NotAProfile> {
        match text {
            "standard" => Ok(Self::Standard),
            "strict" => Ok(Self::Strict),
            other => Err(NotAProfile(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_survives_its_text() {
        for profile in [Profile::Standard, Profile::Strict] {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        assert!("Standard".parse::<Profile>().is_err());
    }
}
