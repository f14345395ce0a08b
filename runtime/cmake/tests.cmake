# One executable and one ctest entry for each test source: when one hangs or crashes, the others
# still say what they have to say.
set(weft_test_sources
    src/platform/biased_lock_test.cpp
    src/fiber/backtrace_test.cpp
    src/fiber/stack_pool_test.cpp
    src/fiber/switch_test.cpp
    src/sched/blocking_test.cpp
    src/sched/bubble_deadlock_test.cpp
    src/sched/bubble_outside_test.cpp
    src/sched/bubble_test.cpp
    src/sched/bubble_time_test.cpp
    src/sched/bubble_wait_test.cpp
    src/sched/foreign_thread_test.cpp
    src/sched/fork_test.cpp
    src/sched/global_queue_test.cpp
    src/sched/goexit_test.cpp
    src/sched/goroutine_local_test.cpp
    src/sched/goroutine_pool_test.cpp
    src/sched/goroutine_test.cpp
    src/sched/inspection_test.cpp
    src/sched/interleaving_test.cpp
    src/sched/late_end_test.cpp
    src/sched/lost_wakeup_test.cpp
    src/sched/locked_thread_test.cpp
    src/sched/main_exit_test.cpp
    src/sched/memory_refusal_test.cpp
    src/sched/migration_test.cpp
    src/sched/next_slot_test.cpp
    src/sched/overflow_test.cpp
    src/sched/poller_test.cpp
    src/sched/quit_signal_test.cpp
    src/sched/report_test.cpp
    src/sched/resources_test.cpp
    src/sched/retake_test.cpp
    src/sched/run_queue_test.cpp
    src/sched/runtime_test.cpp
    src/sched/set_procs_test.cpp
    src/sched/settings_test.cpp
    src/sched/timers_test.cpp
    src/sched/trace_file_test.cpp
    src/sched/trace_test.cpp
    src/sync/chan_test.cpp
    src/sync/chan_element_test.cpp
    src/sync/chan_run_test.cpp
    src/sync/chan_stress_test.cpp
    src/sync/condition_variable_test.cpp
    src/sync/conformance_test.cpp
    src/sync/context_test.cpp
    src/sync/context_run_test.cpp
    src/sync/group_test.cpp
    src/sync/mutex_test.cpp
    src/sync/once_test.cpp
    src/sync/select_test.cpp
    src/sync/select_list_test.cpp
    src/sync/select_stress_test.cpp
    src/sync/semaphore_test.cpp
    src/sync/shared_mutex_test.cpp
    src/sync/sync_run_test.cpp
    src/sync/ticker_test.cpp
    src/sync/time_test.cpp
    src/sync/timer_test.cpp
    src/sync/wait_group_test.cpp
    src/net/address_test.cpp
    src/net/net_test.cpp
    src/net/net_asio_test.cpp
    src/net/net_beast_test.cpp
    src/net/waiting_test.cpp
    src/diag/gdb_script_test.cpp
    src/diag/leak_check_test.cpp)
if(WEFT_SANITIZE)
    list(APPEND weft_test_sources src/sched/sanitizer_test.cpp)
endif()

# With the checks of undefined behaviour every pass over the code is dear.
set(weft_test_optimisation -O1)
if(WEFT_SANITIZE MATCHES undefined)
    set(weft_test_optimisation -O0)
endif()

add_custom_target(weft_tests)
foreach(source IN LISTS weft_test_sources)
    cmake_path(GET source STEM name)
    add_executable(${name} ${source})
    target_include_directories(${name} PRIVATE src)
    target_link_libraries(${name} PRIVATE weft::weft weft_build_flags GTest::gtest_main)
    if(WEFT_SANITIZE)
        # Compiles in less than half the time, and the reports still name their lines.
        target_compile_options(${name} PRIVATE ${weft_test_optimisation} -g1)
    endif()
    add_dependencies(weft_tests ${name})
    add_test(NAME ${name} COMMAND ${name})
    # The watchdog of every test: far beyond what the slowest takes on a loaded machine.
    set_tests_properties(${name} PROPERTIES TIMEOUT 240)
endforeach()
# Backtraces name the functions of a program that exports them.
set_target_properties(inspection_test PROPERTIES ENABLE_EXPORTS ON)
# Steps of the runtime between which a test holds a thread up: STEP=symbol, as the linker calls it
# after _ZN4weft. The test's __wrap_ comes in between, by the name that WEFT_STEP has.
function(weft_wrap_steps test)
    foreach(step IN LISTS ARGN)
        string(REGEX MATCH "(.+)=(.+)" matched ${step})
        set(symbol _ZN4weft${CMAKE_MATCH_2})
        target_compile_definitions(${test} PRIVATE WEFT_${CMAKE_MATCH_1}="${symbol}")
        target_link_options(${test} PRIVATE LINKER:--wrap=${symbol})
    endforeach()
endfunction()
# fiber::switch_to, platform::epoll_wait_ns, detail::spin_lock::lock_contended
weft_wrap_steps(interleaving_test
    SWITCH_TO=5fiber9switch_toERNS0_7contextES2_RNS0_12thread_stateENS0_16departure_actionE
    EPOLL_WAIT=8platform13epoll_wait_nsEiP11epoll_eventil
    LOCK_CONTENDED=6detail9spin_lock14lock_contendedEv)
# platform::heavy_fence, platform::yield_thread
weft_wrap_steps(next_slot_test
    HEAVY_FENCE=8platform11heavy_fenceEv YIELD_THREAD=8platform12yield_threadEv)
target_compile_definitions(gdb_script_test PRIVATE
    WEFT_GDB_SCRIPT="${CMAKE_CURRENT_SOURCE_DIR}/tools/weft_gdb.py")
set_tests_properties(gdb_script_test PROPERTIES SKIP_REGULAR_EXPRESSION "  SKIPPED ")
# Without a word about stacks Valgrind finds a thousand faults here.
find_program(WEFT_VALGRIND valgrind)
if(WEFT_VALGRIND AND NOT WEFT_SANITIZE)
    add_test(NAME valgrind_test COMMAND ${WEFT_VALGRIND} -q --error-exitcode=9
             $<TARGET_FILE:migration_test> --gtest_filter=*/2)
    set_tests_properties(valgrind_test PROPERTIES TIMEOUT 240)
endif()
# These leave goroutines behind on purpose, whose stacks are not unwound and leak what they own.
# A process that ends with a report does so with threads that have ended and nobody has joined yet.
set_tests_properties(
    bubble_deadlock_test bubble_outside_test chan_run_test conformance_test foreign_thread_test
    gdb_script_test goroutine_local_test main_exit_test overflow_test quit_signal_test report_test
    sync_run_test trace_file_test
    PROPERTIES ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0;TSAN_OPTIONS=report_thread_leaks=0")
