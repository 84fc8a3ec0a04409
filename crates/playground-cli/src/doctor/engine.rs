//! The Docker Engine: whether it answers, whether this user may ask it, and whether it is new enough.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;

use playground_engine::{EngineError, EngineVersion};

use super::limit::aside;
use super::line::{Line, typed, words};

const NAME: &str = "engine";
const SOCKET: &str = "socket";
/// Where Docker's own client looks, too.
const USUAL: &str = "unix:///var/run/docker.sock";
/// The oldest API that the Agent speaks: Docker 20.10.
const OLDEST_API: (u32, u32) = (1, 41);

/// What the engine's address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Open,
    /// The socket is there, and not for this user.
    Denied,
    /// There is no such socket.
    Missing,
    /// The socket is there, and nobody listens.
    Deserted,
    /// No socket of this machine, or one that says something else.
    Elsewhere,
}

/// The engine's address: the one that was named, or that of Docker's own client.
pub(super) fn address(named: Option<&str>) -> String {
    let named = named.map(str::to_owned);
    let named = named.or_else(|| std::env::var("DOCKER_HOST").ok());
    named
        .filter(|host| !host.is_empty())
        .unwrap_or_else(|| USUAL.to_owned())
}

/// Opens the engine's socket, for nothing but to see whether that is possible.
pub(super) async fn knock(address: &str) -> Door {
    let Some(path) = address.strip_prefix("unix://").map(str::to_owned) else {
        return Door::Elsewhere;
    };
    match aside(move || UnixStream::connect(path)).await {
        Some(Ok(_)) => Door::Open,
        Some(Err(error)) => match error.kind() {
            ErrorKind::PermissionDenied => Door::Denied,
            ErrorKind::NotFound => Door::Missing,
            ErrorKind::ConnectionRefused => Door::Deserted,
            _ => Door::Elsewhere,
        },
        None => Door::Elsewhere,
    }
}

/// Whether this user may use the socket.
pub(super) fn judge_socket(address: &str, door: Door) -> Line {
    let path = address.trim_start_matches("unix://");
    match door {
        Door::Open => Line::ok(
            SOCKET,
            words(
                format!("this user may use {path}"),
                format!("{path}: 현재 사용자가 사용할 수 있습니다"),
            ),
        ),
        Door::Denied => Line::bad(
            SOCKET,
            words(
                format!("this user may not use {path}"),
                format!("{path}: 현재 사용자에게 권한이 없습니다"),
            ),
            typed("sudo usermod -aG docker \"$USER\" && newgrp docker"),
        ),
        Door::Missing | Door::Deserted => Line::skipped(
            SOCKET,
            words(
                format!("nobody listens at {path}"),
                format!("{path}: 여기서 연결을 받는 프로그램이 없습니다"),
            ),
        ),
        Door::Elsewhere => Line::skipped(
            SOCKET,
            words(
                format!("{address} is no socket of this machine"),
                format!("{address}: 이 컴퓨터의 소켓이 아닙니다"),
            ),
        ),
    }
}

/// Whether there is an engine, and whether it is new enough.
pub(super) fn judge(
    address: &str,
    door: Door,
    version: &Result<EngineVersion, EngineError>,
) -> Line {
    let error = match version {
        Ok(version) => return judge_version(version),
        Err(error) => error,
    };
    match (door, error) {
        (Door::Denied, _) => Line::skipped(
            NAME,
            words(
                "not known without rights to its socket",
                "소켓 권한이 없어 알 수 없습니다",
            ),
        ),
        (Door::Missing, _) => Line::bad(
            NAME,
            words(
                format!("there is no Docker Engine at {address}"),
                format!("{address}에 Docker Engine이 없습니다"),
            ),
            typed("sudo apt-get install docker.io && sudo systemctl start docker"),
        ),
        (Door::Deserted, _) => Line::bad(
            NAME,
            words(
                format!("the Docker Engine at {address} does not run"),
                format!("{address}의 Docker Engine이 실행 중이 아닙니다"),
            ),
            typed("sudo systemctl start docker"),
        ),
        (Door::Elsewhere, EngineError::Unreachable { .. }) => Line::bad(
            NAME,
            words(
                format!("no Docker Engine answers at {address}"),
                format!("{address}에서 Docker Engine이 응답하지 않습니다"),
            ),
            typed(format!("docker -H {address} version")),
        ),
        (_, EngineError::TimedOut(_)) => Line::bad(
            NAME,
            words(
                format!("the Docker Engine at {address} does not answer in time"),
                format!("{address}의 Docker Engine이 제시간에 응답하지 않습니다"),
            ),
            typed("sudo journalctl -u docker -n 50"),
        ),
        (_, error) => Line::bad(
            NAME,
            typed(error.to_string()),
            typed("sudo journalctl -u docker -n 50"),
        ),
    }
}

fn judge_version(found: &EngineVersion) -> Line {
    let (version, api) = (&found.version, &found.api_version);
    if api_of(api).is_some_and(|api| api >= OLDEST_API) {
        let said = format!("Docker {version}, API {api}");
        return Line::ok(NAME, typed(said));
    }
    let (major, minor) = OLDEST_API;
    Line::bad(
        NAME,
        words(
            format!(
                "Docker {version} speaks API {api}; {major}.{minor} (Docker 20.10) or newer is needed"
            ),
            format!(
                "Docker {version}의 API는 {api}입니다. {major}.{minor}(Docker 20.10) 이상이 필요합니다"
            ),
        ),
        typed("sudo apt-get update && sudo apt-get install docker.io"),
    )
}

fn api_of(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
