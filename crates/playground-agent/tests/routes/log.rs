//! The Agent's own log at every level: kept for each thread, since tests run side by side, and among a test's output for
//! whoever asks with `RUST_LOG`.

use std::cell::RefCell;
use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::TestWriter;

/// Everything but the frames of connections.
const ALL: &str = "trace,h2=info";

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log {
    shown: Option<TestWriter>,
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(shown) = &mut self.shown {
            shown.write_all(bytes)?;
        }
        LOGGED.with_borrow_mut(|logged| logged.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to log, unless another test of this process did.
pub(crate) fn begin() {
    let asked = EnvFilter::try_from_default_env().ok();
    let is_asked = asked.is_some();
    let log = tracing_subscriber::fmt()
        .with_env_filter(asked.unwrap_or_else(|| EnvFilter::new(ALL)))
        .with_ansi(false)
        .with_writer(move || Log {
            shown: is_asked.then(TestWriter::new),
        });
    drop(log.try_init());
}

/// What this thread logged.
pub(crate) fn logged() -> String {
    LOGGED.with_borrow(|logged| String::from_utf8_lossy(logged).into_owned())
}
