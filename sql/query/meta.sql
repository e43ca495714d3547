-- Facts about the store itself. `version` is the last migration that was run.

-- name: meta_get :one
-- in: name text
-- out: value text
SELECT value FROM meta WHERE name = :name;

-- name: meta_put :exec
-- in: name text, value text
INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;
