//! The address that is printed when the Agent starts: it opens the page, logged in.

use std::net::SocketAddr;

use playground_store::StoreError;
use playground_types::Timestamp;
use secrecy::ExposeSecret as _;

use crate::http::AppState;
use crate::http::session::LOGIN;
use crate::reached::reached;

/// It works for an hour: whoever starts an Agent by hand is there.
const LASTS_MILLIS: i64 = 3600 * 1000;

/// The page's address for whoever started the Agent. It logs in, once; where that is not needed, or could not be written down,
/// it does not.
pub(crate) async fn address(state: &AppState, listens: SocketAddr) -> String {
    let advertised = state.control.config().advertise.as_deref();
    let page = format!("http://{}/", authority(listens, advertised));
    if !state.tokens.are_required() {
        return page;
    }
    match code(state).await {
        Ok(Some(code)) => format!("{page}{LOGIN}{code}"),
        Ok(None) => page,
        Err(error) => {
            tracing::warn!(%error, "no login link could be made: the page asks for the token");
            page
        }
    }
}

async fn code(state: &AppState) -> Result<Option<String>, StoreError> {
    let tokens = state.tokens.list().await?;
    let Some(own) = tokens.into_iter().find(|token| token.is_own) else {
        return Ok(None);
    };
    let until = Timestamp::now().plus_millis(LASTS_MILLIS);
    let code = state.sessions.invite(own.id, until).await?;
    Ok(Some(code.expose_secret().to_owned()))
}

/// Where a browser finds us. Below `localhost` each app has a host of its own, below a number none has.
fn authority(listens: SocketAddr, advertised: Option<&str>) -> String {
    let (address, port) = (listens.ip(), listens.port());
    match advertised {
        Some(name) if !address.is_loopback() => format!("{name}:{port}"),
        _ if reached(address).is_loopback() => format!("localhost:{port}"),
        _ => listens.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_opened_by_a_name_where_there_is_one() {
        for (listens, advertised, found) in [
            ("127.0.0.1:8000", Some("apps.example"), "localhost:8000"),
            ("[::1]:8000", None, "localhost:8000"),
            ("0.0.0.0:8000", None, "localhost:8000"),
            ("0.0.0.0:8000", Some("apps.example"), "apps.example:8000"),
            ("192.0.2.7:80", None, "192.0.2.7:80"),
        ] {
            let listens = listens.parse().expect("an address");
            assert_eq!(authority(listens, advertised), found);
        }
    }
}
