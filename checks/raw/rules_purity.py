"""Rules about what makes a worker that runs workflows impure."""

from __future__ import annotations

from checks.model import Rule, Severity

WARNING = Severity.WARNING

PURITY_RULES: tuple[Rule, ...] = (
    Rule(
        "raw.module-state",
        WARNING,
        "a step changes something of the module",
        "A worker runs many workflows in one process: what one leaves in the module, the next one finds. A retried "
        "step does it twice.",
        'SEEN = []\n\n@step("load")\ndef load(self):\n    SEEN.append(self.params.name)',
        '@step("load")\ndef load(self) -> list[str]:\n    return [self.params.name]',
    ),
    Rule(
        "raw.class-state",
        WARNING,
        "a step changes something of the class",
        "The class outlives the run, as the module does: one object for all instances.",
        "class Hello(BaseWorkflow[Params]):\n    names = []\n\n    def run(self) -> int:\n"
        "        self.names.append(self.params.name)\n        return 0",
        "class Hello(BaseWorkflow[Params]):\n    def run(self) -> int:\n"
        "        names = [self.params.name]\n        return 0",
    ),
    Rule(
        "raw.write-outside-save",
        WARNING,
        "a step writes a file elsewhere than into its results",
        "`self.save` writes below `results/` of the run and records it. Other files overwrite each other between runs, "
        "and are lost in a container.",
        'Path("/data/report.json").write_text(text)',
        'self.save("report.json", data)',
    ),
)
