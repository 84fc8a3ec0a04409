//! Korean, where the user's settings ask for it.

use insta::assert_snapshot;
use playground_types::{Cause, Failure};
use serde_json::{Value, json};

use crate::agent::{FakeAgent, container, created, launch, page, with};
use crate::create::timeless;
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

#[test]
fn a_create_tells_in_korean_how_far_it_is() {
    let done = with(
        launch("completed"),
        json!({"result": created(container(1, "running"))}),
    );
    let waits = with(
        launch("queued"),
        json!({"position": 3, "estimate_seconds": 90}),
    );
    let agent = FakeAgent::new()
        .on("POST /containers/", 202, &created(container(1, "building")))
        .on("GET /builds/b1/", 200, &waits)
        .on("GET /builds/b1/", 200, &done)
        .on_events(
            "GET /builds/b1/logs/stream/",
            &[
                ("status", "building"),
                ("status", "starting"),
                ("complete", "completed"),
            ],
        );
    assert_snapshot!(timeless(in_korean(&agent, &["create", "my-plugin@1.0.0"])), @"
    exit 0
    --- stdout
    http://127.0.0.1:7860
    --- stderr
    my-plugin@1.0.0: 대기 중, 대기 3번째, 약 90초 ...
    my-plugin@1.0.0: 빌드 중 ...
    my-plugin@1.0.0: 시작 중 ...
    my-plugin@1.0.0 준비됨: quirky_einstein_1 (새로 만듦), TIME
    ");
}

#[test]
fn tables_have_korean_titles_and_wide_letters_stay_in_their_columns() {
    let named = with(
        container(1, "running"),
        json!({"labels": ["이미지"], "plugin_release": "실험실@1.0.0"}),
    );
    let agent = FakeAgent::new().on(
        "GET /containers/",
        200,
        &page(vec![named, container(22, "stopped")], 70),
    );
    let listed = in_korean(&agent, &["ls"]);
    let ages = listed
        .out
        .lines()
        .map(|line| line.rsplit_once("  ").unwrap().0);
    assert_snapshot!(ages.collect::<Vec<_>>().join("\n"), @"
    PK  이름                릴리스           모델  상태     주소                   레이블
    1   quirky_einstein_1   실험실@1.0.0     -     running  http://127.0.0.1:7860  이미지
    22  quirky_einstein_22  my-plugin@1.0.0  -     stopped  -                      -
    ");
    assert_snapshot!(listed.err, @"더 오래된 68개는 보여 주지 않았습니다. 모두 보려면 --all");
    let none = FakeAgent::new().on("GET /containers/", 200, &page(vec![], 0));
    assert_eq!(in_korean(&none, &["ls"]).err, "컨테이너가 없습니다\n");
}

#[test]
fn what_the_connection_lacks_is_told_in_korean() {
    let agent = FakeAgent::new();
    let denied = in_korean(&agent, &["ls", "--token", "another"]);
    let unknown = in_korean(&agent, &["logs", "x"]);
    // Nobody listens there.
    let away = in_korean(&agent, &["ls", "--url", "http://127.0.0.1:9"]);
    let wrong = in_korean(&agent, &["ls", "--url", "ftp://x"]);
    assert_snapshot!([denied.err, unknown.err, away.err, wrong.err].concat(), @r#"
    오류: Agent가 접근을 허용하지 않습니다: this token is not valid
    도움말: `playground login`으로 토큰을 저장하거나, PLAYGROUND_TOKEN을 설정하거나, Agent의 데이터 디렉터리를 --data-dir로 지정하세요
    오류: there is nothing at GET /containers/x/logs/
    오류: Agent(http://127.0.0.1:9)에 연결할 수 없습니다: Connection refused (os error 111)
    도움말: Agent가 실행 중인지(`playground agent`), --url이나 PLAYGROUND_URL이 그 주소인지 확인하세요
    오류: Agent의 주소가 아닙니다: "ftp://x". http://host:port 또는 https://host 형태로 쓰세요
    "#);
}

#[test]
fn the_steps_of_a_build_are_named_in_korean() {
    let steps = [
        json!({"name": "RUN install.sh", "purpose": "install", "cached": true, "duration_ms": null}),
        json!({"name": "COPY app/ /app", "purpose": "code", "cached": false, "duration_ms": 240}),
    ];
    let built = json!({
        "id": "i1", "status": "completed", "plugin_release": "my-plugin@1.0.0", "context_digest": "d", "image": "x",
        "queue_position": null, "steps": steps, "failure": null, "queued_at": "2020-01-01T00:00:00.000Z",
        "started_at": null, "finished_at": null
    });
    let launch = with(launch("building"), json!({"image_build": built}));
    let agent = FakeAgent::new().on("GET /builds/b1/", 200, &launch);
    let shown = in_korean(&agent, &["builds", "show", "b1"]);
    assert_snapshot!(shown.out, @"
    빌드      b1
    릴리스    my-plugin@1.0.0
    상태      building
    컨테이너  1
    생성      2020-01-01T00:00:00.000Z
    종료      -
    이미지    x
      필요한 패키지 설치  캐시
      플러그인 코드 넣기  0.2 s
    ");
}
