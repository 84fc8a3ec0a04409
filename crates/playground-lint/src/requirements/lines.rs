//! Lines by themselves: those that are no requirement, those whose file is not there, and those that a strict Agent refuses.

use playground_plugin::requirements::{Line, NumberedLine, Requirements};
use playground_plugin::{Examined, Finding, Place, PluginError, RequirementPolicy, Severity};
use playground_types::Cause;

use crate::tell::{failure, hinted};

/// What only addresses, paths and options have. A line with one of these is the installer's to judge.
const FOREIGN: [&str; 6] = ["://", "@", "/", "\\", "$", " --"];

pub(crate) fn look(plugin: &Examined, file: &str, requirements: &Requirements) -> Vec<Finding> {
    let lines = requirements.lines.iter();
    let mut findings: Vec<_> = lines
        .filter_map(|line| mistake(file, line).or_else(|| absent(plugin, file, line)))
        .collect();
    let strict = requirements.not_allowed(file, RequirementPolicy::Strict);
    let told = |error: &PluginError| {
        let place = error.place();
        findings.iter().any(|other| other.place == place) || refuses(plugin, error)
    };
    let more: Vec<_> = strict.filter(|error| !told(error)).collect();
    findings.extend(more.iter().map(warned));
    findings
}

/// Whether intake refuses the same line already.
fn refuses(plugin: &Examined, error: &PluginError) -> bool {
    let place = error.place();
    plugin.errors().iter().any(|other| other.place() == place)
}

/// A refusal of the strict policy, told to somebody whose Agent may be permissive.
fn warned(error: &PluginError) -> Finding {
    let mut finding = Finding::from(error);
    finding.severity = Severity::Warning;
    finding.message = format!(
        "with --requirements strict an Agent refuses this line: {}",
        finding.message
    );
    finding.ko.message = format!(
        "--requirements strict로 실행된 Agent는 이 줄을 거부합니다: {}",
        finding.ko.message
    );
    finding
}

fn mistake(file: &str, line: &NumberedLine) -> Option<Finding> {
    let text = &line.text;
    if line.line != Line::Other || FOREIGN.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let cause = Cause::BadRequirement { line: text.clone() };
    let place = Place::file(file).line(line.number);
    let finding = failure(Severity::Error, place, &cause);
    Some(match meant(text) {
        Some(meant) => hinted(
            finding,
            format!("Write {meant}"),
            format!("이렇게 쓰세요: {meant}"),
        ),
        None => finding,
    })
}

/// What was most likely meant, where that is a requirement.
fn meant(text: &str) -> Option<String> {
    let ordered = text.replace("=>", ">=").replace("=<", "<=");
    let doubled = match text.split_once('=') {
        Some((name, version)) => format!("{}=={}", name.trim(), version.trim()),
        None => text.split_whitespace().collect::<Vec<_>>().join("=="),
    };
    let is_requirement = |text: &String| {
        let read = Requirements::parse(text);
        matches!(&read.lines[..], [line] if matches!(line.line, Line::Package(_)))
    };
    [ordered, doubled].into_iter().find(is_requirement)
}

/// A file of the plugin that an installer is to read, and that is not there.
fn absent(plugin: &Examined, file: &str, line: &NumberedLine) -> Option<Finding> {
    let Line::Local(path) = &line.line else {
        return None;
    };
    if plugin.has(path) || plugin.has_folder(path) {
        return None;
    }
    let error = PluginError::IncludeMissing {
        place: Place::file(file).line(line.number),
        included: path.clone(),
    };
    Some(hinted(
        Finding::from(&error),
        "Check the spelling, and that the file is in the plugin: the path starts at its root.".to_owned(),
        "철자가 맞는지, 파일이 플러그인에 들어 있는지 확인하세요. 경로는 플러그인의 최상위 폴더가 기준입니다.".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found() {
        for (text, want) in [
            ("numpy=1.26", Some("numpy==1.26")),
            ("numpy = 1.26", Some("numpy==1.26")),
            ("numpy=>1.26", Some("numpy>=1.26")),
            ("numpy =< 2", Some("numpy <= 2")),
            ("gradio 5.0", Some("gradio==5.0")),
            ("pip install gradio", None),
            ("numpy==", None),
        ] {
            assert_eq!(meant(text).as_deref(), want, "{text}");
        }
    }
}
