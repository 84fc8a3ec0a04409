//! The settings of the gateway.

use std::time::Duration;

use axum::http::HeaderValue;
use playground_proxy::{Domains, GatewayConfig, ListenLimits};

use super::AgentOptions;

impl AgentOptions {
    pub(super) fn gateway(&self, mistakes: &mut Vec<String>) -> GatewayConfig {
        let usual = GatewayConfig::default();
        let given = self.gateway_domain.clone();
        let domain = given.unwrap_or(usual.domains.domain);
        let mut hosts = self.gateway_hosts.clone().unwrap_or_default();
        hosts.extend(self.advertise.clone());
        for name in hosts.iter().chain([&domain]) {
            if !is_host_name(name) {
                mistakes.push(format!(
                    "{name:?} is no host name: write it without scheme, port and path"
                ));
            }
        }
        GatewayConfig {
            framed_by: framed_by(&domain, &hosts),
            domains: Domains { domain, hosts },
            offline_pages: self.gateway_offline_pages.unwrap_or(usual.offline_pages),
            tunnels: self.gateway_websockets.unwrap_or(usual.tunnels),
            app_requests: self.gateway_app_requests.unwrap_or(usual.app_requests),
            app_tunnels: self.gateway_app_websockets.unwrap_or(usual.app_tunnels),
            hold: self.gateway_hold.map_or(usual.hold, Duration::from_secs),
        }
    }

    pub(super) fn limits_of_listening(&self, mistakes: &mut Vec<String>) -> ListenLimits {
        let usual = ListenLimits::default();
        let limits = ListenLimits {
            connections: self.connections.unwrap_or(usual.connections),
            write_timeout: self
                .write_timeout
                .map_or(usual.write_timeout, Duration::from_secs),
            ..usual
        };
        if limits.connections == 0 {
            mistakes.push("connections is 0: nobody could ever be answered".to_owned());
        }
        if limits.write_timeout.is_zero() {
            mistakes.push("write_timeout is 0: no answer could ever be sent".to_owned());
        }
        limits
    }
}

fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// The Playground page is found under our own names, and may show apps in a frame. Nobody else may.
fn framed_by(domain: &str, hosts: &[String]) -> HeaderValue {
    let names = hosts
        .iter()
        .map(String::as_str)
        .chain([domain, "127.0.0.1"]);
    let origins: Vec<String> = names
        .map(|name| format!("http://{name}:* https://{name}:*"))
        .collect();
    let policy = format!("frame-ancestors 'self' {}", origins.join(" "));
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("frame-ancestors 'self'"))
}
