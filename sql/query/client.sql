-- Clients known by row. A sealed or configured client gets one at its first consent, so that grants can name it.

-- name: client_get :one
-- in: tenant int, hash blob
-- out: id int, client_id text, name text, origin text, status text, auth_method text, secret blob, old_secret text, old_until int, redirect_uris text, grant_types text, scope text, metadata text, created int, updated int
SELECT id, client_id, name, origin, status, auth_method, secret, old_secret, old_until, redirect_uris, grant_types, scope, metadata, created, updated FROM client
WHERE hash = :hash AND tenant = :tenant;

-- name: client_state :one
-- in: tenant int, hash blob
-- out: id int, status text, origin text
SELECT id, status, origin FROM client WHERE hash = :hash AND tenant = :tenant;

-- name: client_put :exec
-- in: id int, tenant int, hash blob, client_id text, name text, origin text, auth_method text, secret blob, redirect_uris text, grant_types text, scope text, metadata text, now int
INSERT INTO client (id, tenant, hash, client_id, name, origin, status, auth_method, secret, redirect_uris, grant_types, scope, metadata,
  created, last_used, updated)
VALUES (:id, :tenant, :hash, :client_id, :name, :origin, 'active', :auth_method, :secret, :redirect_uris, :grant_types, :scope, :metadata,
  :now, :now, :now)
ON CONFLICT (hash) DO NOTHING;

-- name: client_set :exec
-- in: id int, tenant int, name text, status text, redirect_uris text, scope text, metadata text, now int
UPDATE client SET name = :name, status = :status, redirect_uris = :redirect_uris, scope = :scope, metadata = :metadata, updated = :now
WHERE id = :id AND tenant = :tenant AND status <> 'deleted';

-- The secret that was there stays good until old_until.
-- name: client_rotate :exec
-- in: id int, tenant int, secret blob, old_secret text, old_until int, now int
UPDATE client SET secret = :secret, old_secret = :old_secret, old_until = :old_until, updated = :now
WHERE id = :id AND tenant = :tenant AND status <> 'deleted';

-- secret: empty.
-- name: client_delete :exec
-- in: id int, tenant int, secret blob, now int
UPDATE client SET status = 'deleted', secret = :secret, old_secret = '', old_until = 0, updated = :now
WHERE id = :id AND tenant = :tenant AND status <> 'deleted';

-- kind: static (made by an operation), dynamic (registered itself), document; '' for all. What the file declares is
-- listed from the file.
-- name: op_clients :many
-- in: tenant int, kind text, limit int, offset int
-- out: id int, client_id text, name text, origin text, status text, auth_method text, redirect_uris text, grant_types text, scope text, metadata text, created int, updated int
SELECT id, client_id, name, origin, status, auth_method, redirect_uris, grant_types, scope, metadata, created, updated FROM client
WHERE tenant = :tenant AND status <> 'deleted' AND origin <> 'config'
  AND (CASE origin WHEN 'registered' THEN 'dynamic' WHEN 'sealed' THEN 'dynamic' WHEN 'created' THEN 'static'
    ELSE origin END = :kind OR :kind = '')
ORDER BY id LIMIT :limit OFFSET :offset;

-- name: op_clients_count :one
-- in: tenant int, kind text
-- out: total int
SELECT count(*) AS total FROM client
WHERE tenant = :tenant AND status <> 'deleted' AND origin <> 'config'
  AND (CASE origin WHEN 'registered' THEN 'dynamic' WHEN 'sealed' THEN 'dynamic' WHEN 'created' THEN 'static'
    ELSE origin END = :kind OR :kind = '');

-- name: client_by_row :one
-- in: tenant int, id int
-- out: client_id text
SELECT client_id FROM client WHERE id = :id AND tenant = :tenant;

-- What a client registers anew (RFC 7592). From then on the row counts, also for a client whose id tells what it was at first.
-- name: client_replace :exec
-- in: id int, tenant int, name text, redirect_uris text, scope text, metadata text, now int
UPDATE client SET origin = 'registered', name = :name, redirect_uris = :redirect_uris, scope = :scope, metadata = :metadata, updated = :now
WHERE id = :id AND tenant = :tenant AND status = 'active';
