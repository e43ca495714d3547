-- The first storey's tables. Types are words that the build turns into each engine's own:
--   KEY      integer primary key that we give (ids grow with time: base/id.h)
--   AUTOKEY  integer primary key that the store gives, growing
--   INT      64-bit integer          BLOB  bytes          TEXT  UTF-8
-- Times are epoch seconds. Rows are narrow: looked up by integer key, secrets kept as SHA-256 of the whole text.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- What the master key seals: the root secret that refresh tokens, client ids and form tokens are derived from.
CREATE TABLE secret (name TEXT PRIMARY KEY, sealed BLOB NOT NULL);

CREATE TABLE signing_key (
	id KEY, tenant INT NOT NULL, kid TEXT NOT NULL, alg TEXT NOT NULL,
	state TEXT NOT NULL, -- next, active, retiring, gone
	sealed BLOB NOT NULL, public TEXT NOT NULL, created INT NOT NULL, changed INT NOT NULL
);

CREATE TABLE account (id KEY, name TEXT NOT NULL, created INT NOT NULL);

CREATE TABLE tenant (
	id KEY, account INT NOT NULL, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, status TEXT NOT NULL,
	settings TEXT NOT NULL, created INT NOT NULL, updated INT NOT NULL
);

CREATE TABLE users (
	id KEY, tenant INT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, -- owner, admin, member
	status TEXT NOT NULL,   -- active, blocked
	password TEXT NOT NULL, -- PHC string, '' when none is set
	generation INT NOT NULL, -- grows when role or status change
	created INT NOT NULL, updated INT NOT NULL, last_login INT NOT NULL,
	UNIQUE (tenant, email)
);

-- A client known by row: made by an operation, too large to be sealed, or written at the first consent of a sealed,
-- configured or document client so that grants can name it.
CREATE TABLE client (
	id KEY, tenant INT NOT NULL, hash BLOB NOT NULL UNIQUE, -- SHA-256(client_id)
	client_id TEXT NOT NULL, name TEXT NOT NULL,
	origin TEXT NOT NULL,      -- created, registered, sealed, config, document
	status TEXT NOT NULL,      -- active, blocked
	auth_method TEXT NOT NULL, -- none, client_secret_basic, client_secret_post
	secret BLOB NOT NULL,      -- SHA-256 of the secret, empty when none
	redirect_uris TEXT NOT NULL, grant_types TEXT NOT NULL, scope TEXT NOT NULL, -- blank-separated
	metadata TEXT NOT NULL,    -- JSON: what else was registered
	created INT NOT NULL, last_used INT NOT NULL
);

CREATE TABLE session (
	id KEY, tenant INT NOT NULL, hash BLOB NOT NULL, user_id INT NOT NULL,
	created INT NOT NULL, seen INT NOT NULL, expires INT NOT NULL, auth_time INT NOT NULL, methods TEXT NOT NULL
);

-- One authorization in progress that needs the person: bound to the browser that began it.
CREATE TABLE txn (
	id KEY, tenant INT NOT NULL, browser BLOB NOT NULL, -- SHA-256 of the browser's cookie
	client_id TEXT NOT NULL, params TEXT NOT NULL,      -- JSON of the checked request
	created INT NOT NULL, expires INT NOT NULL, done INT NOT NULL
);

CREATE TABLE code (
	id KEY, tenant INT NOT NULL, hash BLOB NOT NULL, user_id INT NOT NULL, client INT NOT NULL, grant_id INT NOT NULL,
	redirect_uri TEXT NOT NULL, resource TEXT NOT NULL, scope TEXT NOT NULL, challenge TEXT NOT NULL, nonce TEXT NOT NULL,
	auth_time INT NOT NULL, methods TEXT NOT NULL, expires INT NOT NULL, uses INT NOT NULL
);

-- A grant and the state of its refresh family.
CREATE TABLE grants (
	id KEY, tenant INT NOT NULL, user_id INT NOT NULL, client INT NOT NULL, resource TEXT NOT NULL, scope TEXT NOT NULL,
	redirect_host TEXT NOT NULL, created INT NOT NULL, last_used INT NOT NULL, expires INT NOT NULL,
	ended INT NOT NULL, ended_why TEXT NOT NULL, -- 0 and '' while alive
	generation INT NOT NULL,   -- of the newest refresh token
	token BLOB NOT NULL,       -- SHA-256 of the newest refresh token, empty when none was given
	parent BLOB NOT NULL,      -- SHA-256 of the one it came from
	rotated INT NOT NULL,      -- when
	repeats INT NOT NULL,      -- how often the parent came again within the grace
	auth_time INT NOT NULL, methods TEXT NOT NULL
);
CREATE INDEX grants_of_user ON grants (user_id, client);

-- What a person agreed to, remembered for https redirects only.
CREATE TABLE consent (
	user_id INT NOT NULL, client INT NOT NULL, resource TEXT NOT NULL, redirect_host TEXT NOT NULL,
	tenant INT NOT NULL, scope TEXT NOT NULL, at INT NOT NULL,
	PRIMARY KEY (user_id, client, resource, redirect_host)
);

-- One-time links: setup of the first owner, sign-in.
CREATE TABLE link (
	id KEY, tenant INT NOT NULL, hash BLOB NOT NULL, purpose TEXT NOT NULL, user_id INT NOT NULL,
	created INT NOT NULL, expires INT NOT NULL, used INT NOT NULL
);

CREATE TABLE throttle (hash BLOB PRIMARY KEY, tenant INT NOT NULL, count INT NOT NULL, next INT NOT NULL, updated INT NOT NULL);

CREATE TABLE resource (
	id KEY, tenant INT NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL, upstream TEXT NOT NULL,
	scopes TEXT NOT NULL,   -- JSON object: scope -> words
	required TEXT NOT NULL, -- blank-separated
	created INT NOT NULL, UNIQUE (tenant, path)
);

-- What every node reads twice a second. kind: grant, user, client, key, resource (a reload).
CREATE TABLE revocation (seq AUTOKEY, tenant INT NOT NULL, kind TEXT NOT NULL, id INT NOT NULL, at INT NOT NULL, until INT NOT NULL);

CREATE TABLE audit (
	id KEY, tenant INT NOT NULL, at INT NOT NULL, event TEXT NOT NULL, actor TEXT NOT NULL, user_id INT NOT NULL,
	client TEXT NOT NULL, grant_id INT NOT NULL, ip TEXT NOT NULL, detail TEXT NOT NULL, version INT NOT NULL
);
