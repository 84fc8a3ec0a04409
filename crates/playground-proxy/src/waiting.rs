//! The page that people see while an app is on its way: how far it is, and then the app, without anybody doing anything.
//!
//! The page asks for its own address again with the stage that it shows, in [`STAGE`]; the answer comes when there is
//! another one. Where scripts are off the page is loaded again every second.

use hyper::header::{HeaderName, HeaderValue};

use crate::apps::Stage;

/// The stage that a page shows, and the one that its app has come to.
pub(crate) const STAGE: HeaderName = HeaderName::from_static("x-synapse-stage");
/// Our own page needs nothing but what is in it.
pub(crate) const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'",
);

const STYLE: &str = "body{font:1.1rem/1.6 system-ui,sans-serif;display:grid;min-height:90vh;place-content:center;\
    text-align:center;padding:1rem}p{margin:.2rem}ol{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem 1.6rem;\
    justify-content:center;padding:0;margin:1.6rem 0 0;font-size:.9rem;color:GrayText}\
    [data-stage=asleep] .waiting,[data-stage=waiting] .waiting,[data-stage=building] .building,\
    [data-stage=starting] .starting,[data-stage=ready] .ready{color:LinkText;font-weight:600}";
const STEPS: &str = "<ol aria-hidden=\"true\"><li class=\"waiting\">queue · 대기</li><li class=\"building\">build · 빌드</li>\
    <li class=\"starting\">start · 시작</li><li class=\"ready\">ready · 준비</li></ol>";
/// What is no answer about a stage is the app's, or a refusal: either is to be seen.
const SCRIPT: &str = "(async()=>{const main=document.querySelector('main'),[english,korean]=main.querySelectorAll('p');\
    for(;;){try{const answer=await fetch(location.href,{headers:{'x-synapse-stage':main.dataset.stage},cache:'no-store'}),\
    stage=answer.headers.get('x-synapse-stage');if(!stage||stage==='ready'){location.reload();return}\
    const told=await answer.json();main.dataset.stage=stage;document.title=english.textContent=told.detail;\
    korean.textContent=told.detail_ko}catch{await new Promise(done=>setTimeout(done,1000))}}})()";

impl Stage {
    /// The stage in a word, for the page to tell it from others.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::Asleep => "asleep",
            Self::Waiting => "waiting",
            Self::Building => "building",
            Self::Starting => "starting",
            Self::Stopped => "stopped",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A page that says this, and follows the stage where there is one.
pub(crate) fn page(stage: Option<&Stage>, english: &str, korean: &str) -> String {
    let (english, korean) = (escaped(english), escaped(korean));
    let is_coming = stage.is_some_and(Stage::is_coming);
    let refresh = if is_coming {
        "<noscript><meta http-equiv=\"refresh\" content=\"1\"></noscript>"
    } else {
        ""
    };
    let steps = if is_coming { STEPS } else { "" };
    let script = stage.map_or_else(String::new, |_| format!("<script>{SCRIPT}</script>"));
    let stage = stage.map_or("none", Stage::word);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">{refresh}\
        <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
        <title>{english}</title><style>{STYLE}</style></head>\
        <body><main role=\"status\" data-stage=\"{stage}\"><p>{english}</p><p lang=\"ko\">{korean}</p>{steps}</main>\
        {script}</body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
