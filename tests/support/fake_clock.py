"""Another time of day for processes that tests start: a library that the linker loads before libc.

The processes' own calls of the operating system's clock answer differently; nothing in them is
replaced. Monotonic clocks and waits go on as they are, which is what happens when an administrator
or a time server sets a machine's clock (and what libfaketime does not give: it moves them, too).
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from support.missing import cannot

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t none, *offset = &none;  /* seconds, shared with the test */

__attribute__((constructor)) static void look(void) {
    const char *name = getenv("OTHER_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *found = mmap(0, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (found != MAP_FAILED) offset = found;
}

int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int said = real(which, now);
    if (!said && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
    return said;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec found;
    (void) zone;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *into) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (into) *into = found.tv_sec;
    return found.tv_sec;
}
"""


class FakeClock:
    """A clock that can be set while processes run. environment: of those that go by it."""

    def __init__(self) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            cannot("no C compiler to make another clock with: 'apt-get install gcc' on Debian")
        self._made = tempfile.TemporaryDirectory(prefix="scanner-clock-", dir="/tmp")
        folder = Path(self._made.name)
        folder.chmod(0o755)  # PostgreSQL runs as another user
        (folder / "clock.c").write_text(SOURCE)
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", "clock.so", "clock.c", "-ldl"],
            cwd=folder, check=True, timeout=60,
        )  # fmt: skip
        self._offset = folder / "offset"
        self._offset.write_bytes(bytes(8))
        self.environment = {
            "LD_PRELOAD": str(folder / "clock.so"),
            "OTHER_CLOCK": str(self._offset),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._made.cleanup()

    def set(self, seconds: int) -> None:
        """Set it so far from the true time, for every process that goes by it, at once."""
        with self._offset.open("r+b") as file:
            file.write(struct.pack("=q", seconds))
