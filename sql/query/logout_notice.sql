-- Who is still to be told that a sign-in has ended.

-- The applications that were granted openid in the sign-in of this browser. The hash must fit, as when the session goes:
-- a cookie that somebody made up tells nobody anything.
-- name: logout_notice_put :exec
-- in: id int, tenant int, hash blob, now int
INSERT INTO logout_notice (tenant, client, user_id, session, created, due, tries)
SELECT grants.tenant, grants.client, grants.user_id, grants.session, :now, :now, 0
FROM session JOIN grants ON grants.user_id = session.user_id AND grants.session = session.sid
WHERE session.id = :id AND session.tenant = :tenant AND session.hash = :hash AND grants.tenant = :tenant
  AND (' ' || grants.scope || ' ') LIKE '% openid %'
ON CONFLICT (client, session) DO NOTHING;

-- As above, for all sign-ins of a person but one.
-- name: logout_notice_put_others :exec
-- in: tenant int, user_id int, keep int, now int
INSERT INTO logout_notice (tenant, client, user_id, session, created, due, tries)
SELECT grants.tenant, grants.client, grants.user_id, grants.session, :now, :now, 0
FROM session JOIN grants ON grants.user_id = session.user_id AND grants.session = session.sid
WHERE session.tenant = :tenant AND session.user_id = :user_id AND session.id <> :keep AND grants.tenant = :tenant
  AND (' ' || grants.scope || ' ') LIKE '% openid %'
ON CONFLICT (client, session) DO NOTHING;

-- name: logout_notice_due :one
-- in: tenant int, now int
-- out: id int, client int, user_id int, session int, created int, due int, tries int
SELECT id, client, user_id, session, created, due, tries FROM logout_notice
WHERE tenant = :tenant AND due <= :now ORDER BY due, id LIMIT 1;

-- Of two nodes that saw it due, one changes a row.
-- name: logout_notice_claim :exec
-- in: id int, tenant int, due int, next int
UPDATE logout_notice SET due = :next, tries = tries + 1 WHERE id = :id AND tenant = :tenant AND due = :due;

-- name: logout_notice_drop :exec
-- in: id int, tenant int
DELETE FROM logout_notice WHERE id = :id AND tenant = :tenant;
