//! Whether builds trust the package index.

use std::path::Path;

use super::index::{Asked, Trouble};
use super::line::{Line, typed, words};

const NAME: &str = "certificate";

/// `ca_bundle` is what builds trust; without one it is what this system trusts.
pub(super) fn judge(asked: &Asked, ca_bundle: Option<&Path>) -> Line {
    let (shown, trusted) = (&asked.shown, told(ca_bundle));
    match &asked.answer {
        Ok(_) if !asked.is_https => Line::skipped(
            NAME,
            words(
                format!("{shown} is asked without TLS"),
                format!("{shown}에 TLS 없이 연결합니다"),
            ),
        ),
        Ok(_) => Line::ok(
            NAME,
            words(
                format!("trusted ({trusted})"),
                format!("신뢰할 수 있습니다({trusted})"),
            ),
        ),
        Err(Trouble::Untrusted(why)) => Line::bad(
            NAME,
            words(
                format!("the certificate of {shown} is not trusted ({trusted}): {why}"),
                format!("{shown}의 인증서를 신뢰할 수 없습니다({trusted}): {why}"),
            ),
            words(
                "give builds the bundle with your organisation's CA: playground agent --build-ca-bundle FILE",
                "조직의 CA가 든 번들을 빌드에 지정하세요: playground agent --build-ca-bundle FILE",
            ),
        ),
        Err(Trouble::OutOfDate(why)) => Line::bad(
            NAME,
            words(
                format!("the certificate of {shown} is not valid now: {why}; see clock"),
                format!("{shown}의 인증서가 지금 유효하지 않습니다: {why}. clock 항목을 보세요"),
            ),
            typed("sudo timedatectl set-ntp true"),
        ),
        Err(_) => Line::skipped(
            NAME,
            words(
                "not known: the package index does not answer",
                "알 수 없음: 패키지 인덱스가 응답하지 않습니다",
            ),
        ),
    }
}

fn told(ca_bundle: Option<&Path>) -> String {
    ca_bundle.map_or_else(|| "system".to_owned(), |file| file.display().to_string())
}
