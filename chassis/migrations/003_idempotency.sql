-- Answers to requests with an Idempotency-Key. The row is claimed before the effect and commits with it;
-- status 0 is never visible to others.
CREATE TABLE idempotency (
  principal    text        NOT NULL,
  route        text        NOT NULL,
  key          text        NOT NULL,
  request_hash text        NOT NULL,
  status       integer     NOT NULL DEFAULT 0,
  headers      text        NOT NULL DEFAULT '[]',
  body         text        NOT NULL DEFAULT '',
  created_real timestamptz NOT NULL,
  PRIMARY KEY (principal, route, key)
);

CREATE INDEX idempotency_created_real ON idempotency (created_real);
