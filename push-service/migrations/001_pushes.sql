-- One notification to one buyer. The row is the intent: written with the event's inbox row, sent by a
-- worker afterwards, under a message id the provider knows again.
CREATE TABLE push (
    order_no    text NOT NULL,
    template    text NOT NULL,
    message_id  text NOT NULL UNIQUE,
    user_id     text NOT NULL,
    title       text NOT NULL,
    body        text NOT NULL,
    state       text NOT NULL CHECK (state IN ('PENDING', 'SENT', 'EXPIRED')),
    channel     text CHECK (channel IN ('PUSH', 'SMS')),
    attempts    bigint NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    expires_at  timestamptz NOT NULL,
    last_error  text NOT NULL DEFAULT '',
    traceparent text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    CONSTRAINT push_once_per_order PRIMARY KEY (order_no, template),
    CHECK ((state = 'PENDING') = (next_try_at IS NOT NULL))
);
CREATE INDEX pushes_to_send ON push (next_try_at) WHERE state = 'PENDING';

-- Where a text message goes when the buyer has no device. Known from the paid event on.
CREATE TABLE contact (
    order_no text PRIMARY KEY,
    phone    text NOT NULL
);

CREATE TABLE push_sequence (
    order_no text PRIMARY KEY,
    last     bigint NOT NULL
);
