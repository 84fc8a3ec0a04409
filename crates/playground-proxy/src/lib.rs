//! The gateway: one address for every app.
//!
//! ```text
//!  listen ─▶ address ─▶ apps ─▶ hold ─▶ outward ─▶ forward ─▶ the app
//!    ▲                    │       │                  │  └─────▶ tunnel (WebSocket)
//!    └──── homeward ◀─────┴───────┴──── refusal ◀────┘
//! ```
//!
//! Guarantees
//! * Bytes are passed on as they come, both ways: nothing is buffered whole, decompressed or normalised. A visitor who
//!   reads slowly slows the app, and one who leaves is gone for the app at once.
//! * What a visitor claims about where a request came from never reaches an app; what an app claims about where it is
//!   never reaches a visitor.
//! * A request that can be read in two ways reaches nobody: it breaks its connection, or is refused.
//! * An app whose door is shut gets no request before it is awake: whoever comes meanwhile is held.
//! * As long as anybody has a request, a stream or a WebSocket open, the app counts as visited.
//!
//! Who may see an app is not decided here: whoever calls [`Gateway::handle`] has decided it, and knows the ticket in its path
//! for one that is good.

mod address;
mod alive;
mod apps;
mod begun;
mod body;
mod cookies;
mod cross_site;
mod entrance;
mod forward;
mod hold;
mod homeward;
mod hop_by_hop;
mod latency;
mod listen;
mod location;
mod outward;
mod pages;
mod patient;
mod presence;
mod refusal;
mod session;
mod traffic;
mod tunnel;
mod waiting;
mod wary;

pub use address::{Destination, Domains, Mount};
pub use apps::{App, Apps, Stage, label};
pub use body::Body;
pub use forward::{Gateway, GatewayConfig};
pub use hold::Wake;
pub use listen::{ListenLimits, listen};
pub use outward::Visitor;
pub use traffic::{Look, Traffic, Visits};
