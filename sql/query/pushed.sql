-- Authorization requests that were pushed ahead. The id in the request_uri finds the row; the hash of all of it must fit.

-- name: pushed_put :exec
-- in: id int, tenant int, hash blob, client_id text, params text, expires int
INSERT INTO pushed (id, tenant, hash, client_id, params, expires, used) VALUES (:id, :tenant, :hash, :client_id, :params, :expires, 0);

-- name: pushed_get :one
-- in: id int, tenant int
-- out: hash blob, client_id text, params text, expires int, used int
SELECT hash, client_id, params, expires, used FROM pushed WHERE id = :id AND tenant = :tenant;

-- name: pushed_take :exec
-- in: id int, tenant int, now int
UPDATE pushed SET used = 1 WHERE id = :id AND tenant = :tenant AND used = 0 AND expires > :now;
