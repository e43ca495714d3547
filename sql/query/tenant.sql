-- Tenants: issuers with users, clients and keys of their own. The first one's slug is 'default'.

-- name: tenant_put :exec
-- in: id int, account int, slug text, name text, settings text, now int
INSERT INTO tenant (id, account, slug, name, status, settings, created, updated)
VALUES (:id, :account, :slug, :name, 'active', :settings, :now, :now);

-- name: tenant_by_slug :one
-- in: slug text
-- out: id int, account int, slug text, name text, status text, settings text, created int, updated int
SELECT id, account, slug, name, status, settings, created, updated FROM tenant WHERE slug = :slug;

-- name: tenant_list :many
-- in: after int
-- out: id int, account int, slug text, name text, status text
SELECT id, account, slug, name, status FROM tenant WHERE id > :after ORDER BY id LIMIT 1000;
