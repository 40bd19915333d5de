"""Where people are met outside of the pages: widgets on other sites, chat programs."""
