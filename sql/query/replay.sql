-- Assertions that were used. The hash is the key, so of two that come at once, on whatever node, one is the first.

-- name: replay_put :exec
-- in: tenant int, hash blob, until int
INSERT INTO replay (tenant, hash, until) VALUES (:tenant, :hash, :until) ON CONFLICT (hash) DO NOTHING;
