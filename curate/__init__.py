"""Read the feeds of your field, say something of your own, publish and share it.

The folders tell the story, left to right: ``feeds → inbox → posts → site`` and
``posts → shares → presence``. docs/architecture.md draws the house.
"""

__version__ = "0.1.0"
