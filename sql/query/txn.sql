-- Authorizations in progress. Each is bound to the browser that began it and can be finished once.

-- name: txn_put :exec
-- in: id int, tenant int, browser blob, client_id text, params text, created int, expires int
INSERT INTO txn (id, tenant, browser, client_id, params, created, expires, done)
VALUES (:id, :tenant, :browser, :client_id, :params, :created, :expires, 0);

-- name: txn_get :one
-- in: id int, tenant int
-- out: browser blob, client_id text, params text, created int, expires int, done int
SELECT browser, client_id, params, created, expires, done FROM txn WHERE id = :id AND tenant = :tenant;

-- name: txn_take :exec
-- in: id int, tenant int, browser blob, now int
UPDATE txn SET done = 1 WHERE id = :id AND tenant = :tenant AND browser = :browser AND done = 0 AND expires > :now;
