# cmake -D SOURCE=<folder> -D OUTPUT=<header> -P embed.cmake
# Writes the assets as string literals, with the hashes that the page's policy admits them by.
set(header "// Generated from reports/render/assets.\n#pragma once\n\n#include <string_view>\n\n")
string(APPEND header "namespace edgeroof::reports::assets {\n\n")
foreach(asset chart.css style.css report.js)
  string(REPLACE "." "_" name ${asset})
  file(READ ${SOURCE}/${asset} content)
  file(SHA256 ${SOURCE}/${asset} hash)
  string(APPEND header
    "inline constexpr std::string_view ${name} = R\"asset(${content})asset\";\n"
    "inline constexpr std::string_view ${name}_sha256 = \"${hash}\";\n\n")
endforeach()
string(APPEND header "}  // namespace edgeroof::reports::assets\n")
file(WRITE ${OUTPUT} "${header}")
