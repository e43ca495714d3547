-- Resources that an operation made (`gatehouse protect`). Those of the configuration have no row.

-- name: resource_list :many
-- in: tenant int
-- out: id int, path text, name text, upstream text, scopes text, required text, created int
SELECT id, path, name, upstream, scopes, required, created FROM resource WHERE tenant = :tenant ORDER BY id LIMIT 1000;

-- name: resource_put :exec
-- in: id int, tenant int, path text, name text, upstream text, scopes text, required text, created int
INSERT INTO resource (id, tenant, path, name, upstream, scopes, required, created)
VALUES (:id, :tenant, :path, :name, :upstream, :scopes, :required, :created)
ON CONFLICT (tenant, path) DO NOTHING;

-- name: resource_drop :exec
-- in: tenant int, path text
DELETE FROM resource WHERE tenant = :tenant AND path = :path;
