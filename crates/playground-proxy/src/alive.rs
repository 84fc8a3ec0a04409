//! Connections whose other end is gone without a word: a machine that lost its power or its network. The kernel asks it, and
//! whoever does not answer is gone. Otherwise such a visitor would keep an app awake for ever, as long as that says nothing.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// Silence after which the kernel asks.
const ASKED_AFTER: Duration = Duration::from_secs(60);
/// Between two questions.
const AGAIN: Duration = Duration::from_secs(15);
/// Questions without an answer until the connection is ended.
const QUESTIONS: u32 = 4;

/// Makes a connection that was taken ready: what is said goes out at once, and whether its other end is there is known
/// within two minutes.
pub(crate) fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(ASKED_AFTER)
        .with_interval(AGAIN)
        .with_retries(QUESTIONS);
    SockRef::from(socket).set_tcp_keepalive(&keepalive)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_kernel_asks_whether_a_visitor_is_still_there() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (_visitor, taken) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (taken, _) = taken.expect("a connection");
        prepare(&taken).expect("it can be prepared");
        let socket = SockRef::from(&taken);
        assert!(socket.keepalive().expect("it is told"));
        assert_eq!(
            socket.tcp_keepalive_time().expect("it is told"),
            ASKED_AFTER
        );
        assert_eq!(
            socket.tcp_keepalive_retries().expect("it is told"),
            QUESTIONS
        );
    }
}
