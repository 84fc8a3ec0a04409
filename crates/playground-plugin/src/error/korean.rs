//! The mistakes in Korean.
//!
//! Names and texts from outside stand where no particle follows them: which one would be right depends on their last
//! sound. What parsers say stays as they say it.

use playground_types::failure::Translation;
use playground_types::release::ReleaseError;

use super::NOT_TEXT;
use super::hint::is_misnamed;
use crate::PluginError;

impl PluginError {
    /// The sentence, without its place, and the hint.
    pub fn korean(&self) -> Translation {
        Translation {
            message: message(self),
            hint: hint(self).map(str::to_owned),
        }
    }
}

fn message(error: &PluginError) -> String {
    use PluginError as E;
    match error {
        E::Empty => "아카이브가 비어 있습니다.".to_owned(),
        E::Type => "zip도 tar(그대로 또는 gzip)도 아닙니다.".to_owned(),
        E::Truncated { at } => format!("아카이브가 중간에 끊겼습니다: {at}"),
        E::Unreadable { at, reason } => format!("아카이브가 손상되었습니다: {at}: {reason}"),
        E::UploadTooLarge { limit } => format!("아카이브가 한도인 {limit}바이트보다 큽니다."),
        E::TotalTooLarge { limit, .. } => {
            format!("압축을 풀면 한도인 {limit}바이트를 넘습니다. 이 파일에서 넘었습니다.")
        }
        E::Bomb { ratio, .. } => format!("압축을 풀면 {ratio}배보다 커집니다."),
        E::TooManyEntries { limit } => format!("아카이브의 항목이 {limit}개를 넘습니다."),
        E::Overlap { .. } => "아카이브의 다른 항목과 같은 바이트를 씁니다.".to_owned(),
        E::Encrypted { .. } => "암호가 걸려 있습니다.".to_owned(),
        E::Method { method, .. } => format!("지원하지 않는 압축 방식입니다: {method}"),
        E::Duplicate { path } => format!("같은 경로가 아카이브에 두 번 있습니다: {path}"),
        E::Conflict { path } => format!("파일이면서 폴더이기도 한 경로가 있습니다: {path}"),
        E::PathTraversal { entry } => format!("플러그인 폴더를 벗어나는 경로입니다: {entry}"),
        E::SpecialFile { kind, .. } => {
            format!("파일과 폴더만 받습니다. 이 항목의 종류: {}", kind.ko)
        }
        E::NameEncoding { entry } => format!("이름이 UTF-8도 CP949도 아닙니다: {entry}"),
        E::NameInvalid { entry, reason } => {
            format!("쓸 수 없는 이름입니다: {entry}: {}", reason.ko())
        }
        E::ManifestMissing { found } => manifest_missing(found),
        E::ManifestTooLarge { limit, .. } => format!("한도인 {limit}바이트보다 큽니다."),
        E::ManifestInvalid { reason, .. } => format!("YAML을 읽을 수 없습니다: {reason}"),
        E::ManifestNotText { .. } => format!("{}.", NOT_TEXT.ko),
        E::CodeMissing { .. } => "플러그인의 이름이 되는 code 키가 없습니다.".to_owned(),
        E::CodeInvalid { reason, .. } | E::VersionInvalid { reason, .. } => release(reason),
        E::ReleaseMismatch {
            what,
            requested,
            found,
            ..
        } => {
            format!("요청과 이 파일의 값이 다릅니다({what}). 요청: {requested:?}, 파일: {found:?}")
        }
        E::GradioActionMissing { .. } => {
            "gradio 액션도 plugin/gradio_interface.py도 없어서 시작할 앱이 없습니다.".to_owned()
        }
        E::EntrypointInvalid { text, reason, .. } => {
            format!("entrypoint를 읽을 수 없습니다: {text:?}: {}", reason.ko)
        }
        E::EntrypointNotFound {
            text, looked_for, ..
        } => format!("entrypoint {text:?}의 파일이 플러그인에 없습니다: {looked_for}"),
        E::RequirementsTooLarge { limit, .. } => {
            format!("포함하는 파일까지 합쳐 한도인 {limit}바이트보다 큽니다.")
        }
        E::RequirementsInvalid { reason, .. } => format!("{}.", reason.ko),
        E::IncludeMissing { included, .. } => {
            format!("플러그인에 없는 파일을 포함합니다: {included:?}")
        }
        E::RequirementNotAllowed { text, reason, .. } => {
            format!("허용되지 않는 줄입니다: {text:?}: {}", reason.ko)
        }
        E::Spool(_) => "아카이브를 임시 저장 공간에 복사하지 못했습니다.".to_owned(),
    }
}

fn manifest_missing(found: &[String]) -> String {
    let none = "맨 위에 config.yaml(또는 synapse.yaml)이 없습니다.";
    match found.first() {
        None => none.to_owned(),
        Some(first) => format!("{none} 다른 곳에서 찾은 것: {first}"),
    }
}

fn release(reason: &ReleaseError) -> String {
    match reason {
        ReleaseError::Code(code) => format!(
            "code로 쓸 수 없는 값입니다: {code:?}. 글자나 숫자로 시작하고 영문자, 숫자, '.', '_', '-'만 100자까지 쓸 수 있습니다."
        ),
        ReleaseError::Version(version) => format!(
            "version으로 쓸 수 없는 값입니다: {version:?}. 글자나 숫자로 시작하고 영문자, 숫자, '.', '+', '!', '_', '-'만 64자까지 쓸 수 있습니다."
        ),
        ReleaseError::NoVersion(text) => format!("code@version 형식이 아닙니다: {text:?}"),
    }
}

fn hint(error: &PluginError) -> Option<&'static str> {
    use PluginError as E;
    Some(match error {
        E::Type => "플러그인 폴더를 .zip, .tar.gz, .tar 중 하나로 묶어 올리세요.",
        E::Empty => "config.yaml이 맨 위에 오도록 플러그인의 파일을 묶으세요.",
        E::Truncated { .. } | E::Unreadable { .. } => "아카이브를 다시 만들어 올리세요.",
        E::UploadTooLarge { .. } | E::TotalTooLarge { .. } | E::TooManyEntries { .. } => {
            "모델 가중치, 데이터셋, 가상 환경, node_modules는 아카이브에서 빼세요."
        }
        E::Bomb { .. } => "이 파일을 빼거나, 플러그인이 처음 시작할 때 만들게 하세요.",
        E::Overlap { .. } | E::Duplicate { .. } | E::Conflict { .. } => {
            "일반적인 압축 도구로 아카이브를 다시 만드세요."
        }
        E::Encrypted { .. } => "암호 없이 아카이브를 다시 만드세요.",
        E::Method { .. } => "\"deflate\" 방식으로 아카이브를 다시 만드세요.",
        E::PathTraversal { .. } => "모든 이름이 상대 경로가 되도록 플러그인 폴더 안에서 묶으세요.",
        E::SpecialFile { .. } => {
            "링크 대신 가리키는 파일을 넣으세요(zip은 -y 없이, tar는 -h로 그렇게 합니다)."
        }
        E::NameEncoding { .. } | E::NameInvalid { .. } => {
            "파일 이름을 바꾸고 아카이브를 다시 만드세요."
        }
        E::ManifestMissing { found } if is_misnamed(found) => "이름을 config.yaml로 바꾸세요.",
        E::ManifestMissing { .. } => "config.yaml을 아카이브의 맨 위나 하나뿐인 폴더 안에 두세요.",
        E::ManifestTooLarge { .. } => {
            "데이터는 config.yaml에 넣지 마세요. 많아도 몇백 줄이면 됩니다."
        }
        E::ManifestInvalid { .. } => {
            "config.yaml은 `code: my-plugin`처럼 한 줄에 키 하나씩 쓰는 YAML입니다. 탭 대신 공백을 쓰세요."
        }
        E::ManifestNotText { .. } => "편집기에서 파일을 UTF-8로 저장하세요.",
        E::CodeMissing { .. } => {
            "config.yaml에 `code: my-plugin`을 추가하거나, 요청에 릴리스를 적으세요."
        }
        E::CodeInvalid { .. } => "`code: my-plugin`처럼 쓰세요.",
        E::VersionInvalid { .. } => "`version: 1.0.0`처럼 쓰세요.",
        E::ReleaseMismatch { .. } => "둘 중 하나를 고치거나, 요청에서 빼세요.",
        E::GradioActionMissing { .. } => {
            "config.yaml에 다음을 추가하세요:\nactions:\n  gradio:\n    entrypoint: plugin.gradio_interface.app\n그리고 앱을 plugin/gradio_interface.py에 두세요."
        }
        E::EntrypointInvalid { .. } => {
            "package.module:attribute, package.module, folder/file.py 중 하나로 쓰세요."
        }
        E::EntrypointNotFound { .. } => "철자가 맞는지, 파일이 아카이브에 들어 있는지 확인하세요.",
        E::RequirementsTooLarge { .. } => {
            "플러그인이 직접 쓰는 패키지만 적으세요. 나머지는 설치 도구가 찾습니다."
        }
        E::RequirementsInvalid { .. } => "numpy>=1.26처럼 한 줄에 하나씩 쓰고 UTF-8로 저장하세요.",
        E::IncludeMissing { .. } => {
            "철자를 확인하세요. 경로는 그 줄이 있는 파일의 폴더가 기준입니다."
        }
        E::RequirementNotAllowed { .. } => {
            "패키지와 버전만 적거나, wheel을 wheels/에 넣고 ./wheels/NAME.whl로 쓰세요."
        }
        E::Spool(_) => return None,
    })
}
