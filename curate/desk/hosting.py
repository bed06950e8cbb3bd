"""Write what a host of pages needs to build a desk's site by itself, after each push.

Such a host has neither the database nor the feeds' items: content/, the theme and the settings are enough.
A build that leaves out a post ends with 3, and the host then keeps the site it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate import __version__
from curate.desk.folder import write_new

if TYPE_CHECKING:
    from pathlib import Path

    from curate.desk.folder import Desk

GITHUB = f"""# Builds the site and puts it on GitHub Pages after each push. In the repository's settings,
# under Pages, the source has to be “GitHub Actions”.
name: Site
on:
  push:
    branches: [main, master]
  schedule:
    - cron: "17 5 * * *" # posts of a later date appear, notices past their end go
  workflow_dispatch:
permissions:
  contents: read
  pages: write
  id-token: write
concurrency:
  group: pages
jobs:
  site:
    runs-on: ubuntu-latest
    environment:
      name: github-pages
      url: ${{{{ steps.deploy.outputs.page_url }}}}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: pip install curate-desk=={__version__}
      - run: curate site build
      - uses: actions/upload-pages-artifact@v3
        with:
          path: output
      - id: deploy
        uses: actions/deploy-pages@v4
"""
GITLAB = f"""# Builds the site and puts it on GitLab Pages after each push.
pages:
  image: python:3.13-slim
  script:
    - pip install curate-desk=={__version__}
    - curate site build
    - mv output public
  artifacts:
    paths: [public]
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
"""
FILES = {"github": (".github/workflows/site.yml", GITHUB), "gitlab": (".gitlab-ci.yml", GITLAB)}


def write_workflow(desk: Desk, host: str) -> Path:
    """Write the workflow for ``host``, a key of FILES; return its path. Raises Conflict when the file is there."""
    name, text = FILES[host]
    path = desk.root / name
    write_new(path, text)
    return path
