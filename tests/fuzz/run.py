"""One run of atheris on one target, in a process of its own: `Fuzz` never returns.

    python -m tests.fuzz.run TARGET FOLDER EACH OTHERS [option of libFuzzer]...

EACH is how many messages of a recipe are made into seeds (0 where the seeds are there already), OTHERS ("yes" or "no")
whether those of POSTERN_CORPORA are too. Seeds are in FOLDER/seeds, inputs that do not hold go into FOLDER/crashes.
Exits with 0 where all inputs held.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gateway"]):
    from tests.fuzz.registry import BROKEN, TARGETS
    from tests.fuzz.target import Target

from tests.fuzz.mutate import Mutator
from tests.fuzz.seeds import write_seeds

_OF_MAIL = frozenset({"parser", "walker"})


def run(target: Target, folder: Path, options: list[str], *, each: int, others: bool) -> None:
    """Fuzz until the options say stop, or something does not hold; ends the process."""
    seeds, crashes = folder / "seeds", folder / "crashes"
    for one in (seeds, crashes):
        one.mkdir(parents=True, exist_ok=True)
    if each:
        write_seeds([target], folder.parent, each=each, others=others)
    print(f"{target.name}: {len(list(seeds.iterdir()))} seeds", flush=True)
    mutator = Mutator(target.fragments, mail=target.name in _OF_MAIL)

    def mutated(data: bytes, longest: int, seed: int) -> bytes:
        if seed % 3 == 0:
            plain: bytes = atheris.Mutate(data, longest)
            return plain
        return mutator(data, longest, seed)

    def check(data: bytes) -> None:
        target.check(data)

    own = [f"-max_len={target.longest}", f"-artifact_prefix={crashes}/"]
    atheris.Setup([sys.argv[0], *own, *options, str(seeds)], check, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    name, where, many, corpora, *rest = sys.argv[1:]
    run(
        BROKEN if name == BROKEN.name else TARGETS[name],
        Path(where),
        rest,
        each=int(many),
        others=corpora == "yes",
    )
