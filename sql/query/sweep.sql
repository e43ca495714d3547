-- What has had its day, in slices of 100 rows so that nobody waits behind it. Ids grow with time: of short-lived rows the
-- oldest stand first, and a slice ends at the first id that is too young. Where old rows may still be alive, the sweeper
-- walks along the key (`after`) and looks at 100 rows a step.

-- name: sweep_codes :exec
-- in: tenant int, before int
DELETE FROM code WHERE tenant = :tenant AND id IN (SELECT id FROM code WHERE tenant = :tenant AND id < :before ORDER BY id LIMIT 100);

-- name: sweep_txns :exec
-- in: tenant int, before int
DELETE FROM txn WHERE tenant = :tenant AND id IN (SELECT id FROM txn WHERE tenant = :tenant AND id < :before ORDER BY id LIMIT 100);

-- name: sweep_pushed :exec
-- in: tenant int, before int
DELETE FROM pushed WHERE tenant = :tenant AND id IN (SELECT id FROM pushed WHERE tenant = :tenant AND id < :before ORDER BY id LIMIT 100);

-- name: sweep_devices :exec
-- in: tenant int, before int
DELETE FROM device WHERE tenant = :tenant AND id IN (SELECT id FROM device WHERE tenant = :tenant AND id < :before ORDER BY id LIMIT 100);

-- name: sweep_audit :exec
-- in: tenant int, before int
DELETE FROM audit WHERE tenant = :tenant AND id IN (SELECT id FROM audit WHERE tenant = :tenant AND id < :before ORDER BY id LIMIT 100);

-- name: sweep_links_to :one
-- in: tenant int, after int
-- out: last int
SELECT coalesce(max(id), 0) AS last FROM (SELECT id FROM link WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT 100) AS slice;

-- name: sweep_links :exec
-- in: tenant int, after int, last int, before int
DELETE FROM link WHERE tenant = :tenant AND id > :after AND id <= :last AND expires < :before;

-- name: sweep_sessions_to :one
-- in: tenant int, after int
-- out: last int
SELECT coalesce(max(id), 0) AS last FROM (SELECT id FROM session WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT 100) AS slice;

-- name: sweep_sessions :exec
-- in: tenant int, after int, last int, before int
DELETE FROM session WHERE tenant = :tenant AND id > :after AND id <= :last AND expires < :before;

-- name: sweep_grants_to :one
-- in: tenant int, after int
-- out: last int
SELECT coalesce(max(id), 0) AS last FROM (SELECT id FROM grants WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT 100) AS slice;

-- name: sweep_grants :exec
-- in: tenant int, after int, last int, before int
DELETE FROM grants WHERE tenant = :tenant AND id > :after AND id <= :last
  AND ((ended > 0 AND ended < :before) OR (expires > 0 AND expires < :before));

-- What a deleted client was given ends; nobody waits for it, since its status already refuses it everywhere.
-- name: sweep_orphans :exec
-- in: tenant int, after int, last int, now int
UPDATE grants SET ended = :now, ended_why = 'client deleted'
WHERE tenant = :tenant AND id > :after AND id <= :last AND ended = 0
  AND client IN (SELECT id FROM client WHERE tenant = :tenant AND status = 'deleted');

-- name: sweep_throttles_to :many
-- in: tenant int, after blob
-- out: hash blob
SELECT hash FROM throttle WHERE tenant = :tenant AND hash > :after ORDER BY hash LIMIT 100;

-- name: sweep_throttles :exec
-- in: tenant int, after blob, last blob, before int, now int
DELETE FROM throttle WHERE tenant = :tenant AND hash > :after AND hash <= :last AND updated < :before AND next < :now;

-- name: sweep_replays :exec
-- in: tenant int, before int
DELETE FROM replay WHERE tenant = :tenant AND id IN (SELECT id FROM replay WHERE tenant = :tenant AND until < :before ORDER BY until LIMIT 100);

-- name: sweep_clients_to :one
-- in: tenant int, after int
-- out: last int
SELECT coalesce(max(id), 0) AS last FROM (SELECT id FROM client WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT 100) AS slice;

-- Never one that anything is left of: a grant (ended ones stay a while), a yes that is remembered, a code, a sign-in under way,
-- a request pushed ahead, a device that waits.
-- A registered client lives in its row alone, so only those go that were never used; sealed ones and documents get a new row.
-- Blocked and deleted ones stay: the row is what they are blocked by; and sealed ids that registered anew, which would come back
-- as they were. Rows of the first version have last_used = created until their first use.
-- name: sweep_clients :exec
-- in: tenant int, after int, last int, before int, now int
DELETE FROM client WHERE tenant = :tenant AND id > :after AND id <= :last AND status = 'active' AND created < :before
  AND ((origin = 'registered' AND substr(client_id, 1, 5) <> 'gh_c_' AND (last_used = 0 OR last_used = created)) OR (origin IN ('sealed', 'document') AND last_used < :before))
  AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.client = client.id)
  AND NOT EXISTS (SELECT 1 FROM consent WHERE consent.client = client.id)
  AND NOT EXISTS (SELECT 1 FROM code WHERE code.client = client.id)
  AND NOT EXISTS (SELECT 1 FROM txn WHERE txn.tenant = client.tenant AND txn.client_id = client.client_id)
  AND NOT EXISTS (SELECT 1 FROM pushed WHERE pushed.tenant = client.tenant AND pushed.client_id = client.client_id AND used = 0 AND pushed.expires > :now)
  AND NOT EXISTS (SELECT 1 FROM device WHERE device.tenant = client.tenant AND device.client_id = client.client_id AND state = 'pending' AND device.expires > :now);
