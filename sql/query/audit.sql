-- What the store decided, written in the transaction that decided it. Ids grow with time.

-- name: audit_put :exec
-- in: id int, tenant int, at int, event text, actor text, user_id int, client text, grant_id int, ip text, detail text, version int
INSERT INTO audit (id, tenant, at, event, actor, user_id, client, grant_id, ip, detail, version)
VALUES (:id, :tenant, :at, :event, :actor, :user_id, :client, :grant_id, :ip, :detail, :version);

-- Oldest first, a page at a time: `after` is the last id of the page before, or an id made of the time to begin at.
-- Empty texts and zeros mean "any"; event is a prefix.
-- name: audit_list :many
-- in: tenant int, after int, event text, user_id int, client text, limit int
-- out: id int, at int, event text, actor text, user_id int, client text, grant_id int, ip text, detail text
SELECT id, at, event, actor, user_id, client, grant_id, ip, detail FROM audit
WHERE tenant = :tenant AND id > :after AND substr(event, 1, length(:event)) = :event
  AND (user_id = :user_id OR :user_id = 0) AND (client = :client OR :client = '')
ORDER BY id LIMIT :limit;

-- When the store was last told something: a clock that is behind this has been set back.
-- name: audit_newest :one
-- any-tenant: all of them have one clock
-- out: at int
SELECT at FROM audit ORDER BY id DESC LIMIT 1;
