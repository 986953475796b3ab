"""``hagane``: list, plan, run, explain, verify, generate; and ``execute``, the entry point of every task."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hagane.core.errors import BUG, HaganeError, exit_code
from hagane.project import Project, find_project

EXIT_CODES = """0 done, 1 bug, 2 usage, 3 bad input, 4 corrupt store or artifact, 5 infrastructure (may be retried),
6 refused by a gate, 7 out of memory, 8 non-finite, 75 preempted (run again to go on), 130 and 143 interrupted,
137 killed"""

if TYPE_CHECKING:
    from collections.abc import Callable

    from hagane.runners.prepare import Wish
    from hagane.storage.store import Store


def main(argv: list[str] | None = None) -> None:
    args = parse(argv)
    try:
        sys.exit(args.command(args))
    except BrokenPipeError:  # the reader of our output, such as head, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except (HaganeError, OSError, KeyboardInterrupt) as error:
        if args.debug or exit_code(error) == BUG:
            raise
        if getattr(args, "json", False):
            print_json({"schema": 1, "error": str(error), "exit_code": exit_code(error)})
        print(f"hagane: {'interrupted' if isinstance(error, KeyboardInterrupt) else error}", file=sys.stderr)
        sys.exit(exit_code(error))


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The arguments; a ``name=value`` may also stand behind an option, where argparse does not look for it."""
    top = parser()
    args, rest = top.parse_known_args(argv)
    if wrong := [word for word in rest if word.startswith("-") or "=" not in word or "settings" not in args]:
        top.error(f"unrecognized arguments: {' '.join(wrong)}")
    if rest:
        args.settings += rest
    return args


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        "hagane",
        description="Pipelines that build, evaluate and release Japanese foundation models.",
        epilog=f"exit codes: {EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--debug", action="store_true", help="show tracebacks")
    top.add_argument("--project", type=Path, help="folder with components/ and pipelines/ (default: here or above)")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, function: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        added.set_defaults(command=function)
        return added

    for folder in ("components", "pipelines"):
        listing = command(folder, list_folder, f"list the {folder}, or show one")
        listing.add_argument("name", nargs="?", help=f"one of the {folder}")
        listing.add_argument("--json", action="store_true", help="print JSON")
        listing.set_defaults(folder=folder)
    add_wish(command("plan", plan, "say what a run would do, and why"))
    add_wish(command("run", run, "run a pipeline, or one component alone"))
    why = command("why", explain, "say why a task of the newest run was done or reused")
    why.add_argument("task")
    add_store(why)
    add_store(command("runs", list_runs, "list the runs in the store, newest first"), json=True)
    logs = command("logs", show_logs, "print what the tasks of a run wrote")
    logs.add_argument("run", help="a run, or last")
    logs.add_argument("task", nargs="?", help="one task (default: all)")
    add_store(logs)
    verify = command("verify", verify_folder, "check every file of a release or an artifact against its checksums")
    verify.add_argument("folder", type=Path)
    add_generate(command("generate", generate, "generate text with a released model"))
    add_execute(command("execute", execute_task, "run one task, as a container does"))
    return top


def add_wish(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="PIPELINE|COMPONENT")
    command.add_argument("settings", nargs="*", metavar="name=value")
    command.add_argument("--preset", default="", help="a named set of the pipeline's parameters")
    command.add_argument("--params", type=Path, metavar="FILE", help="parameters as JSON or TOML")
    add_store(command, json=True)


def add_store(command: argparse.ArgumentParser, json: bool = False) -> None:
    default = os.environ.get("HAGANE_STORE", "hagane-store")
    command.add_argument(
        "--store", metavar="URL", default=default, help="where artifacts are kept (default: %(default)s)"
    )
    if json:
        command.add_argument("--json", action="store_true", help="print JSON on standard output")


def add_generate(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path)
    command.add_argument("prompt")
    command.add_argument("--max-new-tokens", type=int, default=50, metavar="N")
    command.add_argument("--temperature", type=float, default=1.0, metavar="T", help="0 takes the likeliest token")
    command.add_argument("--top-p", type=float, default=0.95, metavar="P")
    command.add_argument("--top-k", type=int, default=50, metavar="K")
    command.add_argument("--seed", type=int, default=0, metavar="N")


def add_execute(command: argparse.ArgumentParser) -> None:
    command.add_argument("component")
    command.add_argument("executor_input", help="KFP's executor input: JSON, or @FILE")
    command.add_argument("--run", default="local", help="the run's id")
    command.add_argument("--task", default="", help="the task's name in the run (default: the component's)")


def print_json(content: Any) -> None:
    import json

    print(json.dumps(content, ensure_ascii=False))


def project_of(args: argparse.Namespace) -> Project:
    given = args.project or os.environ.get("HAGANE_PROJECT")
    return Project(Path(given)) if given else find_project(Path.cwd())


def store_of(args: argparse.Namespace) -> Store:
    from hagane.storage.store import open_store

    return open_store(args.store)


def wish_of(args: argparse.Namespace) -> Wish:
    from hagane.runners.prepare import Wish

    return Wish(args.name, args.preset, args.params, args.settings)


def list_folder(args: argparse.Namespace) -> int:
    project = project_of(args)
    if args.name:
        from hagane.runners.describe import describe, text_of

        content = describe(project, args.folder, args.name)
        text = text_of(content)
    else:
        content = project.listing(args.folder)
        text = "\n".join(f"{name:26} {summary}" for name, summary in content.items())
    print_json(content) if args.json else print(text)
    return 0


def plan(args: argparse.Namespace) -> int:
    from hagane.runners.planner import plan
    from hagane.runners.prepare import prepare

    planned = plan(prepare(wish_of(args), project_of(args), store_of(args))[0])
    fields = ("task", "component", "status", "reason", "key")
    if args.json:
        print_json([{field: getattr(p, field) for field in fields} for p in planned])
    else:
        print("\n".join(f"{p.status:6} {p.task:26} {p.reason}".rstrip() for p in planned))
    return 0


def run(args: argparse.Namespace) -> int:
    from hagane.runners.run import run_wish, summary

    store = store_of(args)
    report, planner = run_wish(wish_of(args), project_of(args), store)
    print_json(report) if args.json else print(summary(report, planner, store), flush=True)
    return int(report["exit_code"])


def explain(args: argparse.Namespace) -> int:
    from hagane.runners.history import why

    print(why(store_of(args), args.task.replace("_", "-")))
    return 0


def list_runs(args: argparse.Namespace) -> int:
    from hagane.runners.history import run_line, runs

    found = runs(store_of(args))
    print_json(found) if args.json else print("\n".join(map(run_line, found)) or "no runs yet")
    return 0


def show_logs(args: argparse.Namespace) -> int:
    from hagane.runners.history import logs

    for piece in logs(store_of(args), args.run, args.task):
        print(piece)
    return 0


def verify_folder(args: argparse.Namespace) -> int:
    from hagane.release.verify import verify

    print(f"{args.folder}: {verify(args.folder)}")
    return 0


def generate(args: argparse.Namespace) -> int:
    from hagane.evaluation.generation import generate

    sampling = {name: getattr(args, name) for name in ("max_new_tokens", "temperature", "top_p", "top_k", "seed")}
    print(generate(args.folder, args.prompt, **sampling))
    return 0


def execute_task(args: argparse.Namespace) -> int:
    from hagane.runners.entry import enter

    return enter(args.component, args.executor_input, args.run, args.task or args.component, project_of(args))
