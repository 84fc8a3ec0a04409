//! The image that plugin images are made from.

use playground_control::{LABEL_BASE_PACKAGES, LABEL_BASE_PYTHON};
use playground_engine::{EngineError, ImageView};

use super::limit::unanswered;
use super::line::{Line, typed, words};

const NAME: &str = "base-image";

pub(super) fn judge(reference: &str, image: &Result<Option<ImageView>, EngineError>) -> Line {
    let image = match image {
        Ok(image) => image,
        Err(error) => return unanswered(NAME, error),
    };
    let Some(image) = image else {
        return Line::bad(
            NAME,
            words(
                format!("{reference} is not there: nothing can be built"),
                format!("{reference}: 이 이미지가 없어 아무것도 빌드할 수 없습니다"),
            ),
            typed(format!("playground base build --tag {reference}")),
        );
    };
    match image.labels.get(LABEL_BASE_PYTHON) {
        Some(python) if image.labels.contains_key(LABEL_BASE_PACKAGES) => {
            Line::ok(NAME, typed(format!("{reference} (Python {python})")))
        }
        // Any image with Python and pip will do.
        _ => Line::ok(
            NAME,
            words(
                format!("{reference}, not made by `playground base build`: builds are slower"),
                format!(
                    "{reference}: `playground base build`로 만든 것이 아니어서 빌드가 느립니다"
                ),
            ),
        ),
    }
}
