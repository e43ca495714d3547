-- Signed-in browsers. The id in the cookie finds the row, the hash of the whole cookie must fit.

-- name: session_put :exec
-- in: id int, tenant int, hash blob, user_id int, now int, expires int, methods text, sid int
INSERT INTO session (id, tenant, hash, user_id, created, seen, expires, auth_time, methods, sid)
VALUES (:id, :tenant, :hash, :user_id, :now, :now, :expires, :now, :methods, :sid);

-- name: session_get :one
-- in: id int, tenant int
-- out: hash blob, user_id int, seen int, expires int, auth_time int, methods text, sid int, email text, name text, role text, status text
SELECT session.hash, session.user_id, session.seen, session.expires, session.auth_time, session.methods, session.sid, users.email, users.name,
  users.role, users.status
FROM session JOIN users ON users.id = session.user_id
WHERE session.id = :id AND session.tenant = :tenant AND users.tenant = :tenant;

-- A sign-in as applications know it, while it lasts.
-- name: session_of_sign_in :one
-- in: sid int, tenant int, user_id int, now int
-- out: id int
SELECT id FROM session WHERE sid = :sid AND tenant = :tenant AND user_id = :user_id AND expires > :now ORDER BY id LIMIT 1;

-- name: session_touch :exec
-- in: id int, tenant int, now int, expires int
UPDATE session SET seen = :now, expires = :expires WHERE id = :id AND tenant = :tenant;

-- name: session_drop :exec
-- in: id int, tenant int, hash blob
DELETE FROM session WHERE id = :id AND tenant = :tenant AND hash = :hash;

-- After a new password. Rare, so it may walk through the table; an index would cost every sign-in.
-- name: session_drop_others :exec
-- in: tenant int, user_id int, keep int
DELETE FROM session WHERE tenant = :tenant AND user_id = :user_id AND id <> :keep;
