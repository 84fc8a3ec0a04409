//! Releases that were not uploaded here are looked up at the platform's backend.
//!
//! The backend answers `plugin_releases/{code@version}/?expand=plugin` with an object whose `file` is a presigned URL of
//! the zip. A URL that somebody else's server hands us is fetched with care: https only unless
//! the backend itself is plain, no private address unless the operator allows it, bounded in size and time, and without
//! our token.

use std::io::Write as _;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use playground_plugin::{PluginFacts, Requested};
use playground_types::PluginRelease;
use reqwest::{Client, Url, redirect};
use serde::Deserialize;

use crate::{Control, ControlError};

/// Longest wait for the backend's answer, and for each part of the archive.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where releases are looked up.
#[derive(Debug, Clone)]
pub struct BackendConfig {
    /// The backend's base URL.
    pub url: String,
    /// The Agent's token there, sent as `SYNAPSE-Agent: Token ...`.
    pub token: Option<String>,
    /// The tenant's token, sent as `Synapse-Tenant: Token ...`.
    pub tenant: Option<String>,
    /// Whether archives may come from private addresses: the platform's own storage on the same network.
    pub allow_private: bool,
}

#[derive(Deserialize)]
struct BackendRelease {
    #[serde(default)]
    file: Option<String>,
}

impl Control {
    /// Fetches a release from the backend and stores it.
    pub(crate) async fn fetch_release(
        &self,
        backend: &BackendConfig,
        release: &PluginRelease,
    ) -> Result<PluginFacts, ControlError> {
        self.ensure_room().await?;
        let fail = |reason: String| ControlError::Backend {
            release: release.to_string(),
            reason,
        };
        let url = self.look_up(backend, release).await?;
        let (client, url) = safe_client(&url, backend.allow_private)
            .await
            .map_err(fail)?;
        let answer = client
            .get(url)
            .send()
            .await
            .map_err(|error| fail(without_url(error)))?;
        if !answer.status().is_success() {
            return Err(fail(format!("its archive answered {}", answer.status())));
        }
        let mut file = tempfile::tempfile_in(self.config.spool_dir())
            .map_err(|error| fail(error.to_string()))?;
        let mut parts = answer.bytes_stream();
        let mut left = self.config.archive_limits.upload_bytes;
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| fail(without_url(error)))?;
            left = left
                .checked_sub(part.len() as u64)
                .ok_or_else(|| fail("its archive is too large".to_owned()))?;
            file.write_all(&part)
                .map_err(|error| fail(error.to_string()))?;
        }
        let requested = Requested {
            code: Some(release.code().clone()),
            version: Some(release.version().clone()),
            entrypoint: None,
        };
        self.take_in(file, requested).await
    }

    /// The address of the release's archive.
    async fn look_up(
        &self,
        backend: &BackendConfig,
        release: &PluginRelease,
    ) -> Result<String, ControlError> {
        let fail = |reason: String| ControlError::Backend {
            release: release.to_string(),
            reason,
        };
        let name = release.to_string().replace('+', "%2B");
        let url = format!(
            "{}/plugin_releases/{name}/?expand=plugin",
            backend.url.trim_end_matches('/')
        );
        let mut request = self.http.get(url).timeout(TIMEOUT);
        if let Some(token) = &backend.token {
            request = request.header("SYNAPSE-Agent", format!("Token {token}"));
        }
        if let Some(tenant) = &backend.tenant {
            request = request.header("Synapse-Tenant", format!("Token {tenant}"));
        }
        let answer = request
            .send()
            .await
            .map_err(|error| fail(without_url(error)))?;
        match answer.status().as_u16() {
            404 => return Err(ControlError::UnknownRelease(release.to_string())),
            status if !(200..300).contains(&status) => {
                return Err(fail(format!("it answered {status}")));
            }
            _ => {}
        }
        let found: BackendRelease = answer
            .json()
            .await
            .map_err(|error| fail(without_url(error)))?;
        found
            .file
            .ok_or_else(|| fail("the release has no file".to_owned()))
    }
}

/// A client that can only reach the addresses which were checked: the name is resolved once, here.
async fn safe_client(url: &str, allow_private: bool) -> Result<(Client, Url), String> {
    let url = Url::parse(url).map_err(|_| "its archive has no valid address".to_owned())?;
    if url.scheme() != "https" && !(allow_private && url.scheme() == "http") {
        return Err("its archive is not offered over https".to_owned());
    }
    let host = url
        .host_str()
        .ok_or("its archive's address names no host")?
        .to_owned();
    let port = url
        .port_or_known_default()
        .ok_or("its archive's address names no port")?;
    let bare = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let resolved = tokio::net::lookup_host((bare.as_str(), port)).await;
    let addresses: Vec<SocketAddr> = resolved
        .map_err(|_| "its archive's host has no address".to_owned())?
        .collect();
    if !allow_private && addresses.iter().any(|address| !is_public(address.ip())) {
        return Err("its archive is offered from a private address".to_owned());
    }
    let client = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(TIMEOUT)
        .read_timeout(TIMEOUT)
        .resolve_to_addrs(&host, &addresses)
        .build()
        .map_err(without_url)?;
    Ok((client, url))
}

/// Whether an address can belong to somebody on the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let carrier_grade = a == 100 && (64..128).contains(&b);
            let special =
                v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_broadcast();
            !(special
                || carrier_grade
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || a >= 240)
        }
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public(IpAddr::V4(v4)),
            None => {
                let unique_local = v6.segments()[0] & 0xfe00 == 0xfc00;
                let link_local = v6.segments()[0] & 0xffc0 == 0xfe80;
                !(v6.is_loopback()
                    || v6.is_unspecified()
                    || v6.is_multicast()
                    || unique_local
                    || link_local)
            }
        },
    }
}

/// The IPv4 address inside a mapped, compatible or NAT64 IPv6 address.
fn embedded_v4(v6: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let nat64 = v6.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    if nat64 {
        let [.., a, b, c, d] = v6.octets();
        return Some([a, b, c, d].into());
    }
    v6.to_ipv4()
}

/// Presigned URLs carry their own credentials: no error text may show them.
fn without_url(error: reqwest::Error) -> String {
    crate::error_chain(&error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/security.md, item 59.
    #[test]
    fn item_59_private_addresses_in_every_spelling_are_not_public() {
        for text in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fe80::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    /// docs/security.md, item 59.
    #[tokio::test]
    async fn item_59_archives_are_not_fetched_from_private_addresses() {
        for url in [
            "https://169.254.169.254/x",
            "https://[::ffff:127.0.0.1]/x",
            "https://2130706433/x",
            "http://1.1.1.1/x",
        ] {
            assert!(safe_client(url, false).await.is_err(), "{url}");
        }
    }
}
