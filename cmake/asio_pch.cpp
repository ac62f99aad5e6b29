// The owner of the precompiled header; see asio_pch.hpp.
