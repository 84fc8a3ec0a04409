//! A connection of HTTP/1 whose request heads can be read in one way only. The parser behind it forgives what others read
//! differently (a line that ends without a carriage return, a length beside a chunked body, a length said twice), and the
//! service behind the parser cannot see that it did. So the bytes are looked at on their way in.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::begun::Begun;

/// How HTTP/2 begins; the parser of HTTP/1 takes no request that does.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0";

/// A connection that breaks as soon as a head on it is ambiguous.
#[derive(Debug)]
pub(crate) struct Wary<S> {
    inner: S,
    begun: Begun,
    reader: Reader,
    is_free: Arc<AtomicBool>,
}

/// Where in the stream of requests the next byte belongs.
#[derive(Debug)]
struct Reader {
    place: Place,
    /// A line whose end has not come.
    line: Vec<u8>,
    head: Head,
    /// Bytes of one line; the parser bounds the whole head.
    most: usize,
}

#[derive(Debug)]
enum Place {
    /// In a head.
    Head,
    /// In a body with so many bytes left.
    Body(u64),
    /// In something else: another protocol, or a chunked body, after which the connection is closed.
    Free,
}

/// What the lines so far said.
#[derive(Debug, Default)]
struct Head {
    has_begun: bool,
    length: Option<u64>,
    is_chunked: bool,
}

impl<S> Wary<S> {
    pub(crate) fn new(inner: S, begun: Begun, most: usize) -> Self {
        Self {
            inner,
            begun,
            reader: Reader::new(most),
            is_free: Arc::default(),
        }
    }

    /// To be set once the connection no longer speaks HTTP.
    pub(crate) fn freedom(&self) -> Arc<AtomicBool> {
        self.is_free.clone()
    }
}

impl Reader {
    fn new(most: usize) -> Self {
        Self {
            place: Place::Head,
            line: Vec::new(),
            head: Head::default(),
            most,
        }
    }

    /// Looks at bytes that came; an error says why they can be read in two ways.
    fn look(&mut self, mut bytes: &[u8]) -> Result<(), &'static str> {
        while !bytes.is_empty() {
            match &mut self.place {
                Place::Free => return Ok(()),
                Place::Body(left) => {
                    let taken = usize::try_from(*left).map_or(bytes.len(), |n| n.min(bytes.len()));
                    *left -= taken as u64;
                    if *left == 0 {
                        self.place = Place::Head;
                    }
                    bytes = &bytes[taken..];
                    continue;
                }
                Place::Head => {}
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            bytes = rest;
            if self.line.len() + line.len() > self.most {
                return Err("a line has no end");
            }
            if end.is_none() {
                self.line.extend_from_slice(line);
            } else if self.line.is_empty() {
                self.end_line(line)?;
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.end_line(&whole)?;
            }
        }
        Ok(())
    }

    fn end_line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let line = line
            .strip_suffix(b"\r\n")
            .ok_or("a line ends without a carriage return")?;
        if line.contains(&b'\r') {
            return Err("a carriage return stands within a line");
        }
        if !self.head.has_begun {
            self.head.has_begun = !line.is_empty();
            if line == HTTP_2 {
                self.place = Place::Free;
            }
            return Ok(());
        }
        if line.is_empty() {
            let head = std::mem::take(&mut self.head);
            self.place = match head.length {
                _ if head.is_chunked => Place::Free,
                Some(length) if length > 0 => Place::Body(length),
                _ => Place::Head,
            };
            return Ok(());
        }
        self.head.note(line)
    }
}

impl Head {
    fn note(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.ok_or("a header has no colon")?);
        let value = value[1..].trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = Some(value).filter(|value| value.iter().all(u8::is_ascii_digit));
            let length = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
            let length = length.ok_or("its length is not a number")?;
            if self.length.replace(length).is_some() {
                return Err("it says its length twice");
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err("its body is encoded in other ways than chunked");
            }
            self.is_chunked = true;
        }
        if self.is_chunked && self.length.is_some() {
            return Err("it has a length and is chunked");
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wary<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        this.begun.give(buffer);
        match Pin::new(&mut this.inner).poll_read(context, buffer) {
            // What was looked at comes with what follows it: the parser's buffer would grow for a head in two pieces.
            Poll::Pending if buffer.filled().len() > before => {}
            polled => ready!(polled)?,
        }
        if !this.is_free.load(Ordering::Relaxed)
            && let Err(why) = this.reader.look(&buffer.filled()[before..])
        {
            // None of it reaches the parser: the head that cannot be trusted is never complete there.
            buffer.set_filled(before);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wary<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it is let through, in one piece and byte by byte.
    fn passes(bytes: &str) -> bool {
        let reader = || Reader::new(1024);
        let whole = reader().look(bytes.as_bytes()).is_ok();
        let mut slow = reader();
        let split = bytes.bytes().all(|byte| slow.look(&[byte]).is_ok());
        assert_eq!(whole, split, "{bytes:?}");
        whole
    }

    #[test]
    fn heads_with_one_reading_pass() {
        for bytes in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\n\r\n",
            "\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n\n\n\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n1\n\n0\n\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\n\n",
        ] {
            assert!(passes(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn heads_with_two_readings_do_not() {
        for bytes in [
            "GET / HTTP/1.1\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\nHost: a\r\n\r\n",
        ] {
            assert!(!passes(bytes), "{bytes:?}");
        }
    }
}
