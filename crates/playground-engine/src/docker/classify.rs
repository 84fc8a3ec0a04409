//! Docker's errors in our words. Nowhere else is a status code or a text of Docker's compared.

use bollard::errors::Error;
use playground_types::HostPort;

use crate::EngineError;

/// What an error of a call, or of the stream it opened, means.
pub(super) fn classify(operation: &'static str, error: Error) -> EngineError {
    match error {
        Error::DockerResponseServerError {
            status_code,
            message,
        } => refusal(status_code, message),
        Error::DockerStreamError { error } => refusal(500, error),
        Error::RequestTimeoutError => EngineError::TimedOut(operation),
        Error::SocketNotFoundError(_)
        | Error::HyperLegacyError { .. }
        | Error::HyperResponseError { .. }
        | Error::UnsupportedURISchemeError { .. } => EngineError::unreachable(error),
        Error::IOError { err } => EngineError::stream(err),
        other => EngineError::Unintelligible(format!("{operation}: {other}")),
    }
}

/// What a refusal of the engine means.
fn refusal(status: u16, message: String) -> EngineError {
    if let Some(port) = taken_port(&message) {
        return EngineError::PortTaken(port);
    }
    let has = |text: &str| message.contains(text);
    if has("no space left on device") {
        return EngineError::DiskFull { message };
    }
    if has("is already in use by container") {
        let name = between(&message, "name \"/", "\"").unwrap_or_default();
        return EngineError::NameTaken(name.to_owned());
    }
    // A network that is gone is found at start: `network <name or id> not found`.
    if let Some(network) = between(&message, "network ", " not found") {
        return EngineError::NoSuchNetwork(network.to_owned());
    }
    if has("No such image") || has("manifest unknown") || has("pull access denied") {
        return EngineError::NoSuchImage(missing_image(&message).to_owned());
    }
    if status == 404 && has("No such container") {
        return EngineError::NoSuchContainer;
    }
    // Some of these come as 500 before Docker 23.
    let not_in_this_state = has("is not running") || has("is not paused") || has("already paused");
    let is_being_made = has("networks have same bridge name");
    if status == 409 || not_in_this_state || is_being_made {
        return EngineError::Conflict { message };
    }
    EngineError::Refused { status, message }
}

/// The port of either of Docker's texts: another container has it, or a process of the host.
///
/// ```text
/// … on endpoint NAME (HASH): Bind for 0.0.0.0:7860 failed: port is already allocated
/// … Error starting userland proxy: listen tcp4 0.0.0.0:7860: bind: address already in use
/// … failed to bind host port for 0.0.0.0:7860:172.18.0.2:7860/tcp: address already in use      (Docker 28)
/// ```
fn taken_port(message: &str) -> Option<HostPort> {
    if !message.contains("port is already allocated") && !message.contains("address already in use")
    {
        return None;
    }
    [
        "Bind for ",
        "listen tcp4 ",
        "listen tcp6 ",
        "listen tcp ",
        "host port for ",
        "host port ",
    ]
    .iter()
    .find_map(|marker| message.split_once(marker))
    .and_then(|(_, address)| port_of(address))
}

/// The port of an address at the beginning of a text; an IPv6 address stands in brackets.
fn port_of(address: &str) -> Option<HostPort> {
    let after_host = match address.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.1,
        None => address.trim_start_matches(|c: char| c != ':' && c != ' '),
    };
    let digits = after_host.strip_prefix(':')?;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok().map(HostPort)
}

/// The image in Docker's three texts; the whole text where none is found.
fn missing_image(message: &str) -> &str {
    message
        .split_once("No such image: ")
        .map(|(_, image)| image)
        .or_else(|| between(message, "manifest for ", " not found"))
        .or_else(|| between(message, "pull access denied for ", ","))
        .unwrap_or(message)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, message: &str) -> EngineError {
        classify(
            "test",
            Error::DockerResponseServerError {
                status_code: status,
                message: message.to_owned(),
            },
        )
    }

    fn port(message: &str) -> u16 {
        match refused(500, message) {
            EngineError::PortTaken(port) => port.0,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_texts_of_a_taken_port_are_one_error() {
        let by_a_container = "driver failed programming external connectivity on endpoint a-1 (4e2b): Bind for 0.0.0.0:7860 failed: port is already allocated";
        assert_eq!(port(by_a_container), 7860);
        let by_a_process = "driver failed programming external connectivity on endpoint a-1 (4e2b): Error starting userland proxy: listen tcp4 0.0.0.0:8860: bind: address already in use";
        assert_eq!(port(by_a_process), 8860);
    }

    #[test]
    fn a_taken_port_is_read_from_ipv6_and_from_newer_engines() {
        assert_eq!(
            port(
                "Error starting userland proxy: listen tcp6 [::1]:7861: bind: address already in use"
            ),
            7861
        );
        assert_eq!(
            port("listen tcp6 [2001:db8:1:2::3]:7862: bind: address already in use"),
            7862
        );
        assert_eq!(
            port(
                "failed to bind host port for 127.0.0.1:7863:172.18.0.2:7860/tcp: address already in use"
            ),
            7863
        );
        assert_eq!(
            port("failed to bind host port 0.0.0.0:7864/tcp: address already in use"),
            7864
        );
    }

    #[test]
    fn a_taken_name_is_told_with_the_name() {
        let error = refused(
            409,
            "Conflict. The container name \"/app-1\" is already in use by container \"0123\". You have to remove (or rename) that container to be able to reuse that name.",
        );
        assert!(matches!(error, EngineError::NameTaken(name) if name == "app-1"));
    }

    #[test]
    fn what_is_missing_is_told_apart() {
        assert!(matches!(
            refused(404, "No such container: abc"),
            EngineError::NoSuchContainer
        ));
        assert!(
            matches!(refused(404, "No such image: a:latest"), EngineError::NoSuchImage(image) if image == "a:latest")
        );
        assert!(
            matches!(refused(404, "network synapse not found"), EngineError::NoSuchNetwork(name) if name == "synapse")
        );
        assert!(
            matches!(refused(404, "pull access denied for x/y, repository does not exist or may require 'docker login'"), EngineError::NoSuchImage(image) if image == "x/y")
        );
        assert!(matches!(
            refused(404, "page not found"),
            EngineError::Refused { status: 404, .. }
        ));
    }

    #[test]
    fn a_wrong_state_is_a_conflict_whatever_the_status() {
        for (status, message) in [
            (409, "Container abc is not running"),
            (500, "Container abc is not paused"),
            (
                403,
                "cannot create network 1 (synp-0): conflicts with network 2 (synp-0): networks have same bridge name",
            ),
            (409, "removal of container abc is already in progress"),
        ] {
            let error = refused(status, message);
            assert!(
                matches!(error, EngineError::Conflict { .. }) && error.is_retryable(),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_full_disk_has_a_name() {
        let error = refused(
            500,
            "mkdir /var/lib/docker/overlay2/x: no space left on device",
        );
        assert!(matches!(error, EngineError::DiskFull { .. }));
    }
}
