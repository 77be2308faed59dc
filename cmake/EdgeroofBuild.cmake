# Flags and the two functions that every folder uses.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(EDGEROOF_CCACHE ccache)
if(EDGEROOF_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${EDGEROOF_CCACHE})
endif()

add_library(edgeroof_flags INTERFACE)
target_include_directories(edgeroof_flags INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>)
target_compile_options(edgeroof_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wundef
  # GCC 12 takes string concatenation for overlapping copies (gcc.gnu.org bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${EDGEROOF_WERROR}>:-Werror>)

# edgeroof_library(NAME SOURCES ... [PUBLIC ...] [PRIVATE ...])
function(edgeroof_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(edgeroof_${name} STATIC ${ARG_SOURCES})
  add_library(edgeroof::${name} ALIAS edgeroof_${name})
  target_link_libraries(edgeroof_${name} PUBLIC edgeroof_flags ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()
