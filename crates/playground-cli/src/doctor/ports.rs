//! The host ports that apps get.

use std::io::ErrorKind;
use std::net::{IpAddr, TcpListener};

use playground_types::PortRange;

use super::limit::{aside, too_long};
use super::line::{Line, typed, words};

const NAME: &str = "ports";
/// With fewer free than one in so many it is time to look.
const FEW: usize = 10;

/// Binds each port for a moment, as the Agent does before it gives one to an app.
pub(super) async fn look(range: PortRange, address: IpAddr) -> Line {
    let taken = move || {
        let is_taken = |port: u16| {
            let bound = TcpListener::bind((address, port));
            bound.is_err_and(|error| error.kind() != ErrorKind::AddrNotAvailable)
        };
        range.iter().filter(|port| is_taken(port.0)).count()
    };
    let taken = aside(taken).await;
    taken.map_or_else(|| too_long(NAME), |taken| judge(range, taken))
}

pub(super) fn judge(range: PortRange, taken: usize) -> Line {
    let all = range.count();
    let found = words(
        format!("{taken} of {all} are taken ({range})"),
        format!("{all}개 중 {taken}개 사용 중({range})"),
    );
    let free = all.saturating_sub(taken);
    if free == 0 {
        let other = typed(format!(
            "ss -ltnp; playground agent --port-range {}",
            beyond(range)
        ));
        Line::bad(NAME, found, other)
    } else if free < all / FEW {
        Line::warning(NAME, found, typed("playground ls; ss -ltnp"))
    } else {
        Line::ok(NAME, found)
    }
}

/// As many ports again, above these; the usual ones where there are none above.
fn beyond(range: PortRange) -> String {
    let first = range.last().0.checked_add(1);
    let last = first.and_then(|first| first.checked_add((range.count() - 1).try_into().ok()?));
    match (first, last) {
        (Some(first), Some(last)) => format!("{first}-{last}"),
        _ => PortRange::default().to_string(),
    }
}
