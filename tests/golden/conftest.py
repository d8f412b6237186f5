"""The same toolbox as for the tests of the render stage."""

from tests.render.conftest import renderer, toolbox

__all__ = ["renderer", "toolbox"]
