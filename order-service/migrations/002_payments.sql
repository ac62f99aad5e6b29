-- One attempt to be paid through one channel: the intent row before the gateway is called.
CREATE TABLE payment_attempt (
    out_trade_no  text PRIMARY KEY,
    order_no      text NOT NULL REFERENCES orders,
    attempt_no    bigint NOT NULL,
    channel       text NOT NULL,
    amount_fen    bigint NOT NULL CHECK (amount_fen > 0),
    state         text NOT NULL CHECK (state IN ('INTENT', 'OPEN', 'SUCCEEDED', 'CLOSED')),
    trade_no      text,
    pay_url       text,
    expires_at    timestamptz NOT NULL,
    next_query_at timestamptz,
    queries       bigint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL,
    UNIQUE (order_no, attempt_no)
);
CREATE UNIQUE INDEX one_open_attempt ON payment_attempt (order_no) WHERE state IN ('INTENT', 'OPEN');
CREATE INDEX attempts_to_query ON payment_attempt (next_query_at) WHERE next_query_at IS NOT NULL;

-- Every genuine notification once, by the gateway's own id.
CREATE TABLE payment_notify (
    notify_id    text PRIMARY KEY,
    out_trade_no text NOT NULL,
    trade_status text NOT NULL,
    outcome      text NOT NULL,
    received_at  timestamptz NOT NULL
);

-- Money that reached us, once per trade of the gateway. Never deleted, never changed.
CREATE TABLE payment (
    trade_no     text PRIMARY KEY,
    out_trade_no text NOT NULL REFERENCES payment_attempt,
    order_no     text NOT NULL REFERENCES orders,
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    kind         text NOT NULL CHECK (kind IN ('ORDER', 'LATE_PAYMENT', 'DUPLICATE_PAYMENT', 'MISMATCH')),
    paid_at      timestamptz NOT NULL
);
-- An order is paid by exactly one payment.
CREATE UNIQUE INDEX one_payment_per_order ON payment (order_no) WHERE kind = 'ORDER';

-- Money that goes back by itself. The number derives from the payment, so duplicates collapse, and
-- is the same on every try.
CREATE TABLE refund (
    refund_no   text PRIMARY KEY,
    trade_no    text NOT NULL UNIQUE REFERENCES payment,
    order_no    text NOT NULL REFERENCES orders,
    amount_fen  bigint NOT NULL CHECK (amount_fen > 0),
    reason      text NOT NULL,
    state       text NOT NULL CHECK (state IN ('REQUESTED', 'SUCCEEDED', 'STUCK')),
    attempts    bigint NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    last_error  text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    CHECK ((state = 'REQUESTED') = (next_try_at IS NOT NULL))
);
CREATE INDEX refunds_to_do ON refund (next_try_at) WHERE state = 'REQUESTED';

-- A genuine notification that does not agree with what we asked for. Somebody has to look.
CREATE TABLE payment_anomaly (
    notify_id    text PRIMARY KEY,
    out_trade_no text NOT NULL,
    what         text NOT NULL,
    seen_at      timestamptz NOT NULL
);
