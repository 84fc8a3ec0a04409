//! Whether the app's file has what the entrypoint names.

use playground_plugin::{Examined, Finding, Place, Severity};
use playground_types::Cause;

use super::names::Names;
use super::source::Source;
use crate::tell::{failure, warning};

/// The names under which the launcher looks first when the one it was given is not there.
const USUAL: [&str; 6] = ["app", "demo", "iface", "interface", "blocks", "ui"];

pub(crate) fn look(plugin: &Examined, source: &Source) -> Option<Finding> {
    let names = Names::of(&source.syntax);
    if !names.does_something {
        let cause = Cause::NothingToServe {
            file: source.path.clone(),
        };
        let place = Place::file(&source.path).line(1);
        return Some(failure(Severity::Error, place, &cause));
    }
    let wanted = plugin.entrypoint()?.attribute()?;
    if names.has(wanted) || source.text.contains("global ") {
        return None;
    }
    let place = plugin.manifest()?.places.entrypoint.clone();
    Some(missing(wanted, &source.path, place, &names))
}

/// The launcher serves the seed's own plugin, whose entrypoint ends in `app` and whose file has `demo`: a warning.
fn missing(wanted: &str, file: &str, place: Place, names: &Names) -> Finding {
    let instead = USUAL.into_iter().find(|name| names.has(name));
    let (english, korean) = match instead {
        Some(name) => (
            format!("End the entrypoint with `{name}`, which the file does define."),
            format!("entrypoint의 끝을 파일에 있는 이름으로 바꾸세요: `{name}`"),
        ),
        None => (
            format!("Write `{wanted} = gr.Interface(...)` at the top level of the file."),
            format!("파일의 최상위에 `{wanted} = gr.Interface(...)`처럼 쓰세요."),
        ),
    };
    warning(
        "entrypoint_attribute_missing",
        place,
        (
            format!("{file} defines no `{wanted}`; the launcher serves what it finds there"),
            english,
        ),
        (
            format!(
                "entrypoint의 이름이 {file}에 정의되어 있지 않습니다: `{wanted}`. 런처가 그 파일에서 찾은 앱을 대신 시작합니다."
            ),
            korean,
        ),
    )
}
