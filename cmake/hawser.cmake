# SPDX-License-Identifier: Apache-2.0
# One library per folder; target_link_libraries is the architecture diagram.

find_program(HAWSER_CCACHE ccache)
if(HAWSER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HAWSER_CCACHE})
endif()

# Designated initialisers name only what differs from the default.
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wno-missing-field-initializers
                    -fno-omit-frame-pointer)
if(HAWSER_WERROR)
  add_compile_options(-Werror)
endif()
if(HAWSER_SANITIZE)
  add_compile_options(-fsanitize=${HAWSER_SANITIZE})
  add_link_options(-fsanitize=${HAWSER_SANITIZE})
  if(HAWSER_SANITIZE MATCHES "undefined")
    # vptr needs RTTI, which the core is built without.
    add_compile_options(-fno-sanitize=vptr -fno-sanitize-recover=undefined)
    add_link_options(-fno-sanitize=vptr)
  endif()
endif()
if(HAWSER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# hawser_library(NAME SOURCES... DEPS...): a library of the core, without exceptions and RTTI.
function(hawser_library name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(hawser_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    if(NOT ARG_EXCEPTIONS)
      target_compile_options(hawser_${name} PRIVATE -fno-exceptions -fno-rtti)
    endif()
  else()
    add_library(hawser_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(hawser_${name} ${scope} ${PROJECT_SOURCE_DIR})
  target_link_libraries(hawser_${name} ${scope} ${ARG_DEPS})
endfunction()

# hawser_build_fast(TARGET): with sanitizers the optimiser takes up to half of a build, and saves
# less in what runs for a short time.
function(hawser_build_fast target)
  if(HAWSER_SANITIZE AND NOT HAWSER_FUZZ)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# hawser_test(NAME SOURCES... DEPS... [LABELS...]): one GoogleTest binary, each case a test with
# the label unit, or LABELS: sim for the simulation, system for what meets the operating system.
function(hawser_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE HAWSER_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_LABELS STREQUAL "sim")
    hawser_build_fast(${name})
  endif()
  set(seconds 120)
  if(ARG_LABELS STREQUAL "sim")
    set(seconds 300)
  endif()
  if(NOT ARG_LABELS STREQUAL "unit")
    add_dependencies(system ${name})
  endif()
  gtest_discover_tests(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${seconds}
                       DISCOVERY_TIMEOUT 60)
endfunction()
