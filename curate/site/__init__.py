"""The public site: built by Pelican into a fresh folder, audited, swapped in, and carried where readers are."""
