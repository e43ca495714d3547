-- Authorization codes. The id in the code finds the row; the whole code's hash and the client must fit.

-- name: code_put :exec
-- in: id int, tenant int, hash blob, user_id int, client int, grant_id int, redirect_uri text, resource text, scope text, challenge text, nonce text, auth_time int, methods text, expires int, jkt text, session int
INSERT INTO code (id, tenant, hash, user_id, client, grant_id, redirect_uri, resource, scope, challenge, nonce, auth_time, methods, expires, uses, jkt, session)
VALUES (:id, :tenant, :hash, :user_id, :client, :grant_id, :redirect_uri, :resource, :scope, :challenge, :nonce, :auth_time, :methods, :expires, 0, :jkt, :session);

-- The client is part of the WHERE, so nobody else can spend the code or make a replay of it (client: SHA-256 of its id).
-- name: code_take :one
-- in: id int, tenant int, hash blob, client blob
-- out: user_id int, client int, grant_id int, redirect_uri text, resource text, scope text, challenge text, nonce text, auth_time int, methods text, expires int, uses int, jkt text, session int, user_status text
UPDATE code SET uses = uses + 1
WHERE id = :id AND tenant = :tenant AND hash = :hash
  AND client = (SELECT id FROM client WHERE hash = :client AND tenant = :tenant AND status = 'active')
RETURNING user_id, client, grant_id, redirect_uri, resource, scope, challenge, nonce, auth_time, methods, expires, uses, jkt, session,
  (SELECT status FROM users WHERE users.id = code.user_id AND users.tenant = :tenant) AS user_status;
