//! Rules of the host that keep apps from reaching the host itself, link-local addresses (cloud metadata) and private
//! networks. Docker's own isolation does none of that: a container reaches every service of its host.
//!
//! Set where the Agent may (root, `iptables`), on our own bridge only, and marked with a comment, so that rules of
//! bridges that are gone are found and removed. They stay when the Agent ends, as the containers do.

use std::path::Path;
use std::process::Stdio;

use playground_engine::bridge_name;
use tokio::process::Command;

use crate::Control;

/// Marks our rules.
const COMMENT: &str = "synapse-playground";
/// What an app has no business with: private networks, carrier-grade NAT, link-local.
const PRIVATE: &str = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16";
/// From a container to the host itself.
const TO_HOST: &str = "INPUT";
/// From a container through the host; Docker leaves this chain to the operator.
const THROUGH_HOST: &str = "DOCKER-USER";

/// Why the rules are not in force.
#[derive(Debug, thiserror::Error)]
enum RuleError {
    #[error("iptables cannot be run")]
    Missing(#[source] std::io::Error),
    #[error("iptables refused: {0}")]
    Refused(String),
}

impl Control {
    /// Puts the rules in force, where that is wanted and possible, and remembers whether they are.
    pub(crate) async fn apply_host_rules(&self) {
        if !self.config.host_rules {
            return;
        }
        let applied = apply(&bridge_name(&self.config.network)).await;
        if let Err(error) = &applied {
            tracing::warn!(
                error = &crate::error_chain(error),
                "apps can reach this host and private networks: host rules could not be set"
            );
        }
        self.host_rules
            .store(applied.is_ok(), std::sync::atomic::Ordering::Relaxed);
    }
}

async fn apply(bridge: &str) -> Result<(), RuleError> {
    for chain in [TO_HOST, THROUGH_HOST] {
        for line in iptables(&["-S", chain]).await?.lines() {
            if let Some(rule) = outlived(line, |bridge| {
                Path::new("/sys/class/net").join(bridge).exists()
            }) {
                let arguments: Vec<&str> = rule.iter().map(String::as_str).collect();
                iptables(&arguments).await?;
            }
        }
    }
    for rule in rules(bridge) {
        let (chain, rest) = (rule[0].as_str(), rule[1..].iter().map(String::as_str));
        let with = |verb| {
            [verb, chain]
                .into_iter()
                .chain(rest.clone())
                .collect::<Vec<&str>>()
        };
        if iptables(&with("-C")).await.is_err() {
            iptables(&with("-I")).await?;
        }
    }
    Ok(())
}

/// Chain first, then the match and the target. Replies to what came in from outside are not new and pass.
fn rules(bridge: &str) -> [Vec<String>; 2] {
    let common = [
        "-i",
        bridge,
        "-m",
        "conntrack",
        "--ctstate",
        "NEW",
        "-m",
        "comment",
        "--comment",
        COMMENT,
    ];
    let rule = |chain: &str, more: &[&str]| {
        let words = std::iter::once(&chain)
            .chain(common.iter())
            .chain(more)
            .chain(&["-j", "REJECT"]);
        words.map(|word| (*word).to_owned()).collect()
    };
    [rule(TO_HOST, &[]), rule(THROUGH_HOST, &["-d", PRIVATE])]
}

/// The arguments that delete a rule of ours whose bridge is gone, from the line that `iptables -S` prints for it.
fn outlived(line: &str, exists: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let words: Vec<&str> = line
        .split_whitespace()
        .map(|word| word.trim_matches('"'))
        .collect();
    let after = |name: &str| {
        words
            .windows(2)
            .find(|pair| pair[0] == name)
            .map(|pair| pair[1])
    };
    if words.first() != Some(&"-A") || after("--comment") != Some(COMMENT) || exists(after("-i")?) {
        return None;
    }
    let rest = words[1..].iter().map(|word| (*word).to_owned());
    Some(std::iter::once("-D".to_owned()).chain(rest).collect())
}

async fn iptables(arguments: &[&str]) -> Result<String, RuleError> {
    // Docker changes rules too: wait for its lock instead of failing.
    let output = Command::new("iptables")
        .args(["-w", "5"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(RuleError::Missing)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(RuleError::Refused(
        String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_rules_of_bridges_that_are_gone_are_deleted() {
        let ours = "-A INPUT -i synp-0123456789 -m conntrack --ctstate NEW -m comment --comment synapse-playground -j REJECT";
        let deleted = outlived(ours, |_| false).unwrap();
        assert_eq!(deleted[..4], ["-D", "INPUT", "-i", "synp-0123456789"]);
        assert_eq!(outlived(ours, |_| true), None);
        assert_eq!(
            outlived("-A INPUT -i synp-0123456789 -j REJECT", |_| false),
            None
        );
        assert_eq!(outlived("-P INPUT ACCEPT", |_| false), None);
    }

    #[test]
    fn replies_pass_and_new_connections_do_not() {
        let [to_host, through] = rules("synp-x");
        assert!(to_host.join(" ").contains("--ctstate NEW"));
        assert!(through.join(" ").contains("169.254.0.0/16"));
    }
}
