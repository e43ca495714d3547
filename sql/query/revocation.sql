-- The feed that every node reads twice a second: what is no longer good, until it would have expired anyway.

-- name: revocation_put :exec
-- in: tenant int, kind text, id int, at int, until int
-- ordered: a reader asks for what is past the last number it has seen
INSERT INTO revocation (tenant, kind, id, at, until) VALUES (:tenant, :kind, :id, :at, :until);

-- name: revocation_since :many
-- in: seq int, now int
-- out: seq int, tenant int, kind text, id int, at int, until int
-- any-tenant: a node answers for all tenants
SELECT seq, tenant, kind, id, at, until FROM revocation WHERE seq > :seq AND until > :now ORDER BY seq LIMIT 1000;

-- name: revocation_sweep :exec
-- in: now int
-- any-tenant: a row past its time says nothing any more, whosever it is
DELETE FROM revocation WHERE seq IN (SELECT seq FROM revocation WHERE until < :now ORDER BY seq LIMIT 100);
