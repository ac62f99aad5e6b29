-- Catalogue and stock. One row of stock per product; what is reserved is still on hand.
CREATE TABLE product (
    sku         text PRIMARY KEY,
    name_zh     text NOT NULL,
    name_en     text NOT NULL,
    description text NOT NULL,
    price_fen   bigint NOT NULL CHECK (price_fen >= 0),
    on_sale     boolean NOT NULL DEFAULT true
);

CREATE TABLE stock (
    sku      text PRIMARY KEY REFERENCES product,
    on_hand  bigint NOT NULL,
    reserved bigint NOT NULL DEFAULT 0,
    sold     bigint NOT NULL DEFAULT 0,
    CONSTRAINT stock_never_oversold CHECK (reserved >= 0 AND reserved <= on_hand)
);

-- An order. `version` counts its events: event n is visible before n+1, because both change this row.
CREATE TABLE orders (
    order_no         text PRIMARY KEY,
    user_id          text NOT NULL,
    state            text NOT NULL
        CHECK (state IN ('PENDING_PAYMENT', 'PAID', 'FULFILLING', 'SHIPPED', 'CLOSED')),
    close_reason     text CHECK (close_reason IN ('TIMEOUT', 'USER')),
    total_fen        bigint NOT NULL CHECK (total_fen >= 0),
    version          bigint NOT NULL DEFAULT 1,
    deadline         timestamptz NOT NULL,
    deadline_version bigint NOT NULL DEFAULT 1,
    ship_to          jsonb NOT NULL,
    note             text NOT NULL DEFAULT '',
    carrier          text,
    tracking_no      text,
    traceparent      text NOT NULL DEFAULT '',
    created_at       timestamptz NOT NULL,
    CHECK ((state = 'CLOSED') = (close_reason IS NOT NULL))
);
CREATE INDEX orders_of_user ON orders (user_id, order_no DESC);
-- The safety net behind the delay messages reads only what is overdue.
CREATE INDEX orders_unpaid ON orders (deadline) WHERE state = 'PENDING_PAYMENT';

CREATE TABLE order_line (
    order_no       text NOT NULL REFERENCES orders,
    sku            text NOT NULL REFERENCES product,
    name           text NOT NULL,
    quantity       bigint NOT NULL CHECK (quantity > 0),
    unit_price_fen bigint NOT NULL CHECK (unit_price_fen >= 0),
    PRIMARY KEY (order_no, sku)
);

-- What an order holds of the stock. A reservation changes first, then the counters: a repeated
-- message finds nothing to change.
CREATE TABLE reservation (
    order_no text NOT NULL REFERENCES orders,
    sku      text NOT NULL REFERENCES stock,
    quantity bigint NOT NULL CHECK (quantity > 0),
    state    text NOT NULL CHECK (state IN ('HELD', 'COMMITTED', 'RELEASED')),
    PRIMARY KEY (order_no, sku)
);
CREATE INDEX reservation_held ON reservation (sku) WHERE state = 'HELD';

-- The timeline: one row per version of the order.
CREATE TABLE order_event (
    order_no text NOT NULL REFERENCES orders,
    sequence bigint NOT NULL,
    type     text NOT NULL,
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    detail   text NOT NULL DEFAULT '',
    PRIMARY KEY (order_no, sequence)
);
