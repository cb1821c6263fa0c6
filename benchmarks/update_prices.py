"""Writes the table of prices, src/langprop/llms/prices.json, anew.

The source is the price file inside the package litellm (MIT licence); only facts are taken from it:
names and prices. Nothing of the package is run.

    python benchmarks/update_prices.py                        the newest litellm, by pip
    python benchmarks/update_prices.py --wheel litellm-….whl  one that is here already
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "src/langprop/llms/prices.json"
PRICES_FILE = "litellm/model_prices_and_context_window_backup.json"

# Our name of who sends the bill → litellm's, and which models are of interest. Names in litellm's
# file begin with "<litellm's name>/", but for some, OpenAI and Anthropic among them.
PROVIDERS: dict[str, tuple[str, str]] = {
    "openai": ("openai", r"gpt-|o\d|chatgpt-|codex-"),
    "anthropic": ("anthropic", r"claude-"),
    "google": ("gemini", r"gemini-(?!gemma)"),  # not Gemma: others run that, too
    "mistral": ("mistral", r"(mi|codest|minist|magist|devst|pixt|open-mist)"),
    "deepseek": ("deepseek", r"deepseek-"),
    "xai": ("xai", r"grok-(?!.*(beta|experimental|gv2))"),
    "moonshot": ("moonshot", r"kimi-"),
    "zai": ("zai", r"glm-"),
    "dashscope": ("dashscope", r"qw"),
    "azure": ("azure", r"(gpt-|o\d)[^/]*$"),
    "groq": ("groq", r"(openai|qwen|meta-llama|moonshotai|deepseek)"),
    "cerebras": ("cerebras", r""),
    "together": ("together_ai", r"(meta-llama|Qwen|deepseek-ai|openai|zai-org|moonshotai)/"),
    "deepinfra": ("deepinfra", r"(meta-llama|Qwen|deepseek-ai|openai|zai-org|moonshotai)/"),
}
UNWANTED = re.compile(  # models that write no scripts
    r"audio|realtime|tts|image|live|search|robotics|guard|omni|computer-use|deep-research|-vl|ocr"
    r"|embed|rosalind|cyber|-exp|multi-agent|glm-\d+(\.\d+)?v|translat",
    re.IGNORECASE,
)
DATED = re.compile(r"-(20\d\d-\d\d-\d\d|20\d{6})$")


def main() -> int:
    """Read the wheel, write the table, say what changed."""
    parser = argparse.ArgumentParser(description="Writes the table of prices anew.")
    parser.add_argument("--wheel", type=Path, help="of litellm; by default pip fetches the newest")
    parser.add_argument("--date", help="YYYY-MM-DD, for a wheel that doesn't tell when it was made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = options.wheel or download(Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            entries = json.loads(archive.read(PRICES_FILE))
            date = options.date or date_of(archive)
    version = wheel.name.split("-")[1]
    if date is None:
        print(f"{wheel.name} doesn't tell when it was made: add  --date YYYY-MM-DD")
        return 1
    new = {provider: select(entries, provider, date) for provider in PROVIDERS}
    before = json.loads(TABLE.read_text("utf-8"))["prices"] if TABLE.exists() else {}
    TABLE.write_text(layout(new, f"litellm {version} (MIT licence)", date), encoding="utf-8")
    report(flat(before), flat(new))
    return 0


def download(folder: Path) -> Path:
    """Fetch the newest wheel."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder)]
    subprocess.run([*command, "--only-binary", ":all:", "litellm"], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def date_of(archive: zipfile.ZipFile) -> str | None:
    """The day of the build: the files in a wheel have no time, its bill of materials does."""
    for name in archive.namelist():
        if "/sboms/" in name:
            stamp = json.loads(archive.read(name)).get("metadata", {}).get("timestamp", "")
            if re.match(r"\d{4}-\d\d-\d\d", stamp):
                return str(stamp[:10])
    return None


def select(entries: dict[str, Any], provider: str, date: str) -> dict[str, list[float]]:
    """The models of one provider that can be had on that day: input, output and cached price."""
    theirs, pattern = PROVIDERS[provider]
    chosen: dict[str, list[float]] = {}
    for name, entry in entries.items():
        if entry.get("litellm_provider") != theirs:
            continue
        if entry.get("mode") not in ("chat", "responses"):
            continue
        if (entry.get("deprecation_date") or "9999") <= date:
            continue
        short = name.removeprefix(f"{theirs}/")
        if not re.match(pattern, short) or UNWANTED.search(short):
            continue
        rates = [entry.get("input_cost_per_token"), entry.get("output_cost_per_token")]
        if not all(rates):  # 0 stands for unknown there, too
            continue
        cached = entry.get("cache_read_input_token_cost")
        rates += [cached] if cached else []
        # To a millionth of a dollar per million tokens: the file is full of 2.0000000000000002e-07.
        chosen[short] = [round(rate * 1e6, 6) for rate in rates]
    # A name without its date is looked up if the dated one is missing: it may be left out.
    return {
        name: rates
        for name, rates in sorted(chosen.items())
        if chosen.get(DATED.sub("", name)) != rates or not DATED.search(name)
    }


def layout(prices: dict[str, dict[str, list[float]]], source: str, date: str) -> str:
    """JSON with one line per model, so that a change is one line."""
    blocks = []
    for provider, models in prices.items():
        lines = [
            f"      {json.dumps(name)}: {json.dumps([_plain(rate) for rate in rates])}"
            for name, rates in models.items()
        ]
        blocks.append(f"    {json.dumps(provider)}: {{\n" + ",\n".join(lines) + "\n    }")
    head = {
        "about": "US dollars per million tokens: [input, output] or [input, output, cached input]",
        "source": source,
        "date": date,
    }
    fields = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    fields.append('  "prices": {\n' + ",\n".join(blocks) + "\n  }")
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _plain(rate: float) -> float | int:
    return int(rate) if rate == int(rate) else rate


def flat(prices: dict[str, dict[str, list[float]]]) -> dict[str, list[float]]:
    """All models under "provider/name"."""
    return {f"{who}/{name}": rates for who, all_ in prices.items() for name, rates in all_.items()}


def report(before: dict[str, list[float]], after: dict[str, list[float]]) -> None:
    """Print what is new, gone and changed."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old != new:
            print(f"{name:60} {old or 'new'} -> {new or 'gone'}")
    print(f"{len(after)} models in {TABLE.name}")


if __name__ == "__main__":
    sys.exit(main())
