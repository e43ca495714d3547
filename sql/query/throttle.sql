-- Attempts to guess a password, per account and per network (hash says which). They are counted before the guess is looked
-- at, so that a hundred at once do not all pass.

-- No row comes back while the delay of the last attempt runs. What is older than :stale is forgotten.
-- name: throttle_take :one
-- in: hash blob, tenant int, now int, stale int
-- out: count int
INSERT INTO throttle (hash, tenant, count, next, updated) VALUES (:hash, :tenant, 1, 0, :now)
ON CONFLICT (hash) DO UPDATE SET count = CASE WHEN throttle.updated < :stale THEN 1 ELSE throttle.count + 1 END, updated = excluded.updated
WHERE throttle.next <= excluded.updated
RETURNING count;

-- name: throttle_delay :exec
-- in: hash blob, tenant int, next int
UPDATE throttle SET next = :next WHERE hash = :hash AND tenant = :tenant;

-- name: throttle_next :one
-- in: hash blob, tenant int
-- out: next int
SELECT next FROM throttle WHERE hash = :hash AND tenant = :tenant;

-- name: throttle_drop :exec
-- in: hash blob, tenant int
DELETE FROM throttle WHERE hash = :hash AND tenant = :tenant;

-- As if the attempt had not been, unless others came after it.
-- name: throttle_undo :exec
-- in: hash blob, tenant int, count int
UPDATE throttle SET next = CASE WHEN count = :count THEN 0 ELSE next END, count = count - 1
WHERE hash = :hash AND tenant = :tenant AND count > 0;
