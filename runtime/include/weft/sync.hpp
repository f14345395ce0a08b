// Waiting for goroutines, and keeping them apart: all of it. Each has a header of its own.
#pragma once

#include <weft/condition_variable.hpp>
#include <weft/group.hpp>
#include <weft/mutex.hpp>
#include <weft/once.hpp>
#include <weft/semaphore.hpp>
#include <weft/shared_mutex.hpp>
#include <weft/wait_group.hpp>
