//! Logins of the page, and tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A session that was just opened. Its other half is in the cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenedSession {
    /// The page's half, for the header `X-Synapse-Key`. It is known this once.
    pub key: String,
    /// When it ends if nobody uses it, RFC 3339.
    pub expires_at: String,
}

/// As whom a request was let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// When the session ends if nobody uses it, RFC 3339; null for a token, and where nobody needs to log in.
    pub expires_at: Option<String>,
    /// Whether this Agent asks anybody to log in.
    pub login_required: bool,
}

/// A link that opens the page logged in, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoginLink {
    /// The address.
    pub url: String,
    /// When it ceases to work, RFC 3339.
    pub expires_at: String,
}

/// A token, without itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its key.
    pub id: i64,
    /// What the operator calls it.
    pub label: String,
    /// Whether it is the Agent's own, which is set where the Agent runs and cannot be revoked.
    pub is_own: bool,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<String>,
    /// When it ceases to work; null where it does not by itself.
    pub expires_at: Option<String>,
}

/// A token that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    /// What is known of it from now on.
    #[serde(flatten)]
    pub known: Token,
    /// The token. It is known this once.
    pub token: String,
}
