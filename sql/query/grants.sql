-- Grants, each with the state of its refresh family. A grant has the id of the code that it came from.

-- name: grant_put :exec
-- in: id int, tenant int, user_id int, client int, resource text, scope text, redirect_host text, now int, expires int, token blob, parent blob, auth_time int, methods text, jkt text, session int
INSERT INTO grants (id, tenant, user_id, client, resource, scope, redirect_host, created, last_used, expires, ended, ended_why, generation,
  token, parent, rotated, repeats, auth_time, methods, jkt, session)
VALUES (:id, :tenant, :user_id, :client, :resource, :scope, :redirect_host, :now, :now, :expires, 0, '', 0, :token, :parent, :now, 0,
  :auth_time, :methods, :jkt, :session);

-- One statement rotates: whatever does not fit finds no row, and grant_state then says why.
-- A filter stands before its "not given" test, so that PostgreSQL takes the parameter's type from the column.
-- name: grant_rotate :one
-- in: id int, tenant int, client blob, token blob, next blob, resource text, jkt text, now int, expires int
-- out: user_id int, resource text, scope text, auth_time int, methods text, session int
UPDATE grants SET parent = token, token = :next, generation = generation + 1, rotated = :now, repeats = 0, last_used = :now, expires = :expires
WHERE id = :id AND tenant = :tenant AND token = :token AND ended = 0 AND expires > :now AND (resource = :resource OR :resource = '')
  AND (jkt = '' OR jkt = :jkt)
  AND client = (SELECT id FROM client WHERE hash = :client AND tenant = :tenant AND status = 'active')
  AND user_id IN (SELECT id FROM users WHERE users.id = grants.user_id AND tenant = :tenant AND status = 'active')
RETURNING user_id, resource, scope, auth_time, methods, session;

-- A machine's grant has no person, and so none that could be blocked.
-- name: grant_state :one
-- in: id int, tenant int
-- out: user_id int, client int, client_hash blob, client_id text, client_origin text, client_status text, user_status text, email text, resource text, scope text, expires int, ended int, generation int, token blob, parent blob, rotated int, repeats int, auth_time int, methods text, jkt text, session int
SELECT grants.user_id, grants.client, client.hash AS client_hash, client.client_id, client.origin AS client_origin, client.status AS client_status, coalesce(users.status, CASE WHEN grants.user_id = 0 THEN 'active' ELSE 'gone' END) AS user_status,
  coalesce(users.email, '') AS email, grants.resource, grants.scope, grants.expires, grants.ended, grants.generation, grants.token, grants.parent, grants.rotated,
  grants.repeats, grants.auth_time, grants.methods, grants.jkt, grants.session
FROM grants JOIN client ON client.id = grants.client LEFT JOIN users ON users.id = grants.user_id AND users.tenant = :tenant
WHERE grants.id = :id AND grants.tenant = :tenant;

-- The parent came again: only while its successor, the newest token, is unspent.
-- name: grant_repeat :exec
-- in: id int, tenant int, token blob, now int
UPDATE grants SET repeats = repeats + 1, last_used = :now WHERE id = :id AND tenant = :tenant AND token = :token AND ended = 0;

-- client: what the audit calls it (client/client.h, client_label).
-- name: grant_end :one
-- in: id int, tenant int, now int, why text
-- out: client text
UPDATE grants SET ended = :now, ended_why = :why WHERE id = :id AND tenant = :tenant AND ended = 0
RETURNING coalesce((SELECT CASE WHEN client.origin IN ('sealed', 'registered') AND client.name <> '' THEN client.name
  ELSE substr(client.client_id, 1, 64) END FROM client WHERE client.id = grants.client AND client.tenant = :tenant), '') AS client;

-- The grant of a machine: a client that was given access for itself, so without a person. One a resource.
-- name: machine_grant :one
-- in: tenant int, client blob, resource text
-- out: id int, client int
SELECT id, client FROM grants
WHERE user_id = 0 AND client = (SELECT id FROM client WHERE hash = :client AND tenant = :tenant AND status = 'active')
  AND tenant = :tenant AND resource = :resource AND ended = 0
ORDER BY id LIMIT 1;

-- name: machine_grants :many
-- in: tenant int, client int
-- out: id int
SELECT id FROM grants WHERE user_id = 0 AND client = :client AND tenant = :tenant AND ended = 0 ORDER BY id LIMIT 1000;

-- A grant without refresh tokens that an assertion made and the next one makes last longer.
-- name: grant_lengthen :one
-- in: tenant int, user_id int, client int, resource text, methods text, scope text, now int, expires int
-- out: id int
UPDATE grants SET last_used = :now, expires = :expires, scope = :scope
WHERE tenant = :tenant AND user_id = :user_id AND client = :client AND resource = :resource AND methods = :methods AND ended = 0
  AND length(token) = 0
RETURNING id;
