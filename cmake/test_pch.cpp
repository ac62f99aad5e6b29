// The owner of the precompiled header; see test_pch.hpp.
