//! Failures in Korean, where the user's settings ask for it.

use insta::assert_snapshot;
use playground_types::{Cause, Failure};
use serde_json::{Value, json};

use crate::agent::{FakeAgent, container, created, launch, page, with};
use crate::run::{Ran, against_with};

fn failure() -> Value {
    let cause = Cause::MissingModule {
        module: "cv2".to_owned(),
        package: "opencv-python-headless".to_owned(),
    };
    let tail = vec!["ModuleNotFoundError: No module named 'cv2'".to_owned()];
    serde_json::to_value(Failure::of(&cause).with_log_tail(tail)).unwrap()
}

fn in_korean(agent: &FakeAgent, args: &[&str]) -> Ran {
    against_with(agent, args, &[("LANG", "ko_KR.UTF-8")])
}

fn agent() -> FakeAgent {
    let message = failure()["message"].clone();
    let failed = with(
        launch("failed"),
        json!({"failure": failure(), "error": message}),
    );
    let shown = with(container(1, "failed"), json!({"failure": failure()}));
    let end = json!({"type": "error", "message": message, "failure": failure()});
    FakeAgent::new()
        .on("POST /containers/", 201, &created(shown.clone()))
        .on("GET /containers/1/", 200, &shown)
        .on("GET /builds/b1/", 200, &failed)
        .on("GET /builds/", 200, &page(vec![failed], 1))
        .on_frames("GET /builds/b1/logs/stream/", &[end])
}

#[test]
fn a_create_that_fails_says_why_in_korean() {
    assert_snapshot!(in_korean(&agent(), &["create", "my-plugin@1.0.0"]), @"
    exit 5
    --- stdout
    --- stderr
      | ModuleNotFoundError: No module named 'cv2'
    오류: my-plugin@1.0.0 실패(missing_module): 플러그인에 필요한 모듈이 설치되어 있지 않습니다: cv2
    도움말: requirements.txt에 다음 패키지를 추가하세요: opencv-python-headless
    ");
}

#[test]
fn show_and_builds_say_why_in_korean() {
    let agent = agent();
    let shown = in_korean(&agent, &["show", "1"]);
    let (_, failed) = shown.out.split_once("\n\n").unwrap();
    assert_snapshot!(failed, @"
    실패(missing_module): 플러그인에 필요한 모듈이 설치되어 있지 않습니다: cv2
    도움말: requirements.txt에 다음 패키지를 추가하세요: opencv-python-headless
      | ModuleNotFoundError: No module named 'cv2'
    ");
    let listed = in_korean(&agent, &["builds", "ls"]);
    assert!(
        listed.out.contains("모듈이 설치되어 있지 않습니다: cv2"),
        "{listed}"
    );
}

#[test]
fn a_followed_log_ends_with_the_reason_in_korean() {
    let ran = in_korean(&agent(), &["builds", "logs", "b1", "--follow"]);
    assert_snapshot!(ran, @"
    exit 5
    --- stdout
    --- stderr
    오류: 플러그인에 필요한 모듈이 설치되어 있지 않습니다: cv2
    도움말: requirements.txt에 다음 패키지를 추가하세요: opencv-python-headless
    ");
}

#[test]
fn lc_all_outweighs_lang() {
    let settings = [("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C.UTF-8")];
    let ran = against_with(&agent(), &["create", "my-plugin@1.0.0"], &settings);
    assert!(
        ran.err.contains("hint: Add opencv-python-headless"),
        "{ran}"
    );
}
