//! One measurement by wrk, and what it cost the process in between.

use std::time::Duration;

use anyhow::Context as _;

use super::{command, output};

/// The system counts CPU time in these.
const TICKS_A_SECOND: f64 = 100.0;

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    requests_a_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// CPU time of the process in between, for each request.
    cpu_us: Option<f64>,
    /// Answers that were none, or no 200.
    errors: bool,
}

/// Asks for so long.
pub(super) fn measure(
    url: &str,
    connections: u32,
    time: Duration,
    process: Option<u32>,
) -> anyhow::Result<Measured> {
    let before = process.map(cpu_seconds).transpose()?;
    let arguments = [
        "--threads=1".to_owned(),
        format!("--connections={connections}"),
        format!("--duration={}s", time.as_secs()),
        "--latency".to_owned(),
        url.to_owned(),
    ];
    let said = output(command("wrk", &[]).args(arguments))?;
    let mut measured =
        read(&said).with_context(|| format!("wrk said what nobody expected: {said}"))?;
    if let (Some(process), Some(before)) = (process, before) {
        let spent = cpu_seconds(process)? - before;
        let requests = measured.requests_a_second * time.as_secs_f64();
        measured.cpu_us = Some(spent * 1e6 / requests);
    }
    Ok(measured)
}

fn read(said: &str) -> Option<Measured> {
    let after = |name: &str| {
        let line = said
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(name))?;
        line.split_whitespace().last()
    };
    Some(Measured {
        requests_a_second: after("Requests/sec:")?.parse().ok()?,
        p50_ms: millis(after("50%")?)?,
        p99_ms: millis(after("99%")?)?,
        cpu_us: None,
        errors: said.contains("Socket errors") || said.contains("Non-2xx"),
    })
}

/// `73.00us`, `1.20ms`, `2.00s`.
fn millis(text: &str) -> Option<f64> {
    let (number, scale) = if let Some(number) = text.strip_suffix("us") {
        (number, 0.001)
    } else if let Some(number) = text.strip_suffix("ms") {
        (number, 1.0)
    } else {
        (text.strip_suffix('s')?, 1000.0)
    };
    Some(number.parse::<f64>().ok()? * scale)
}

/// What a process has used of all CPUs (proc(5), fields 14 and 15 of `stat`).
fn cpu_seconds(process: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    Ok(ticks.iter().sum::<f64>() / TICKS_A_SECOND)
}

impl Measured {
    pub(super) fn header() -> String {
        format!(
            "    {:<8} {:>12} {:>9} {:>9} {:>11} {:>11} {:>14}",
            "", "requests/s", "p50 ms", "p99 ms", "added p50", "added p99", "CPU us/request"
        )
    }

    /// Beside the app itself, where that was measured.
    pub(super) fn line(&self, name: &str, direct: Option<&Self>) -> String {
        let added = |of: fn(&Self) -> f64| {
            direct.map_or_else(String::new, |direct| {
                format!("{:+.3}", of(self) - of(direct))
            })
        };
        let cpu = self
            .cpu_us
            .map_or_else(String::new, |cpu| format!("{cpu:.1}"));
        let errors = if self.errors { "  with errors" } else { "" };
        format!(
            "    {name:<8} {:>12.0} {:>9.3} {:>9.3} {:>11} {:>11} {cpu:>14}{errors}",
            self.requests_a_second,
            self.p50_ms,
            self.p99_ms,
            added(|of| of.p50_ms),
            added(|of| of.p99_ms),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_read() {
        let said = "Running 4s test @ http://127.0.0.1:1/\n  1 threads and 32 connections\n  Latency Distribution\n     \
            50%  812.00us\n     75%    1.02ms\n     90%    1.35ms\n     99%    2.10ms\n  157000 requests in 4.00s\n\
            Requests/sec:  39250.12\nTransfer/sec:      7.60MB\n";
        let measured = read(said).expect("it is read");
        assert_eq!(
            (
                measured.requests_a_second,
                measured.p50_ms,
                measured.p99_ms,
                measured.errors
            ),
            (39_250.12, 0.812, 2.1, false)
        );
    }
}
