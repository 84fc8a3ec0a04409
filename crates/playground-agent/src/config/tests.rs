//! Precedence, units and mistakes.

use playground_control::{Publish, RestartPolicy};
use playground_types::HostPort;

use super::*;

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn a_flag_beats_the_file_and_the_file_beats_the_default() {
    let file = file("listen = \"127.0.0.1:9000\"\nport_range = \"8000-8010\"\n");
    let options = AgentOptions {
        config: Some(file.path().to_owned()),
        listen: Some("127.0.0.1:9001".parse().unwrap()),
        ..AgentOptions::default()
    };
    let config = options.resolve().unwrap();
    assert_eq!(config.listen.port(), 9001);
    assert_eq!(config.control.port_range.to_string(), "8000-8010");
    assert_eq!(config.control.base_image, "synapse-gradio-base:latest");
    assert!(
        config.control.reserved_ports.contains(&HostPort(9001)),
        "no app gets the Agent's own port"
    );
}

#[test]
fn times_are_seconds() {
    let options = AgentOptions {
        stop_grace: Some(20),
        body_silence: Some(5),
        ..AgentOptions::default()
    };
    let config = options.resolve().unwrap();
    assert_eq!(config.control.stop_grace, Duration::from_secs(20));
    assert_eq!(config.body_silence, Duration::from_secs(5));
}

#[test]
fn an_unknown_setting_is_named_with_its_line() {
    let file = file("listen = \"127.0.0.1:9000\"\nport_rnage = \"1-2\"\n");
    let options = AgentOptions {
        config: Some(file.path().to_owned()),
        ..AgentOptions::default()
    };
    let message = options.resolve().unwrap_err().to_string();
    assert!(
        message.contains("port_rnage") && message.contains("line 2"),
        "{message}"
    );
}

#[test]
fn restarts_and_health_checks_are_settings_and_can_be_turned_off() {
    let options = AgentOptions {
        restart: Some("never".into()),
        crash_attempts: Some(1),
        health_interval: Some(0),
        health_restart_misses: Some(0),
        ..AgentOptions::default()
    };
    let control = options.resolve().unwrap().control;
    assert_eq!(
        (control.restart, control.crash_attempts),
        (RestartPolicy::Never, 1)
    );
    assert!(control.health_checks.interval.is_zero());
    assert_eq!(control.health_checks.restart_misses, None);
    let options = AgentOptions {
        restart: Some("always".into()),
        crash_attempts: Some(-1),
        health_misses: Some(30),
        health_timeout: Some(0),
        ..AgentOptions::default()
    };
    let ConfigError::Mistakes(mistakes) = options.resolve().unwrap_err() else {
        panic!("mistakes expected")
    };
    assert_eq!(mistakes.len(), 4, "{mistakes:?}");
}

fn published(publish: &str, app_egress: Option<bool>) -> Result<AgentConfig, ConfigError> {
    let options = AgentOptions {
        publish: Some(publish.to_owned()),
        app_egress,
        network: Some("net".into()),
        ..AgentOptions::default()
    };
    options.resolve()
}

#[test]
fn docker_publishes_unless_the_agent_is_told_to() {
    let control = AgentOptions::default().resolve().unwrap().control;
    assert_eq!(
        (control.publish, control.app_egress),
        (Publish::Docker, true)
    );
    assert_eq!(control.network, "synapse-playground");
    let file = file("publish = \"agent\"\n");
    let options = AgentOptions {
        config: Some(file.path().to_owned()),
        ..AgentOptions::default()
    };
    let control = options.resolve().unwrap().control;
    assert_eq!(
        (control.publish, control.app_egress),
        (Publish::Agent, false)
    );
}

#[test]
fn apps_without_a_way_out_have_a_network_of_its_own_kind() {
    let network = |publish, egress| published(publish, egress).unwrap().control.network;
    assert_eq!(network("agent", None), "net-internal");
    assert_eq!(network("agent", Some(true)), "net");
    assert_eq!(network("docker", None), "net");
    let error = published("docker", Some(false)).unwrap_err().to_string();
    assert!(error.contains("app_egress is false"), "{error}");
    let error = published("nobody", None).unwrap_err().to_string();
    assert!(error.contains("docker or agent"), "{error}");
}

#[test]
fn all_mistakes_are_told_together() {
    let options = AgentOptions {
        listen: Some("0.0.0.0:8000".parse().unwrap()),
        no_auth: Some(true),
        profile: Some("lax".into()),
        memory_mib: Some(10),
        body_silence: Some(0),
        ..AgentOptions::default()
    };
    let ConfigError::Mistakes(mistakes) = options.resolve().unwrap_err() else {
        panic!("mistakes expected")
    };
    assert_eq!(mistakes.len(), 4, "{mistakes:?}");
}
