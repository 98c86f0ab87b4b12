"""The process a workspace's own template is drawn in: limits first, then the sandbox, then one answer.

Started by path with `python -I`, so that it imports nothing of ours: its memory is the template's.
It reads one JSON object from its input ("template", "values", "limits") and writes one to its
output: {"html": "..."} or {"problem": "a sentence"}.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

OURS = Path(__file__).parent / "templates"
OPEN_FILES = 32


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    limits = request["limits"]
    from css_inline import CSSInliner
    from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    _limit(limits)
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(OURS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        html = _drawn(environment, request, limits["characters"])
        answer = {"html": CSSInliner(load_remote_stylesheets=False).inline(html)}
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        answer = {"problem": f"line {line}: {error.message}" if line else str(error)}
    except MemoryError:
        answer = {"problem": "it needs too much memory"}
    except RecursionError:
        answer = {"problem": "it calls itself without end"}
    except Exception as error:  # noqa: BLE001 - whatever a stranger's template does is its problem
        answer = {"problem": f"{type(error).__name__}: {error}"[:300]}
    json.dump(answer, sys.stdout)


def _drawn(environment: Any, request: dict[str, Any], most: int) -> str:
    template = environment.from_string(request["template"])
    pieces, length = [], 0
    for piece in template.generate(**request["values"]):
        pieces.append(piece)
        length += len(piece)
        if length > most:
            raise ValueError(f"it writes more than {most:,} characters")
    return "".join(pieces)


def _limit(limits: dict[str, int]) -> None:
    for what, most in (
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
