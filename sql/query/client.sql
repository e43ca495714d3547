-- Clients known by row. A sealed or configured client gets one at its first consent, so that grants can name it.

-- name: client_get :one
-- in: tenant int, hash blob
-- out: id int, client_id text, name text, origin text, status text, auth_method text, secret blob, redirect_uris text, grant_types text, scope text, metadata text
SELECT id, client_id, name, origin, status, auth_method, secret, redirect_uris, grant_types, scope, metadata FROM client
WHERE hash = :hash AND tenant = :tenant;

-- name: client_state :one
-- in: tenant int, hash blob
-- out: id int, status text
SELECT id, status FROM client WHERE hash = :hash AND tenant = :tenant;

-- name: client_put :exec
-- in: id int, tenant int, hash blob, client_id text, name text, origin text, auth_method text, secret blob, redirect_uris text, grant_types text, scope text, metadata text, now int
INSERT INTO client (id, tenant, hash, client_id, name, origin, status, auth_method, secret, redirect_uris, grant_types, scope, metadata,
  created, last_used)
VALUES (:id, :tenant, :hash, :client_id, :name, :origin, 'active', :auth_method, :secret, :redirect_uris, :grant_types, :scope, :metadata,
  :now, :now)
ON CONFLICT (hash) DO NOTHING;
