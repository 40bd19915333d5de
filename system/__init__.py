"""How the installation is doing, as a whole: for the page, REST and `manage.py system`, and what is left to set up."""
