-- What tenants configure by API: when it was made, listed newest first; uploaded audio; secrets that are being replaced.

ALTER TABLE tenants ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE numbers ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE routes ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sip_users ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
-- Nobody knows since when; that they were there at the upgrade is true.
UPDATE tenants SET created_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
UPDATE numbers SET created_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
UPDATE routes SET created_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
UPDATE sip_users SET created_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
CREATE INDEX tenants_newest ON tenants (created_at, id);
CREATE INDEX numbers_newest ON numbers (tenant_id, created_at, id);
CREATE INDEX routes_newest ON routes (tenant_id, created_at, id);
CREATE INDEX sip_users_newest ON sip_users (tenant_id, created_at, id);
CREATE INDEX api_keys_newest ON api_keys (tenant_id, created_at, id);
DROP INDEX webhooks_of_tenant;
CREATE INDEX webhooks_newest ON webhooks (tenant_id, created_at, id);

ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;

ALTER TABLE webhooks ADD COLUMN previous_secret TEXT;
ALTER TABLE webhooks ADD COLUMN previous_secret_until INTEGER;

CREATE TABLE media (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  duration_ms INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (tenant_id, name)
);
CREATE INDEX media_newest ON media (tenant_id, created_at, id);

-- The replay of a tenant's events.
CREATE INDEX events_of_tenant ON events (tenant_id, seq);
-- What retention looks for.
CREATE INDEX recordings_available ON recordings (created_at) WHERE status = 'available';
