#pragma once

// All JSON bodies; encode_body() and decode_body() work on each.
#include "mq/protocol/bodies_admin.hpp"
#include "mq/protocol/bodies_group.hpp"
#include "mq/protocol/bodies_pop.hpp"
#include "mq/protocol/bodies_route.hpp"
#include "mq/protocol/body.hpp"
