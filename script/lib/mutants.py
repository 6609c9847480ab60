"""Mutation test of the rules that judge: `script/mutants [--survivors] [MODULES …]`.

Each mutant changes one operator, number or condition of one module in a copy of the code; a test that fails kills it.
What survives is printed, and the exit status is 1 when docs/mutants.md does not explain it.

A run that was broken off goes on where it was, as long as neither the rules nor their tests have changed.
"""

import ast
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import Queue
from typing import Final, NamedTuple

import click

from script.lib.explained_mutants import LIST, Mutant, explained_mutants, mutant_of
from script.lib.mutant_tests import CLINICAL, ROOT, TESTS, copied_to, limit_of, pass_all, seconds_of_tests

OUTCOMES: Final = ROOT / "test-results" / "mutants.jsonl"

MODULES: Final = (
    *("baseline", "book_by", "courses", "diary_day", "marks", "relief", "response", "rules", "scores", "states"),
    *("verdict", "weeks", "what_would_change", "worklist_order"),
)
"""The modules that judge. Forecasts and groups are numbers with a tolerance; other tests hold them."""
NAMED_OTHERWISE: Final = {"courses": "medicines_and_rules", "verdict": "states"}
"""Modules whose first tests do not bear their name."""

ORDER: Final = ("Lt", "LtE", "Gt", "GtE", "Eq", "NotEq")
OPERATORS: Final = (
    *("AddNot", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    *(
        "NumberReplacer",
        "ExceptionReplacer",
        "RemoveDecorator",
        "ZeroIterationForLoop",
        "ReplaceContinueWithBreak",
        "ReplaceBreakWithContinue",
    ),
    *("ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub"),
    *("ReplaceComparisonOperator_Is_IsNot", "ReplaceComparisonOperator_IsNot_Is"),
    *(f"ReplaceComparisonOperator_{one}_{other}" for one in ORDER for other in ORDER if one != other),
    *(f"ReplaceBinaryOperator_{pair}" for pair in ("Add_Sub", "Add_Mul", "Sub_Add", "Sub_Mul", "Mul_Add")),
    *(f"ReplaceBinaryOperator_{pair}" for pair in ("Mul_Div", "Div_Mul")),
)
"""Changes that a slip of the hand could make. Others (>> for -, | for / in a type) are noise."""

SIDE_BY_SIDE: Final = 2


class Job(NamedTuple):
    """One mutant as cosmic-ray names it, in a module of this content."""

    module: str
    content: str
    operator: str
    occurrence: int
    place: str

    @property
    def name(self) -> str:
        """What the outcome of this very mutant is kept under."""
        return "/".join((self.module, self.content, self.operator, str(self.occurrence)))


class Outcome(NamedTuple):
    """What became of a mutant in the tests of this content."""

    name: str
    tests: str
    survived: bool
    line: int
    mutant: Mutant


@click.command()
@click.argument("modules", nargs=-1, type=click.Choice(MODULES), metavar="[MODULES]…")
@click.option("--survivors", is_flag=True, help="Keep what was killed before, with other tests: while writing tests.")
def main(modules: tuple[str, ...], survivors: bool) -> None:
    """Mutate MODULES of diary/clinical, or all of them, and say which mutants survive its tests."""
    chosen = modules or MODULES
    jobs = [job for module in chosen for job in jobs_of(module)]
    tests = content_of([*(ROOT / CLINICAL).glob("*.py"), *(ROOT / TESTS).rglob("*.py")])
    known = {
        outcome.name: outcome
        for outcome in outcomes_before()
        if outcome.tests == tests or (survivors and not outcome.survived)
    }
    left = [job for job in jobs if job.name not in known]
    if left:
        known |= tested(left, tests)
    report([known[job.name] for job in jobs], chosen)


def jobs_of(module: str) -> Iterator[Job]:
    """Yield every mutant of a module but those of lines that only tell or declare."""
    # cosmic-ray is installed for this command alone; the list of mutants is read without it, too.
    from cosmic_ray.ast import ast_nodes, get_ast  # noqa: PLC0415
    from cosmic_ray.ast.ast_query import ASTQuery  # noqa: PLC0415
    from cosmic_ray.plugins import get_operator  # noqa: PLC0415

    source = (ROOT / CLINICAL / f"{module}.py").read_text(encoding="utf-8")
    left_out, content = lines_left_out(source), hashlib.sha256(source.encode()).hexdigest()[:16]
    nodes = list(ast_nodes(get_ast(source)))
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = ((node, start) for node in nodes for start, _end in operator.mutation_positions(node))
        for occurrence, (node, (line, _column)) in enumerate(places):
            # The * of a signature is no multiplication.
            if line not in left_out and node.parent.type != "parameters":
                yield Job(module, content, name, occurrence, ASTQuery(node).get_definition_name() or "module")


def lines_left_out(source: str) -> set[int]:
    """Return the lines of refusals, whose words no rule depends on, and of the settings of dataclasses."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        found = node.decorator_list if isinstance(node, ast.ClassDef) else [node] if isinstance(node, ast.Raise) else []
        for one in found:
            lines.update(range(one.lineno, (one.end_lineno or one.lineno) + 1))
    return lines


def tested(jobs: Sequence[Job], tests: str) -> dict[str, Outcome]:
    """Run the tests on each mutant, side by side, and keep each outcome as soon as it is there."""
    found: dict[str, Outcome] = {}
    OUTCOMES.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ebb-mutants-") as folder, OUTCOMES.open("a", encoding="utf-8") as kept:
        first = copied_to(Path(folder) / "1")
        seconds = seconds_of_tests(first)
        copies: Queue[Path] = Queue()
        copies.put(first)
        for number in range(2, SIDE_BY_SIDE + 1):
            copies.put(shutil.copytree(first, Path(folder) / str(number)))
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool, click.progressbar(length=len(jobs), label="mutants") as bar:
            running = [pool.submit(outcome_of, job, copies, seconds, tests) for job in jobs]
            for done in as_completed(running):
                outcome = done.result()
                found[outcome.name] = outcome
                kept.write(f"{json.dumps(outcome, ensure_ascii=False)}\n")
                kept.flush()
                bar.update(1)
    return found


def outcome_of(job: Job, copies: "Queue[Path]", seconds: Mapping[str, float], tests: str) -> Outcome:
    """Make the mutant in a copy that is free and run the tests there: those named after its module, then the others."""
    copy = copies.get()
    path = copy / CLINICAL / f"{job.module}.py"
    source, made = path.read_text(encoding="utf-8"), path.stat()
    changed = changed_by(job, source)
    try:
        path.write_text(changed, encoding="utf-8")
        survived = all(pass_all(copy, group, limit_of(group, seconds)) for group in in_turn(job.module, seconds))
    finally:
        path.write_text(source, encoding="utf-8")
        os.utime(path, ns=(made.st_atime_ns, made.st_mtime_ns))  # so that what was compiled of it is good again
        copies.put(copy)
    line, mutant = mutant_of(job.module, job.place, source, changed)
    return Outcome(job.name, tests, survived, line, mutant)


def changed_by(job: Job, source: str) -> str:
    """Return the module with the mutation in it."""
    from cosmic_ray.mutating import mutate_code  # noqa: PLC0415
    from cosmic_ray.plugins import get_operator  # noqa: PLC0415

    return str(mutate_code(source, get_operator(f"core/{job.operator}")(), job.occurrence))


def in_turn(module: str, seconds: Mapping[str, float]) -> list[list[str]]:
    """Return the tests of the module and those of everything else, each the quickest first."""
    named = NAMED_OTHERWISE.get(module, module)
    quickest = sorted(seconds, key=seconds.__getitem__)
    own = [test for test in quickest if named in test]
    return [own, [test for test in quickest if test not in own]]


def content_of(paths: Iterable[Path]) -> str:
    """Digest the files that an outcome depends on."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def outcomes_before() -> Iterator[Outcome]:
    """Yield what earlier runs found, the latest last."""
    if not OUTCOMES.exists():
        return
    for line in OUTCOMES.read_text(encoding="utf-8").splitlines():
        name, tests, survived, number, mutant = json.loads(line)
        yield Outcome(name, tests, survived, number, Mutant(*mutant))


def report(outcomes: Sequence[Outcome], modules: Iterable[str]) -> None:
    """Print how many mutants there were, and each survivor; exit 1 when one is not explained."""
    explained = explained_mutants(LIST.read_text(encoding="utf-8")) if LIST.exists() else {}
    survivors = [outcome for outcome in outcomes if outcome.survived]
    unexplained = 0
    for outcome in survivors:
        if outcome.mutant not in explained:
            unexplained += 1
            click.echo(f"{CLINICAL / outcome.mutant.module}.py:{outcome.line}: {outcome.mutant}")
    idle = [mutant for mutant in explained if mutant.module in set(modules)]
    idle = [mutant for mutant in idle if mutant not in {outcome.mutant for outcome in survivors}]
    for mutant in idle:
        click.echo(f"{LIST.name} explains a mutant of {mutant.module}.py that is not there or is killed: {mutant}")
    counted: Counter[str] = Counter(outcome.name.split("/")[0] for outcome in outcomes)
    lived: Counter[str] = Counter(outcome.mutant.module for outcome in survivors)
    click.echo(f"{'module':<20}{'mutants':>9}{'killed':>9}{'survived':>10}")
    for module, number in [*counted.items(), ("all", len(outcomes))]:
        alive = len(survivors) if module == "all" else lived[module]
        click.echo(f"{module:<20}{number:>9}{number - alive:>9}{alive:>10}")
    click.echo(f"{len(survivors) - unexplained} survivors are explained in docs/{LIST.name}, {unexplained} are not.")
    sys.exit(1 if unexplained or idle else 0)


if __name__ == "__main__":
    main()
