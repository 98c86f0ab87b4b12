"""Reads the price list of models: ours, with its day, or the operator's."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autopilot.domain.model import Price, PriceList
from autopilot.errors import Problem, SettingsInvalid

VARIABLE = "AUTOPILOT_PRICES"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    effort: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dated: date
    model: str
    small_model: str | None = None
    models: dict[str, _Entry]


def load_prices(path: Path | None = None) -> PriceList:
    """Return the prices in a YAML file, or those that come along.

    Raises SettingsInvalid with every problem of a file that cannot be used.
    """
    import yaml  # late: only a run that may ask a model needs prices

    try:
        read = _File.model_validate(yaml.safe_load(_text(path)))
    except OSError as error:
        raise _refused(path, [f"it cannot be read: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise _refused(path, ["it is not UTF-8 text"]) from error
    except yaml.YAMLError as error:
        raise _refused(path, [f"it is not YAML: {' '.join(str(error).split())}"]) from error
    except ValidationError as error:
        told = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise _refused(path, told) from error
    return PriceList(
        dated=read.dated,
        model=read.model,
        small_model=read.small_model,
        prices={
            name: Price(input=entry.input, output=entry.output, effort=entry.effort)
            for name, entry in read.models.items()
        },
    )


def _text(path: Path | None) -> str:
    if path is None:
        return (files("autopilot.adapters") / "prices.yaml").read_text(encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _refused(path: Path | None, problems: list[str]) -> SettingsInvalid:
    return SettingsInvalid(
        "The prices of models cannot be used:",
        [
            Problem(
                path=VARIABLE,
                message=f"{path}: {told}",
                allowed="a YAML file with dated, model and models",
                example="models: {gpt-6-luna: {input: 0.10, output: 0.50}}",
            )
            for told in problems
        ],
        hint="Mend the file, or unset the variable to use the prices that come along.",
    )
