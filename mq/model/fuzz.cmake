# fuzz_target(NAME SOURCES … USES …): a libFuzzer program and a ctest that runs it for three seconds
# from the seeds in tests/vectors/fuzz/NAME. It compiles its few sources itself, because coverage must be
# compiled in. Run it for longer by hand: build/…/NAME_fuzz CORPUS_DIRECTORY.
function(fuzz_target name)
  cmake_parse_arguments(F "" "" "SOURCES;USES" ${ARGN})
  if(NOT BUILD_TESTING OR SLUICE_SANITIZE STREQUAL "thread" OR NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    return()
  endif()
  set(target ${name}_fuzz)
  set(seeds ${SLUICE_ROOT}/tests/vectors/fuzz/${name})
  set(found ${CMAKE_CURRENT_BINARY_DIR}/${target}_corpus)
  file(MAKE_DIRECTORY ${found})
  add_executable(${target} ${F_SOURCES})
  target_include_directories(${target} PRIVATE ${SLUICE_ROOT})
  target_compile_options(${target} PRIVATE -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
  target_link_options(${target} PRIVATE -fsanitize=fuzzer,address,undefined)
  target_link_libraries(${target} PRIVATE ${F_USES} Boost::headers sluice_options)
  add_test(NAME fuzz.${name}
    COMMAND ${target} -max_total_time=3 -max_len=4096 -verbosity=0 -artifact_prefix=${found}/
            ${found} ${seeds})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 60)
endfunction()
