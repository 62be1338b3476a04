"""Celery: the app, the beat table and tasks of three lines."""
