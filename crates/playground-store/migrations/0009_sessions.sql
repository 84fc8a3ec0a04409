-- What the Agent itself holds, and keeps in a file beside the database, cannot be revoked by whoever came in with it. Up to
-- here there was no other token.
ALTER TABLE tokens ADD COLUMN is_own BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tokens ADD COLUMN last_used_at BIGINT;
UPDATE tokens SET is_own = TRUE;

-- A login of the page, in two halves: digests only. It is worth what the token is worth that opened it.
CREATE TABLE sessions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    token       BIGINT NOT NULL REFERENCES tokens (id),
    key_hash    TEXT NOT NULL UNIQUE,
    cookie_hash TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);

-- What opens a session once.
CREATE TABLE session_codes (
    hash       TEXT PRIMARY KEY NOT NULL,
    token      BIGINT NOT NULL REFERENCES tokens (id),
    expires_at BIGINT NOT NULL
);
