//! What programs can call of an app: asked of the app itself, since only it knows.
//!
//! A plugin may be hostile, and so may what it says here: its answers are bounded in size and time, no redirect is
//! followed, and what is passed on has the shape that is documented and nothing else.

mod describe;

use std::time::Duration;

use playground_store::ContainerRow;
use playground_types::wire::AppApi;
use serde_json::Value;

use crate::{Control, ControlError};

/// An app that is asked for this is up: it answers at once or is busy.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Far more than any real app says of itself.
const MOST_BYTES: usize = 4 * 1024 * 1024;

impl Control {
    /// What programs can call of this record's app.
    ///
    /// # Errors
    /// When its address is not out, or when it does not say: it has a password, is no Gradio app at the root of its address,
    /// or does not answer.
    pub async fn app_api(&self, row: &ContainerRow) -> Result<AppApi, ControlError> {
        let name = || row.name.clone();
        let socket = self
            .reached_at(row)
            .filter(|_| row.asleep.is_none())
            .ok_or_else(|| ControlError::AppNotReady(name()))?;
        let ask = async |path: &str| {
            let url = format!("http://{socket}{path}");
            self.probe.json(&url, TIMEOUT, MOST_BYTES).await
        };
        let unknown = |reason: Unheard| ControlError::AppApiUnknown {
            name: name(),
            reason,
        };
        let config = ask("/config").await.map_err(unknown)?;
        let prefix = describe::prefix(&config);
        let info = ask(&format!("{prefix}/info")).await.map_err(unknown)?;
        Ok(describe::describe(&config, &info))
    }
}

/// Why an app did not say something. Fixed words: whatever the app said stays out of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// No answer, or none in time.
    #[error("it does not answer")]
    Silent,
    /// 401 or 403.
    #[error("it asks for a password of its own")]
    Password,
    /// Another status, another format, too much.
    #[error("it is no Gradio app at the root of its address")]
    Strange,
}

impl crate::Probe {
    /// A JSON answer of at most so many bytes.
    async fn json(&self, url: &str, timeout: Duration, most: usize) -> Result<Value, Unheard> {
        let client = match self {
            Self::Http(client) => client,
            #[cfg(feature = "testing")]
            Self::Fake(_) => return Err(Unheard::Strange),
        };
        let request = client.get(url).timeout(timeout).send();
        let mut answer = request.await.map_err(|_| Unheard::Silent)?;
        match answer.status().as_u16() {
            200 => {}
            401 | 403 => return Err(Unheard::Password),
            _ => return Err(Unheard::Strange),
        }
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|_| Unheard::Silent)? {
            if bytes.len() + part.len() > most {
                return Err(Unheard::Strange);
            }
            bytes.extend_from_slice(&part);
        }
        serde_json::from_slice(&bytes).map_err(|_| Unheard::Strange)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::Probe;

    /// One answer of an app, whatever is asked.
    async fn said(answer: String) -> Result<Value, Unheard> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/config", listener.local_addr().unwrap());
        let app = tokio::spawn(async move {
            let (mut visitor, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let _read = visitor.read(&mut asked).await.unwrap();
            // Whoever is told too much hangs up.
            drop(visitor.write_all(answer.as_bytes()).await);
        });
        let heard = Probe::http().unwrap().json(&url, TIMEOUT, 1000).await;
        app.await.unwrap();
        heard
    }

    fn answer(status: &str, body: &str) -> String {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nlocation: /x\r\n\r\n{body}")
    }

    #[tokio::test]
    async fn an_answer_is_json_of_bounded_size_or_nothing() {
        let ok = "200 OK";
        assert_eq!(said(answer(ok, "{}")).await, Ok(serde_json::json!({})));
        let large = format!("[{}1]", "1,".repeat(1000));
        for (answer, why) in [
            (answer(ok, "<html>"), Unheard::Strange),
            (answer(ok, &large), Unheard::Strange),
            (answer("302 Found", "{}"), Unheard::Strange),
            (answer("500 Broken", "{}"), Unheard::Strange),
            (answer("401 Who", "{}"), Unheard::Password),
            (String::new(), Unheard::Silent),
        ] {
            assert_eq!(said(answer).await, Err(why));
        }
    }
}
