# Each public header compiles alone, in strict C++20: a source file for each that includes nothing
# else, twice.
file(GLOB weft_headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/include
     ${CMAKE_CURRENT_SOURCE_DIR}/include/weft/*.hpp)
find_path(weft_asio boost/asio/error.hpp PATHS ${Boost_INCLUDE_DIRS})
mark_as_advanced(weft_asio)
if(NOT weft_asio)
    list(REMOVE_ITEM weft_headers weft/net_asio.hpp)
endif()

add_library(weft_headers_alone OBJECT)
foreach(header IN LISTS weft_headers)
    cmake_path(GET header STEM name)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${name}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include <${header}>\n#include <${header}>\n" @ONLY)
    target_sources(weft_headers_alone PRIVATE ${source})
endforeach()
target_link_libraries(weft_headers_alone PRIVATE weft::weft weft_build_flags)
set_target_properties(weft_headers_alone PROPERTIES CXX_EXTENSIONS OFF)
# Only whether they compile is asked; nothing of it is linked.
target_compile_options(weft_headers_alone PRIVATE -O0)
