-- What the master key seals. Whoever writes first wins; everybody then reads what is there.

-- name: secret_get :one
-- in: name text
-- out: sealed blob
SELECT sealed FROM secret WHERE name = :name;

-- name: secret_put :exec
-- in: name text, sealed blob
INSERT INTO secret (name, sealed) VALUES (:name, :sealed) ON CONFLICT (name) DO NOTHING;
