"""Draw stylised portraits as a smooth function of named factors.

Everything is batched arithmetic over a pixel grid. A shape is the sigmoid of its signed distance in
pixels, and layers are blended with such masks from back to front: the image stays in [0, 1] and every
pixel has a derivative by every factor. Light and shade are worked out as one number per pixel, whose
sigmoid mixes a surface's dark and light colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from jnn_studio.data.face_geometry import (
    CanvasPart,
    FaceCanvas,
    Layer,
    Pose,
    Scalar,
    bump,
    ellipse,
    smooth_min,
    softplus,
    spots,
)
from jnn_studio.data.face_palette import Palette

FACTOR_NAMES = (
    "head yaw",
    "head pitch",
    "head tilt",
    "face width",
    "smile",
    "mouth opening",
    "eye opening",
    "eye distance",
    "gaze",
    "brow height",
    "brow tilt",
    "hair length",
    "hair colour",
    "skin tone",
    "background hue",
    "light direction",
)

_SIDES = (-1.0, 1.0)
_NOSE = (0.0, 0.105, 0.10)  # its tip: x, y and how far it stands out of the face
# Pixels drawn at once: enough to make an operation's overhead small, few enough for the CPU's caches.
_CPU_CHUNK, _DEVICE_CHUNK = 2**18, 2**24


def render_faces(factors: Tensor, size: int) -> Tensor:
    """Portraits (batch, 3, size, size) in [0, 1] of factor vectors (batch, 16), each entry in [-1, 1].

    The order of the entries is ``FACTOR_NAMES``; positive yaw, tilt, gaze and light point to the right of
    the picture, positive pitch looks up. Keeps dtype and device; differentiable in ``factors`` in backward
    and forward mode. Raises ValueError if ``factors`` has another shape.
    """
    if factors.ndim != 2 or factors.shape[1] != len(FACTOR_NAMES):
        raise ValueError(
            f"factors must have the shape (batch, {len(FACTOR_NAMES)}), got {tuple(factors.shape)}"
        )
    pixels = _CPU_CHUNK if factors.device.type == "cpu" else _DEVICE_CHUNK
    return torch.cat([_draw(chunk, size) for chunk in factors.split(max(1, pixels // size**2))])


def _draw(factors: Tensor, size: int) -> Tensor:
    face = _Face({name: factors[:, i].view(-1, 1, 1, 1) for i, name in enumerate(FACTOR_NAMES)})
    sheet = FaceCanvas(size, factors)
    hair = _comb(sheet, face)
    canvas = _background(sheet, face)
    hair.window.paint(canvas, hair.back, hair.silhouette)
    _paint_body(canvas, sheet, face)
    for side in _SIDES:
        _paint_ear(canvas, sheet, face, side)
    head = _paint_head(canvas, sheet, face, hair)
    _paint_mouth(canvas, sheet, face)
    for side in _SIDES:
        _paint_eye(canvas, sheet, face, head, side)
        _paint_brow(canvas, sheet, face, head, side)
    hair.window.paint(canvas, hair.front, hair.front_mask)
    return canvas


class _Face:
    """Pose, proportions, light and colours of a batch of faces."""

    def __init__(self, factor: dict[str, Tensor]) -> None:
        self.factor = factor
        self.palette = Palette.of(factor)
        self.pose = Pose(
            yaw=0.29 * factor["head yaw"], pitch=0.20 * factor["head pitch"], tilt=0.05 * factor["head tilt"]
        )
        light = 1.2 * factor["light direction"]
        self.light = (0.85 * torch.sin(light), -0.42, 0.70 * torch.cos(light))
        self.open = softplus(factor["mouth opening"], 2) - 0.0635  # from 0 to 1
        self.width = 0.475 + 0.055 * factor["face width"]
        self.height = 0.56 + 0.03 * self.open
        self.eye_x = 0.203 + 0.008 * factor["face width"] + 0.034 * factor["eye distance"]
        self.hair_length = torch.sigmoid(2.5 * factor["hair length"])


@dataclass(frozen=True)
class _Hair:
    """All of the hair, painted behind the head, and the part of it in front of the face's rim."""

    window: CanvasPart
    silhouette: Tensor
    back: Tensor
    front: Tensor
    front_mask: Tensor
    shadow: Layer  # of the front hair on the face


def _mix(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    return a + weight * (b - a)


def _background(sheet: FaceCanvas, face: _Face) -> Tensor:
    window, palette = sheet.window(-1, 1, -1, 1), face.palette
    column = _mix(palette.sky, palette.ground, torch.sigmoid(1.6 * window.y))
    return torch.lerp(column, palette.glow, spots(window, [(0.75, 0.5 * face.light[0], -0.2, 0.9, 0.9)]))


def _comb(sheet: FaceCanvas, face: _Face) -> _Hair:
    palette, pose, length = face.palette, face.pose, face.hair_length
    lx, ly, lz = face.light
    window = sheet.window(-0.92, 0.92, -0.97, 1.0)

    # The cap: the skull with hair on it, a little behind the face and squarer than an ellipse.
    hx, hy = pose.upright(window)
    cap_x, cap_y = hx + 0.10 * pose.sin_yaw, hy + 0.09 - 0.10 * pose.sin_pitch
    p, t = cap_x / (face.width + 0.095), cap_y / 0.635
    q = p * p + t * t
    cap = sheet.inside(0.29 * (1 - q + 0.16 * p * p * t * t))

    # The fall: hangs straight down from the moving head, with a wave once it is long.
    top, bottom = 0.7 * pose.y - 0.27, 0.7 * pose.y + 0.08 + 0.86 * length
    s = (2 * window.y - top - bottom) / (bottom - top)
    wave = 1 + 0.055 * length * torch.sin(8 * (window.y - bottom) + 1.2)
    across = (window.x - 0.75 * pose.x + 0.08 * pose.sin_yaw) / ((face.width + 0.03 + 0.08 * length) * wave)
    fall = sheet.inside(0.22 * (1 - s**4 - across**2))
    silhouette = cap + fall - cap * fall

    # The gap through which the face looks: a parted fringe above, locks at the sides, open below.
    u, v = pose.patch(0.0, -0.02, -0.05).local(window)
    rim = 0.45 + 0.05 * face.factor["face width"] + 0.05 * bump(v - 0.16, 0.16)
    rim = rim - length * (0.06 + 0.05 * bump(v - 0.5, 0.2) - 0.7 * softplus(window.y - bottom + 0.2, 15))
    fringe = -0.285 - 0.10 * u - 0.15 * bump(u - 0.14, 0.17)
    gap = smooth_min((rim * rim - u * u) / (2 * rim), v - fringe, 0.055)
    # Short hair stops above the ears.
    end = 0.10 * pose.sin_pitch + 0.6 * bump(u, 0.3) + 0.3 * cap_x**2 - 0.11
    end = end + 1.4 * torch.sigmoid(5 * face.factor["hair length"] + 1.75)
    front_mask = silhouette * sheet.inside(-gap) * sheet.inside(end - hy)

    # Tone: light on a ball of hair, strands that follow the gap's edge, a sheen, a rounded edge.
    fan = (cap_x - 0.10) / (cap_y + 1.4)
    strands = torch.sin(52 * gap + 9 * fan) + 0.7 * torch.sin(97 * gap - 14 * fan + 2)
    tone = 2.4 * (lx * p + ly * t + 0.8 * lz) * torch.rsqrt(1 + 2 * q) - 0.9 + 0.14 * strands
    tone = tone - 0.9 * torch.sigmoid(5 * (window.y - 0.30))
    back = torch.lerp(palette.hair_dark, palette.hair, (0.9 - 0.4 * length) * torch.sigmoid(tone - 0.6))
    sheen = bump(t + 0.50 + 0.22 * p * p + 0.02 * strands - 0.10 * pose.sin_pitch, 0.12)
    tone = tone + 2.0 * sheen * (1 + 0.6 * lx * p) + bump(gap + 0.06, 0.04) - 0.9 * bump(gap, 0.03)
    front = torch.lerp(palette.hair_dark, palette.hair_light, torch.sigmoid(tone))
    shadow = Layer(window, torch.sigmoid((0.035 - gap) / 0.022))
    return _Hair(window, silhouette, back, front, front_mask, shadow)


def _paint_body(canvas: Tensor, sheet: FaceCanvas, face: _Face) -> None:
    palette, pose, lx = face.palette, face.pose, face.light[0]
    window = sheet.window(-1, 1, 0.3, 1)  # the neck goes on behind the head
    x, y = window.x, window.y

    # Shoulders that rise to the neck; heights become distances by the slope of the outline.
    outline = 0.735 + 0.42 * x**2 + 0.9 * x**6 - 0.10 * bump(x, 0.30)
    shoulders = sheet.inside((y - outline) * torch.rsqrt(1 + (0.84 * x + 5.4 * x**5) ** 2))
    tone = 1.3 + 2.2 * lx * x - 2.5 * (y - 0.72) - 1.5 * bump(x, 0.34) * bump(y - 0.70, 0.16)
    sleeves = bump(x - 0.52, 0.05) + bump(x + 0.52, 0.05)
    tone = torch.sigmoid(tone - 0.8 * sleeves * torch.sigmoid((y - 0.86) / 0.04))
    window.paint(canvas, torch.lerp(palette.cloth_dark, palette.cloth, tone), shoulders)

    # Collar, and the neck inside it in the head's shadow.
    neckline = 0.825 - 1.6 * x**2 - 9 * x**4
    slope = torch.rsqrt(1 + (3.2 * x + 36 * x**3) ** 2)
    collar = sheet.inside((neckline + 0.045 - y) * slope) * shoulders
    window.paint(canvas, torch.lerp(palette.cloth, palette.cloth_light, tone), collar)
    offset = x - 0.40 * pose.x * (0.9 - y)
    half = 0.16 + 0.03 * face.factor["face width"] + 0.9 * softplus(y - 0.66, 20)
    neck = sheet.inside((half**2 - offset**2) / (2 * half)) * sheet.inside((neckline - y) * slope)
    chin = pose.project(0.0, face.height, 0.2)[1]
    tone = 1.1 + 3.4 * lx * offset - 3.2 * torch.sigmoid((chin + 0.11 - y - 0.5 * offset**2) / 0.03)
    window.paint(canvas, torch.lerp(palette.skin_dark, palette.skin, torch.sigmoid(tone)), neck)


def _paint_ear(canvas: Tensor, sheet: FaceCanvas, face: _Face, side: float) -> None:
    palette = face.palette
    window = _beside(sheet, side, 0.08, 0.80, -0.40, 0.42)
    u, v = face.pose.upright(window, *face.pose.project(side * (face.width + 0.012), 0.05, -0.10))
    u = u + side * 0.18 * v
    hollow = bump(u + side * 0.008, 0.042) * bump(v + 0.01, 0.070)
    tone = torch.sigmoid(1.3 + 1.8 * side * face.light[0] - 3.4 * hollow)
    mask = sheet.inside(ellipse(v, u, 0.125, 0.082))
    window.paint(canvas, torch.lerp(palette.skin_dark, palette.skin, tone), mask)


def _paint_head(canvas: Tensor, sheet: FaceCanvas, face: _Face, hair: _Hair) -> Layer:
    """Paint the bare face and return its mask."""
    palette, pose = face.palette, face.pose
    lx, ly, lz = face.light
    window = sheet.window(-0.78, 0.78, -0.80, 0.82)

    # The outline tapers to the chin, which lies before the skull's centre and so swings with yaw.
    hx, hy = pose.upright(window)
    t = (hy + 0.10 * pose.sin_pitch - 0.005) / face.height
    p = (hx - pose.sin_yaw * (0.06 + 0.075 * t)) / face.width * (1 + 0.05 * t + 0.13 * t * t)
    q = p * p + t * t
    mask = sheet.inside(0.25 * (1 - q))
    # Light on the ellipsoid with the normal (p, t, depth); the depth is rounded where the surface ends.
    depth = torch.sqrt(0.5 * (1 - q + torch.sqrt((1 - q) ** 2 + 0.02)))
    tone = 3.4 * (lx * p + ly * t + lz * depth) + 0.1 - 2.2 * hair.shadow.on(window)
    tone = tone + _relief(window, face)

    skin = torch.lerp(palette.skin_dark, palette.skin, torch.sigmoid(tone))
    smile = face.factor["smile"]
    cheeks = [pose.patch(side * 0.26, 0.15 - 0.02 * smile) for side in _SIDES]
    blush = spots(window, [(0.30 + 0.12 * smile, cheek.x, cheek.y, 0.11, 0.08) for cheek in cheeks])
    skin = torch.lerp(skin, palette.blush, blush)
    tip = pose.patch(*_NOSE)
    glint = spots(window, [(0.55, tip.x + 0.025 * lx, tip.y - 0.022, 0.022, 0.022)])
    skin = torch.lerp(skin, palette.skin_light, glint)
    window.paint(canvas, skin, mask)
    return Layer(window, mask)


def _relief(window: CanvasPart, face: _Face) -> Tensor:
    """Light and shade of nose, eye sockets and chin, added to the tone of the face."""
    pose, lx = face.pose, face.light[0]
    tip, bridge = pose.patch(*_NOSE), pose.patch(0.0, -0.05, 0.03)
    chin = pose.patch(0.0, 0.385 + 0.10 * face.open)
    table: list[tuple[Scalar, Scalar, Scalar, float, float]] = [
        (1.2, tip.x + 0.03 * lx, tip.y - 0.010, 0.045, 0.045),
        (-1.9, tip.x - 0.05 * lx, tip.y + 0.060, 0.080, 0.032),
        (0.8, bridge.x, bridge.y + 0.03, 0.035, 0.13),
        (-1.0, chin.x, chin.y, 0.085, 0.024),
    ]
    for side in _SIDES:
        socket = pose.patch(side * face.eye_x, -0.075)
        table += [
            (-2.2, tip.x + side * 0.034, tip.y + 0.040, 0.018, 0.014),  # nostril
            (-1.1, tip.x + side * 0.070, tip.y + 0.020, 0.022, 0.034),  # wing
            (1.5 * side * lx, tip.x + side * 0.075, tip.y - 0.02, 0.04, 0.07),  # flanks, lit or in shade
            (1.2 * side * lx, bridge.x + side * 0.07, bridge.y, 0.045, 0.12),
            (-0.8, socket.x, socket.y, 0.14, 0.085),
        ]
    return spots(window, table)


def _paint_mouth(canvas: Tensor, sheet: FaceCanvas, face: _Face) -> None:
    palette, smile, opening = face.palette, face.factor["smile"], face.open
    window = sheet.window(-0.64, 0.64, -0.18, 0.78)
    u, v = face.pose.patch(0.0, 0.285, 0.02).local(window)
    half, height = 0.126 + 0.026 * smile - 0.010 * opening, 0.005 + 0.088 * opening
    # A smile bends the mouth's corners up; far outside the bend levels off.
    s = (u / half) ** 2
    s = 1.1 * s / (1 + 0.12 * s)
    v = v + (0.026 + 0.046 * smile + 0.014 * opening) * (s - 0.5) - 0.45 * height

    cupids_bow = 0.013 * (bump(u, 0.030) - 0.5 * bump(u, 0.07)) * torch.sigmoid(-v / 0.01)
    lips = torch.lerp(palette.lip_dark, palette.lip, torch.sigmoid(0.4 + v / 0.02))
    shine = bump(u - 0.03 * face.light[0], 0.045) * bump(v - height - 0.016, 0.010)
    lips = torch.lerp(lips, palette.lip_light, 0.55 * shine)
    window.paint(canvas, lips, sheet.inside(ellipse(u, v - cupids_bow, 1.08 * half, height + 0.034)))

    tongue = (1 - (u / 0.10) ** 2 - ((v - 1.1 * height) / (0.8 * height + 0.01)) ** 2) / 0.25
    mouth = torch.lerp(palette.mouth, palette.tongue, 0.9 * torch.sigmoid(tongue))
    teeth = sheet.inside(-v - 0.30 * height) * torch.sigmoid(12 * opening - 1)
    mouth = torch.lerp(mouth, palette.teeth, teeth)
    window.paint(canvas, mouth, sheet.inside(ellipse(u, v, 0.95 * half, height)))


def _paint_eye(canvas: Tensor, sheet: FaceCanvas, face: _Face, head: Layer, side: float) -> None:
    palette, lx = face.palette, face.light[0]
    window = _beside(sheet, side, -0.44, 0.74, -0.46, 0.36)
    skin = head.on(window)
    u, v = face.pose.patch(side * face.eye_x, -0.025).local(window)
    half, opening = 0.126, torch.sigmoid(2.5 * face.factor["eye opening"] + 0.95)
    height = 0.010 + 0.108 * opening
    # The closing upper lid travels further than the lower one, and the slit bows down.
    v = v - (1 - opening) * (0.050 - 0.040 * (u / half) ** 2) + 0.02 * side * u

    lid = ((u / (half + 0.02)) ** 2 + ((v + 0.030) / (height + 0.022)) ** 2 - 1) / 0.15
    window.paint(canvas, palette.skin_dark, 0.38 * bump(lid, 1.0) * torch.sigmoid(-(v + 0.04) / 0.02) * skin)
    # Lashes: a larger ellipse behind the eye, showing above it and at the outer corner.
    lashes = ellipse(u - 0.014 * side, v + 0.015 + 0.006 * opening, half + 0.010, height + 0.007)
    window.paint(canvas, palette.lash, sheet.inside(lashes) * skin)

    eye = torch.lerp(palette.eye_shadow, palette.eye_white, torch.sigmoid((v + 0.50 * height) / 0.02))
    iu, iv = u - 0.046 * face.factor["gaze"], v + 0.008
    r2 = iu * iu + iv * iv
    iris = torch.lerp(palette.iris, palette.iris_light, torch.sigmoid((iv - 0.012) / 0.02))
    iris = torch.lerp(iris, palette.iris_dark, torch.sigmoid((r2 - 0.072**2) / 0.0009))
    eye = torch.lerp(eye, iris, sheet.inside((0.085**2 - r2) / 0.17))
    eye = torch.lerp(eye, palette.pupil, sheet.inside((0.047**2 - r2) / 0.094))
    eye = torch.lerp(eye, palette.lash, 0.35 * torch.sigmoid(-(v + 0.66 * height) / 0.014))
    # The light's reflection, and a fainter one opposite.
    glint = sheet.inside((0.021**2 - (iu - 0.030 * lx) ** 2 - (iv + 0.030) ** 2) / 0.042)
    eye = torch.lerp(eye, palette.glint, 0.95 * glint)
    glint = sheet.inside((0.012**2 - (iu + 0.026 * lx) ** 2 - (iv - 0.036) ** 2) / 0.024)
    eye = torch.lerp(eye, palette.glint, 0.45 * glint)
    window.paint(canvas, eye, sheet.inside(ellipse(u, v, half, height)) * skin)


def _paint_brow(canvas: Tensor, sheet: FaceCanvas, face: _Face, head: Layer, side: float) -> None:
    window = _beside(sheet, side, -0.40, 0.74, -0.68, 0.22)
    height = 0.232 + 0.050 * face.factor["brow height"]
    u, v = face.pose.patch(side * (face.eye_x + 0.025), -height).local(window)
    u = u * side  # from the nose outwards
    v = v - 1.7 * (u - 0.018) ** 2 + 0.006 - (0.03 + 0.27 * face.factor["brow tilt"]) * u
    taper = torch.exp(2.5 * u)
    mask = 0.92 * sheet.inside(ellipse(u, v * taper, 0.125, 0.024)) * head.on(window)
    window.paint(canvas, face.palette.brow, mask)


def _beside(
    sheet: FaceCanvas, side: float, inner: float, outer: float, top: float, bottom: float
) -> CanvasPart:
    """A window left (side -1) or right (side 1) of the middle, between two distances from it."""
    left, right = sorted((side * inner, side * outer))
    return sheet.window(left, right, top, bottom)
