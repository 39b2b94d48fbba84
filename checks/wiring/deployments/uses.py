"""What the code that a unit runs does with what it reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from checks.wiring.code.model import Code
from checks.wiring.deployments.bindings import Bindings
from checks.wiring.deployments.origins import Origins
from checks.wiring.deployments.reach import Part, Parts, Reach, kept_under
from checks.wiring.model import Read, Started, Unit

# Names that say too little to know whose they are.
_PLAIN = frozenset(
    {"host", "hostname", "url", "uri", "dsn", "address", "addr", "server", "port", "endpoint", "base_url"}
)


class Uses:
    """Answers for the programs of one project, each program's way through the code followed once."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self._reaches: dict[tuple[str, str | None], Reach] = {}
        self._reads: dict[tuple[int, int], tuple[Read, ...]] = {}

    @cached_property
    def _parts(self) -> Parts | None:
        return Parts(self.code.index.sources) if self.code.index else None

    @cached_property
    def bindings(self) -> Bindings | None:
        """The readings of the environment with the names that they are kept under."""
        return Bindings(self.code.index.sources, self.code.every_read()) if self.code.index else None

    @cached_property
    def origins(self) -> Origins | None:
        """What follows expressions to where their texts come from."""
        index, bindings = self.code.index, self.bindings
        return Origins(index, bindings) if index is not None and bindings is not None else None

    def reach(self, started: Started, unit: Unit) -> Reach | None:
        """The code that a program may come to; None where it is not the project's."""
        file = self._file(started, unit)
        if file is None or self._parts is None:
            return None
        program = self.code.index.programs.find(started, unit) if self.code.index else None
        key = (file, program.attribute if program is not None else None)
        if key not in self._reaches:
            self._reaches[key] = Reach(self._parts.sources, self._parts, *key)
        return self._reaches[key]

    def _file(self, started: Started, unit: Unit) -> str | None:
        """Where the project's code begins; `alembic` runs the one `env.py` that there is."""
        place = self.code.file_of(started, unit)
        if place is not None:
            return place.file
        sources = self.code.index.sources if self.code.index else None
        if started.name != "alembic" or sources is None:
            return None
        found = [file for file in sources.files if file.endswith("/env.py") and b"alembic" in _bytes(self.code, file)]
        return found[0] if len(found) == 1 else None

    def reads(self, started: Started, unit: Unit) -> tuple[Read, ...]:
        """What a program reads from its environment."""
        key = (id(unit), id(started))  # both live as long as the system
        if key not in self._reads:
            self._reads[key] = self._find_reads(started, unit)
        return self._reads[key]

    def _find_reads(self, started: Started, unit: Unit) -> tuple[Read, ...]:
        found = self.code.reads_of(started, unit)
        if found is not None or self.bindings is None:
            return found or ()
        reach = self.reach(started, unit)
        return tuple(read for read in self.bindings.reads if reach is not None and read.place.file in reach.files)

    def uses(self, started: Started, unit: Unit, read: Read) -> bool:
        """Whether what is read is looked at by anything that the program may run."""
        reach = self.reach(started, unit)
        if reach is None or self.bindings is None:
            return False
        name = self.bindings.name_of(read)
        if name is None:
            return True
        owner = {word.lower() for word in read.name.split("_")} - _PLAIN if name in _PLAIN else set[str]()
        return any(self._matters(unit, part, name, owner) for part in reach.parts if name in part.loads)

    def _matters(self, unit: Unit, part: Part, name: str, owner: set[str]) -> bool:
        """Whether a part that loads a name does something with it; a plain name must stand beside that of its owner."""
        if owner and not any(word in load.lower() for word in owner for load in part.loads):
            return False
        if part.name is not None or part.owner is not None:
            return True
        kept = [kept_under(part.module, node) for node in part.module.tree.body if name in _attributes(node)]
        return not kept or not all(kept) or self.loads_any(unit, part.module.file, frozenset().union(*kept))

    def loads_any(self, unit: Unit, file: str, names: frozenset[str]) -> bool:
        """Whether code beyond the top level of a file looks at one of these names."""
        for part in self.parts_of(unit):
            elsewhere = part.module.file != file or (part.name is not None and part.name not in names)
            if elsewhere and names & part.loads:
                return True
        return False

    def parts_of(self, unit: Unit) -> Iterator[Part]:
        """The code that may run in a unit."""
        seen: set[int] = set()
        for started in unit.starts:
            reach = self.reach(started, unit)
            for part in reach.parts if reach else ():
                if id(part) not in seen:
                    seen.add(id(part))
                    yield part


def _attributes(tree: ast.AST) -> set[str]:
    """Every name and attribute that is read at the top level of a statement, functions left out."""
    if isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return set()
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
    return names | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _bytes(code: Code, file: str) -> bytes:
    try:
        return (code.root / file).read_bytes()
    except OSError:
        return b""
