# fuzz_target(NAME SOURCES … USES …): a libFuzzer program and a ctest that runs it for three seconds
# from the seeds in tests/vectors/fuzz/NAME. It compiles its few sources itself, because coverage must be
# compiled in, and so is what llvm-cov reads. `./test faults` runs it for SLUICE_FUZZ_SECONDS; by
# hand: build/…/NAME_fuzz CORPUS_DIRECTORY.
set(SLUICE_FUZZ_SECONDS 60 CACHE STRING "How long ./test faults runs each fuzz target")
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
  target_compile_options(${target} PRIVATE -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
    -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(${target} PRIVATE -fsanitize=fuzzer,address,undefined -fprofile-instr-generate)
  target_link_libraries(${target} PRIVATE ${F_USES} Boost::headers sluice_options)
  set(run ${target} -max_len=4096 -verbosity=0 -print_final_stats=1 -artifact_prefix=${found}/ ${found}
          ${seeds})
  add_test(NAME fuzz.${name} COMMAND ${run} -max_total_time=3)
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 60)
  add_test(NAME faults.fuzz.${name} COMMAND ${run} -max_total_time=${SLUICE_FUZZ_SECONDS})
  math(EXPR limit "${SLUICE_FUZZ_SECONDS} + 60")
  set_tests_properties(faults.fuzz.${name} PROPERTIES LABELS faults TIMEOUT ${limit})
  set_tests_properties(fuzz.${name} faults.fuzz.${name} PROPERTIES
    ENVIRONMENT LLVM_PROFILE_FILE=${CMAKE_CURRENT_BINARY_DIR}/${target}.profraw)
endfunction()
