"""Settings of the site as the public sees it: with its address and its feed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from curate.site.plugin.settings import public_settings
from pelicanconf import *

globals().update(public_settings(__file__))
