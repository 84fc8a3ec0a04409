//! Rules of the host that keep apps from reaching the host itself, link-local addresses (cloud metadata) and private
//! networks. Docker's own isolation does none of that: a container reaches every service of its host.
//!
//! Set where the Agent may (root, `iptables`), on our own bridge only, and marked with a comment, so that rules of
//! bridges that are gone are found and removed. They stay when the Agent ends, as the containers do.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;

use playground_engine::bridge_name;
use tokio::process::Command;

use crate::Control;

/// Marks our rules.
const COMMENT: &str = "synapse-playground";
/// What an app has no business with: private networks, carrier-grade NAT, link-local.
const PRIVATE: [&str; 5] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
];
/// Whom this host asks for names.
const RESOLVERS: &str = "/etc/resolv.conf";
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
    let exists = |bridge: &str| Path::new("/sys/class/net").join(bridge).exists();
    delete(|of| !exists(of)).await?;
    let rules = rules(
        bridge,
        &nameservers(
            &tokio::fs::read_to_string(RESOLVERS)
                .await
                .unwrap_or_default(),
        ),
    );
    let mut all_there = true;
    for rule in &rules {
        all_there &= iptables(&rule.arguments("-C")).await.is_ok();
    }
    if !all_there {
        // Their order matters, so they are set together, from the last to the first.
        delete(|of| of == bridge).await?;
        for rule in rules.iter().rev() {
            iptables(&rule.arguments("-I")).await?;
        }
    }
    Ok(())
}

/// Deletes our rules for the bridges that `unwanted` names.
async fn delete(unwanted: impl Fn(&str) -> bool) -> Result<(), RuleError> {
    for chain in [TO_HOST, THROUGH_HOST] {
        for line in iptables(&["-S", chain]).await?.lines() {
            if let Some(arguments) = deletion(line, &unwanted) {
                iptables(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await?;
            }
        }
    }
    Ok(())
}

/// One rule: in which chain, for what, and what becomes of it.
#[derive(Debug, PartialEq, Eq)]
struct Rule {
    chain: &'static str,
    matches: Vec<String>,
}

impl Rule {
    fn arguments(&self, verb: &'static str) -> Vec<&str> {
        [verb, self.chain]
            .into_iter()
            .chain(self.matches.iter().map(String::as_str))
            .collect()
    }
}

/// From the first to the last. Replies to what came in from outside are not new and pass; so do questions to the name
/// servers of the host, which Docker's resolver asks from inside the container.
fn rules(bridge: &str, nameservers: &[Ipv4Addr]) -> Vec<Rule> {
    let rule = |chain, words: &[&str], target| {
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
        let matches = words
            .iter()
            .chain(&common)
            .chain(&["-j", target])
            .map(|word| (*word).to_owned())
            .collect();
        Rule { chain, matches }
    };
    let mut rules = Vec::new();
    for server in nameservers.iter().map(Ipv4Addr::to_string) {
        for protocol in ["udp", "tcp"] {
            let to_server = ["-d", &server, "-p", protocol, "--dport", "53"];
            rules.push(rule(TO_HOST, &to_server, "ACCEPT"));
            rules.push(rule(THROUGH_HOST, &to_server, "RETURN"));
        }
    }
    rules.push(rule(TO_HOST, &[], "REJECT"));
    rules.extend(
        PRIVATE
            .iter()
            .map(|network| rule(THROUGH_HOST, &["-d", network], "REJECT")),
    );
    rules
}

/// The name servers of a `resolv.conf` that are reached over the network.
fn nameservers(resolv_conf: &str) -> Vec<Ipv4Addr> {
    let servers = resolv_conf
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"));
    servers
        .filter_map(|text| text.trim().parse().ok())
        .filter(|address: &Ipv4Addr| !address.is_loopback())
        .collect()
}

/// The arguments that delete a rule of ours for an unwanted bridge, from the line that `iptables -S` prints for it.
fn deletion(line: &str, unwanted: impl Fn(&str) -> bool) -> Option<Vec<String>> {
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
    if words.first() != Some(&"-A")
        || after("--comment") != Some(COMMENT)
        || !unwanted(after("-i")?)
    {
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
    fn only_our_own_rules_of_unwanted_bridges_are_deleted() {
        let ours = "-A INPUT -i synp-0123456789 -m conntrack --ctstate NEW -m comment --comment synapse-playground -j REJECT";
        let deleted = deletion(ours, |_| true).unwrap();
        assert_eq!(deleted[..4], ["-D", "INPUT", "-i", "synp-0123456789"]);
        assert_eq!(deletion(ours, |_| false), None);
        assert_eq!(
            deletion("-A INPUT -i synp-0123456789 -j REJECT", |_| true),
            None
        );
        assert_eq!(deletion("-P INPUT ACCEPT", |_| true), None);
    }

    #[test]
    fn names_are_resolved_before_anything_is_refused() {
        let servers =
            nameservers("# comment\nnameserver 10.0.0.2\nnameserver 127.0.0.53\nnameserver ::1\n");
        assert_eq!(servers, [Ipv4Addr::new(10, 0, 0, 2)]);
        let rules = rules("synp-x", &servers);
        let first_refusal = rules
            .iter()
            .position(|rule| rule.matches.contains(&"REJECT".to_owned()))
            .unwrap();
        let last_question = rules
            .iter()
            .rposition(|rule| rule.matches.contains(&"53".to_owned()))
            .unwrap();
        assert!(last_question < first_refusal);
        assert!(
            rules
                .iter()
                .all(|rule| rule.matches.contains(&"NEW".to_owned()))
        );
    }
}
