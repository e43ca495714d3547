-- Devices that ask for access (RFC 8628).

-- name: device_put :exec
-- in: id int, tenant int, hash blob, user_code blob, client_id text, resource text, scope text, ip text, now int, expires int, pace int
INSERT INTO device (id, tenant, hash, user_code, client_id, resource, scope, ip, created, expires, polled, pace, state, user_id, client,
  auth_time, methods, session)
VALUES (:id, :tenant, :hash, :user_code, :client_id, :resource, :scope, :ip, :now, :expires, 0, :pace, 'pending', 0, 0, 0, '', 0);

-- What a person typed. It is theirs from then on: others are told that there is no such code.
-- name: device_claim :one
-- in: tenant int, user_code blob, user_id int, now int
-- out: id int, client_id text, resource text, scope text, ip text, created int
UPDATE device SET user_id = :user_id
WHERE user_code = :user_code AND tenant = :tenant AND state = 'pending' AND expires > :now AND (user_id = 0 OR user_id = :user_id)
RETURNING id, client_id, resource, scope, ip, created;

-- name: device_decide :exec
-- in: id int, tenant int, user_id int, state text, client int, auth_time int, methods text, session int, now int
UPDATE device SET state = :state, client = :client, auth_time = :auth_time, methods = :methods, session = :session
WHERE id = :id AND tenant = :tenant AND user_id = :user_id AND state = 'pending' AND expires > :now;

-- The client is part of the WHERE: another client's device code is nobody's.
-- name: device_get :one
-- in: id int, tenant int, hash blob, client_id text
-- out: resource text, scope text, expires int, polled int, pace int, state text, user_id int, client int, auth_time int, methods text, session int
SELECT resource, scope, expires, polled, pace, state, user_id, client, auth_time, methods, session FROM device
WHERE id = :id AND tenant = :tenant AND hash = :hash AND client_id = :client_id;

-- name: device_polled :exec
-- in: id int, tenant int, now int, pace int
UPDATE device SET polled = :now, pace = :pace WHERE id = :id AND tenant = :tenant;

-- name: device_redeem :exec
-- in: id int, tenant int
UPDATE device SET state = 'redeemed' WHERE id = :id AND tenant = :tenant AND state = 'allowed';
