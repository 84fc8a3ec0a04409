-- Times are UTC milliseconds, JSON is text, so that the same statements run on PostgreSQL too.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    label      TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

-- Checked plugin content, by digest. A container keeps the content it was created with.
CREATE TABLE sources (
    digest     TEXT PRIMARY KEY NOT NULL,
    facts      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE releases (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    plugin_release TEXT NOT NULL UNIQUE,
    source         TEXT NOT NULL REFERENCES sources (digest),
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);

CREATE TABLE builds (
    id             TEXT PRIMARY KEY NOT NULL,
    plugin_release TEXT NOT NULL,
    source         TEXT NOT NULL REFERENCES sources (digest),
    context        TEXT NOT NULL,
    image          TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('queued', 'building', 'completed', 'failed', 'cancelled')),
    cancel_wanted  BOOLEAN NOT NULL DEFAULT FALSE,
    attempt        BIGINT NOT NULL DEFAULT 0,
    steps          TEXT NOT NULL DEFAULT '[]',
    failure        TEXT,
    queued_at      BIGINT NOT NULL,
    started_at     BIGINT,
    finished_at    BIGINT
);

-- The same context is built once at a time, whoever asks.
CREATE UNIQUE INDEX builds_live_context ON builds (context) WHERE status IN ('queued', 'building');
CREATE INDEX builds_queue ON builds (status, id);

CREATE TABLE containers (
    pk                   INTEGER PRIMARY KEY AUTOINCREMENT,
    name                 TEXT NOT NULL UNIQUE,
    plugin_release       TEXT NOT NULL,
    model                BIGINT CHECK (model IS NULL OR model >= 0),
    kind                 TEXT NOT NULL,
    backend_container_id BIGINT,
    -- What should be. Written by requests.
    desired              TEXT NOT NULL CHECK (desired IN ('running', 'stopped', 'absent')),
    generation           BIGINT NOT NULL DEFAULT 1,
    epoch                BIGINT NOT NULL DEFAULT 0,
    restart_wanted       BIGINT NOT NULL DEFAULT 0,
    source               TEXT NOT NULL REFERENCES sources (digest),
    params               TEXT NOT NULL,
    envs                 TEXT NOT NULL,
    limits               TEXT NOT NULL,
    labels               TEXT NOT NULL,
    metadata             TEXT NOT NULL,
    -- What was done and seen. Written by the driver.
    status               TEXT NOT NULL CHECK (status IN ('requested', 'building', 'starting', 'running', 'unhealthy',
                                                         'paused', 'stopped', 'failed', 'deleting', 'deleted')),
    restart_done         BIGINT NOT NULL DEFAULT 0,
    context              TEXT,
    image                TEXT,
    build                TEXT REFERENCES builds (id),
    host_port            INTEGER,
    engine_id            TEXT,
    last_engine_id       TEXT,
    published_run        TEXT,
    ready_since          BIGINT,
    ready_generation     BIGINT,
    starting_since       BIGINT,
    attempts             BIGINT NOT NULL DEFAULT 0,
    retry_at             BIGINT,
    failure              TEXT,
    failed_generation    BIGINT,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL
);

-- The seed's identity. A plain UNIQUE lets two model-less rows in, because NULL differs from NULL.
CREATE UNIQUE INDEX containers_identity ON containers (plugin_release, COALESCE(model, -1));
CREATE UNIQUE INDEX containers_host_port ON containers (host_port) WHERE host_port IS NOT NULL;
CREATE INDEX containers_engine_id ON containers (engine_id);
CREATE INDEX containers_build ON containers (build);

-- Ports nobody may get: until a time (found taken), or for good (NULL: configured).
CREATE TABLE barred_ports (
    port  INTEGER PRIMARY KEY NOT NULL,
    until BIGINT
);

-- What a create request started, and what clients poll. Outlives its container.
CREATE TABLE launches (
    id           TEXT PRIMARY KEY NOT NULL,
    container    BIGINT NOT NULL,
    plugin_release TEXT NOT NULL,
    generation   BIGINT NOT NULL,
    restarted    BOOLEAN NOT NULL,
    recreated    BOOLEAN NOT NULL,
    build        TEXT,
    outcome      TEXT CHECK (outcome IN ('completed', 'failed', 'cancelled')),
    failure      TEXT,
    result       TEXT,
    created_at   BIGINT NOT NULL,
    finished_at  BIGINT
);

CREATE UNIQUE INDEX launches_generation ON launches (container, generation);

-- Who is gone, for a while: a client that repeats a delete is told that it worked.
CREATE TABLE forgotten (
    pk           BIGINT PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL,
    engine_id    TEXT,
    forgotten_at BIGINT NOT NULL
);
