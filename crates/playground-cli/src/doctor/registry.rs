//! The registry that the base image begins from: whether it is needed at all, and whether the engine reaches it.

use playground_engine::{Engine, EngineError};

use super::limit::{LIMIT, ask, unanswered};
use super::line::{Line, Words, typed, words};
use crate::base::PYTHON;

const NAME: &str = "registry";

/// Where the base image comes from.
#[derive(Debug)]
pub(super) enum Origin {
    /// An image that is here: itself, or the one that it is made from.
    Here(String),
    /// A registry, and what came of asking it.
    Registry(Result<(), EngineError>),
}

/// Asks the engine, and not from here: its own proxies, mirrors and certificates decide.
pub(super) async fn find(engine: &Engine, base_image: &str) -> Result<Origin, EngineError> {
    for image in [base_image, PYTHON] {
        if ask("image", engine.image(image)).await?.is_some() {
            return Ok(Origin::Here(image.to_owned()));
        }
    }
    Ok(Origin::Registry(engine.ask_registry(PYTHON, LIMIT).await))
}

pub(super) fn judge(base_image: &str, origin: &Result<Origin, EngineError>) -> Line {
    let asked = match origin {
        Ok(Origin::Here(image)) => {
            return Line::ok(
                NAME,
                words(
                    format!("not needed: {image} is here"),
                    format!("필요 없음: 이미지가 있습니다({image})"),
                ),
            );
        }
        Ok(Origin::Registry(asked)) => asked,
        Err(error) => return unanswered(NAME, error),
    };
    let message = match asked {
        Ok(()) => {
            return Line::ok(
                NAME,
                words(
                    format!("the engine reaches the registry of {PYTHON}"),
                    format!("엔진이 레지스트리에 연결됩니다({PYTHON})"),
                ),
            );
        }
        Err(EngineError::NoSuchImage(_)) => refused(&typed("not found")),
        Err(EngineError::Refused {
            status: 400..=499,
            message,
        }) => refused(&typed(message)),
        Err(EngineError::TimedOut(_)) => {
            let seconds = LIMIT.as_secs();
            unreached(&words(
                format!("no answer within {seconds} s"),
                format!("{seconds}초 안에 응답 없음"),
            ))
        }
        Err(EngineError::Refused { message, .. }) => unreached(&typed(message)),
        Err(other) => unreached(&typed(other.to_string())),
    };
    Line::warning(NAME, message, without(base_image))
}

fn refused(why: &Words) -> Words {
    words(
        format!("the registry does not give the engine {PYTHON}: {}", why.en),
        format!("레지스트리에서 받을 수 없습니다({PYTHON}): {}", why.ko),
    )
}

fn unreached(why: &Words) -> Words {
    words(
        format!(
            "the engine does not reach the registry of {PYTHON}: {}",
            why.en
        ),
        format!(
            "엔진이 레지스트리에 연결하지 못합니다({PYTHON}): {}",
            why.ko
        ),
    )
}

/// The ways to a base image that need no registry.
fn without(base_image: &str) -> Words {
    words(
        format!(
            "sudo playground base build --tag {base_image} (makes it from Debian's or Ubuntu's packages); elsewhere bring \
             {PYTHON} as a file first: docker load -i python.tar"
        ),
        format!(
            "sudo playground base build --tag {base_image} (Debian이나 Ubuntu의 패키지로 만듭니다). 다른 시스템에서는 먼저 \
             {PYTHON} 이미지를 파일로 가져오세요: docker load -i python.tar"
        ),
    )
}
