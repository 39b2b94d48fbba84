"""Rules about the workflow class."""

from __future__ import annotations

from checks.model import Rule, Severity
from checks.raw.rules_script import LEAST

ERROR, WARNING = Severity.ERROR, Severity.WARNING

CLASS_RULES: tuple[Rule, ...] = (
    Rule(
        "raw.no-workflow-class",
        ERROR,
        "no class derives raw_runtime's BaseWorkflow",
        "Without it there is no argument parsing, no result folder, no record of steps. A comment that names "
        "BaseWorkflow is not enough. Where a base class cannot be followed, it is a warning.",
        "class Hello:  # a BaseWorkflow\n    def run(self): ...",
        LEAST,
    ),
    Rule(
        "raw.no-run-method",
        ERROR,
        "the workflow class has no method run",
        "`run` is abstract in BaseWorkflow: the class cannot be made, and `main()` ends in a TypeError.",
        "class Hello(BaseWorkflow[Params]): ...\n\ndef run(): ...",
        "class Hello(BaseWorkflow[Params]):\n    def run(self) -> int:\n        return 0",
    ),
    Rule(
        "raw.params-not-model",
        ERROR,
        "the parameters of the workflow are no pydantic model",
        "`main()` builds the command line from the fields of the model named in `BaseWorkflow[...]`, and ends in a "
        "TypeError where there is none.",
        "class Params: ...\n\nclass Hello(BaseWorkflow[Params]): ...",
        "class Params(BaseModel): ...\n\nclass Hello(BaseWorkflow[Params]): ...",
    ),
    Rule(
        "raw.async-run",
        ERROR,
        "run is async",
        "`main()` does not await it: nothing of it runs, and the exit status is 1.",
        "async def run(self) -> int: ...",
        "def run(self) -> int:\n    return asyncio.run(self.work())",
    ),
    Rule(
        "raw.run-result",
        WARNING,
        "run does not return an int",
        "0 is success. Without a value the run is noted as failed and exits 0; a text, a dict or True exits 1.",
        'def run(self):\n    return {"done": True}',
        'def run(self) -> int:\n    self.save("result.json", {"done": True})\n    return 0',
    ),
    Rule(
        "raw.step-without-name",
        ERROR,
        "@step has no name",
        "`@step` takes the name and returns the decorator: without parentheses it swallows the method, whose body "
        "then never runs; with empty ones the import fails.",
        "@step\ndef greet(self): ...",
        '@step("greet")\ndef greet(self): ...',
    ),
    Rule(
        "raw.duplicate-step",
        WARNING,
        "two steps have the same name",
        "The record of a run cannot tell them apart, and a resumed run skips both as soon as one is done.",
        '@step("load")\ndef load_cv(self): ...\n\n@step("load")\ndef load_job(self): ...',
        '@step("load-cv")\ndef load_cv(self): ...\n\n@step("load-job")\ndef load_job(self): ...',
    ),
    Rule(
        "raw.async-step",
        WARNING,
        "a step is async",
        "The decorator does not await it: the step is noted as done, with a coroutine as its result.",
        '@step("fetch")\nasync def fetch(self): ...',
        '@step("fetch")\ndef fetch(self):\n    return asyncio.run(self._fetch())',
    ),
    Rule(
        "raw.no-main-guard",
        WARNING,
        "run.py has no main guard",
        "Started as a script, it defines a class and ends; or it runs whenever dry_run.py or a test imports it.",
        "Hello.main()",
        'if __name__ == "__main__":\n    Hello.main()',
    ),
    Rule(
        "raw.guard-without-main",
        WARNING,
        "the main guard does not call main() of the workflow class",
        "`main()` reads the arguments, makes the context and passes on the exit status; nothing else does.",
        'if __name__ == "__main__":\n    print("ready")',
        'if __name__ == "__main__":\n    Hello.main()',
    ),
    Rule(
        "raw.no-such-attribute",
        ERROR,
        "the workflow uses an attribute that it does not have",
        "`self.llm` is often guessed: RAW has none, and the step ends in an AttributeError. Other unknown attributes "
        "are warnings.",
        "answer = self.llm.complete(prompt)",
        "answer = complete(prompt)   # your own client, or a function with raw_ai's @agent",
    ),
)
