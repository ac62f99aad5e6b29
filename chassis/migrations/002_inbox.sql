-- Events a consumer group has handled. The day is the one written in the event's id (UUIDv7), so a repeat
-- meets its first row in the same partition whenever it comes. Ids of other days than those that have a
-- partition, and ids without a day, live in inbox_other.
CREATE TABLE inbox (
  event_day      date        NOT NULL,
  consumer_group text        NOT NULL,
  event_id       text        NOT NULL,
  received_real  timestamptz NOT NULL,
  PRIMARY KEY (event_day, consumer_group, event_id)
) PARTITION BY RANGE (event_day);

CREATE TABLE inbox_other PARTITION OF inbox DEFAULT;
