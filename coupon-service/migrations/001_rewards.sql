-- What a paid order earns. Each kind has a permanent unique key of its own: it alone makes a replay
-- harmless, with or without the inbox.
CREATE TABLE campaign (
    campaign_id text PRIMARY KEY,
    value_fen   bigint NOT NULL CHECK (value_fen > 0),
    valid_days  bigint NOT NULL CHECK (valid_days > 0),
    budget      bigint NOT NULL CHECK (budget >= 0)  -- coupons left to give
);
INSERT INTO campaign VALUES ('NEXT-ORDER-10', 1000, 30, 1000000);

CREATE TABLE coupon (
    coupon_id   text PRIMARY KEY,
    campaign_id text NOT NULL REFERENCES campaign,
    order_no    text NOT NULL,
    user_id     text NOT NULL,
    value_fen   bigint NOT NULL CHECK (value_fen > 0),
    state       text NOT NULL CHECK (state IN ('UNUSED', 'LOCKED', 'USED', 'REVOKED')),
    expires_at  timestamptz NOT NULL,
    granted_at  timestamptz NOT NULL,
    CONSTRAINT coupon_once_per_order UNIQUE (order_no, campaign_id)
);
CREATE INDEX coupon_of_user ON coupon (user_id);

-- Points are an append-only ledger; a balance is a sum of it and never stored.
CREATE TABLE points_entry (
    order_no  text NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('EARNED')),
    user_id   text NOT NULL,
    points    bigint NOT NULL CHECK (points > 0),
    booked_at timestamptz NOT NULL,
    CONSTRAINT points_once_per_order PRIMARY KEY (order_no, kind)
);
CREATE INDEX points_of_user ON points_entry (user_id);

CREATE TABLE red_packet (
    order_no   text NOT NULL,
    user_id    text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    state      text NOT NULL CHECK (state IN ('CLAIMABLE', 'CLAIMED', 'CANCELLED')),
    expires_at timestamptz NOT NULL,
    granted_at timestamptz NOT NULL,
    CONSTRAINT red_packet_once_per_order PRIMARY KEY (order_no)
);
CREATE INDEX red_packet_of_user ON red_packet (user_id);

-- The next sequence of reward-events, per order.
CREATE TABLE reward_sequence (
    order_no text PRIMARY KEY,
    last     bigint NOT NULL
);
