#pragma once

// All typed headers, in the visit() style of header.hpp: <CodeName>Request and <CodeName>Response. A code
// whose request or response has no fields has no struct. Members with a default are what a stock client
// sends; std::optional members are absent when the sender left them out.
#include "mq/protocol/headers_admin.hpp"
#include "mq/protocol/headers_group.hpp"
#include "mq/protocol/headers_offset.hpp"
#include "mq/protocol/headers_pop.hpp"
#include "mq/protocol/headers_pull.hpp"
#include "mq/protocol/headers_registration.hpp"
#include "mq/protocol/headers_route.hpp"
#include "mq/protocol/headers_send.hpp"
