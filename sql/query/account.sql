-- Accounts own tenants.

-- name: account_put :exec
-- in: id int, name text, now int
INSERT INTO account (id, name, created) VALUES (:id, :name, :now);

-- name: account_get :one
-- in: id int
-- out: id int, name text, created int
SELECT id, name, created FROM account WHERE id = :id;
