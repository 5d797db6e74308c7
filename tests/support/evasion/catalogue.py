"""All recipes: importing this module registers every one."""

from __future__ import annotations

from tests.support.evasion import (
    class_a,
    class_a_lines,
    class_b,
    class_b_delimiters,
    class_c,
    class_d,
    class_e,
    class_e_signs,
    class_f,
    class_g,
    class_h,
    class_i,
    class_i_places,
    class_i_signs,
    class_j,
    class_j_documents,
    class_k,
)
from tests.support.evasion.recipe import RECIPES, Recipe

MODULES = (
    *(class_a, class_a_lines, class_b, class_b_delimiters, class_c, class_d, class_e, class_e_signs, class_f),
    *(class_g, class_h, class_i, class_i_places, class_i_signs, class_j, class_j_documents, class_k),
)


def recipes() -> list[Recipe]:
    """Every recipe, in the order of ids."""
    return [RECIPES[identifier] for identifier in sorted(RECIPES)]
