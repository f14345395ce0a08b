"""Goroutines in gdb, of a live process or of a core file:

    (gdb) source weft_gdb.py
    (gdb) info goroutines           every goroutine: id, state, where it was started
    (gdb) goroutine 7 bt            its backtrace
    (gdb) goroutine 7 COMMAND       any command, in the frame that it waits in

Core files are the kernel's: gdb's own generate-core-file gives up at the first guard of a stack,
and leaves out what follows, unless the program runs with WEFT_GUARD=none.

The types come from the runtime's own debug information, which every build of it has. Functions and
lines of the program need the program's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import gdb  # type: ignore[import]
from gdb.unwinder import Unwinder, register_unwinder  # type: ignore[import]

SCHEDULER = "weft::sched::(anonymous namespace)::the_scheduler"
SWITCH = "weft::fiber::switch_to("
WORD_BYTES = 8
# As the jump saves them, upwards; the address that it returns to stands above them.
SAVED_REGISTERS = ("r12", "r13", "r14", "r15", "rbx", "rbp")
SAVED_SLOTS_MAX = 16

# Go's words, where they are not those of weft::detail::wait_reason.
WORDS = {
    "none": "waiting",
    "chan_receive_nil": "chan receive (nil chan)",
    "chan_send_nil": "chan send (nil chan)",
    "select_no_cases": "select (no cases)",
    "mutex_lock": "sync.Mutex.Lock",
    "wait_group_wait": "sync.WaitGroup.Wait",
    "io_wait": "IO wait",
    "blocking_call": "syscall",
    "bubble_run": "synctest.Run",
    "bubble_wait": "synctest.Wait",
}


def raw(value: gdb.Value, type_name: str) -> gdb.Value:
    """What stands where `value` stands, as another type; how an atomic is read."""
    return value.address.cast(gdb.lookup_type(type_name).pointer()).dereference()


def word_at(address: int) -> int:
    pointer = gdb.Value(address).cast(gdb.lookup_type("unsigned long").pointer())
    return int(pointer.dereference())


def enumerator(value: gdb.Value, type_name: str) -> str:
    return str(raw(value, type_name)).rpartition("::")[2]


def vector(value: gdb.Value) -> tuple[int, int]:
    """Where its elements begin and end, which every standard library stores first."""
    return word_at(int(value.address)), word_at(int(value.address) + WORD_BYTES)


def place(location: gdb.Value) -> str:
    names = {field.name for field in location.type.strip_typedefs().fields()}
    if "_M_impl" in names:
        impl = location["_M_impl"]
        return f"{impl['_M_file_name'].string()}:{int(impl['_M_line'])}"
    return f"{location['file_'].string()}:{int(location['line_'])}"


class Goroutine:
    """A goroutine as it was when the program stopped."""

    def __init__(self, descriptor: gdb.Value) -> None:
        self.id = int(descriptor["id"])
        self.state = enumerator(descriptor["state"], "weft::detail::goroutine_state")
        self.reason = enumerator(descriptor["reason"], "weft::detail::wait_reason")
        self.stack = descriptor["stack"]
        self.started_at = place(descriptor["started_at"])

    @property
    def word(self) -> str:
        waits = self.state == "waiting"
        if waits or (self.state == "running" and self.reason == "blocking_call"):
            return WORDS.get(self.reason, self.reason.replace("_", " "))
        return self.state

    def saved_registers(self) -> dict[str, int] | None:
        """What the registers will be when it goes on; None for one that is not switched away."""
        if self.state == "running" or int(self.stack) == 0:
            return None
        try:
            return self.registers_below_the_jump(int(self.stack["self"]["stack_pointer"]))
        except gdb.MemoryError:
            return None  # a core file without it

    @staticmethod
    def registers_below_the_jump(saved: int) -> dict[str, int] | None:
        for slot in range(len(SAVED_REGISTERS), SAVED_SLOTS_MAX):
            at = saved + slot * WORD_BYTES
            symbol = gdb.execute(f"info symbol {word_at(at):#x}", to_string=True)
            if symbol.startswith(SWITCH):
                first = at - len(SAVED_REGISTERS) * WORD_BYTES
                values = {
                    name: word_at(first + i * WORD_BYTES) for i, name in enumerate(SAVED_REGISTERS)
                }
                return values | {"rip": word_at(at), "rsp": at + WORD_BYTES}
        return None

    def thread(self) -> gdb.InferiorThread | None:
        """The one whose stack pointer is in its stack."""
        if int(self.stack) == 0:
            return None
        low, high = int(self.stack["low"]), int(self.stack)
        with selection_kept():
            for thread in gdb.selected_inferior().threads():
                thread.switch()
                if low <= int(gdb.newest_frame().read_register("rsp")) < high:
                    return thread
        return None


def goroutines() -> Iterator[Goroutine]:
    symbol = gdb.lookup_static_symbol(SCHEDULER) or gdb.lookup_global_symbol(SCHEDULER)
    if symbol is None:
        raise gdb.GdbError("the program has no weft in it, or has been stripped")
    scheduler = raw(symbol.value(), "unsigned long")
    if int(scheduler) == 0:
        return
    pool = scheduler.cast(gdb.lookup_type("weft::sched::scheduler").pointer())["goroutines_"]
    slab_size = int(gdb.parse_and_eval("weft::sched::magazine::capacity"))
    descriptor = gdb.lookup_type("weft::detail::goroutine").pointer()
    begin, end = vector(pool["slabs_"])
    for slab in range(begin, end, WORD_BYTES):
        first = gdb.Value(word_at(slab)).cast(descriptor)
        for i in range(slab_size):
            one = (first + i).dereference()
            if enumerator(one["state"], "weft::detail::goroutine_state") != "free":
                yield Goroutine(one)


@contextlib.contextmanager
def selection_kept() -> Iterator[None]:
    thread, frame = gdb.selected_thread(), gdb.selected_frame()
    try:
        yield
    finally:
        thread.switch()
        frame.select()


@contextlib.contextmanager
def in_cpp() -> Iterator[None]:
    """Types are looked up in the language of the selected frame, which may be C's."""
    language = gdb.parameter("language")
    gdb.execute("set language c++", to_string=True)
    try:
        yield
    finally:
        gdb.execute(f"set language {language}", to_string=True)


class FrameId:
    """What gdb tells frames apart by."""

    def __init__(self, sp: gdb.Value, pc: gdb.Value) -> None:
        self.sp = sp
        self.pc = pc


class GoroutineUnwinder(Unwinder):  # type: ignore[misc]
    """Makes the frames of a parked goroutine the callers of the selected thread's newest frame.

    No register is written, so that core files have backtraces too.
    """

    def __init__(self) -> None:
        super().__init__("weft goroutine")
        self.registers: dict[str, int] | None = None
        self.newest = (0, 0)

    def __call__(self, pending: gdb.PendingFrame) -> gdb.UnwindInfo | None:
        if self.registers is None:
            return None
        sp, pc = pending.read_register("rsp"), pending.read_register("rip")
        if (int(sp), int(pc)) != self.newest:
            return None
        # gdb wants callers above those they call; the goroutine's first frame is above this.
        below = gdb.Value(self.registers["rsp"] - WORD_BYTES).cast(sp.type)
        info = pending.create_unwind_info(FrameId(below, pc))
        for name, value in self.registers.items():
            info.add_saved_register(name, gdb.Value(value).cast(pending.read_register(name).type))
        return info

    @contextlib.contextmanager
    def showing(self, registers: dict[str, int]) -> Iterator[None]:
        frame = gdb.newest_frame()
        self.newest = (int(frame.read_register("rsp")), int(frame.pc()))
        self.registers = registers
        gdb.invalidate_cached_frames()
        try:
            yield
        finally:
            self.registers = None
            gdb.invalidate_cached_frames()


class InfoGoroutines(gdb.Command):  # type: ignore[misc]
    """List all goroutines: id, state, and the place that started them."""

    def __init__(self) -> None:
        super().__init__("info goroutines", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE)

    def invoke(self, argument: str, from_tty: bool) -> None:
        with in_cpp():
            found = sorted(goroutines(), key=lambda g: g.id)
        for each in found:
            mark = "*" if each.state == "running" else " "
            print(f"{mark} {each.id} [{each.word}] started at {each.started_at}")


class GoroutineCommand(gdb.Command):  # type: ignore[misc]
    """goroutine ID COMMAND: run a command, such as bt, in the goroutine with that id."""

    def __init__(self, unwinder: GoroutineUnwinder) -> None:
        super().__init__("goroutine", gdb.COMMAND_STACK, gdb.COMPLETE_NONE)
        self.unwinder = unwinder

    def invoke(self, argument: str, from_tty: bool) -> None:
        wanted, _, command = argument.partition(" ")
        if not wanted.isdecimal() or not command.strip():
            raise gdb.GdbError("usage: goroutine ID COMMAND")
        with in_cpp():
            found = next((g for g in goroutines() if g.id == int(wanted)), None)
            if found is None:
                raise gdb.GdbError(f"no goroutine has the id {wanted}")
            registers = found.saved_registers()
            thread = found.thread() if registers is None else None
        if registers is not None:
            self.run_parked(registers, command)
        elif thread is not None:
            self.run_in_thread(thread, command)
        else:
            raise gdb.GdbError(f"goroutine {wanted} has no stack that could be found")

    def run_in_thread(self, thread: gdb.InferiorThread, command: str) -> None:
        with selection_kept():
            thread.switch()
            gdb.execute(command)

    def run_parked(self, registers: dict[str, int], command: str) -> None:
        level = gdb.selected_frame().level()
        with self.unwinder.showing(registers):
            gdb.newest_frame().older().select()
            if command.split()[0] in ("bt", "backtrace", "where"):
                shown = gdb.execute(command, to_string=True)
                print(shown[shown.find("\n#1 ") + 1 :], end="")  # #0 is the thread's
            else:
                gdb.execute(command)
        gdb.execute(f"frame {level}", to_string=True)


the_unwinder = GoroutineUnwinder()
register_unwinder(None, the_unwinder, replace=True)
InfoGoroutines()
GoroutineCommand(the_unwinder)
