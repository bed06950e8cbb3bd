"""Settings of the site. Name, address and topics come from curate.toml and the profile.

Whatever is set below the import wins; https://docs.getpelican.com/en/latest/settings.html lists all names.
"""

from curate.site.plugin.settings import pelican_settings

globals().update(pelican_settings(__file__))
