"""Messages lost in bursts (Gilbert, 1960; Elliott, 1963): a link that is good or bad, drawn ahead by request."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def lost_in_bursts(coins: NDArray[np.float64], loss: float, burst: float) -> NDArray[np.bool_]:
    """Return which messages are lost: all while the link is bad, none while it is good.

    The state goes from good to bad with P_GB = loss / (burst (1 - loss)) and back with P_BG = 1 / burst before each
    message but the first, whose state is stationary; coin i belongs to message i. A coin below both P_GB and
    1 - P_BG makes the link bad, one above both good, whatever it was; one between them leaves it as it was (where
    1 - P_BG is the larger) or changes it. So with burst = 1/(1 - loss) the messages are lost independently.

    Args:
        coins: Uniform on [0, 1), shape ``(messages,)``.
        loss: Share of messages that are lost in the long run, in (0, 1).
        burst: Mean number of messages lost in a row, at least 1 and loss / (1 - loss).

    Returns:
        Shape ``(messages,)``.

    >>> lost_in_bursts(np.array([0.05, 0.7, 0.9, 0.05]), 0.1, 5.0)
    array([ True,  True, False, False])
    """
    if not len(coins):
        return np.zeros(0, dtype=bool)
    begins, stays = loss / (burst * (1 - loss)), 1 - 1 / burst
    is_decided = (coins < min(begins, stays)) | (coins >= max(begins, stays))
    is_bad = coins < min(begins, stays)
    is_decided[0], is_bad[0] = True, coins[0] < loss
    places = np.arange(len(coins))
    last = np.maximum.accumulate(np.where(is_decided, places, 0))
    if stays >= begins:
        return np.asarray(is_bad[last])
    return np.asarray(is_bad[last] ^ ((places - last) % 2 == 1))
