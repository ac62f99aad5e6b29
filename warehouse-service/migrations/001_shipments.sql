-- One shipment per paid order. The row is the intent: written before the warehouse is asked, under a
-- number the warehouse knows again. `version` counts its events.
CREATE TABLE shipment (
    shipment_no text PRIMARY KEY,
    order_no    text NOT NULL,
    state       text NOT NULL CHECK (state IN ('REQUESTED', 'ACCEPTED', 'SHIPPED', 'REFUSED')),
    version     bigint NOT NULL DEFAULT 0,
    request     text NOT NULL,  -- the exact body sent to the warehouse, the same on every try
    carrier     text,
    tracking_no text,
    attempts    bigint NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    last_error  text NOT NULL DEFAULT '',
    traceparent text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    CONSTRAINT shipment_once_per_order UNIQUE (order_no),
    CHECK ((state = 'REQUESTED') = (next_try_at IS NOT NULL))
);
CREATE INDEX shipments_to_request ON shipment (next_try_at) WHERE state = 'REQUESTED';

-- Every genuine notice of the warehouse once.
CREATE TABLE notice (
    notice_id   text PRIMARY KEY,
    shipment_no text NOT NULL,
    status      text NOT NULL,
    received_at timestamptz NOT NULL
);
