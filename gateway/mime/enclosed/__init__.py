"""Files that stand within a decoded leaf: found, and decoded as they are asked for."""

from gateway.mime.enclosed.base import Buffer, Enclosed
from gateway.mime.enclosed.finder import find

__all__ = ["Buffer", "Enclosed", "find"]
