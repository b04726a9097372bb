"""The STARK curve: Pedersen hash and ECDSA verification, in plain Python with tables.

y^2 = x^3 + x + BETA over the prime field P. Points are affine (x, y) or, inside, Jacobian
(X, Y, Z) with x = X/Z^2, y = Y/Z^3; None and Z = 0 are the point at infinity.
Nothing here is secret, so nothing needs constant time. Source: StarkWare, "STARK curve" and
"Pedersen hash function"; the constant points are derived from the digits of pi.
"""

from __future__ import annotations

from functools import cache

P = 2**251 + 17 * 2**192 + 1
ORDER = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
ALPHA = 1
BETA = 0x6F21413EFBE40DE150E596D72F7A8C5609AD26C15C915C1F4CDFCB99CEE9E89
MESSAGE_LIMIT = 2**251
"""r, 1/s and the message hash of a signature are below this."""

Point = tuple[int, int]
_Jacobian = tuple[int, int, int]
_INFINITY: _Jacobian = (1, 1, 0)

GENERATOR: Point = (
    0x1EF15C18599971B7BECED415A40F0C7DEACFD9B0D1819E03D723D8BC943CFCA,
    0x5668060AA49730B7BE4801DF46EC62DE53ECD11ABE43A32873000C36E8DC1F,
)
# Shift point, then the points of the low 248 and high 4 bits of each of the two inputs.
PEDERSEN_POINTS: tuple[Point, ...] = (
    (
        2089986280348253421170679821480865132823066470938446095505822317253594081284,
        1713931329540660377023406109199410414810705867260802078187082345529207694986,
    ),
    (
        996781205833008774514500082376783249102396023663454813447423147977397232763,
        1668503676786377725805489344771023921079126552019160156920634619255970485781,
    ),
    (
        2251563274489750535117886426533222435294046428347329203627021249169616184184,
        1798716007562728905295480679789526322175868328062420237419143593021674992973,
    ),
    (
        2138414695194151160943305727036575959195309218611738193261179310511854807447,
        113410276730064486255102093846540133784865286929052426931474106396135072156,
    ),
    (
        2379962749567351885752724891227938183011949129833673362440656643086021394946,
        776496453633298175483985398648758586525933812536653089401905292063708816422,
    ),
)


def pedersen(first: int, second: int) -> int:
    """Hash two field elements, 0 <= n < P, to one. Raises ValueError if one is out of range."""
    if not (0 <= first < P and 0 <= second < P):
        raise ValueError("not a field element")
    total = (*PEDERSEN_POINTS[0], 1)
    for number, tables in ((first, _pedersen_tables(1)), (second, _pedersen_tables(3))):
        for position, table in enumerate(tables):
            digit = number >> 4 * position & 15
            if digit:
                total = _add_affine(total, table[digit])
    x, _ = _to_affine(total)
    return x


def y_of(x: int) -> int | None:
    """A y for which (x, y) is on the curve (the other one is P - y); None if there is none."""
    square = (x * x * x + ALPHA * x + BETA) % P
    return _square_root(square)


def is_signed(x: int, digest: int, r: int, s: int) -> bool:
    """Check an ECDSA signature by a key of which only x is known: either y will do.

    The ranges are those Starknet's own verifier asks for. Both y give the same verdict up to the
    sign of one term, so both are computed from the same parts.
    """
    y = y_of(x) if 0 < x < P else None
    if y is None or not (1 <= r < MESSAGE_LIMIT and 1 <= s < ORDER):
        return False
    inverse = pow(s, -1, ORDER)
    if not (1 <= inverse < MESSAGE_LIMIT and 0 <= digest < MESSAGE_LIMIT):
        return False
    by_generator = _multiply(GENERATOR, digest * inverse % ORDER)
    by_key = _multiply((x, y), r * inverse % ORDER)
    for term in (by_key, _negate(by_key)):
        total = _add(by_generator, term)
        if total[2] and _to_affine(total)[0] == r:
            return True
    return False


@cache
def _pedersen_tables(first: int) -> tuple[tuple[Point, ...], ...]:
    """For each 4 bits of an input, lowest first, its point times 0 to 15 (0 unused)."""
    tables = [_window(point) for point in _doublings(PEDERSEN_POINTS[first])]
    tables.append(_window(PEDERSEN_POINTS[first + 1]))
    return tuple(tables)


@cache
def _doublings(point: Point) -> tuple[Point, ...]:
    """The point times 16^0 to 16^61."""
    found = [point]
    for _ in range(61):
        current: _Jacobian = (*found[-1], 1)
        for _ in range(4):
            current = _double(current)
        found.append(_to_affine(current))
    return tuple(found)


def _window(point: Point) -> tuple[Point, ...]:
    multiples: list[Point] = [point, point]
    current: _Jacobian = (*point, 1)
    for number in range(2, 16):
        current = _double(current) if number == 2 else _add_affine(current, point)
        multiples.append(_to_affine(current))
    return tuple(multiples)


def _multiply(point: Point, scalar: int) -> _Jacobian:
    """Four bits at a time."""
    table: list[_Jacobian] = [_INFINITY, (*point, 1)]
    for number in range(2, 16):
        table.append(_double(table[number // 2]) if number % 2 == 0 else _add(table[-1], table[1]))
    total = _INFINITY
    for shift in range(248, -1, -4):
        for _ in range(4):
            total = _double(total)
        total = _add(total, table[scalar >> shift & 15])
    return total


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if not z or not y:
        return _INFINITY
    y2 = y * y % P
    s = 4 * x * y2 % P
    z2 = z * z % P
    m = (3 * x * x + ALPHA * z2 * z2) % P
    new_x = (m * m - 2 * s) % P
    return new_x, (m * (s - new_x) - 8 * y2 * y2) % P, 2 * y * z % P


def _add(left: _Jacobian, right: _Jacobian) -> _Jacobian:
    if not left[2]:
        return right
    if not right[2]:
        return left
    z1, z2 = left[2] ** 2 % P, right[2] ** 2 % P
    u1, u2 = left[0] * z2 % P, right[0] * z1 % P
    s1, s2 = left[1] * z2 * right[2] % P, right[1] * z1 * left[2] % P
    if u1 == u2:
        return _double(left) if s1 == s2 else _INFINITY
    return _sum(u1, s1, (u2 - u1) % P, (s2 - s1) % P, left[2] * right[2])


def _add_affine(left: _Jacobian, right: Point) -> _Jacobian:
    """Add a point whose Z is 1."""
    if not left[2]:
        return (*right, 1)
    z1 = left[2] ** 2 % P
    u2, s2 = right[0] * z1 % P, right[1] * z1 * left[2] % P
    if u2 == left[0]:
        return _double(left) if s2 == left[1] else _INFINITY
    return _sum(left[0], left[1], (u2 - left[0]) % P, (s2 - left[1]) % P, left[2])


def _sum(u1: int, s1: int, h: int, rise: int, z: int) -> _Jacobian:
    h2 = h * h % P
    h3, v = h * h2 % P, u1 * h2 % P
    new_x = (rise * rise - h3 - 2 * v) % P
    return new_x, (rise * (v - new_x) - s1 * h3) % P, h * z % P


def _negate(point: _Jacobian) -> _Jacobian:
    return point[0], -point[1] % P, point[2]


def _to_affine(point: _Jacobian) -> Point:
    inverse = pow(point[2], -1, P)
    square = inverse * inverse % P
    return point[0] * square % P, point[1] * square * inverse % P


def _square_root(number: int) -> int | None:
    """Tonelli and Shanks: P - 1 is 2^192 times an odd number, 3 is no square."""
    if number == 0:
        return 0
    if pow(number, (P - 1) // 2, P) != 1:
        return None
    odd, twos = (P - 1) >> 192, 192
    power = pow(3, odd, P)
    root, rest = pow(number, (odd + 1) // 2, P), pow(number, odd, P)
    while rest != 1:
        square, steps = rest, 0
        while square != 1:
            square, steps = square * square % P, steps + 1
        factor = pow(power, 1 << (twos - steps - 1), P)
        twos, power = steps, factor * factor % P
        root, rest = root * factor % P, rest * power % P
    return root
