//! Settings: a flag beats its environment variable, which beats the TOML file, which beats the default.
//!
//! All mistakes are reported together. A setting is named the same everywhere: `--port-range`, `PLAYGROUND_PORT_RANGE`,
//! `port_range = "7860-8860"`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use playground_control::{
    BackendConfig, BuildConfig, CleanConfig, CleanHours, ControlConfig, OrphanPolicy, RestartPolicy,
};
use playground_engine::Profile;
use playground_plugin::{IndexSettings, RequirementPolicy};
use playground_types::{HostPort, Limits, PortRange};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::http::BODY_SILENCE;

const MIB: u64 = 1024 * 1024;
/// Where Debian and Ubuntu keep the certificates that this machine trusts.
const SYSTEM_CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the settings file {path} cannot be read", path = .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML, or names a setting that does not exist.
    #[error("the settings file {path} is wrong: {message}", path = .path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// The parser's words, with line and column.
        message: String,
    },
    /// Settings that cannot be meant; all of them.
    #[error("{}", .0.join("\n"))]
    Mistakes(Vec<String>),
}

macro_rules! options {
    ($($(#[doc = $doc:literal])+ $(#[arg($($arg:tt)*)])? $name:ident: $type:ty, $env:literal;)*) => {
        /// The settings as they are given. Nothing is required; every one has a default.
        #[expect(clippy::doc_markdown, reason = "--help shows these lines as they are")]
        #[derive(Debug, Clone, Default, Args, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct AgentOptions {
            $(
                $(#[doc = $doc])+
                #[arg(long, env = $env, $($($arg)*)?)]
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $name: Option<$type>,
            )*
        }
    };
}

options! {
    /// A TOML file with settings, named as the flags with underscores
    config: PathBuf, "PLAYGROUND_CONFIG";
    /// Address and port of the API [default: 127.0.0.1:8000]
    listen: SocketAddr, "PLAYGROUND_LISTEN";
    /// Where records, uploads and logs are kept [default: ./playground-data]
    data_dir: PathBuf, "PLAYGROUND_DATA_DIR";
    /// The API token; without one a token is made at the first start, printed once and kept in the data directory
    #[arg(hide_env_values = true)]
    token: String, "PLAYGROUND_TOKEN";
    /// Ask for no token; only possible while listening on loopback
    #[arg(num_args = 0..=1, default_missing_value = "true")]
    no_auth: bool, "PLAYGROUND_NO_AUTH";
    /// Host ports for apps, FIRST-LAST [default: 7860-8860]
    port_range: PortRange, "PLAYGROUND_PORT_RANGE";
    /// Host ports never given to an app, comma separated
    #[arg(value_delimiter = ',')]
    reserved_ports: Vec<u16>, "PLAYGROUND_RESERVED_PORTS";
    /// The host name or address in endpoints [default: the one each request came to]
    advertise: String, "PLAYGROUND_ADVERTISE";
    /// The host address that app ports are published on [default: 0.0.0.0]
    publish_address: IpAddr, "PLAYGROUND_PUBLISH_ADDRESS";
    /// The Docker Engine, such as unix:///var/run/docker.sock [default: DOCKER_HOST or the usual socket]
    docker_host: String, "PLAYGROUND_DOCKER_HOST";
    /// The image that plugin images are made from [default: synapse-gradio-base:latest]
    base_image: String, "GRADIO_CONTAINER_BASE_IMAGE";
    /// The bridge network of plugin containers [default: synapse-playground]
    network: String, "PLAYGROUND_NETWORK";
    /// Keep apps from this host and from private networks with iptables, where that is possible [default: true]
    host_rules: bool, "PLAYGROUND_HOST_RULES";
    /// What an app may write to: standard (its own directory, home, /tmp) or strict (memory only) [default: standard]
    profile: String, "PLAYGROUND_PROFILE";
    /// A stronger container runtime known to the engine, such as runsc
    runtime: String, "PLAYGROUND_RUNTIME";
    /// Memory of a container, in MiB [default: 2048]
    memory_mib: u64, "PLAYGROUND_MEMORY_MIB";
    /// CPUs of a container [default: 2]
    cpus: f64, "PLAYGROUND_CPUS";
    /// Processes of a container [default: 512]
    pids: u32, "PLAYGROUND_PIDS";
    /// Seconds an app may take until it answers [default: 300]
    start_timeout: u64, "PLAYGROUND_START_TIMEOUT";
    /// Seconds an app may take to end by itself when it is stopped, restarted or deleted [default: 1]
    stop_grace: u64, "PLAYGROUND_STOP_GRACE";
    /// Whether an app that ends by itself or answers no more is started again: on-failure or never [default: on-failure]
    restart: String, "PLAYGROUND_RESTART";
    /// How often an app that had been ready is started again after a crash [default: 5]
    crash_attempts: i64, "PLAYGROUND_CRASH_ATTEMPTS";
    /// Seconds of health after which crashes are forgotten [default: 3600]
    healthy_after: u64, "PLAYGROUND_HEALTHY_AFTER";
    /// Seconds between two health checks of a ready app, 0 for none [default: 30]
    health_interval: u64, "PLAYGROUND_HEALTH_INTERVAL";
    /// Seconds an app may take to answer a health check [default: 10]
    health_timeout: u64, "PLAYGROUND_HEALTH_TIMEOUT";
    /// Health checks missed in a row that make an app unhealthy [default: 3]
    health_misses: i64, "PLAYGROUND_HEALTH_MISSES";
    /// Health checks missed in a row after which an app is restarted, 0 for never [default: 20]
    health_restart_misses: i64, "PLAYGROUND_HEALTH_RESTART_MISSES";
    /// Apps that start at the same time; further ones wait for their turn [default: one for each CPU, at least 4]
    start_concurrency: usize, "PLAYGROUND_START_CONCURRENCY";
    /// Seconds that steps may still take once the Agent is told to end [default: 10]
    shutdown_timeout: u64, "PLAYGROUND_SHUTDOWN_TIMEOUT";
    /// Seconds a create is held open for its result; clients give up after 10 [default: 8]
    hold: u64, "PLAYGROUND_HOLD";
    /// Seconds a request's body may send nothing until it is given up [default: 60]
    body_silence: u64, "PLAYGROUND_BODY_SILENCE";
    /// Images built at the same time [default: 2]
    build_concurrency: usize, "PLAYGROUND_BUILD_CONCURRENCY";
    /// Builds that may wait for their turn; a create that needs one more is answered with 429 [default: 50]
    build_queue: u64, "PLAYGROUND_BUILD_QUEUE";
    /// Seconds a build may take [default: 900]
    build_timeout: u64, "PLAYGROUND_BUILD_TIMEOUT";
    /// Seconds a build may print nothing [default: 300]
    build_silence: u64, "PLAYGROUND_BUILD_SILENCE";
    /// Whether requirements without a wheel are built from source [default: true]
    build_source: bool, "PLAYGROUND_BUILD_SOURCE";
    /// Use Docker's classic builder, which can limit memory and CPU [default: false]
    build_classic: bool, "PLAYGROUND_BUILD_CLASSIC";
    /// Memory of a build step, in MiB; honoured by the classic builder only
    build_memory_mib: u64, "PLAYGROUND_BUILD_MEMORY_MIB";
    /// CA bundle that package installs trust [default: this machine's]
    build_ca_bundle: PathBuf, "PLAYGROUND_BUILD_CA_BUNDLE";
    /// Docker network of build steps: none, host, or a network's name
    build_network: String, "PLAYGROUND_BUILD_NETWORK";
    /// Package index for builds
    index_url: String, "PLAYGROUND_INDEX_URL";
    /// A second package index for builds
    extra_index_url: String, "PLAYGROUND_EXTRA_INDEX_URL";
    /// Whether requirements.txt may use pip options: permissive or strict [default: permissive]
    requirements: String, "PLAYGROUND_REQUIREMENTS";
    /// The Synapse backend that knows releases which were not uploaded here
    backend_url: String, "PLAYGROUND_BACKEND_URL";
    /// This Agent's token at the backend
    #[arg(hide_env_values = true)]
    backend_token: String, "PLAYGROUND_BACKEND_TOKEN";
    /// The tenant's token at the backend
    #[arg(hide_env_values = true)]
    backend_tenant: String, "PLAYGROUND_BACKEND_TENANT";
    /// Whether the backend's archives may come from private addresses [default: false]
    backend_private: bool, "PLAYGROUND_BACKEND_PRIVATE";
    /// Images and ended builds kept of each release though nothing uses them [default: 3]
    keep_newest: u64, "PLAYGROUND_KEEP_NEWEST";
    /// Days they are kept [default: 14]
    keep_days: u64, "PLAYGROUND_KEEP_DAYS";
    /// Hours of UTC in which the rest is removed, FROM-TO, or never [default: 2-5]
    clean_hours: String, "PLAYGROUND_CLEAN_HOURS";
    /// MiB that must be free on each disk, else no build begins and no upload is taken [default: 2048, or a twentieth of a smaller disk]
    min_free_disk_mib: u64, "PLAYGROUND_MIN_FREE_DISK_MIB";
    /// Containers of this Agent without a record: adopt, list or remove [default: adopt]
    orphans: String, "PLAYGROUND_ORPHANS";
    /// Log lines as text or json [default: text]
    log_format: String, "PLAYGROUND_LOG_FORMAT";
}

/// The settings in force.
#[derive(Debug)]
pub struct AgentConfig {
    /// Address and port of the API.
    pub listen: SocketAddr,
    /// The token that was set, if one was.
    pub token: Option<SecretString>,
    /// Whether requests need no token.
    pub no_auth: bool,
    /// The engine's address.
    pub docker_host: Option<String>,
    /// How long a create is held open.
    pub hold: Duration,
    /// How long a request's body may send nothing.
    pub body_silence: Duration,
    /// Log lines as JSON.
    pub log_json: bool,
    /// The loop's settings.
    pub control: ControlConfig,
}

impl AgentOptions {
    /// Reads the file, lays flags and environment over it, and checks everything.
    ///
    /// # Errors
    /// All mistakes in one [`ConfigError::Mistakes`].
    pub fn resolve(self) -> Result<AgentConfig, ConfigError> {
        let merged = match self.config.clone() {
            Some(path) => self.over(&path)?,
            None => self,
        };
        merged.check()
    }

    fn over(self, path: &Path) -> Result<Self, ConfigError> {
        let invalid = |message: String| ConfigError::Invalid {
            path: path.to_owned(),
            message,
        };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        // Checked on its own first, so that the error shows the file's own line.
        toml::from_str::<Self>(&text).map_err(|error| invalid(error.to_string()))?;
        let mut table: toml::Table =
            toml::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        table.extend(toml::Table::try_from(&self).map_err(|error| invalid(error.to_string()))?);
        table
            .try_into()
            .map_err(|error: toml::de::Error| invalid(error.to_string()))
    }

    fn check(self) -> Result<AgentConfig, ConfigError> {
        let mut mistakes = Vec::new();
        let listen = self
            .listen
            .unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)));
        let no_auth = self.no_auth.unwrap_or(false);
        if no_auth && !listen.ip().is_loopback() {
            mistakes.push(format!(
                "no_auth is only possible on loopback, and listen is {listen}"
            ));
        }
        if self.token.as_ref().is_some_and(|token| token.len() < 16) {
            mistakes.push("token is too short: use at least 16 characters".to_owned());
        }
        if self.body_silence == Some(0) {
            mistakes.push("body_silence is 0: no request's body could ever be read".to_owned());
        }
        let log_json = one_of(
            "log_format",
            self.log_format.as_deref(),
            &["text", "json"],
            &mut mistakes,
        ) == "json";
        let control = self.control(listen, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(ConfigError::Mistakes(mistakes));
        }
        Ok(AgentConfig {
            listen,
            token: self.token.map(SecretString::from),
            no_auth,
            docker_host: self.docker_host,
            hold: Duration::from_secs(self.hold.unwrap_or(8)),
            body_silence: self.body_silence.map_or(BODY_SILENCE, Duration::from_secs),
            log_json,
            control,
        })
    }

    fn control(&self, listen: SocketAddr, mistakes: &mut Vec<String>) -> ControlConfig {
        let data_dir = self
            .data_dir
            .clone()
            .unwrap_or_else(|| PathBuf::from("playground-data"));
        let mut control = ControlConfig::new(data_dir);
        set(&mut control.base_image, &self.base_image);
        set(&mut control.port_range, &self.port_range);
        set(&mut control.publish_address, &self.publish_address);
        set(&mut control.network, &self.network);
        control.probe_address = probe_address(control.publish_address);
        control.advertise.clone_from(&self.advertise);
        control.runtime.clone_from(&self.runtime);
        control.host_rules = self.host_rules.unwrap_or(true);
        control.reserved_ports = self
            .reserved_ports
            .iter()
            .flatten()
            .copied()
            .map(HostPort)
            .collect();
        control.reserved_ports.push(HostPort(listen.port()));
        control.default_limits = self.limits(mistakes);
        if let Some(seconds) = self.start_timeout {
            control.start_timeout = Duration::from_secs(seconds);
        }
        if let Some(seconds) = self.stop_grace {
            control.stop_grace = Duration::from_secs(seconds);
        }
        self.restarts(&mut control, mistakes);
        control.concurrent_starts = self.start_concurrency.unwrap_or_else(|| {
            let cpus = std::thread::available_parallelism().map_or(1, usize::from);
            cpus.max(control.concurrent_starts)
        });
        if control.concurrent_starts == 0 {
            mistakes.push("start_concurrency is 0: nothing could ever be started".to_owned());
        }
        if let Some(seconds) = self.shutdown_timeout {
            control.shutdown_timeout = Duration::from_secs(seconds);
        }
        control.profile = match one_of(
            "profile",
            self.profile.as_deref(),
            &["standard", "strict"],
            mistakes,
        ) {
            "strict" => Profile::Strict,
            _ => Profile::Standard,
        };
        control.requirement_policy = match one_of(
            "requirements",
            self.requirements.as_deref(),
            &["permissive", "strict"],
            mistakes,
        ) {
            "strict" => RequirementPolicy::Strict,
            _ => RequirementPolicy::Permissive,
        };
        control.orphans = match one_of(
            "orphans",
            self.orphans.as_deref(),
            &["adopt", "list", "remove"],
            mistakes,
        ) {
            "list" => OrphanPolicy::List,
            "remove" => OrphanPolicy::Remove,
            _ => OrphanPolicy::Adopt,
        };
        control.build = self.build(mistakes);
        self.clean(&mut control.clean, mistakes);
        control.backend = self.backend_url.clone().map(|url| BackendConfig {
            url,
            token: self.backend_token.clone(),
            tenant: self.backend_tenant.clone(),
            allow_private: self.backend_private.unwrap_or(false),
        });
        control
    }

    fn restarts(&self, control: &mut ControlConfig, mistakes: &mut Vec<String>) {
        let words = ["on-failure", "never"];
        control.restart = match one_of("restart", self.restart.as_deref(), &words, mistakes) {
            "never" => RestartPolicy::Never,
            _ => RestartPolicy::OnFailure,
        };
        set(&mut control.crash_attempts, &self.crash_attempts);
        let seconds = |value: Option<u64>| value.map(Duration::from_secs);
        set(&mut control.healthy_after, &seconds(self.healthy_after));
        let checks = &mut control.health_checks;
        set(&mut checks.interval, &seconds(self.health_interval));
        set(&mut checks.timeout, &seconds(self.health_timeout));
        set(&mut checks.misses, &self.health_misses);
        if let Some(misses) = self.health_restart_misses {
            checks.restart_misses = Some(misses).filter(|misses| *misses != 0);
        }
        if control.crash_attempts < 0 {
            mistakes.push("crash_attempts is negative: use 0 for none".to_owned());
        }
        if checks.timeout.is_zero() || checks.misses < 1 {
            mistakes.push(
                "health_timeout and health_misses must be at least 1: health_interval = 0 turns health checks off"
                    .to_owned(),
            );
        }
        if checks
            .restart_misses
            .is_some_and(|misses| misses < checks.misses)
        {
            mistakes.push(format!(
                "health_restart_misses is less than health_misses ({}): an app is unhealthy before it is restarted",
                checks.misses
            ));
        }
    }

    fn limits(&self, mistakes: &mut Vec<String>) -> Limits {
        let mut limits = Limits::default();
        set(&mut limits.cpus, &self.cpus);
        set(&mut limits.pids, &self.pids);
        if let Some(mib) = self.memory_mib {
            limits.memory_bytes = mib.saturating_mul(MIB);
        }
        mistakes.extend(limits.problem());
        limits
    }

    fn build(&self, mistakes: &mut Vec<String>) -> BuildConfig {
        let mut build = BuildConfig::default();
        set(&mut build.concurrent, &self.build_concurrency);
        set(&mut build.queue, &self.build_queue);
        set(&mut build.allow_source, &self.build_source);
        set(&mut build.classic, &self.build_classic);
        if build.concurrent == 0 {
            mistakes.push("build_concurrency is 0: nothing could ever be built".to_owned());
        }
        if let Some(seconds) = self.build_timeout {
            build.timeout = Duration::from_secs(seconds);
        }
        if let Some(seconds) = self.build_silence {
            build.silence = Duration::from_secs(seconds);
        }
        build.memory_bytes = self.build_memory_mib.map(|mib| mib.saturating_mul(MIB));
        build.network.clone_from(&self.build_network);
        build.ca_bundle = self.ca_bundle(mistakes);
        build.index = IndexSettings {
            index_url: self.index_url.clone(),
            extra_index_url: self.extra_index_url.clone(),
            ..IndexSettings::default()
        };
        build
    }

    fn clean(&self, clean: &mut CleanConfig, mistakes: &mut Vec<String>) {
        set(&mut clean.keep_newest, &self.keep_newest);
        if let Some(days) = self.keep_days {
            clean.keep_for = Duration::from_secs(days.saturating_mul(24 * 3600));
        }
        match self.clean_hours.as_deref().map(str::parse::<CleanHours>) {
            None => {}
            Some(Ok(hours)) => clean.hours = hours,
            Some(Err(error)) => mistakes.push(error.to_string()),
        }
        clean.min_free_bytes = self.min_free_disk_mib.map(|mib| mib.saturating_mul(MIB));
    }

    /// What this machine trusts, builds trust too: a company's proxy is as real to them as to everything else here.
    fn ca_bundle(&self, mistakes: &mut Vec<String>) -> Option<PathBuf> {
        match &self.build_ca_bundle {
            Some(path) if path.is_file() => Some(path.clone()),
            Some(path) => {
                mistakes.push(format!("build_ca_bundle {} is not a file", path.display()));
                None
            }
            None => Some(PathBuf::from(SYSTEM_CA_BUNDLE)).filter(|path| path.is_file()),
        }
    }
}

fn set<T: Clone>(target: &mut T, given: &Option<T>) {
    if let Some(value) = given {
        target.clone_from(value);
    }
}

fn one_of<'a>(
    name: &str,
    given: Option<&'a str>,
    words: &[&'a str],
    mistakes: &mut Vec<String>,
) -> &'a str {
    match given {
        Some(word) if words.contains(&word) => word,
        Some(word) => {
            mistakes.push(format!("{name} is {word:?}: write {}", words.join(" or ")));
            words[0]
        }
        None => words[0],
    }
}

/// Published on every address, an app is reached on loopback; published on one, only there.
fn probe_address(published: IpAddr) -> IpAddr {
    if published.is_unspecified() {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    } else {
        published
    }
}

#[cfg(test)]
mod tests {
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
}
