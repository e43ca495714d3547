-- People. Addresses are stored in the form of text_email (lower case), so equality is enough.

-- name: user_by_email :one
-- in: tenant int, email text
-- out: id int, name text, role text, status text, password text
SELECT id, name, role, status, password FROM users WHERE tenant = :tenant AND email = :email;

-- name: user_by_id :one
-- in: tenant int, id int
-- out: email text, name text, role text, status text, password text
SELECT email, name, role, status, password FROM users WHERE id = :id AND tenant = :tenant;

-- name: user_owner :one
-- in: tenant int
-- out: id int
SELECT id FROM users WHERE tenant = :tenant AND role = 'owner' ORDER BY id LIMIT 1;

-- Somebody invited before there was an owner becomes one; the id stays.
-- name: user_put_owner :one
-- in: id int, tenant int, email text, name text, password text, now int
-- out: id int
INSERT INTO users (id, tenant, email, name, role, status, password, generation, created, updated, last_login)
VALUES (:id, :tenant, :email, :name, 'owner', 'active', :password, 0, :now, :now, 0)
ON CONFLICT (tenant, email) DO UPDATE SET name = excluded.name, role = 'owner', status = 'active', password = excluded.password,
  generation = users.generation + 1, updated = excluded.updated
RETURNING id;

-- name: user_put_member :exec
-- in: id int, tenant int, email text, now int
INSERT INTO users (id, tenant, email, name, role, status, password, generation, created, updated, last_login)
VALUES (:id, :tenant, :email, '', 'member', 'active', '', 0, :now, :now, 0)
ON CONFLICT (tenant, email) DO NOTHING;

-- name: user_set_password :exec
-- in: id int, tenant int, password text, now int
UPDATE users SET password = :password, updated = :now WHERE id = :id AND tenant = :tenant AND status = 'active';

-- name: user_signed_in :exec
-- in: id int, tenant int, now int
UPDATE users SET last_login = :now WHERE id = :id AND tenant = :tenant;

-- As client_alone, for the one grant of a person: other people's do not wait.
-- name: user_alone :exec
-- in: id int, tenant int
UPDATE users SET generation = generation WHERE id = :id AND tenant = :tenant;

-- name: user_set_status :exec
-- in: id int, tenant int, status text, now int
UPDATE users SET status = :status, generation = generation + 1, updated = :now WHERE id = :id AND tenant = :tenant;
