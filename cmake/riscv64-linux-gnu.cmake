# Debian's cross toolchain (g++-riscv64-linux-gnu) with riscv64 libraries from multiarch. The vector
# kernels need GCC 14 or Clang 16: beside an older GCC a Clang that is there is taken, with GCC's
# libraries.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_CXX_COMPILER riscv64-linux-gnu-g++)
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -dumpversion
  OUTPUT_VARIABLE EDGEROOF_RISCV64_GCC OUTPUT_STRIP_TRAILING_WHITESPACE)
find_program(EDGEROOF_RISCV64_CLANG NAMES clang++-16 clang++-17 clang++-18 clang++-19)
if(EDGEROOF_RISCV64_CLANG AND EDGEROOF_RISCV64_GCC VERSION_LESS 14)
  set(CMAKE_CXX_COMPILER ${EDGEROOF_RISCV64_CLANG})
  set(CMAKE_CXX_COMPILER_TARGET riscv64-linux-gnu)
endif()
find_program(EDGEROOF_QEMU_RISCV64 NAMES qemu-riscv64 qemu-riscv64-static)
set(CMAKE_CROSSCOMPILING_EMULATOR ${EDGEROOF_QEMU_RISCV64} -L /usr/riscv64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_LIBRARY_ARCHITECTURE riscv64-linux-gnu)
# The build machine's pkg-config, told where the target's files are.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/riscv64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
