# Writes build_info.hpp; run by every build, so that the hash is that of what is built. The file is
# touched only where its text changes. In: SOURCE, OUTPUT, EDGEROOF_VERSION, EDGEROOF_COMPILER,
# EDGEROOF_BUILD_TYPE, EDGEROOF_BUILD_FLAGS.
set(EDGEROOF_GIT_HASH "")
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --abbrev=12 --dirty --exclude=*
    WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE EDGEROOF_GIT_HASH OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
string(STRIP "${EDGEROOF_BUILD_FLAGS}" EDGEROOF_BUILD_FLAGS)
string(REPLACE "\"" "\\\"" EDGEROOF_BUILD_FLAGS "${EDGEROOF_BUILD_FLAGS}")
configure_file(${SOURCE}/harness/build_info.hpp.in ${OUTPUT} @ONLY)
