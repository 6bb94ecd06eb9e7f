"""Ed25519 (RFC 8032) with Python's whole numbers."""

from __future__ import annotations

import hashlib
from functools import cache

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, FIELD) % FIELD
Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, x*y = T/Z
ZERO: Point = (0, 1, 1, 0)


def point_sum(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % FIELD
    b = (p[1] + p[0]) * (q[1] + q[0]) % FIELD
    c = 2 * p[3] * q[3] * CURVE % FIELD
    d = 2 * p[2] * q[2] % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD)


def point_twice(p: Point) -> Point:
    a, b = p[0] * p[0] % FIELD, p[1] * p[1] % FIELD
    h = a + b
    e = h - (p[0] + p[1]) ** 2
    g = a - b
    f = 2 * p[2] * p[2] + g
    return (e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD)


def point_of(encoded: bytes) -> Point | None:
    """The curve point of 32 bytes (RFC 8032, 5.1.3), None where there is none."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(encoded) != 32 or y >= FIELD:
        return None
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    if (x * x - square) % FIELD or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else FIELD - x
    return (x, y, 1, x * y % FIELD)


def multiples(point: Point) -> list[Point]:
    """0 to 15 times a point."""
    points = [ZERO]
    for _ in range(15):
        points.append(point_sum(points[-1], point))
    return points


@cache
def tables(public: bytes) -> tuple[list[Point], list[Point]] | None:
    """Multiples of the base point and of the negated public key; None where the key is no point."""
    key = point_of(public)
    base = point_of((4 * pow(5, -1, FIELD) % FIELD).to_bytes(32, "little"))
    if key is None or base is None:
        return None
    return multiples(base), multiples((-key[0] % FIELD, key[1], 1, -key[3] % FIELD))


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is right: s*B - h*A, encoded, must be the signature's first half."""
    known = tables(public)
    scalar = int.from_bytes(signature[32:], "little")
    if known is None or len(signature) != 64 or scalar >= ORDER:
        return False
    half = signature[:32]
    h = int.from_bytes(hashlib.sha512(half + public + message).digest(), "little") % ORDER
    base, key = known
    total = ZERO
    for shift in range(252, -1, -4):
        if shift != 252:
            total = point_twice(point_twice(point_twice(point_twice(total))))
        total = point_sum(point_sum(total, base[scalar >> shift & 15]), key[h >> shift & 15])
    inverse = pow(total[2], -1, FIELD)
    x, y = total[0] * inverse % FIELD, total[1] * inverse % FIELD
    return (y | (x & 1) << 255).to_bytes(32, "little") == half
