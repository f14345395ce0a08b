# The examples, each a program of its own and a test of what it prints. Not under a sanitizer, where
# they would take as long to build as the runtime's tests, which look at the same paths.
if(WEFT_SANITIZE)
    return()
endif()
find_package(Python3 COMPONENTS Interpreter REQUIRED)

set(weft_examples
    atomic_counter
    batched_sum
    blocking_call
    bounded_server
    buffered
    captured_by_value
    channel_semaphore
    circular_wait
    close_once
    collected_results
    context_cancel
    context_timeout
    context_value
    cpu_hog
    directions
    done_channel
    event_loop
    failing_group
    fair_choice
    fan_out_fan_in
    fetch_status
    fetch_with_deadline
    first_of_two
    generator
    group_limit
    guarded_counter
    hundred_thousand
    hundred_urls
    job_and_result
    leak_blocked
    leak_by_count
    leak_endless_loop
    leak_unclosed_range
    leak_unread_send
    lock_step
    main_does_not_wait
    many_senders_one_close
    masked_deadlock
    merge
    non_blocking
    overlapped_waits
    padded_counters
    partial_deadlock
    periodic_check
    pipeline
    pipeline_with_context
    pool_of_processors
    processors
    rate_limit
    read_mostly_cache
    rendezvous
    retry
    reused_timer
    self_deadlock
    skynet
    slow_operation
    state_owner
    sum_by_channel
    timeout
    two_speakers
    wait_for_all
    weighted_semaphore
    worker_pool
)
add_custom_target(weft_examples)
foreach(name IN LISTS weft_examples)
    set(source ${CMAKE_CURRENT_SOURCE_DIR}/examples/${name}.cpp)
    add_executable(example_${name} ${source})
    set_target_properties(example_${name} PROPERTIES
        OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/examples)
    target_link_libraries(example_${name} PRIVATE weft::weft weft_build_flags)
    add_dependencies(weft_examples example_${name})
    add_test(NAME example_${name}
             COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/examples/check_output.py
                     $<TARGET_FILE:example_${name}> ${source})
    set_tests_properties(example_${name} PROPERTIES TIMEOUT 240)
endforeach()

# A program that prints something else than its comment says is found out.
add_test(NAME example_check_finds_a_difference
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/examples/check_output.py
                 $<TARGET_FILE:example_generator>
                 ${CMAKE_CURRENT_SOURCE_DIR}/examples/pipeline.cpp)
set_tests_properties(example_check_finds_a_difference PROPERTIES WILL_FAIL ON)
