-- One-time links. purpose: setup (the first owner), login (the person in user_id).

-- name: link_put :exec
-- in: id int, tenant int, hash blob, purpose text, user_id int, now int, expires int
INSERT INTO link (id, tenant, hash, purpose, user_id, created, expires, used)
VALUES (:id, :tenant, :hash, :purpose, :user_id, :now, :expires, 0);

-- name: link_get :one
-- in: id int, tenant int
-- out: hash blob, purpose text, user_id int, expires int, used int
SELECT hash, purpose, user_id, expires, used FROM link WHERE id = :id AND tenant = :tenant;

-- name: link_take :exec
-- in: id int, tenant int, hash blob, purpose text, now int
UPDATE link SET used = :now WHERE id = :id AND tenant = :tenant AND hash = :hash AND purpose = :purpose AND used = 0 AND expires > :now;

-- name: link_drop_purpose :exec
-- in: tenant int, purpose text
DELETE FROM link WHERE tenant = :tenant AND purpose = :purpose;

-- name: link_drop_user :exec
-- in: tenant int, user_id int
DELETE FROM link WHERE tenant = :tenant AND user_id = :user_id;
