# Declares a contender: its program at <build>/contenders/<name> and its manifest beside it.
#
#   weft_add_contender(NAME tbb TITLE "oneTBB" ADAPTER adapter.hpp CLASS contender::tbb_tasks
#                      SOURCES adapter.cpp LIBRARIES TBB::tbb)
#   weft_add_contender(NAME go TITLE "Go" OUTPUT_BY go_contender)   # by a custom target
#   weft_add_contender(NAME tbb TITLE "oneTBB" ABSENT "oneTBB was not found: install libtbb-dev")
#
# A C++ contender is the class CLASS in the header ADAPTER. Each suite of it is a translation unit
# of its own, generated here; the contender's own forms of a suite's workloads are in
# <suite>_idioms.hpp beside the adapter, where there are any.
function(weft_add_contender)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TITLE;ABSENT;OUTPUT_BY;ADAPTER;CLASS"
        "SOURCES;LIBRARIES")
    foreach(required NAME TITLE)
        if(NOT arg_${required})
            message(FATAL_ERROR "weft_add_contender: ${required} is missing")
        endif()
    endforeach()
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "weft_add_contender(${arg_NAME}): unknown: ${arg_UNPARSED_ARGUMENTS}")
    endif()

    set(folder "${CMAKE_BINARY_DIR}/contenders")
    set(manifest "{}")
    string(JSON manifest SET "${manifest}" schema "\"weft.contender/1\"")
    string(JSON manifest SET "${manifest}" name "\"${arg_NAME}\"")
    string(JSON manifest SET "${manifest}" title "\"${arg_TITLE}\"")
    if(arg_ABSENT)
        message(STATUS "Contender ${arg_NAME} is absent: ${arg_ABSENT}")
        string(JSON manifest SET "${manifest}" status "\"absent\"")
        string(JSON manifest SET "${manifest}" reason "\"${arg_ABSENT}\"")
        # What an earlier configuration built must not be measured as this one's.
        file(REMOVE "${folder}/${arg_NAME}")
    else()
        string(JSON manifest SET "${manifest}" status "\"built\"")
        string(JSON manifest SET "${manifest}" program "\"contenders/${arg_NAME}\"")
    endif()
    file(WRITE "${folder}/${arg_NAME}.json" "${manifest}\n")

    if(arg_OUTPUT_BY)
        if(NOT TARGET ${arg_OUTPUT_BY})
            message(FATAL_ERROR "weft_add_contender(${arg_NAME}): no target ${arg_OUTPUT_BY}")
        endif()
        add_dependencies(measured ${arg_OUTPUT_BY})
    elseif(NOT arg_ABSENT)
        weft_add_contender_program(NAME ${arg_NAME} ADAPTER "${arg_ADAPTER}" CLASS "${arg_CLASS}"
            SOURCES ${arg_SOURCES} LIBRARIES ${arg_LIBRARIES})
    endif()
endfunction()

# The program alone. With VARIANT it is a further one, <build>/contenders/<variant>, which profiles
# name as the one that does them: the same adapter, and the suites that are given.
#
#   weft_add_contender_program(NAME tbb VARIANT tbb_of_yesterday SUITES spawn channel
#                              ADAPTER adapter.hpp CLASS contender::tbb_tasks
#                              SOURCES adapter.cpp LIBRARIES old_tbb)
function(weft_add_contender_program)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;VARIANT;ADAPTER;CLASS"
        "SUITES;SOURCES;LIBRARIES")
    set(suites spawn channel sharing pool fanout cancel time idle)
    set(program ${arg_NAME})
    set(generated "${CMAKE_CURRENT_BINARY_DIR}/suites")
    if(arg_VARIANT)
        set(suites ${arg_SUITES})
        set(program ${arg_VARIANT})
        set(generated "${CMAKE_CURRENT_BINARY_DIR}/${arg_VARIANT}")
    endif()
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${PROJECT_SOURCE_DIR}"
               OUTPUT_VARIABLE folder)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
    string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}" flags)
    string(REPLACE "\"" "\\\"" flags "${flags}")
    set(arg_ADAPTER "${folder}/${arg_ADAPTER}")
    set(declarations "")
    set(calls "")
    set(sources ${arg_SOURCES})
    foreach(suite IN LISTS suites)
        set(header "${folder}/${suite}_idioms.hpp")
        if(NOT EXISTS "${PROJECT_SOURCE_DIR}/${header}")
            set(header "${arg_ADAPTER}")
        endif()
        configure_file("${PROJECT_SOURCE_DIR}/suites/kit/suite_of_contender.cpp.in"
                       "${generated}/${suite}.cpp" @ONLY)
        list(APPEND sources "${generated}/${suite}.cpp")
        string(APPEND declarations "workload_set ${suite}();\n")
        list(APPEND calls "suite::sets::${suite}()")
    endforeach()
    list(JOIN calls ", " calls)
    configure_file("${PROJECT_SOURCE_DIR}/suites/kit/main_of_contender.cpp.in"
                   "${generated}/main.cpp" @ONLY)

    set(target contender_${program})
    add_executable(${target} ${sources} "${generated}/main.cpp")
    target_link_libraries(${target} PRIVATE suite_kit weft_build_flags ${arg_LIBRARIES})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${program} RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/contenders")
    add_dependencies(measured ${target})
endfunction()

# A contender's twins: cells that its twins.cpp measures again with nothing of the kit, for
# `python3 -m harness crosscheck`. The program is <build>/twins/<name>.
#
#   weft_add_twins(NAME tbb LIBRARIES TBB::tbb)
function(weft_add_twins)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "LIBRARIES")
    find_package(benchmark REQUIRED)
    set(target twins_${arg_NAME})
    add_executable(${target} twins.cpp)
    target_link_libraries(${target} PRIVATE
        weft_build_flags benchmark::benchmark ${arg_LIBRARIES})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${arg_NAME} RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/twins")
endfunction()
