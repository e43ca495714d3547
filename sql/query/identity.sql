-- Who a person is to somebody else: the subject that an identity provider calls them by.

-- name: identity_get :one
-- in: tenant int, issuer text, subject text
-- out: user_id int
SELECT user_id FROM identity WHERE tenant = :tenant AND issuer = :issuer AND subject = :subject;

-- name: identity_put :exec
-- in: id int, tenant int, issuer text, subject text, user_id int, now int
INSERT INTO identity (id, tenant, issuer, subject, user_id, created)
VALUES (:id, :tenant, :issuer, :subject, :user_id, :now)
ON CONFLICT (tenant, issuer, subject) DO NOTHING;
