//! The Agent's own log at every level: kept for each thread, since tests run side by side, and among a test's output for
//! whoever asks with `RUST_LOG`.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Weak};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::TestWriter;

/// Everything but the frames of connections.
const ALL: &str = "trace,h2=info";

/// The other end of a WebSocket is a test's own, and tells all that it sends.
const OTHER_END: &str = "tungstenite::handshake::client=info";

type Lines = Mutex<Vec<u8>>;

/// Those of every thread that lives.
static THREADS: Mutex<Vec<Weak<Lines>>> = Mutex::new(Vec::new());

thread_local! {
    static LOGGED: Arc<Lines> = {
        let lines = Arc::default();
        THREADS.lock().unwrap().push(Arc::downgrade(&lines));
        lines
    };
}

struct Log {
    shown: Option<TestWriter>,
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(shown) = &mut self.shown {
            shown.write_all(bytes)?;
        }
        LOGGED.with(|logged| logged.lock().unwrap().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to log, unless another test of this process did.
pub(crate) fn begin() {
    let asked = EnvFilter::try_from_default_env().ok();
    let is_asked = asked.is_some();
    let filter = asked.unwrap_or_else(|| EnvFilter::new(ALL));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter.add_directive(OTHER_END.parse().unwrap()))
        .with_ansi(false)
        .with_writer(move || Log {
            shown: is_asked.then(TestWriter::new),
        });
    drop(log.try_init());
}

/// What this thread logged.
pub(crate) fn logged() -> String {
    LOGGED.with(|logged| text(logged))
}

/// What this thread and all others logged: work that blocks and the database have threads of their own.
pub(crate) fn logged_anywhere() -> String {
    let threads: Vec<_> = THREADS.lock().unwrap().clone();
    let living = threads.iter().filter_map(Weak::upgrade);
    living.map(|logged| text(&logged)).collect()
}

fn text(logged: &Lines) -> String {
    String::from_utf8_lossy(&logged.lock().unwrap()).into_owned()
}
