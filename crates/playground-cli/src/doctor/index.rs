//! The package index that builds install from.

mod ask;

use super::line::{Line, typed, words};
use ask::PACKAGE;
pub(super) use ask::{Asked, Times, Trouble, address, ask};

const NAME: &str = "index";

/// Whether packages can be fetched.
pub(super) fn judge(asked: &Asked) -> Line {
    let shown = &asked.shown;
    let look = || typed(format!("curl -fsSI {shown}{PACKAGE}"));
    match &asked.answer {
        Ok(200..=399) => Line::ok(
            NAME,
            words(format!("{shown} answers"), format!("{shown}: 응답합니다")),
        ),
        Ok(401 | 403) => Line::bad(
            NAME,
            words(
                format!("{shown} wants a user and a password, or others"),
                format!("{shown}에 올바른 사용자 이름과 비밀번호가 필요합니다"),
            ),
            typed("playground agent --index-url https://USER:PASSWORD@HOST/simple/"),
        ),
        Ok(404) => Line::warning(
            NAME,
            words(
                format!(
                    "{shown} answers, but does not have gradio: is it the address of its simple/ pages?"
                ),
                format!("{shown}: 응답하지만 gradio가 없습니다. simple/ 주소인지 확인하세요"),
            ),
            typed("playground agent --index-url https://HOST/simple/"),
        ),
        Ok(status) => Line::bad(
            NAME,
            words(
                format!("{shown} answers with HTTP {status}"),
                format!("{shown}: HTTP {status} 응답"),
            ),
            look(),
        ),
        Err(Trouble::Untrusted(_) | Trouble::OutOfDate(_)) => Line::skipped(
            NAME,
            words(
                format!("{shown} answers, and is not trusted: see certificate"),
                format!("{shown}: 응답하지만 신뢰할 수 없습니다. certificate 항목을 보세요"),
            ),
        ),
        Err(Trouble::NoAddress) => Line::bad(
            NAME,
            words(
                "what is set is no address of a package index",
                "설정된 값이 패키지 인덱스 주소가 아닙니다",
            ),
            typed("playground agent --index-url https://HOST/simple/"),
        ),
        Err(Trouble::Silent(why)) => Line::bad(
            NAME,
            words(
                format!("{shown} cannot be reached: {why}"),
                format!("{shown}에 연결할 수 없습니다: {why}"),
            ),
            look(),
        ),
    }
}
