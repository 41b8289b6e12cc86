"""Training of a next-frame model on the frames of a clip.

Command: inkloop gan next-frame train GAN VIDEO --tags tags.json --pages PAGES --run RUN
Hardware and time: 2 CPU cores with other load, a clip of 30 s at 64 px: 4 minutes for 300 projected frames,
then about 100 pairs/s.
Expected: it does not beat its baselines on one clip of 30 s with four shots (296 pairs; GAN trained for
16,000 images with `photos` and narrower networks). On the last 5 s, after 12,000 pairs: mean squared error
20.5, distance 0.0036; repeating the frame has 12.7 and 0.0022, extrapolating in w 21.8 and 0.0034.
Tried there, squared error in w relative to a step of the training frames (repeating: 0.594 on held-out
frames): 0.596 after 960 pairs, 0.611 after 3,000, 0.647 after 6,000, 0.696 after 12,000, while that on
training pairs falls to 0.30; width 64 with more noise and weight decay is no better (0.614, 0.621 after 960).
Adding 0.2 to 0.4 of the last step has 0.55 on the held-out frames, but 1.00 to 1.07 on training frames, so
it is not learned. The model overfits: it needs more shots, and few epochs.
Without the network, adding 0.1 of the last step (the best of 0, 0.1, 0.2, 0.3, 0.5 and 1 on training
frames) has 11.5 and 0.00193 on the last 5 s: better than repeating in both. So a trained gain alone may beat
the baselines.
Recipe pixels there, after 1,600 pairs (batch 8, learning rate 0.002): squared error 3735, distance 0.466.
It draws the whole frame itself, and that GAN's best drawing of the next frame itself has 1485 and 0.152.
"""

from gan.config import replace
from gan.config.next_frame import NextFrameConfig

CONFIG = replace(
    NextFrameConfig(),
    preset="next-frame",
    total_nimg=12_000,
    batch_size=32,
    learning_rate=0.001,
    beta1=0.9,
    beta2=0.99,
    weight_decay=0.01,
    tick_nimg=1_000,
    snapshot_nimg=4_000,
    checkpoint_nimg=2_000,
    grid_size=(2, 8),
)
