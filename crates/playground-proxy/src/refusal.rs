//! What the gateway answers itself: a page for people, JSON for programs, the same sentence in both.

use hyper::header::{
    ACCEPT, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
    LOCATION, RETRY_AFTER,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde_json::json;

use crate::apps::Stage;
use crate::body::Body;
use crate::waiting::{self, STAGE};

/// Why a request did not reach an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No app has this name.
    NoSuchApp(String),
    /// The app is not ready, and may become so.
    NotReady {
        /// The app's name.
        name: String,
        /// How far it is.
        stage: Stage,
    },
    /// The app is private, and nothing says that this visitor may see it.
    Private(String),
    /// Another site's page asks for more than to show the app.
    CrossSite,
    /// The host is not one of ours.
    UnknownHost,
    /// The request means two things at once.
    Ambiguous(&'static str),
    /// The visitor's side broke.
    VisitorFailed(String),
    /// The app's side broke.
    AppFailed(String),
    /// As many WebSockets as may be are open, in all or at this app.
    TooManyTunnels,
    /// As many requests as may be are open at this app.
    TooManyVisits(String),
    /// The slash at the end is missing.
    LacksSlash(String),
}

/// One text in both languages.
struct Words {
    english: String,
    korean: String,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchApp(_) => StatusCode::NOT_FOUND,
            Self::NotReady { .. } | Self::TooManyTunnels | Self::TooManyVisits(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Private(_) => StatusCode::UNAUTHORIZED,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::UnknownHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Ambiguous(_) | Self::VisitorFailed(_) => StatusCode::BAD_REQUEST,
            Self::AppFailed(_) => StatusCode::BAD_GATEWAY,
            Self::LacksSlash(_) => StatusCode::PERMANENT_REDIRECT,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchApp(_) => "app_unknown",
            Self::NotReady { stage, .. } => match stage {
                Stage::Stopped => "app_stopped",
                Stage::Failed { .. } => "app_failed",
                _ => "app_not_ready",
            },
            Self::Private(_) => "app_private",
            Self::CrossSite => "cross_site",
            Self::UnknownHost => "host_unknown",
            Self::Ambiguous(_) => "request_ambiguous",
            Self::VisitorFailed(_) => "request_broke",
            Self::AppFailed(_) => "app_broke",
            Self::TooManyTunnels => "too_many_websockets",
            Self::TooManyVisits(_) => "app_full",
            Self::LacksSlash(_) => "slash_missing",
        }
    }

    /// Whether the visitor need only wait.
    fn passes(&self) -> bool {
        match self {
            Self::NotReady { stage, .. } => stage.is_coming(),
            Self::TooManyTunnels | Self::TooManyVisits(_) => true,
            _ => false,
        }
    }

    /// How far the app is that the visitor waits for.
    fn stage(&self) -> Option<&Stage> {
        match self {
            Self::NotReady { stage, .. } => Some(stage),
            _ => None,
        }
    }

    fn words(&self) -> Words {
        let words = |english: &str, korean: &str| Words {
            english: english.to_owned(),
            korean: korean.to_owned(),
        };
        match self {
            Self::NoSuchApp(name) => words(
                &format!("there is no app named {name}"),
                &format!("앱을 찾을 수 없습니다: {name}"),
            ),
            Self::NotReady { name, stage } => stage_words(name, stage),
            Self::Private(name) => words(
                &format!("{name} is private: ask whoever runs it for a link"),
                &format!("{name} 앱은 비공개입니다. 운영자에게 링크를 요청하세요"),
            ),
            Self::CrossSite => words(
                "a page of another site may not do this",
                "다른 사이트의 페이지에서는 할 수 없는 요청입니다",
            ),
            Self::UnknownHost => words(
                "this Agent is not known under this host name: whoever runs it can name it with --gateway-hosts",
                "이 Agent의 호스트 이름이 아닙니다. 운영자가 --gateway-hosts로 이름을 등록할 수 있습니다",
            ),
            Self::Ambiguous(why) => words(
                &format!("the request can be read in two ways: {why}"),
                "요청을 두 가지로 해석할 수 있어 거부했습니다",
            ),
            Self::VisitorFailed(why) => words(
                &format!("the request broke off: {why}"),
                "요청이 끝나기 전에 끊겼습니다",
            ),
            Self::AppFailed(why) => words(
                &format!("the app broke off: {why}"),
                "앱이 응답을 끝내지 못했습니다",
            ),
            Self::TooManyTunnels => words(
                "as many WebSockets as may be are open",
                "열 수 있는 WebSocket 수를 넘었습니다",
            ),
            Self::TooManyVisits(name) => words(
                &format!("{name} has as many visitors as it may have: come back in a moment"),
                &format!("{name} 앱에 접속한 사람이 너무 많습니다. 잠시 후 다시 시도하세요"),
            ),
            Self::LacksSlash(path) => words(
                &format!("the app is at {path}"),
                &format!("앱 주소: {path}"),
            ),
        }
    }

    /// The answer, as the visitor can read it.
    pub(crate) fn answer(&self, accept: Option<&HeaderValue>) -> Response<Body> {
        let Words { english, korean } = self.words();
        let is_page = accept.is_some_and(wants_page);
        let (kind, text) = if is_page {
            let page = waiting::page(self.stage(), &english, &korean);
            ("text/html; charset=utf-8", page)
        } else {
            let told = json!({"detail": english, "detail_ko": korean, "code": self.code()});
            ("application/json", told.to_string())
        };
        let mut response = Response::new(Body::own(text));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if is_page {
            headers.insert(CONTENT_SECURITY_POLICY, waiting::POLICY);
        }
        if self.passes() {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(stage) = self.stage() {
            headers.insert(STAGE, HeaderValue::from_static(stage.word()));
        }
        if let Self::LacksSlash(path) = self
            && let Ok(path) = HeaderValue::from_str(path)
        {
            headers.insert(LOCATION, path);
        }
        if matches!(self, Self::Ambiguous(_) | Self::VisitorFailed(_)) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

fn stage_words(name: &str, stage: &Stage) -> Words {
    let (english, korean) = match stage {
        Stage::Ready(_) | Stage::Starting => (
            format!("{name} is starting"),
            format!("{name} 앱을 시작하고 있습니다"),
        ),
        Stage::Asleep => (
            format!("{name} is waking up"),
            format!("{name} 앱을 깨우고 있습니다"),
        ),
        Stage::Waiting => (
            format!("{name} waits for its turn"),
            format!("{name} 앱이 차례를 기다리고 있습니다"),
        ),
        Stage::Building => (
            format!("the image of {name} is being built"),
            format!("{name} 앱의 이미지를 만들고 있습니다"),
        ),
        Stage::Stopped => (
            format!("{name} is stopped"),
            format!("{name} 앱이 중지되어 있습니다"),
        ),
        Stage::Failed { message, korean } => (
            format!("{name} failed: {message}"),
            format!("{name} 앱이 실패했습니다: {korean}"),
        ),
    };
    Words { english, korean }
}

/// Whether a browser shows whatever is answered to this.
pub(crate) fn is_for_page(asked: &Parts) -> bool {
    asked.method == Method::GET && asked.headers.get(ACCEPT).is_some_and(wants_page)
}

/// A browser that loads a page, and not a script that calls an API.
fn wants_page(accept: &HeaderValue) -> bool {
    accept
        .to_str()
        .is_ok_and(|accept| accept.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn text(refusal: &Refusal, accept: &'static str) -> (Response<()>, String) {
        let accept = HeaderValue::from_static(accept);
        let (parts, body) = refusal.answer(Some(&accept)).into_parts();
        let bytes = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        let text = String::from_utf8(bytes.unwrap_or_default().to_vec()).unwrap_or_default();
        (Response::from_parts(parts, ()), text)
    }

    #[tokio::test]
    async fn a_browser_waits_on_a_page_that_asks_again_and_a_program_gets_json() {
        let starting = Refusal::NotReady {
            name: "swift_noether".to_owned(),
            stage: Stage::Starting,
        };
        let (response, page) = text(&starting, "text/html,*/*;q=0.8").await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        assert!(
            page.contains("http-equiv=\"refresh\"") && page.contains("시작하고"),
            "{page}"
        );
        let (_, json) = text(&starting, "*/*").await;
        assert_eq!(
            json,
            r#"{"code":"app_not_ready","detail":"swift_noether is starting","detail_ko":"swift_noether 앱을 시작하고 있습니다"}"#
        );
    }

    #[tokio::test]
    async fn what_an_app_says_of_its_failure_is_text_and_nothing_else() {
        let failed = Refusal::NotReady {
            name: "noether".to_owned(),
            stage: Stage::Failed {
                message: "<script>alert(1)</script> \"quoted\"".to_owned(),
                korean: "\u{0}".to_owned(),
            },
        };
        let (response, page) = text(&failed, "text/html").await;
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(!page.contains("refresh"), "nothing to wait for");
        assert!(!response.headers().contains_key(RETRY_AFTER));
        let (_, json) = text(&failed, "application/json").await;
        assert!(
            serde_json::from_str::<serde_json::Value>(&json).is_ok(),
            "{json}"
        );
    }
}
