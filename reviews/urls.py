"""Addresses of the reviewers' desk."""

from django.urls import URLPattern, path

from reviews import export_views, views

app_name = "reviews"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("statistics/", views.statistics, name="statistics"),
    path("rules/", views.rules, name="rules"),
    path("<uuid:uid>/", views.case, name="case"),
    path("<uuid:uid>/assign/", views.assign, name="assign"),
    path("receipts/<uuid:uid>/bundle.zip", export_views.export, name="export"),
]
