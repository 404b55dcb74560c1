# crest_layer(name LINK ... PRIVATE_LINK ...): src/<name> is the target crest::<name>, and its
# *_test.cpp files are one program <name>_test: one link and one start-up a layer, not one a file.
# crest_test(name sources...): a GoogleTest program; unit_tests builds them all.
add_library(crest_flags INTERFACE)
target_compile_features(crest_flags INTERFACE cxx_std_20)
# A designated initialiser that leaves members out is how options are written here.
target_compile_options(crest_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local> $<$<CXX_COMPILER_ID:Clang>:-Wshadow>
  -fvisibility=hidden -fno-omit-frame-pointer -fstack-protector-strong)
target_link_options(crest_flags INTERFACE -Wl,-z,relro,-z,now)
target_compile_definitions(crest_flags INTERFACE CREST_VERSION="${PROJECT_VERSION}")
target_include_directories(crest_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
if(CREST_SANITIZE)
  target_compile_options(crest_flags INTERFACE -fsanitize=${CREST_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(crest_flags INTERFACE -fsanitize=${CREST_SANITIZE})
endif()
if(CREST_FUZZ)
  target_compile_options(crest_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

add_custom_target(unit_tests)

function(crest_layer name)
  cmake_parse_arguments(ARG "" "" "LINK;PRIVATE_LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(sources)
    add_library(crest_${name} STATIC ${sources})
    target_link_libraries(crest_${name} PUBLIC crest_flags ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  else()
    add_library(crest_${name} INTERFACE)
    target_link_libraries(crest_${name} INTERFACE crest_flags ${ARG_LINK} ${ARG_PRIVATE_LINK})
  endif()
  add_library(crest::${name} ALIAS crest_${name})
  if(CREST_TESTS AND tests)
    crest_test(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE crest::${name} ${ARG_PRIVATE_LINK})
  endif()
endfunction()

# crest_planted_layer(name LINK ...): the layer once more, as crest_<name>_planted, with the bugs of core/planted.hpp in
# it. For the simulator's own test only; nothing else may link it.
function(crest_planted_layer name)
  if(NOT CREST_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "LINK;PRIVATE_LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  add_library(crest_${name}_planted STATIC EXCLUDE_FROM_ALL ${sources})
  target_compile_definitions(crest_${name}_planted PUBLIC CREST_PLANTED)
  target_link_libraries(crest_${name}_planted PUBLIC crest_flags ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()

function(crest_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE crest_flags GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  add_dependencies(unit_tests ${name})
endfunction()
