-- What the health checks of the published run say. Every statement that publishes or withdraws a run begins them anew, and
-- every check names the run it asked, so that a late answer of one run says nothing about the next.
ALTER TABLE containers ADD COLUMN health_state TEXT NOT NULL DEFAULT 'unknown'
    CHECK (health_state IN ('unknown', 'healthy', 'unhealthy'));
ALTER TABLE containers ADD COLUMN consecutive_failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE containers ADD COLUMN last_health_check_at BIGINT;
ALTER TABLE containers ADD COLUMN last_health_error TEXT;

-- What the platform's backend was told last of each container that it knows. What differs from the record is still to be
-- told; a row whose record is gone is a deletion to be told. NULL: nothing was told yet.
CREATE TABLE pushes (
    container            BIGINT PRIMARY KEY NOT NULL,
    backend_container_id BIGINT NOT NULL,
    status               TEXT,
    health_state         TEXT,
    consecutive_failures BIGINT,
    pushed_at            BIGINT
);
