# Debian's cross toolchain (g++-riscv64-linux-gnu) with riscv64 libraries from multiarch.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_CXX_COMPILER riscv64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-riscv64-static -L /usr/riscv64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_LIBRARY_ARCHITECTURE riscv64-linux-gnu)
set(PKG_CONFIG_EXECUTABLE riscv64-linux-gnu-pkg-config)
