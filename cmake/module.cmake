# module(NAME SOURCES … USES … TESTS … NETTESTS … PGTESTS …)
#
# One folder, one library. USES is the layer rule: what a module may include is what it names here,
# and tests/style compares the two. Tests stand beside the file they test; the kind says what a test
# needs: TESTS nothing, NETTESTS sockets, PGTESTS a database. One test program per kind.
function(module name)
  cmake_parse_arguments(M "" "" "SOURCES;USES;TESTS;NETTESTS;PGTESTS;TEST_USES" ${ARGN})
  if(M_SOURCES)
    add_library(${name} STATIC ${M_SOURCES})
    target_include_directories(${name} PUBLIC ${SLUICE_ROOT})
    target_link_libraries(${name} PUBLIC ${M_USES} PRIVATE sluice_options)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${SLUICE_ROOT})
    target_link_libraries(${name} INTERFACE ${M_USES})
  endif()
  _module_tests(${name}_test unit "${M_TESTS}" ${name} ${M_TEST_USES})
  _module_tests(${name}_nettest net "${M_NETTESTS}" ${name} ${M_TEST_USES})
  _module_tests(${name}_pgtest pg "${M_PGTESTS}" ${name} ${M_TEST_USES})
endfunction()

# program(NAME SOURCES … USES …): an executable in build/bin.
function(program name)
  cmake_parse_arguments(P "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${P_SOURCES})
  target_include_directories(${name} PRIVATE ${SLUICE_ROOT})
  target_link_libraries(${name} PRIVATE ${P_USES} sluice_options)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

function(_module_tests target label sources)
  if(NOT sources OR NOT BUILD_TESTING)
    return()
  endif()
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE ${ARGN} GTest::gmock_main sluice_options)
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    TEST_PREFIX "${target}." PROPERTIES LABELS ${label} TIMEOUT 120)
endfunction()
