//! What a build's stream says, as events. Both builders talk through the same stream, each in its own way.

use std::collections::{HashMap, HashSet};

use bollard::moby::buildkit::v1::{StatusResponse, Vertex};
use bollard::models::{BuildInfo, BuildInfoAux};
use playground_types::Timestamp;

use super::lines::Lines;
use crate::{BuildEvent, StepState};

/// The state of reading one build's stream.
#[derive(Default)]
pub(super) struct Progress {
    /// Whether the builder said that there is an image.
    pub(super) made: bool,
    started: HashSet<String>,
    finished: HashSet<String>,
    output: HashMap<String, Lines>,
    classic: Classic,
}

/// Where the classic builder is: it only prints.
#[derive(Default)]
struct Classic {
    lines: Lines,
    step: Option<(String, String)>,
    cached: bool,
}

impl Progress {
    /// The events in one message of the stream.
    pub(super) fn take(&mut self, message: BuildInfo) -> Vec<BuildEvent> {
        let mut out = Vec::new();
        match message.aux {
            Some(BuildInfoAux::BuildKit(status)) => self.buildkit(status, &mut out),
            Some(BuildInfoAux::Default(_)) => self.made = true,
            None => {}
        }
        if let Some(text) = message.stream {
            for line in self.classic.lines.push(text.as_bytes()) {
                self.classic_line(line, &mut out);
            }
        }
        // A pull of the base image: one line for each change, not one for each byte.
        if let (Some(status), None) = (message.status, message.progress_detail) {
            out.push(BuildEvent::Log {
                step: None,
                line: status,
            });
        }
        out
    }

    /// The events that the end of the stream makes: lines without an end, and the last step's.
    pub(super) fn finish(&mut self, error: Option<&str>) -> Vec<BuildEvent> {
        let mut out = Vec::new();
        for (step, lines) in &mut self.output {
            if let Some(line) = lines.finish() {
                out.push(BuildEvent::Log {
                    step: Some(step.clone()),
                    line,
                });
            }
        }
        if let Some(line) = self.classic.lines.finish() {
            self.classic_line(line, &mut out);
        }
        self.classic.end_step(error, &mut out);
        out
    }

    fn buildkit(&mut self, status: StatusResponse, out: &mut Vec<BuildEvent>) {
        for vertex in status.vertexes {
            self.vertex(vertex, out);
        }
        for log in status.logs {
            let lines = self.output.entry(log.vertex.clone()).or_default();
            out.extend(
                lines
                    .push(&log.msg)
                    .into_iter()
                    .map(|line| BuildEvent::Log {
                        step: Some(log.vertex.clone()),
                        line,
                    }),
            );
        }
    }

    /// A vertex is told again whenever anything about it changes; each of its two ends is an event once.
    fn vertex(&mut self, vertex: Vertex, out: &mut Vec<BuildEvent>) {
        let step = |state, at| BuildEvent::Step {
            id: vertex.digest.clone(),
            name: vertex.name.clone(),
            state,
            at,
        };
        let time =
            |seconds: i64, nanos: i32| Timestamp(seconds * 1000 + i64::from(nanos / 1_000_000));
        let Some(started) = &vertex.started else {
            return;
        };
        if self.started.insert(vertex.digest.clone()) {
            out.push(step(
                StepState::Started,
                time(started.seconds, started.nanos),
            ));
        }
        let Some(completed) = &vertex.completed else {
            return;
        };
        if self.finished.insert(vertex.digest.clone()) {
            let state = StepState::Finished {
                cached: vertex.cached,
                error: Some(vertex.error.clone()).filter(|text| !text.is_empty()),
            };
            out.push(step(state, time(completed.seconds, completed.nanos)));
        }
    }

    fn classic_line(&mut self, line: String, out: &mut Vec<BuildEvent>) {
        if line.starts_with("Successfully built ") {
            self.made = true;
            self.classic.end_step(None, out);
        } else if let Some(step) = classic_step(&line) {
            self.classic.end_step(None, out);
            self.classic.begin_step(step, out);
            return;
        } else if line == " ---> Using cache" {
            self.classic.cached = true;
            return;
        }
        let is_talk = line.is_empty()
            || line.starts_with(" ---> ")
            || line.starts_with("Removing intermediate container ");
        if !is_talk {
            out.push(BuildEvent::Log {
                step: self.classic.step.as_ref().map(|(id, _)| id.clone()),
                line,
            });
        }
    }
}

impl Classic {
    fn begin_step(&mut self, (id, name): (String, String), out: &mut Vec<BuildEvent>) {
        out.push(BuildEvent::Step {
            id: id.clone(),
            name: name.clone(),
            state: StepState::Started,
            at: Timestamp::now(),
        });
        self.step = Some((id, name));
    }

    fn end_step(&mut self, error: Option<&str>, out: &mut Vec<BuildEvent>) {
        let cached = std::mem::take(&mut self.cached);
        if let Some((id, name)) = self.step.take() {
            let error = error.map(str::to_owned);
            out.push(BuildEvent::Step {
                id,
                name,
                state: StepState::Finished { cached, error },
                at: Timestamp::now(),
            });
        }
    }
}

/// `Step 2/5 : COPY . .` as the step's id, `2/5`, and its name as the newer builder would write it, `[2/5] COPY . .`.
fn classic_step(line: &str) -> Option<(String, String)> {
    let (number, command) = line.strip_prefix("Step ")?.split_once(" : ")?;
    Some((number.to_owned(), format!("[{number}] {command}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> BuildInfo {
        BuildInfo {
            stream: Some(text.to_owned()),
            ..BuildInfo::default()
        }
    }

    fn words(events: Vec<BuildEvent>) -> Vec<String> {
        let word = |event| match event {
            BuildEvent::Step { name, state, .. } => match state {
                StepState::Started => format!("start {name}"),
                StepState::Finished { cached, error } => {
                    format!("end {name} cached={cached} error={error:?}")
                }
            },
            BuildEvent::Log { step, line } => format!("log {step:?} {line}"),
        };
        events.into_iter().map(word).collect()
    }

    #[test]
    fn the_classic_builders_prints_become_steps() {
        let mut progress = Progress::default();
        let mut got = Vec::new();
        for text in [
            "Step 1/2 : FROM base",
            "\n",
            " ---> 0123456789ab\n",
            "Step 2/2 : RUN pip install x",
            "\n",
            " ---> Using cache\n",
            " ---> 123\n",
            "Successfully built 123\n",
            "Successfully tagged a:1\n",
        ] {
            got.extend(words(progress.take(printed(text))));
        }
        assert!(progress.made);
        assert_eq!(
            got,
            [
                "start [1/2] FROM base",
                "end [1/2] FROM base cached=false error=None",
                "start [2/2] RUN pip install x",
                "end [2/2] RUN pip install x cached=true error=None",
                "log None Successfully built 123",
                "log None Successfully tagged a:1",
            ]
        );
    }

    #[test]
    fn a_failed_classic_step_ends_with_its_error() {
        let mut progress = Progress::default();
        let mut got = words(progress.take(printed("Step 1/1 : RUN false\n")));
        got.extend(words(progress.take(printed("oh no"))));
        got.extend(words(progress.finish(Some("returned a non-zero code: 1"))));
        assert_eq!(
            got,
            [
                "start [1/1] RUN false",
                "log Some(\"1/1\") oh no",
                "end [1/1] RUN false cached=false error=Some(\"returned a non-zero code: 1\")",
            ]
        );
        assert!(!progress.made);
    }
}
