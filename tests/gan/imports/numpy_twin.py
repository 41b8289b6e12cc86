"""StyleGAN2 in NumPy, float64, from the papers' equations, on arrays named and laid out as PyTorch has them.

Everything the slow way: convolutions as sums over taps, resampling by inserting zeros and filtering, one item
at a time where styles differ. Images are [N, C, H, W], kernels [O, I, k, k].

Sources: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", equations 1 to 3 and
figures 2 and 7; Karras et al. 2020, "Training GANs with limited data", appendix C; Karras et al. 2018,
section 3 (minibatch deviation); Miyato and Koyama 2018, equation 3 (projection).
"""

import numpy as np

TAPS = np.array([1.0, 3.0, 3.0, 1.0]) / 8.0
LR = 0.01  # of mapping layers


class Twin:
    """A network of arrays by dotted name."""

    def __init__(self, arrays: dict[str, np.ndarray], *, resolution: int, clamp: float | None) -> None:
        self.arrays = {name: array.astype(np.float64) for name, array in arrays.items()}
        self.sizes = [4 << k for k in range(resolution.bit_length() - 2)]
        self.clamp = clamp

    def dense(self, x: np.ndarray, name: str, *, lr: float = 1.0) -> np.ndarray:
        """x W^T + b, equalised."""
        weight, bias = self.arrays[f"{name}.weight"], self.arrays[f"{name}.bias"]
        return x @ (weight * lr / np.sqrt(weight.shape[1])).T + bias * lr

    def limited(self, x: np.ndarray) -> np.ndarray:
        """x within the clamp."""
        return x if self.clamp is None else np.clip(x, -self.clamp, self.clamp)

    def map(
        self, z: np.ndarray | None, classes: np.ndarray | None, name: str = "mapping", *, psi: float = 1.0
    ) -> np.ndarray:
        """z [N, Z], one-hot classes [N, K] -> w [N, W]."""
        parts = [] if z is None else [unit(z)]
        if classes is not None:
            parts.append(unit(self.dense(classes, f"{name}.embed")))
        x = np.concatenate(parts, axis=1)
        layer = 0
        while f"{name}.fc{layer}.weight" in self.arrays:
            x = active(self.dense(x, f"{name}.fc{layer}", lr=LR))
            layer += 1
        if psi != 1.0:
            mean = self.arrays[f"{name}.w_avg"]
            x = mean + psi * (x - mean)
        return x

    def synthesize(self, ws: np.ndarray, *, noise: bool = True) -> np.ndarray:
        """ws [N, L, W] -> images [N, C, H, W]."""
        images = []
        for w in ws:
            x, image, i = self.arrays["synthesis.b4.const"], None, 0
            for px in self.sizes:
                block = f"synthesis.b{px}"
                for conv in ("conv1",) if px == 4 else ("conv0", "conv1"):
                    x = self.layer(x, w[i], f"{block}.{conv}", up=conv == "conv0", noise=noise)
                    i += 1
                rgb = self.to_rgb(x, w[i], f"{block}.torgb")
                image = rgb if image is None else up(image) + rgb
            images.append(image)
        return np.stack(images)

    def layer(self, x: np.ndarray, w: np.ndarray, name: str, *, up: bool, noise: bool) -> np.ndarray:
        """x [I, H, W] -> [O, H', W']."""
        style = self.dense(w[None], f"{name}.affine")[0]
        weight = self.arrays[f"{name}.weight"] * style[None, :, None, None]  # equation 1
        weight = weight / np.sqrt((weight**2).sum((1, 2, 3), keepdims=True) + 1e-8)  # equation 3
        if up:  # a convolution, not a correlation, of the image between whose pixels zeros stand
            x = correlate(zeros_between(x), weight[:, :, ::-1, ::-1], pad=(2, 1))  # of 2H + 1 px
            x = filtered(x, pad=(1, 1), gain=4.0)
        else:
            x = correlate(x, weight, pad=(1, 1))
        if noise:
            x = x + self.arrays[f"{name}.noise_strength"] * self.arrays[f"{name}.noise_const"][None]
        return self.limited(active(x + self.arrays[f"{name}.bias"][:, None, None]))

    def to_rgb(self, x: np.ndarray, w: np.ndarray, name: str) -> np.ndarray:
        """x [I, H, W] -> [C, H, W]: modulated, not demodulated."""
        style = self.dense(w[None], f"{name}.affine")[0] / np.sqrt(x.shape[0])
        weight = self.arrays[f"{name}.weight"] * style[None, :, None, None]
        return self.limited(correlate(x, weight, pad=(0, 0)) + self.arrays[f"{name}.bias"][:, None, None])

    def conv(self, x: np.ndarray, name: str, *, pad: int) -> np.ndarray:
        """Equalised convolution with its bias, if it has one."""
        weight = self.arrays[f"{name}.weight"]
        y = correlate(x, weight / np.sqrt(weight[0].size), pad=(pad, pad))
        bias = self.arrays.get(f"{name}.bias")
        return y if bias is None else y + bias[:, None, None]

    def judge(self, images: np.ndarray, classes: np.ndarray | None, *, group: int) -> np.ndarray:
        """images [N, C, H, W] -> logits [N]."""
        features = np.stack([self.blocks(image) for image in images])
        n, _, h, w = features.shape
        group = min(group, n)
        count = n // group
        extra = np.zeros((n, 1, h, w))
        for first in range(count):  # of `count` groups, item i is in group i mod count
            members = features[first::count]
            assert len(members) == group
            extra[first::count] = np.sqrt(members.var(0) + 1e-8).mean()
        logits = []
        for item, x in enumerate(np.concatenate([features, extra], axis=1)):
            y = self.limited(active(self.conv(x, "b4.conv", pad=1)))
            y = active(self.dense(y.reshape(1, -1), "b4.fc"))
            y = self.dense(y, "b4.out")[0]
            if classes is not None:
                y = y @ self.map(None, classes[item : item + 1])[0] / np.sqrt(len(y))
            logits.append(float(np.squeeze(y)))
        return np.array(logits)

    def blocks(self, image: np.ndarray) -> np.ndarray:
        """image [C, H, W] -> features at 4 px."""
        x = self.limited(active(self.conv(image, f"b{self.sizes[-1]}.fromrgb", pad=0)))
        for px in self.sizes[:0:-1]:
            y = self.limited(active(self.conv(x, f"b{px}.conv0", pad=1)))
            weight = self.arrays[f"b{px}.conv1.weight"]
            y = correlate(filtered(y, pad=(2, 2)), weight / np.sqrt(weight[0].size), pad=(0, 0))[:, ::2, ::2]
            y = self.limited(active(y + self.arrays[f"b{px}.conv1.bias"][:, None, None]))
            if f"b{px}.skip.weight" in self.arrays:
                skip = self.conv(filtered(x, pad=(1, 1))[:, ::2, ::2], f"b{px}.skip", pad=0)
                x = (skip + y) / np.sqrt(2)
            else:
                x = y
        return x


def unit(x: np.ndarray) -> np.ndarray:
    """x over its root mean square."""
    return x / np.sqrt((x**2).mean(1, keepdims=True) + 1e-8)


def active(x: np.ndarray) -> np.ndarray:
    """Leaky ReLU, slope 0.2, gain sqrt 2."""
    return np.where(x > 0, x, 0.2 * x) * np.sqrt(2)


def correlate(x: np.ndarray, weight: np.ndarray, *, pad: tuple[int, int]) -> np.ndarray:
    """[I, H, W] with [O, I, k, k], zeros before and after: a sum over taps."""
    k = weight.shape[2]
    x = np.pad(x, ((0, 0), pad, pad))
    h, w = x.shape[1] - k + 1, x.shape[2] - k + 1
    y = np.zeros((weight.shape[0], h, w))
    for i in range(k):
        for j in range(k):
            y += np.einsum("oi,ihw->ohw", weight[:, :, i, j], x[:, i : i + h, j : j + w])
    return y


def zeros_between(x: np.ndarray) -> np.ndarray:
    """[C, H, W] -> [C, 2H, 2W]: each pixel followed by a zero."""
    y = np.zeros((x.shape[0], 2 * x.shape[1], 2 * x.shape[2]))
    y[:, ::2, ::2] = x
    return y


def filtered(x: np.ndarray, *, pad: tuple[int, int], gain: float = 1.0) -> np.ndarray:
    """Low-pass [1, 3, 3, 1] both ways, per channel."""
    x = np.pad(x, ((0, 0), pad, pad))
    h, w = x.shape[1] - 3, x.shape[2] - 3
    taps = gain * np.outer(TAPS, TAPS)
    return sum(taps[i, j] * x[:, i : i + h, j : j + w] for i in range(4) for j in range(4))


def up(x: np.ndarray) -> np.ndarray:
    """Twice the size: zeros between, low-pass, energy restored."""
    return filtered(zeros_between(x), pad=(2, 1), gain=4.0)
