// The same for tests, which all include GoogleTest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "asio_pch.hpp"
