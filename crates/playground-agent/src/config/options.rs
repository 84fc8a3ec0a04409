//! The settings as they are given: the one list of them all.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use playground_types::PortRange;
use serde::{Deserialize, Serialize};

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
    /// Who listens on app ports and carries the bytes: docker or agent [default: docker]
    publish: String, "PLAYGROUND_PUBLISH";
    /// Whether apps may reach the internet and other machines; false is only possible with publish = agent [default: false there]
    #[arg(num_args = 0..=1, default_missing_value = "true")]
    app_egress: bool, "PLAYGROUND_APP_EGRESS";
    /// The host address that app ports are published on [default: 0.0.0.0]
    publish_address: IpAddr, "PLAYGROUND_PUBLISH_ADDRESS";
    /// The Docker Engine, such as unix:///var/run/docker.sock [default: DOCKER_HOST or the usual socket]
    docker_host: String, "PLAYGROUND_DOCKER_HOST";
    /// The image that plugin images are made from [default: synapse-gradio-base:latest]
    base_image: String, "GRADIO_CONTAINER_BASE_IMAGE";
    /// The bridge network of plugin containers [default: synapse-playground, with -internal behind it where apps have no way out]
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
    /// How a container is replaced: in-place (its port stays) or gapless (the old one serves until the new one is ready, at
    /// another port) [default: in-place]
    replace: String, "PLAYGROUND_REPLACE";
    /// Seconds that visitors of a replaced container may stay once the new one is ready [default: 60]
    drain: u64, "PLAYGROUND_DRAIN";
    /// Seconds until an app that nobody looks at through the gateway is frozen, 0 for never [default: 0]
    idle_pause: u32, "PLAYGROUND_IDLE_PAUSE";
    /// Seconds until its process is ended, 0 for never [default: 0]
    idle_stop: u32, "PLAYGROUND_IDLE_STOP";
    /// Seconds until its container is removed, 0 for never; a visit wakes it from any of these [default: 0]
    idle_remove: u32, "PLAYGROUND_IDLE_REMOVE";
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
    /// Apps are found at NAME.DOMAIN and the port of `listen` [default: localhost]
    gateway_domain: String, "PLAYGROUND_GATEWAY_DOMAIN";
    /// Other host names of this machine under which /play/NAME/ leads to apps, comma separated
    #[arg(value_delimiter = ',')]
    gateway_hosts: Vec<String>, "PLAYGROUND_GATEWAY_HOSTS";
    /// Whether apps' pages get nothing from other hosts, where those cannot be reached [default: false]
    gateway_offline_pages: bool, "PLAYGROUND_GATEWAY_OFFLINE_PAGES";
    /// Addresses of servers in front of this one whose X-Forwarded-For and -Proto are believed, comma separated
    #[arg(value_delimiter = ',')]
    trusted_proxies: Vec<IpAddr>, "PLAYGROUND_TRUSTED_PROXIES";
    /// WebSockets that visitors of apps may have open at the same time [default: 4096]
    gateway_websockets: usize, "PLAYGROUND_GATEWAY_WEBSOCKETS";
    /// Requests, streams and WebSockets that one app's visitors may have open at the same time [default: 2000]
    gateway_app_requests: usize, "PLAYGROUND_GATEWAY_APP_REQUESTS";
    /// WebSockets among them [default: 1000]
    gateway_app_websockets: usize, "PLAYGROUND_GATEWAY_APP_WEBSOCKETS";
    /// Seconds that a program's request is held for an app that wakes or starts; browsers see a page meanwhile [default: 60]
    gateway_hold: u64, "PLAYGROUND_GATEWAY_HOLD";
    /// Connections that the Agent holds at the same time; further ones wait [default: 20000]
    connections: usize, "PLAYGROUND_CONNECTIONS";
    /// Seconds after which a connection is closed whose other end takes none of what there is for it [default: 300]
    write_timeout: u64, "PLAYGROUND_WRITE_TIMEOUT";
    /// Log lines as text or json [default: text]
    log_format: String, "PLAYGROUND_LOG_FORMAT";
}
