-- Messages that leave because a transaction committed. A sent row is deleted, so the table is short and
-- hot: vacuum by number of dead rows, not by share of the table.
CREATE TABLE outbox (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic        text        NOT NULL,
  tag          text        NOT NULL,
  key          text        NOT NULL CHECK (key <> ''),
  body         text        NOT NULL,
  deliver_at   timestamptz,
  created_real timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
