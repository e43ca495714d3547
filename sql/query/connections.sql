-- What a person sees under Connections: the grants that are alive.

-- name: connection_list :many
-- in: tenant int, user_id int, now int
-- out: id int, client int, client_id text, client_name text, resource text, scope text, redirect_host text, created int, last_used int
SELECT grants.id, grants.client, client.client_id, client.name AS client_name, grants.resource, grants.scope, grants.redirect_host,
  grants.created, grants.last_used
FROM grants JOIN client ON client.id = grants.client
WHERE grants.tenant = :tenant AND client.tenant = :tenant AND grants.user_id = :user_id AND grants.ended = 0 AND grants.expires > :now
  AND client.status <> 'deleted'
ORDER BY client.name, grants.id LIMIT 1000;
