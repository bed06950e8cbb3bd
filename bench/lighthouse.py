"""Let Lighthouse judge pages of a built site, five times each; the figures are medians.

Needs npm's lighthouse and a Chromium: `python -m bench.lighthouse FOLDER --lighthouse PLACE / /resume/`.
The site is served on loopback, uncompressed; Lighthouse simulates a slow phone on a slow line. Exits with 1 when a page
has less than 100 for accessibility, best practices or search engines, or less than 95 for performance.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from curate.site.serve import make_server

LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
TIMES = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
BROWSER = "--headless=new --no-sandbox --disable-dev-shm-usage --disable-background-networking --no-first-run"


def judge(lighthouse: Path, url: str) -> dict[str, float]:
    """Return what Lighthouse gives one page: points of 100, milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "said.json")
        command = ["node", str(lighthouse / "cli" / "index.js"), url, "--quiet", "--no-enable-error-reporting"]
        command += [f"--only-categories={','.join(LEAST)}", f"--chrome-flags={BROWSER}"]
        command += ["--output=json", f"--output-path={said}"]
        chromium = shutil.which("chromium") or ""
        subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": chromium}, timeout=300)
        found = json.loads(said.read_text(encoding="utf-8"))
    for name, one in found["audits"].items():
        if one["score"] is not None and one["score"] < 1 and one["scoreDisplayMode"] == "binary":
            print(f"{url}: {name}: {one['title']}", file=sys.stderr)
    points = {name: 100 * found["categories"][name]["score"] for name in LEAST}
    return points | {name: found["audits"][name]["numericValue"] for name in TIMES}


def main() -> int:
    """Judge every page and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path, help="the folder of the built site")
    parser.add_argument("pages", nargs="+", help="addresses such as /resume/")
    parser.add_argument("--lighthouse", type=Path, required=True, help="the folder of npm's lighthouse")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    missed = False
    with make_server(wanted.site.resolve(), 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in wanted.pages:
            url = f"http://127.0.0.1:{server.server_address[1]}{page}"
            rounds = [judge(wanted.lighthouse, url) for _ in range(wanted.rounds)]
            medians = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
            print(page, *(f"{name} {value:.3g}" for name, value in medians.items()), sep=" · ", flush=True)
            missed |= any(medians[name] < least for name, least in LEAST.items())
        server.shutdown()
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
