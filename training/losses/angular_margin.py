"""The additive angular margin (AAM-softmax, ArcFace): cross-entropy that asks for more than the right order.

Deng, Guo, Xue, Zafeiriou, "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019
(https://arxiv.org/abs/1801.07698), equation 3. With c the cosines of an embedding to the vectors of the classes,
theta the angle to that of the target y, s a scale and m a margin in radians:

    loss = -log softmax(s z)[y],   z[y] = cos(theta + m), z[j] = c[j] elsewhere

Beyond theta = pi - m, where cos(theta + m) would rise again, cos(theta) - 1 + cos(m) goes on from it: it meets
it there, and falls to the end. Half a turn away from its target, an example still has a gradient.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

SINE_FLOOR = 1e-4  # near 0 and pi the sine's gradient by the cosine has no bound


def angular_margin_loss(cosines: Tensor, targets: Tensor, margin: float = 0.2, scale: float = 30.0) -> Tensor:
    """The loss of each example, (batch,) float32, of cosines (batch, classes) and target classes (batch,) int64.

    `margin` is in radians, from 0 (cross-entropy of scale * cosines) to below pi. Cosines that rounding took out of
    [-1, 1] count as its ends. The gradient is finite everywhere.

    >>> cosines = torch.tensor([[0.5, 0.0]])  # 60 degrees to the target; 30 more make 90, so that both have cosine 0
    >>> round(angular_margin_loss(cosines, torch.tensor([0]), margin=math.pi / 6, scale=1.0).item(), 4)
    0.6931
    """
    cosines = cosines.float().clamp(-1, 1)
    at = targets[:, None]
    near = cosines.gather(1, at)
    sine = (1 - near.square()).clamp(min=SINE_FLOOR**2).sqrt()
    turned = torch.where(
        near > -math.cos(margin),
        near * math.cos(margin) - sine * math.sin(margin),
        near - 1 + math.cos(margin),
    )
    is_target = torch.arange(cosines.shape[1], device=cosines.device) == at
    return cross_entropy(scale * torch.where(is_target, turned, cosines), targets, reduction="none")
