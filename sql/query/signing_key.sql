-- Signing keys. Published are next, active and retiring; one is active; of a key that is gone the private part is wiped.

-- name: signing_key_put :exec
-- in: id int, tenant int, kid text, alg text, state text, sealed blob, public text, now int
INSERT INTO signing_key (id, tenant, kid, alg, state, sealed, public, created, changed)
VALUES (:id, :tenant, :kid, :alg, :state, :sealed, :public, :now, :now);

-- name: signing_key_live :many
-- in: tenant int
-- out: id int, kid text, alg text, state text, sealed blob, public text, created int, changed int
SELECT id, kid, alg, state, sealed, public, created, changed FROM signing_key
WHERE tenant = :tenant AND state <> 'gone' ORDER BY id LIMIT 64;

-- name: signing_key_list :many
-- in: tenant int
-- out: id int, kid text, alg text, state text, created int, changed int
SELECT id, kid, alg, state, created, changed FROM signing_key WHERE tenant = :tenant ORDER BY id DESC LIMIT 1000;

-- name: signing_key_move :exec
-- in: id int, tenant int, state text, now int
UPDATE signing_key SET state = :state, changed = :now WHERE id = :id AND tenant = :tenant;

-- name: signing_key_bury :exec
-- in: tenant int, before int, now int, nothing blob
UPDATE signing_key SET state = 'gone', sealed = :nothing, changed = :now
WHERE tenant = :tenant AND state = 'retiring' AND changed < :before;

-- A next key that never signed anything, when another one takes its place.
-- name: signing_key_discard :exec
-- in: id int, tenant int, now int, nothing blob
UPDATE signing_key SET state = 'gone', sealed = :nothing, changed = :now WHERE id = :id AND tenant = :tenant AND state = 'next';
