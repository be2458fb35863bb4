-- The first schema. Times are wall milliseconds, lists and objects are JSON text.
-- Tenants are not referenced: the configuration declares them, and what happened outlives them.

CREATE TABLE calls (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  status TEXT NOT NULL,
  from_number TEXT NOT NULL,
  to_number TEXT NOT NULL,
  route_id TEXT,
  initiated_at INTEGER NOT NULL,
  answered_at INTEGER,
  ended_at INTEGER,
  end_reason TEXT,
  end_initiator TEXT,
  sip_code INTEGER,
  sip_reason TEXT,
  q850_cause INTEGER,
  customer_reference TEXT,
  client_state TEXT,
  webhook_url TEXT,
  bridge_id TEXT,
  cost_cents REAL,
  rating_status TEXT NOT NULL,
  sequence INTEGER NOT NULL
);
-- One index for each filter that may be selective, in the order in which calls are listed.
CREATE INDEX calls_newest ON calls (tenant_id, initiated_at, id);
CREATE INDEX calls_by_status ON calls (tenant_id, status, initiated_at, id);
CREATE INDEX calls_by_direction ON calls (tenant_id, direction, initiated_at, id);
CREATE INDEX calls_by_from ON calls (tenant_id, from_number, initiated_at, id);
CREATE INDEX calls_by_to ON calls (tenant_id, to_number, initiated_at, id);
CREATE INDEX calls_by_reference ON calls (tenant_id, customer_reference, initiated_at, id)
  WHERE customer_reference IS NOT NULL;
CREATE INDEX calls_unfinished ON calls (initiated_at) WHERE status NOT IN ('ended', 'failed');

CREATE TABLE legs (
  id TEXT PRIMARY KEY,
  call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  direction TEXT NOT NULL,
  status TEXT NOT NULL,
  from_number TEXT NOT NULL,
  to_number TEXT NOT NULL,
  sip_call_id TEXT,
  started_at INTEGER NOT NULL,
  answered_at INTEGER,
  ended_at INTEGER,
  end_reason TEXT
);
CREATE INDEX legs_by_call ON legs (call_id, started_at, id);

CREATE TABLE recordings (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  leg_id TEXT NOT NULL,
  channels TEXT NOT NULL,
  format TEXT NOT NULL,
  status TEXT NOT NULL,
  path TEXT NOT NULL,
  duration_ms INTEGER,
  size_bytes INTEGER,
  error TEXT,
  created_at INTEGER NOT NULL
);
CREATE INDEX recordings_newest ON recordings (tenant_id, created_at, id);
CREATE INDEX recordings_by_call ON recordings (call_id, created_at, id);
CREATE INDEX recordings_unfinished ON recordings (created_at) WHERE status IN ('recording', 'processing');

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  tenant_id TEXT NOT NULL,
  call_id TEXT,
  event_type TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  data TEXT NOT NULL,
  webhook_url TEXT
);
CREATE UNIQUE INDEX events_of_call ON events (call_id, sequence) WHERE call_id IS NOT NULL;

-- `lane` is one endpoint and one call: deliveries of a lane leave in order. `is_head` marks the first pending one of
-- each lane, so that what is due is found without looking at what waits behind it. `endpoint` is who shares capacity.
CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL,
  webhook_id TEXT,
  endpoint TEXT NOT NULL,
  lane TEXT NOT NULL,
  is_head INTEGER NOT NULL,
  url TEXT NOT NULL,
  call_id TEXT,
  sequence INTEGER NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  last_status_code INTEGER,
  last_latency_ms REAL,
  last_error TEXT,
  response_head TEXT
);
CREATE INDEX deliveries_due_by_endpoint ON deliveries (endpoint, next_attempt_at)
  WHERE status = 'pending' AND is_head = 1;
CREATE INDEX deliveries_lanes ON deliveries (lane, sequence, seq) WHERE status = 'pending';
CREATE INDEX deliveries_by_webhook ON deliveries (tenant_id, webhook_id, seq);
CREATE INDEX deliveries_by_event ON deliveries (event_id);

CREATE TABLE idempotency (
  tenant_id TEXT NOT NULL,
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  response TEXT,
  boot_id TEXT NOT NULL,
  resource_id TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, path, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  allow_caller_id_forwarding INTEGER NOT NULL,
  max_concurrent_calls INTEGER NOT NULL,
  max_cps REAL NOT NULL,
  default_route TEXT
);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
);

CREATE TABLE numbers (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  number TEXT NOT NULL UNIQUE,
  route_id TEXT,
  inbound_action TEXT NOT NULL
);

CREATE TABLE routes (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  gateways TEXT NOT NULL,
  auth TEXT NOT NULL,
  allowed_source_cidrs TEXT NOT NULL,
  codecs TEXT NOT NULL
);

CREATE TABLE sip_users (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  username TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  number TEXT,
  outbound INTEGER NOT NULL
);

CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  url TEXT NOT NULL,
  failover_url TEXT,
  events TEXT NOT NULL,
  secret TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  declared INTEGER NOT NULL
);
CREATE INDEX webhooks_of_tenant ON webhooks (tenant_id, created_at);

CREATE TABLE installation (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
