"""Small image operations on numpy arrays (height, width, 3, uint8)."""

import numpy as np

# Coarse names for colours, by distance in RGB.
NAMED = {
    "black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128), "red": (220, 40, 40), "orange": (240, 140, 30),
    "yellow": (240, 220, 50), "green": (50, 160, 70), "cyan": (60, 200, 210), "blue": (50, 90, 210), "purple": (140, 60, 180),
    "pink": (240, 150, 190), "brown": (120, 75, 40),
}
_NAMES = list(NAMED)
_COLOURS = np.array(list(NAMED.values()), dtype=np.float32)


def shares(image: np.ndarray) -> dict:
    """The share of pixels that is nearest to each named colour."""
    pixels = _thinned(image).reshape(-1, 3).astype(np.float32)
    distances = ((pixels[:, None, :] - _COLOURS[None]) ** 2).sum(axis=2)
    counts = np.bincount(distances.argmin(axis=1), minlength=len(_NAMES))
    return {name: round(float(count) / len(pixels), 4) for name, count in zip(_NAMES, counts) if count}


def edges(image: np.ndarray) -> np.ndarray:
    """Sobel's gradient, white on black."""
    grey = np.pad(image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32), 1, mode="edge")
    across = (grey[:-2, 2:] + 2 * grey[1:-1, 2:] + grey[2:, 2:]) - (grey[:-2, :-2] + 2 * grey[1:-1, :-2] + grey[2:, :-2])
    down = (grey[2:, :-2] + 2 * grey[2:, 1:-1] + grey[2:, 2:]) - (grey[:-2, :-2] + 2 * grey[:-2, 1:-1] + grey[:-2, 2:])
    strength = np.hypot(across, down)
    return np.repeat(np.clip(strength, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def poster(image: np.ndarray, levels: int) -> np.ndarray:
    """Each channel in so many levels."""
    step = 255 / (levels - 1)
    return (np.round(image / step) * step).astype(np.uint8)


def _thinned(image: np.ndarray) -> np.ndarray:
    step = max(1, int(max(image.shape[:2]) / 400))
    return image[::step, ::step]
