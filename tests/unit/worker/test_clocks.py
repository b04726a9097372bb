"""A wall clock that is set back is noticed; one that is set forward, or slewed, is not."""

from scanner.worker.clocks import WallClock


class Clocks:
    wall, steady = 1_800_000_000.0, 50.0

    def go_on(self, seconds: float, drift: float = 0.0) -> None:
        self.steady += seconds
        self.wall += seconds + drift


def watched() -> tuple[Clocks, WallClock]:
    clocks = Clocks()
    return clocks, WallClock(lambda: clocks.wall, lambda: clocks.steady)


def test_a_clock_that_goes_on_was_not_set():
    clocks, clock = watched()
    for _ in range(5):
        clocks.go_on(600)
        assert not clock.was_set_back()


def test_a_clock_that_is_set_back_is_told_once():
    clocks, clock = watched()
    clocks.go_on(1, drift=-3600)
    assert clock.was_set_back()
    clocks.go_on(1)
    assert not clock.was_set_back()


def test_forward_and_slowly_is_nothing():
    clocks, clock = watched()
    clocks.go_on(1, drift=3600)
    assert not clock.was_set_back()
    for _ in range(100):
        clocks.go_on(1, drift=-0.5)
        assert not clock.was_set_back()
