//! From the settings as they are given to what the loop works with. Every mistake is noted, none ends the check.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use playground_control::{
    BackendConfig, BuildConfig, CleanConfig, CleanHours, ControlConfig, OrphanPolicy, Publish,
    Replace, RestartPolicy,
};
use playground_engine::{Profile, Reach};
use playground_plugin::{IndexSettings, RequirementPolicy};
use playground_types::{HostPort, IdleTimes, Limits};

use super::AgentOptions;

const MIB: u64 = 1024 * 1024;
/// Where Debian and Ubuntu keep the certificates that this machine trusts.
const SYSTEM_CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

impl AgentOptions {
    pub(super) fn control(&self, listen: SocketAddr, mistakes: &mut Vec<String>) -> ControlConfig {
        let data_dir = self
            .data_dir
            .clone()
            .unwrap_or_else(|| PathBuf::from("playground-data"));
        let mut control = ControlConfig::new(data_dir);
        set(&mut control.base_image, &self.base_image);
        set(&mut control.port_range, &self.port_range);
        set(&mut control.publish_address, &self.publish_address);
        set(&mut control.network, &self.network);
        self.publish(&mut control, mistakes);
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
        let words = ["in-place", "gapless"];
        if one_of("replace", self.replace.as_deref(), &words, mistakes) == "gapless" {
            control.replace = Replace::Gapless;
        }
        if let Some(seconds) = self.drain {
            control.drain = Duration::from_secs(seconds);
        }
        control.idle = IdleTimes {
            pause_after: self.idle_pause,
            stop_after: self.idle_stop,
            remove_after: self.idle_remove,
        };
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

    fn publish(&self, control: &mut ControlConfig, mistakes: &mut Vec<String>) {
        let words = ["docker", "agent"];
        control.publish = match one_of("publish", self.publish.as_deref(), &words, mistakes) {
            "agent" => Publish::Agent,
            _ => Publish::Docker,
        };
        let is_docker = control.publish == Publish::Docker;
        control.app_egress = self.app_egress.unwrap_or(is_docker);
        if is_docker && !control.app_egress {
            mistakes.push(
                "app_egress is false and publish is docker: Docker publishes no port of an app without a way out; set publish = agent"
                    .to_owned(),
            );
        }
        // Networks of both kinds can be on one engine, and each keeps its kind.
        if control.reach() == Reach::Host {
            control.network.push_str("-internal");
        }
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

pub(super) fn one_of<'a>(
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
