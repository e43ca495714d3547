-- The second storey: sender-constrained tokens (RFC 9449), sign-ins that applications are told the end of (OpenID
-- Connect Back-Channel Logout), requests pushed ahead (RFC 9126), devices (RFC 8628), and assertions used once.

-- The thumbprint of the key that tokens are bound to, '' for bearer tokens; the session that was agreed in, 0 for none.
ALTER TABLE code ADD COLUMN jkt TEXT NOT NULL DEFAULT '';
ALTER TABLE code ADD COLUMN session INT NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN jkt TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN session INT NOT NULL DEFAULT 0;

-- Clients by what was given to them, and the registrations that nobody followed up.
CREATE INDEX grants_of_client ON grants (client);
CREATE INDEX consent_of_client ON consent (client);
CREATE INDEX client_unused ON client (tenant, created) WHERE origin = 'registered' AND last_used = 0;

-- Assertions that were used (RFC 7523 section 3, jti), by SHA-256 of issuer and jti, until they would have expired.
CREATE TABLE replay (id AUTOKEY, tenant INT NOT NULL, hash BLOB NOT NULL UNIQUE, until INT NOT NULL);
CREATE INDEX replay_until ON replay (until);

-- The secret before the newest one (base64url of SHA-256, '' for none) and until when it is good; when the row last changed.
-- A client's status may also be deleted: then nobody finds it, and the sweeper ends its grants.
ALTER TABLE client ADD COLUMN old_secret TEXT NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN old_until INT NOT NULL DEFAULT 0;
ALTER TABLE client ADD COLUMN updated INT NOT NULL DEFAULT 0;
-- A sign-in as applications know it (sid): it stays the same while one person signs in again in one browser.
ALTER TABLE session ADD COLUMN sid INT NOT NULL DEFAULT 0;
UPDATE session SET sid = id;
CREATE INDEX session_of_sign_in ON session (sid);

-- Applications that are still to be told that a sign-in has ended (OpenID Connect Back-Channel Logout), until they know or
-- we have tried often enough. Written in the transaction that ends the sign-in, so that a restart loses none.
CREATE TABLE logout_notice (
	id AUTOKEY, tenant INT NOT NULL, client INT NOT NULL, user_id INT NOT NULL, session INT NOT NULL,
	created INT NOT NULL, due INT NOT NULL, tries INT NOT NULL, UNIQUE (client, session)
);
CREATE INDEX logout_notice_due ON logout_notice (due);
-- Authorization requests that clients pushed ahead (RFC 9126), by SHA-256 of the request_uri; each leads on once.
CREATE TABLE pushed (
	id KEY, tenant INT NOT NULL, hash BLOB NOT NULL, client_id TEXT NOT NULL, params TEXT NOT NULL, -- as in txn
	expires INT NOT NULL, used INT NOT NULL
);

-- Devices that ask for access (RFC 8628). The grant that comes of one has its id.
CREATE TABLE device (
	id KEY, tenant INT NOT NULL, hash BLOB NOT NULL, -- SHA-256 of the device code
	user_code BLOB NOT NULL UNIQUE,                  -- SHA-256 of tenant and user code
	client_id TEXT NOT NULL, resource TEXT NOT NULL, scope TEXT NOT NULL, ip TEXT NOT NULL,
	created INT NOT NULL, expires INT NOT NULL,
	polled INT NOT NULL, pace INT NOT NULL, -- when it asked last; seconds that it has to wait between
	state TEXT NOT NULL,                    -- pending, allowed, denied, redeemed
	user_id INT NOT NULL,                   -- who typed the code first: nobody else may decide
	client INT NOT NULL, auth_time INT NOT NULL, methods TEXT NOT NULL, session INT NOT NULL -- once allowed
);

-- Who a person is to an identity provider: its subject, which unlike an address never changes its owner.
CREATE TABLE identity (
	id KEY, tenant INT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL, user_id INT NOT NULL, created INT NOT NULL,
	UNIQUE (tenant, issuer, subject)
);
