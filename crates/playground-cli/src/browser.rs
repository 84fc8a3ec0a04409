//! The user's browser.

use crate::language::say;
use crate::output::{is_terminal, note};

/// Opens an address where somebody sits who could see it.
pub(crate) fn open(address: &str) {
    if is_terminal() && has_screen() && open::that_detached(address).is_err() {
        note(&say(
            format!("no browser could be opened: {address}"),
            format!("브라우저를 열 수 없습니다: {address}"),
        ));
    }
}

/// On Linux a browser needs a display; over SSH there is none.
fn has_screen() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
