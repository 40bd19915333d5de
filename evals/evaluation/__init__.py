"""What `manage.py evaluate` and `manage.py calibrate` do with a folder of documents and questions."""
