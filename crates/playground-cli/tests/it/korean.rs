//! Korean, where the user's settings ask for it.

use insta::assert_snapshot;
use playground_types::{Cause, Failure};
use serde_json::{Value, json};

use crate::agent::{FakeAgent, container, created, launch, page, with};
use crate::create::timeless;
use crate::run::{Ran, TOKEN, against_with, command, ran};

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
      플러그인 코드 넣기  0.2초
    ");
}

fn has_hangul(text: &str) -> bool {
    text.chars().any(|letter| ('가'..='힣').contains(&letter))
}

/// An Agent that has nothing but a container that somebody stops, and is not well without saying why.
fn bare_agent() -> FakeAgent {
    let none = page(vec![], 0);
    let cleanup = json!({"dry_run": false, "bytes": 0, "items": []});
    FakeAgent::new()
        .on("GET /containers/", 200, &none)
        .on("GET /builds/", 200, &none)
        .on("GET /plugin_releases/", 200, &none)
        .on("GET /orphans/", 200, &none)
        .on("POST /cleanup/", 200, &cleanup)
        .on("PATCH /containers/1/", 200, &container(1, "stopped"))
        .on(
            "POST /containers/1/restart/",
            200,
            &container(1, "deleting"),
        )
        .on("GET /health/", 200, &health())
}

fn health() -> Value {
    json!({
        "status": "degraded", "version": "0.1.0", "agent_id": "a1",
        "docker": {"available": false, "version": null, "api_version": null, "error": null},
        "base_image": {"reference": "base:1", "available": false, "gradio": null},
        "ports": {"range": "7860-8860", "used": 2, "total": 1001}, "containers": {"running": 2},
        "isolation": {"profile": "standard", "publish": "docker", "no_way_out": true,
            "inter_container_traffic_off": true, "host_rules": false, "seccomp": true},
        "backend": {"waiting": 2, "refused": 1, "error": null},
        "disks": [{"name": "data", "path": "/data", "free_bytes": 1024, "total_bytes": 2048, "min_free_bytes": 1}],
        "problems": []
    })
}

#[test]
fn what_the_agent_needs_is_told_in_korean_where_it_says_so() {
    let mut health = health();
    health["problems"] = json!(["Docker does not answer"]);
    for (problems_ko, told) in [
        (
            json!(["Docker가 응답하지 않습니다"]),
            "오류: Docker가 응답하지 않습니다\n",
        ),
        (json!([]), "오류: Docker does not answer\n"),
    ] {
        health["problems_ko"] = problems_ko;
        let agent = FakeAgent::new().on("GET /health/", 200, &health);
        assert_eq!(in_korean(&agent, &["health"]).err, told);
    }
}

#[test]
fn whatever_a_verb_says_beside_its_result_is_korean() {
    let agent = bare_agent();
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str| home.path().join(name).display().to_string();
    let (plugin, taken) = (file("plugin"), file("taken"));
    std::fs::write(&taken, "").unwrap();
    let home = home.path().to_str().unwrap();
    let verbs: &[&[&str]] = &[
        &["ls"],
        &["builds"],
        &["releases"],
        &["orphans"],
        &["prune"],
        &["prune", "--dry-run"],
        &["health"],
        &["start", "1"],
        &["restart", "1"],
        &["login"],
        &["login", "--forget"],
        &["login", "--forget"],
        &["login", "--token", ""],
        &["init", &plugin],
        &["init", &plugin],
        &["init", &taken],
        &["check", &plugin],
        &["pack", &plugin],
        &["pack", &plugin, "--out", "/nowhere/x.zip"],
        &["man", "--dir", &taken],
        &[
            "base",
            "build",
            "--docker-host",
            "unix:///nowhere/docker.sock",
        ],
        &["doctor", "--docker-host", "unix:///nowhere/docker.sock"],
        &["ls", "--token", "another"],
        &["create", &plugin, "--token", "another"],
    ];
    for args in verbs {
        let settings = [("LANG", "ko_KR.UTF-8"), ("HOME", home)];
        let ran = against_with(&agent, args, &settings);
        assert!(!ran.err.is_empty(), "{args:?}");
        for line in ran.err.lines() {
            assert!(has_hangul(line), "{args:?}: {line}");
        }
    }
}

#[test]
fn what_cannot_be_read_or_packed_is_told_in_korean() {
    let agent = FakeAgent::new();
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().to_str().unwrap();
    let told = |args: &[&str]| in_korean(&agent, args).err.replace(empty, "EMPTY");
    let all = [
        told(&["check", "/nowhere/x.zip"]),
        told(&["pack", "/nowhere"]),
        told(&["pack", empty]),
        told(&["releases", "add", empty]),
    ];
    assert_snapshot!(all.concat(), @"
    오류: 파일을 읽을 수 없습니다: /nowhere/x.zip: No such file or directory (os error 2)
    오류: /nowhere: 읽을 수 없습니다: No such file or directory (os error 2)
    오류: EMPTY: 플러그인의 파일이 하나도 없습니다.
    압축하는 중: EMPTY ...
    오류: EMPTY: 플러그인의 파일이 하나도 없습니다.
    ");
}

#[test]
fn what_is_wrong_with_the_file_of_tokens_is_told_in_korean() {
    use std::os::unix::fs::PermissionsExt as _;

    let agent = bare_agent();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/synapse-playground");
    let file = folder.join("credentials.toml");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(&file, "[tokens]\nx = y\n").unwrap();
    let told = |home: Option<&str>, mode| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut command = command(&["login", "--token", TOKEN, "--url", &agent.url]);
        command.env("LANG", "ko_KR.UTF-8");
        if let Some(home) = home {
            command.env("HOME", home);
        }
        let ran = ran(&command.output().unwrap());
        ran.err.replace(file.to_str().unwrap(), "FILE")
    };
    let home = home.path().to_str().unwrap();
    assert_snapshot!(told(Some(home), 0o644) + &told(Some(home), 0o600) + &told(None, 0o600), @"
    오류: 토큰이 든 파일을 다른 사용자가 읽거나 바꿀 수 있습니다: FILE (권한 644)
    도움말: chmod 600 FILE
    오류: `playground login`이 쓰는 형식이 아닙니다: FILE, 2번째 줄
    도움말: 고치거나, 지우고 다시 로그인하세요: rm FILE
    오류: 토큰을 저장할 곳이 없습니다. XDG_CONFIG_HOME과 HOME 모두 디렉터리가 아닙니다
    도움말: 대신 PLAYGROUND_TOKEN을 쓰세요
    ");
}

#[test]
fn a_table_of_anything_has_korean_titles_and_words() {
    let item = |kind: &str, reason: &str, kept: Option<&str>| {
        json!({"kind": kind, "name": "n", "plugin_release": null, "reason": reason, "bytes": 1024, "made_at": null,
            "kept": kept})
    };
    let items = [
        item("image", "not_newest", None),
        item("build", "too_old", None),
        item("source", "unused", Some("in use")),
        item("image", "leftover", None),
        item("image", "low_disk", None),
    ];
    let orphan = json!({"id": "0123456789abcdef", "name": "n", "status": "running", "agent_id": "a",
        "of_this_agent": true, "plugin_release": "p@1", "model": null, "record": 3, "host_port": 7861,
        "reason": "no_record", "detail": "자세히", "adopt_command": "A", "remove_command": "R"});
    let shown = with(
        container(1, "unhealthy"),
        json!({"consecutive_failures": 4, "last_health_check_at": crate::agent::three_hours_ago(), "attempts": 2,
            "retry_at": "2020-01-01T00:00:04.000Z", "envs": {"A": "1"}, "params": {"a": 1}, "metadata": {"b": 1}}),
    );
    let agent = FakeAgent::new()
        .on("GET /health/", 200, &health())
        .on(
            "POST /cleanup/",
            200,
            &json!({"dry_run": false, "bytes": 1024, "items": items}),
        )
        .on("GET /orphans/", 200, &page(vec![orphan], 1))
        .on("POST /orphans/abcd/adopt/", 201, &container(3, "starting"))
        .on("GET /containers/1/", 200, &shown);
    let told = |args: &[&str]| in_korean(&agent, args).to_string();
    assert_snapshot!(told(&["health"]), @"
    exit 1
    --- stdout
    상태           degraded
    버전           0.1.0
    Agent          a1
    Docker         응답 없음
    베이스 이미지  base:1 (없음)
    포트           1001개 중 2개 사용 중(7860-8860)
    컨테이너       running 2개
    격리           프로필 standard, seccomp 예, 호스트 규칙 아니요, 앱 사이 통신 차단 예, 외부 연결 차단
    백엔드         알릴 상태 2개, 거부된 상태 1개
    디스크         data: 2.00 KiB 중 1.00 KiB 남음(/data)
    --- stderr
    오류: Agent가 알린 상태: degraded
    ");
    assert_snapshot!(told(&["prune"]), @"
    exit 0
    --- stdout
    종류    이름  릴리스  크기      경과  이유
    이미지  n     -       1.00 KiB  -     더 새로운 것이 충분함
    빌드    n     -       1.00 KiB  -     오래됨
    소스    n     -       1.00 KiB  -     남김: in use
    이미지  n     -       1.00 KiB  -     정리되지 않고 남음
    이미지  n     -       1.00 KiB  -     디스크가 거의 가득 참
    --- stderr
    지운 것 4개, 최대 1.00 KiB
    ");
    assert_snapshot!(told(&["orphans"]), @"
    exit 0
    --- stdout
    ID            이름  릴리스  모델  상태     포트  레코드  Agent
    0123456789ab  n     p@1     -     running  7861  3       이 Agent
    --- stderr
    0123456789ab: 자세히
      등록: A
      제거: R
    ");
    assert_snapshot!(told(&["orphans", "adopt", "abcd"]), @"
    exit 0
    --- stdout
    quirky_einstein_3  등록됨, 레코드 3번
    --- stderr
    ");
    assert_snapshot!(told(&["show", "1"]), @r#"
    exit 0
    --- stdout
    이름         quirky_einstein_1
    pk           1
    Docker ID    0123456789abcdef
    릴리스       my-plugin@1.0.0
    모델         -
    상태         unhealthy
    주소         -
    url          -
    호스트 포트  7860
    이미지       synapse-plugin-my-plugin-1.0.0
    한도         메모리 2.00 GiB, CPU 2개, 프로세스 512개, 디스크 2.00 GiB
    상태 확인    unknown, 4번 응답 없음, 3시간 전에 확인
    비정상 종료  2, 다음 시작 2020-01-01T00:00:04.000Z
    생성         2020-01-01T00:00:00.000Z
    변경         2020-01-01T00:00:01.000Z
    파라미터     {"a":1}
    메타데이터   {"b":1}
    환경 변수    A
    --- stderr
    "#);
}
