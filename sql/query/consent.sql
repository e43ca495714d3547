-- What a person agreed to, for one client, one resource and one https host that the answer goes to.

-- name: consent_get :one
-- in: tenant int, user_id int, client int, resource text, redirect_host text
-- out: scope text
SELECT scope FROM consent
WHERE user_id = :user_id AND client = :client AND resource = :resource AND redirect_host = :redirect_host AND tenant = :tenant;

-- name: consent_put :exec
-- in: tenant int, user_id int, client int, resource text, redirect_host text, scope text, now int
INSERT INTO consent (user_id, client, resource, redirect_host, tenant, scope, at)
VALUES (:user_id, :client, :resource, :redirect_host, :tenant, :scope, :now)
ON CONFLICT (user_id, client, resource, redirect_host) DO UPDATE SET scope = excluded.scope, at = excluded.at;

-- Taking access back takes the remembered yes back too: the next authorization asks again.
-- name: consent_drop :exec
-- in: tenant int, user_id int, client int
DELETE FROM consent WHERE tenant = :tenant AND user_id = :user_id AND client = :client;
