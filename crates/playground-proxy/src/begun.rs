//! How a connection begins: HTTP/2 announces itself, HTTP/1 does not.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

/// RFC 9113, section 3.4.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The first bytes of a connection, which were looked at and are still to be given to the parser.
#[derive(Debug)]
pub(crate) struct Begun {
    bytes: [u8; PREFACE.len()],
    length: usize,
    given: usize,
}

impl Begun {
    /// Reads until it is known which HTTP is spoken. A connection that ends before that speaks none, and the parser sees it.
    pub(crate) async fn read(socket: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut bytes = [0; PREFACE.len()];
        let mut length = 0;
        while length < bytes.len() && bytes[..length] == PREFACE[..length] {
            match socket.read(&mut bytes[length..]).await? {
                0 => break,
                read => length += read,
            }
        }
        Ok(Self {
            bytes,
            length,
            given: 0,
        })
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.bytes == *PREFACE
    }

    /// Puts into a buffer what was not given yet.
    pub(crate) fn give(&mut self, buffer: &mut ReadBuf<'_>) {
        let left = &self.bytes[self.given..self.length];
        let taken = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..taken]);
        self.given += taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn begun(mut bytes: &[u8]) -> (Begun, usize) {
        let begun = Begun::read(&mut bytes).await.expect("memory is read");
        (begun, bytes.len())
    }

    #[tokio::test]
    async fn a_connection_is_one_of_http_2_if_it_says_all_of_it() {
        let (http2, left) = begun(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore").await;
        assert!(http2.is_http2());
        assert_eq!(left, 4, "nothing of what follows is taken");
        for other in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "POST / HTTP/1.1"] {
            assert!(!begun(other.as_bytes()).await.0.is_http2(), "{other:?}");
        }
    }

    #[tokio::test]
    async fn what_was_looked_at_is_given_once_however_small_the_buffer() {
        let (mut begun, _) = begun(b"PUT /").await;
        let mut got = Vec::new();
        for size in [2, 10, 10] {
            let mut bytes = vec![0; size];
            let mut buffer = ReadBuf::new(&mut bytes);
            begun.give(&mut buffer);
            got.extend_from_slice(buffer.filled());
        }
        assert_eq!(got, b"PUT /");
    }
}
