//! Failures in Korean.
//!
//! Names and texts from outside stand where no particle follows them: which one would be right depends on their last
//! sound, which nobody knows here.

use super::cause::{Cause, Place, is_for_windows};
use super::{FailureKind, Translation};

/// What happened, and a hint where there is a better one than the usual one of the kind.
pub(super) fn text(cause: &Cause) -> Translation {
    match cause {
        Cause::BadRequirement { line } => say(format!(
            "requirements.txt에 패키지 요구 사항이 아닌 줄이 있습니다: {line}"
        )),
        Cause::NoSuchPackage { package } => {
            say(format!("패키지 인덱스에 없는 패키지입니다: {package}"))
        }
        Cause::NoSuchVersion { requirement } => say(format!(
            "요청한 버전이 없거나, 이 Python에서 쓸 수 있는 버전이 아닙니다: {requirement}"
        )),
        Cause::VersionConflict {
            requirements: Some(them),
        } => say(format!("패키지 요구 사항이 서로 충돌합니다: {them}")),
        Cause::VersionConflict { requirements: None } => {
            say("패키지 요구 사항이 서로 충돌합니다.")
        }
        Cause::NeedsSourceBuild { package } => say(format!(
            "소스 코드로만 제공되는 패키지인데, 이 Agent는 미리 빌드된 wheel만 설치합니다: {package}"
        )),
        Cause::SourceBuildFailed {
            package: Some(package),
        } => say(format!("패키지를 소스 코드에서 빌드하지 못했습니다: {package}")),
        Cause::SourceBuildFailed { package: None } => {
            say("패키지를 소스 코드에서 빌드하지 못했습니다.")
        }
        Cause::PythonVersion { package } => say(format!(
            "베이스 이미지의 Python 버전을 지원하지 않는 패키지입니다: {package}"
        )),
        Cause::NoPython => say("베이스 이미지에 Python이 없습니다.").hint(
            "Python이 있는 베이스 이미지를 사용하세요. `playground base build` 명령으로 만들 수 있습니다.",
        ),
        Cause::IndexUnreachable => {
            say("패키지 인덱스 또는 requirements.txt에 적힌 URL에 연결할 수 없습니다.")
        }
        Cause::IndexUntrusted => say("패키지 인덱스의 인증서를 신뢰할 수 없습니다."),
        Cause::BuildDiskFull => say("이미지를 빌드하는 디스크가 가득 찼습니다."),
        Cause::BaseImageMissing { image } => {
            say(format!("베이스 이미지가 이 Docker 엔진에 없습니다: {image}"))
        }
        Cause::SourceMissing { release } => say(format!(
            "플러그인 릴리스의 파일이 이 Agent에 남아 있지 않습니다: {release}"
        )),
        Cause::BuildTooLong { seconds } => {
            say(format!("빌드가 {seconds}초 안에 끝나지 않아 중단했습니다."))
        }
        Cause::BuildSilent { seconds } => say(format!(
            "빌드가 {seconds}초 동안 아무것도 출력하지 않아 중단했습니다."
        )),
        Cause::BuildKilled => {
            say("빌드 단계가 강제로 종료되었습니다. 메모리 부족이 원인일 가능성이 큽니다.")
        }
        Cause::BuildCancelled => say("빌드가 취소되었습니다."),
        Cause::BrokenPackage { package } => say(format!(
            "패키지 인덱스에 있는 패키지 파일을 읽을 수 없습니다: {package}"
        ))
        .hint("다른 버전으로 고정하거나, 인덱스 관리자에게 파일이 손상되었다고 알려 주세요."),
        Cause::InstallFailed => say("requirements.txt의 패키지를 설치하지 못했습니다."),
        Cause::BuildFailed { said } => say(format!("이미지를 빌드하지 못했습니다: {said}")),
        Cause::ImageMissing => say("빌드는 끝났지만 이미지가 없습니다."),
        Cause::BuildNotRun { why } => say(format!("빌드를 실행하지 못했습니다: {why}")),
        Cause::NoBuilder => say("Docker 엔진에 이미지 빌더가 없습니다.").hint(
            "Docker BuildKit(buildx)을 설치하거나, 기존 빌더가 있는 엔진을 사용하세요.",
        ),
        Cause::EngineRefused { why } => say(format!("Docker가 요청을 거부했습니다: {why}")),
        Cause::NoAddresses => say("Agent의 네트워크에 할당할 주소 대역이 Docker에 남아 있지 않습니다.").hint(
            "쓰지 않는 네트워크를 지우거나(`docker network prune`), Docker의 daemon.json에서 default-address-pools에 대역을 추가하세요.",
        ),
        Cause::PortsExhausted { range } => {
            say(format!("비어 있는 호스트 포트가 없습니다(범위 {range})."))
        }
        Cause::MissingModule { module, package } => say(format!(
            "플러그인에 필요한 모듈이 설치되어 있지 않습니다: {module}"
        ))
        .hint(format!(
            "requirements.txt에 다음 패키지를 추가하세요: {package}"
        )),
        Cause::MissingOwnModule { module } => say(format!(
            "플러그인에 필요한 모듈이 아카이브에 없습니다: {module}"
        ))
        .hint("모듈 이름이 맞는지, 해당 파일이 아카이브에 들어 있는지 확인하세요."),
        Cause::BadImport { module, text } => say(match module {
            Some(module) => format!("플러그인이 모듈에서 필요한 것을 가져오지 못했습니다({module}): {text}"),
            None => format!("플러그인이 모듈을 가져오지 못했습니다: {text}"),
        })
        .hint("가져오려는 이름이 맞는지 확인하세요. 패키지끼리 맞지 않으면 버전을 고정해야 합니다."),
        Cause::MissingLibrary { library } => say(format!(
            "패키지에 필요한 시스템 라이브러리가 이미지에 없습니다: {library}"
        ))
        .hint(if is_for_windows(library) {
            "opencv-python 대신 opencv-python-headless를 사용하세요."
        } else {
            "베이스 이미지에 라이브러리를 추가하거나, 라이브러리가 wheel에 포함된 패키지를 사용하세요."
        }),
        Cause::SyntaxError { place, text } => say(format!(
            "플러그인 코드에 문법 오류가 있습니다{}: {text}",
            at(place.as_ref())
        )),
        Cause::MissingEnv { name } => say(format!(
            "플러그인에 필요한 환경 변수가 설정되어 있지 않습니다: {name}"
        ))
        .hint("컨테이너를 생성할 때 envs에 이 변수를 지정하세요."),
        Cause::MissingFile { text } => say(format!(
            "플러그인을 불러오는 중에 파일을 찾지 못했습니다: {text}"
        ))
        .hint("경로는 플러그인의 최상위 폴더가 기준입니다. 파일이 아카이브에 들어 있는지 확인하세요."),
        Cause::Raised {
            exception,
            place,
            text,
        } => say(format!(
            "플러그인을 불러오는 중에 {exception} 예외가 발생했습니다{}: {text}",
            at(place.as_ref())
        )),
        Cause::NoGpu { text } => say(format!(
            "플러그인에 GPU가 필요하지만 사용할 수 있는 GPU가 없습니다: {text}"
        )),
        Cause::Permission { text } => {
            say(format!("플러그인이 허용되지 않은 작업을 했습니다: {text}"))
        }
        Cause::PluginOffline { text } => say(format!(
            "플러그인에 필요한 네트워크 주소에 연결하지 못했습니다: {text}"
        ))
        .hint("내려받는 파일을 아카이브에 넣거나, 컨테이너에서 그 주소에 접속할 수 있게 하세요."),
        Cause::PluginDiskFull { text } => say(format!(
            "플러그인이 쓸 수 있는 저장 공간이 가득 찼습니다: {text}"
        ))
        .hint("쓰는 양을 줄이거나, limits.disk_bytes 또는 limits.shm_bytes 값을 늘리세요."),
        Cause::WroteTooMuch { written, limit } => say(format!(
            "앱이 코드 외에 {written}바이트를 써서 한도인 {limit}바이트를 넘었습니다."
        )),
        Cause::EntrypointMissing { entrypoint, found } => say(format!(
            "entrypoint가 가리키는 모듈이 플러그인에 없습니다: {entrypoint}"
        ))
        .hint(format!(
            "config.yaml의 actions.gradio.entrypoint를 확인하세요. 플러그인의 최상위 폴더에 있는 것: {found}"
        )),
        Cause::BadEntrypoint { entrypoint } => {
            say(format!("entrypoint의 형식이 올바르지 않습니다: {entrypoint}"))
        }
        .hint("config.yaml에 plugin.gradio_interface.demo 또는 plugin/gradio_interface.py:demo와 같은 형식으로 적으세요."),
        Cause::NothingToServe { file } => {
            say(format!("Gradio 앱이 정의되어 있지 않습니다: {file}"))
        }
        Cause::FactoryGaveNoApp { name, returned } => say(format!(
            "앱을 만드는 함수 {name}()의 반환값이 앱이 아닙니다: {returned}"
        ))
        .hint("이 함수에서 gr.Blocks, gr.Interface 또는 FastAPI 객체를 반환하세요."),
        Cause::LaunchFailed { text } => {
            say(format!("앱을 찾았지만 실행(launch)에 실패했습니다: {text}"))
        }
        Cause::EndedItself { status } => say(format!(
            "플러그인이 앱을 실행하기 전에 스스로 종료했습니다(exit {status})."
        )),
        Cause::Exited { code } => {
            say(format!("앱 프로세스가 종료되었습니다(종료 코드 {code})."))
        }
        Cause::Gone => say("앱이 응답하기 전에 컨테이너가 종료되었습니다."),
        Cause::NotRun { why } => say(format!("컨테이너를 실행하지 못했습니다: {why}")),
        Cause::Killed => say("앱이 강제로 종료되었습니다."),
        Cause::Stopped => say("컨테이너가 외부에서 중지되었습니다.").hint("필요하면 다시 시작하세요."),
        Cause::OutOfMemory => say("플러그인이 메모리 한도를 넘어 강제로 종료되었습니다."),
        Cause::MemoryRefused => say("플러그인을 불러오는 중에 메모리가 부족했습니다."),
        Cause::NotListening { seconds } => say(format!(
            "앱이 {seconds}초 안에 어떤 포트에서도 연결을 받지 않았습니다."
        )),
        Cause::LoopbackOnly { address } => say(format!(
            "앱이 {address} 주소에서만 연결을 받아 컨테이너 밖에서는 접속할 수 없습니다."
        )),
        Cause::WrongPort { port } => say(format!(
            "앱이 7860번 포트가 아니라 {port}번 포트에서 연결을 받고 있습니다."
        )),
        Cause::NotAnswering { address, seconds } => say(format!(
            "앱이 {address} 주소에서 연결은 받지만 {seconds}초 안에 HTTP로 응답하지 않았습니다."
        )),
        Cause::Unresponsive { misses, restarts } => say(match restarts {
            0 => format!(
                "앱이 더 이상 응답하지 않습니다. 상태 확인에 {misses}번 연속으로 응답하지 않았습니다."
            ),
            _ => format!(
                "앱이 더 이상 응답하지 않습니다. {restarts}번 다시 시작했지만 상태 확인에 {misses}번 연속으로 응답하지 않았습니다."
            ),
        }),
        Cause::Crashing { times, last } => Translation {
            message: match times {
                1 => format!("앱이 비정상 종료되었습니다. 원인: {}", last.ko.message),
                _ => format!(
                    "앱이 {times}번 비정상 종료되었습니다. 마지막 원인: {}",
                    last.ko.message
                ),
            },
            hint: last.ko.hint.clone(),
        },
    }
}

/// What a kind usually means, and what usually helps.
pub(super) fn usual(kind: FailureKind) -> (&'static str, &'static str) {
    match kind {
        FailureKind::BadRequirement => (
            "requirements.txt에 패키지 요구 사항이 아닌 줄이 있습니다.",
            "한 줄에 하나씩 적으세요. 예: numpy>=1.26",
        ),
        FailureKind::NoSuchPackage => (
            "패키지 인덱스에 없는 패키지입니다.",
            "패키지 이름의 철자가 맞는지, 다른 인덱스에 있는 패키지가 아닌지 확인하세요.",
        ),
        FailureKind::NoSuchVersion => (
            "조건에 맞는 패키지 버전이 없습니다.",
            "버전 조건을 완화하거나, 인덱스에 있는 버전으로 고정하세요.",
        ),
        FailureKind::VersionConflict => (
            "패키지 요구 사항이 서로 충돌합니다.",
            "충돌하는 요구 사항 중 하나를 완화하세요.",
        ),
        FailureKind::NeedsSourceBuild => (
            "소스 코드로만 제공되는 패키지인데, 이 Agent는 미리 빌드된 wheel만 설치합니다.",
            "이 Python용 wheel이 있는 버전으로 고정하거나, 플러그인의 wheels/ 폴더에 wheel을 넣으세요.",
        ),
        FailureKind::SourceBuildFailed => (
            "패키지를 소스 코드에서 빌드하지 못했습니다.",
            "wheel이 있는 버전으로 고정하거나, 빌드에 필요한 것을 베이스 이미지에 추가하세요.",
        ),
        FailureKind::PythonVersion => (
            "베이스 이미지의 Python 버전을 지원하지 않는 패키지입니다.",
            "베이스 이미지의 Python을 지원하는 버전으로 고정하세요.",
        ),
        FailureKind::Network => (
            "패키지 인덱스 또는 플러그인에 필요한 주소에 연결할 수 없습니다.",
            "네트워크와 인덱스 설정을 확인한 뒤 다시 생성하세요.",
        ),
        FailureKind::Tls => (
            "패키지 인덱스의 인증서를 신뢰할 수 없습니다.",
            "회사의 CA 인증서 번들을 Agent 설정(build_ca_bundle)에 지정하세요.",
        ),
        FailureKind::DiskFull => (
            "디스크가 가득 찼거나 크기 한도에 도달했습니다.",
            "디스크 공간을 확보하거나 한도를 늘리세요.",
        ),
        FailureKind::DiskLimit => (
            "앱이 코드 외에 쓴 파일이 한도를 넘었습니다.",
            "/tmp에 쓰고 필요 없는 파일은 지우거나, limits.disk_bytes 값을 늘리세요.",
        ),
        FailureKind::BaseImageMissing => (
            "베이스 이미지가 이 Docker 엔진에 없습니다.",
            "`playground base build` 명령으로 만들거나, GRADIO_CONTAINER_BASE_IMAGE를 설정하세요.",
        ),
        FailureKind::SourceMissing => (
            "플러그인 파일이 이 Agent에 남아 있지 않습니다.",
            "플러그인 아카이브를 다시 업로드하세요. 레코드와 포트, 주소는 그대로 유지됩니다.",
        ),
        FailureKind::BuildTimeout => (
            "빌드가 제한 시간 안에 끝나지 않아 중단했습니다.",
            "버전을 정확히 고정하고 wheel을 사용하거나, 빌드 제한 시간을 늘리세요.",
        ),
        FailureKind::BuildSilent => (
            "빌드가 너무 오래 아무것도 출력하지 않아 중단했습니다.",
            "버전을 정확히 고정하고 wheel을 사용하거나, 빌드 제한 시간을 늘리세요.",
        ),
        FailureKind::BuildOom => (
            "빌드 단계에서 메모리가 부족했습니다.",
            "소스 빌드 대신 wheel을 사용하거나, 빌드 메모리를 늘리세요.",
        ),
        FailureKind::Cancelled => ("빌드가 취소되었습니다.", "필요하면 다시 생성하세요."),
        FailureKind::BuildFailed => (
            "이미지를 빌드하지 못했습니다.",
            "마지막 로그나 전체 빌드 로그를 확인하세요.",
        ),
        FailureKind::MissingModule => (
            "플러그인에 필요한 모듈이 없습니다.",
            "모듈을 제공하는 패키지를 requirements.txt에 추가하세요.",
        ),
        FailureKind::ImportError => (
            "플러그인을 불러오는 중에 예외가 발생했습니다.",
            "파일을 단독으로 실행하면 같은 오류를 볼 수 있습니다. 고친 뒤 다시 생성하세요.",
        ),
        FailureKind::NoGpu => (
            "플러그인에 GPU가 필요하지만 사용할 수 있는 GPU가 없습니다.",
            "GPU가 없으면 CPU에서 실행되게 하세요. 예: \"cuda\" if torch.cuda.is_available() else \"cpu\"",
        ),
        FailureKind::Permission => (
            "플러그인이 허용되지 않은 작업을 했습니다.",
            "플러그인은 자신의 폴더와 홈 폴더, /tmp 아래에만 쓸 수 있고 관리자 권한이 없습니다.",
        ),
        FailureKind::EntrypointMissing => (
            "entrypoint가 가리키는 모듈이 플러그인에 없습니다.",
            "config.yaml의 actions.gradio.entrypoint에 아카이브에 들어 있는 모듈을 지정하세요.",
        ),
        FailureKind::NothingToServe => (
            "플러그인에 실행할 수 있는 Gradio 앱이 없습니다.",
            "모듈의 최상위 수준에서 Gradio 앱을 정의하세요. 예: demo = gr.Interface(...)",
        ),
        FailureKind::LaunchFailed => (
            "앱을 찾았지만 실행(launch)에 실패했습니다.",
            "launch()에서 발생한 오류를 마지막 로그에서 확인하세요.",
        ),
        FailureKind::ExitedEarly => (
            "앱이 응답하기 전에 프로세스가 종료되었습니다.",
            "Gradio 앱은 계속 실행되어야 합니다. 종료된 이유를 마지막 로그에서 확인하세요.",
        ),
        FailureKind::Killed => (
            "앱이 강제로 종료되었습니다.",
            "누군가 종료한 것이 아니라면 메모리 부족이며, 엔진이 이를 알아채지 못할 때가 있습니다. limits.memory_bytes 값을 늘리거나 메모리에 올리는 양을 줄이세요.",
        ),
        FailureKind::OutOfMemory => (
            "플러그인이 메모리 한도를 넘었습니다.",
            "limits.memory_bytes 값을 늘리거나 메모리에 올리는 양을 줄이세요.",
        ),
        FailureKind::NotListening => (
            "앱이 제한 시간 안에 어떤 포트에서도 연결을 받지 않았습니다.",
            "불러오는 데 start_timeout보다 오래 걸리거나, 플러그인이 앱을 실행(launch)하지 않는 것일 수 있습니다.",
        ),
        FailureKind::LoopbackOnly => (
            "앱이 컨테이너 안에서만 연결을 받습니다.",
            "0.0.0.0에서 연결을 받게 하거나, 주소를 지정하지 말고 런처에 맡기세요.",
        ),
        FailureKind::WrongPort => (
            "앱이 7860번이 아닌 다른 포트에서 연결을 받고 있습니다.",
            "7860번 포트를 사용하거나, 포트를 지정하지 말고 런처에 맡기세요.",
        ),
        FailureKind::NotAnswering => (
            "앱이 연결은 받지만 제한 시간 안에 HTTP로 응답하지 않았습니다.",
            "시작하는 동안 다른 작업이 서버를 막고 있을 수 있습니다. 마지막 로그를 확인하세요.",
        ),
        FailureKind::CrashLoop => (
            "정상 실행되던 앱이 반복해서 비정상 종료되었습니다.",
            "종료된 이유를 마지막 로그에서 확인하세요. 다시 생성하면 한 번 더 시도합니다.",
        ),
        FailureKind::Unresponsive => (
            "앱을 다시 시작해도 계속 응답하지 않습니다.",
            "오래 걸리는 작업이 이벤트 루프를 막지 않도록 async 함수 대신 일반 함수로 작성하거나, health_restart_misses 값을 높이세요.",
        ),
        FailureKind::PortsExhausted => (
            "비어 있는 호스트 포트가 없습니다.",
            "필요 없는 컨테이너를 삭제하거나 포트 범위를 넓히세요.",
        ),
        FailureKind::EngineError => (
            "Docker가 요청을 거부했거나, 다시 시도해도 해결되지 않는 오류가 났습니다.",
            "Agent와 Docker의 로그를 확인하세요. 다시 생성하면 한 번 더 시도합니다.",
        ),
    }
}

fn at(place: Option<&Place>) -> String {
    match place {
        None => String::new(),
        Some(Place { file, line: None }) => format!("({file})"),
        Some(Place {
            file,
            line: Some(line),
        }) => format!("({file} {line}행)"),
    }
}

fn say(message: impl Into<String>) -> Translation {
    Translation::new(message)
}
