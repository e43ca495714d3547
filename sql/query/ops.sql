-- What the operations read and write besides the statements of the nouns' own files.
-- A filter stands before its "not given" test, so that PostgreSQL takes the parameter's type from the column.

-- name: op_account :one
-- in: tenant int
-- out: account int, account_name text, tenant_name text
SELECT account.id AS account, account.name AS account_name, tenant.name AS tenant_name FROM tenant JOIN account ON account.id = tenant.account WHERE tenant.id = :tenant;

-- name: op_users :many
-- in: tenant int, pattern text, status text, limit int, offset int
-- out: id int, email text, name text, role text, status text, last_login int, created int, updated int
SELECT id, email, name, role, status, last_login, created, updated FROM users
WHERE tenant = :tenant AND (lower(email) LIKE :pattern ESCAPE '!' OR lower(name) LIKE :pattern ESCAPE '!')
  AND (status = :status OR :status = '')
ORDER BY created, id LIMIT :limit OFFSET :offset;

-- name: op_users_count :one
-- in: tenant int, pattern text, status text
-- out: total int
SELECT count(*) AS total FROM users
WHERE tenant = :tenant AND (lower(email) LIKE :pattern ESCAPE '!' OR lower(name) LIKE :pattern ESCAPE '!')
  AND (status = :status OR :status = '');

-- name: op_user :one
-- in: tenant int, id int
-- out: id int, email text, name text, role text, status text, last_login int, created int, updated int
SELECT id, email, name, role, status, last_login, created, updated FROM users WHERE tenant = :tenant AND id = :id;

-- name: op_user_by_email :one
-- in: tenant int, email text
-- out: id int, email text, name text, role text, status text, last_login int, created int, updated int
SELECT id, email, name, role, status, last_login, created, updated FROM users WHERE tenant = :tenant AND email = :email;

-- name: op_user_put :exec
-- in: id int, tenant int, email text, name text, role text, password text, now int
INSERT INTO users (id, tenant, email, name, role, status, password, generation, created, updated, last_login)
VALUES (:id, :tenant, :email, :name, :role, 'active', :password, 0, :now, :now, 0)
ON CONFLICT (tenant, email) DO NOTHING;

-- name: op_connections :many
-- in: tenant int, user_id int, now int, limit int, offset int
-- out: id int, user_id int, email text, client_id text, client_name text, resource text, scope text, redirect_host text, created int, last_used int, expires int
SELECT grants.id, grants.user_id, coalesce(users.email, '') AS email, client.client_id, client.name AS client_name, grants.resource, grants.scope, grants.redirect_host,
       grants.created, grants.last_used, grants.expires
FROM grants JOIN client ON client.id = grants.client LEFT JOIN users ON users.id = grants.user_id AND users.tenant = :tenant
WHERE grants.tenant = :tenant AND grants.ended = 0 AND grants.expires > :now AND client.status <> 'deleted'
  AND (grants.user_id = :user_id OR :user_id = 0)
ORDER BY grants.id LIMIT :limit OFFSET :offset;

-- name: op_connections_count :one
-- in: tenant int, user_id int, now int
-- out: total int
SELECT count(*) AS total FROM grants
WHERE tenant = :tenant AND ended = 0 AND expires > :now AND client IN (SELECT id FROM client WHERE tenant = :tenant AND status <> 'deleted')
  AND (user_id = :user_id OR :user_id = 0);

-- name: op_connection :one
-- in: tenant int, id int
-- out: id int, user_id int, client int, client_id text, client_name text, ended int
SELECT grants.id, grants.user_id, grants.client, client.client_id, client.name AS client_name, grants.ended
FROM grants JOIN client ON client.id = grants.client WHERE grants.tenant = :tenant AND grants.id = :id;
