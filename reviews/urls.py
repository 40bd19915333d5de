"""Addresses of the reviewers' desk."""

from django.urls import URLPattern, path

from reviews import export_views, views
from reviews.again import views as again_views

app_name = "reviews"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("statistics/", views.statistics, name="statistics"),
    path("rules/", views.rules, name="rules"),
    path("<uuid:uid>/", views.case, name="case"),
    path("<uuid:uid>/assign/", views.assign, name="assign"),
    path("receipts/<uuid:uid>/again/", again_views.ask, name="ask_again"),
    path("receipts/<uuid:uid>/again/<uuid:now>/", again_views.again, name="again"),
    path("receipts/<uuid:uid>/bundle.zip", export_views.export, name="export"),
]
