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

-- last_used is 0 until the first code: a registration that nobody followed up.
-- name: client_put :exec
-- in: id int, tenant int, hash blob, client_id text, name text, origin text, auth_method text, secret blob, redirect_uris text, grant_types text, scope text, metadata text, now int, used int
INSERT INTO client (id, tenant, hash, client_id, name, origin, status, auth_method, secret, redirect_uris, grant_types, scope, metadata,
  created, last_used, updated)
VALUES (:id, :tenant, :hash, :client_id, :name, :origin, 'active', :auth_method, :secret, :redirect_uris, :grant_types, :scope, :metadata,
  :now, :used, :now)
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

-- A code is given to it. Written once in an hour, so that codes of one client do not wait for each other.
-- name: client_use :exec
-- in: id int, tenant int, now int, before int
UPDATE client SET last_used = :now WHERE id = :id AND tenant = :tenant AND last_used < :before;

-- It is about to be given the one grant of its kind, which two writers that look at the same time would both miss: writing one row,
-- the second of them starts over (repeatable read), and finds it.
-- name: client_alone :exec
-- in: id int, tenant int, now int
UPDATE client SET last_used = :now WHERE id = :id AND tenant = :tenant;

-- The row of a document's client is what its document said last: what serves while its host is down.
-- name: client_renew :exec
-- in: id int, tenant int, name text, auth_method text, redirect_uris text, grant_types text, metadata text, now int
UPDATE client SET name = :name, auth_method = :auth_method, redirect_uris = :redirect_uris, grant_types = :grant_types, metadata = :metadata, updated = :now
WHERE id = :id AND tenant = :tenant AND origin = 'document' AND (name <> :name OR auth_method <> :auth_method
  OR redirect_uris <> :redirect_uris OR grant_types <> :grant_types OR metadata <> :metadata);

-- Registrations that nobody followed up, no more of them counted than :most (the newest unused ones have last_used 0).
-- name: client_unused :one
-- in: tenant int, most int
-- out: count int
SELECT count(*) AS count FROM (SELECT id FROM client WHERE tenant = :tenant AND origin = 'registered' AND last_used = 0
  AND substr(client_id, 1, 5) <> 'gh_c_' LIMIT :most) AS slice;

-- The oldest of them makes room, once it had time to be followed up. Who is signing in with it now, or about to, keeps it, and so does a
-- sealed id that registered anew: without its row it would come back as its id says.
-- name: client_make_room :exec
-- in: tenant int, before int, now int
DELETE FROM client WHERE tenant = :tenant AND id IN (SELECT id FROM client WHERE tenant = :tenant AND origin = 'registered' AND last_used = 0
  AND status = 'active' AND created < :before AND substr(client_id, 1, 5) <> 'gh_c_'
  AND NOT EXISTS (SELECT 1 FROM txn WHERE txn.tenant = client.tenant AND txn.client_id = client.client_id)
  AND NOT EXISTS (SELECT 1 FROM pushed WHERE pushed.tenant = client.tenant AND pushed.client_id = client.client_id AND used = 0 AND pushed.expires > :now)
  AND NOT EXISTS (SELECT 1 FROM device WHERE device.tenant = client.tenant AND device.client_id = client.client_id AND state = 'pending' AND device.expires > :now)
  ORDER BY created, id LIMIT 100);
